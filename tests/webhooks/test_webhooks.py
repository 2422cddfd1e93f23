"""Webhooks: each endpoint is told once that a job has ended, in a way that the SDK takes for the platform's."""

import json
import threading

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune.clients import simulated
from drytune_simulator import Simulator
from drytune_simulator.clock import ManualClock, ScaledClock, SystemClock
from drytune_simulator.profile import Profile, WebhookEndpoint
from drytune_simulator.store import Row, Store
from drytune_simulator.webhooks import GIVE_UP_AFTER, deliver

DAY = 24 * 3600
FAR = 1e12
SECRET = "whsec_bm90IG11Y2ggb2YgYSBzZWNyZXQ="


@pytest.fixture
def unwrap():
    """`client.webhooks.unwrap` of the SDK, with the time and signature checks that it makes."""
    with openai.OpenAI(api_key="sk-x") as client:
        yield lambda request, secret: client.webhooks.unwrap(request[2], request[1], secret=secret)


def test_a_job_that_has_ended_is_told(make_receiver, endpoint, platform, start, unwrap):
    """Once, when it ends and no earlier; the SDK takes it."""
    receiver = make_receiver()
    hook = endpoint(receiver.url)
    simulator = platform(hook)
    job = start(simulator)
    assert deliver(simulator.world) == []
    simulator.clock.advance(DAY)
    (delivery,) = deliver(simulator.world)
    assert deliver(simulator.world) == []
    (request,) = receiver.received
    event = unwrap(request, hook.secret)
    assert (event.type, event.data.id, event.object) == ("fine_tuning.job.succeeded", job.id, "event")
    assert event.id.startswith("evt_")
    with simulated(simulator) as client:
        done = client.fine_tuning.jobs.retrieve(job.id)
    assert job.created_at < done.finished_at <= event.created_at < job.created_at + DAY
    assert (delivery.delivered, delivery.attempt, delivery.next_attempt) == (True, 1, None)
    assert delivery.url == receiver.url.partition("?")[0]


def test_what_is_sent(make_receiver, endpoint, platform, start):
    """The headers and the body of the guide's example, to the whole path; the time of sending is the real one."""
    receiver = make_receiver()
    simulator = platform(endpoint(receiver.url))
    start(simulator)
    simulator.clock.advance(DAY)
    deliver(simulator.world)
    ((path, headers, body),) = receiver.received
    headers = {name.lower(): value for name, value in headers.items()}
    assert path == "/hook?token=t"
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"] == "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)"
    assert headers["x-drytune"] == "simulated"
    assert headers["webhook-id"].startswith("wh_")
    assert abs(int(headers["webhook-timestamp"]) - SystemClock().now()) < 60
    assert headers["webhook-signature"].startswith("v1,")
    assert list(json.loads(body)) == ["object", "id", "type", "created_at", "data"]


def test_failed_and_cancelled_jobs_are_told_too(make_receiver, endpoint, platform, start, unwrap):
    """A cancelled one at once."""
    receiver = make_receiver()
    hook = endpoint(receiver.url)
    simulator = platform(hook)
    start(simulator, examples=3)
    cancelled = start(simulator)
    simulator.clock.advance(1)
    with simulated(simulator) as client:
        client.fine_tuning.jobs.cancel(cancelled.id)
    deliver(simulator.world)
    simulator.clock.advance(DAY)
    deliver(simulator.world)
    events = [unwrap(request, hook.secret) for request in receiver.received]
    assert [event.type for event in events] == ["fine_tuning.job.cancelled", "fine_tuning.job.failed"]
    assert events[0].created_at == cancelled.created_at + 1


def test_a_failing_endpoint_is_tried_again(make_receiver, endpoint, platform, start):
    """Later and later, with the same id and body, until it recovers; a redirect is a failure, and not followed."""
    receiver = make_receiver(500, 302, 429)
    simulator = platform(endpoint(receiver.url))
    start(simulator)
    simulator.clock.advance(DAY)
    waits = []
    for status in (500, 302, 429):
        (delivery,) = deliver(simulator.world)
        assert (delivery.status, delivery.delivered) == (status, False)
        assert deliver(simulator.world) == []
        waits.append(delivery.next_attempt - simulator.clock.now())
        simulator.clock.advance_to(delivery.next_attempt)
    assert [round(wait / 5) for wait in waits] == [1, 2, 4]
    assert deliver(simulator.world)[0].delivered
    simulator.clock.advance(GIVE_UP_AFTER)
    assert deliver(simulator.world) == []
    assert [path for path, _, _ in receiver.received] == ["/hook?token=t"] * 4
    assert len({(headers["webhook-id"], body) for _, headers, body in receiver.received}) == 1


def test_after_72_hours_it_is_given_up(endpoint, platform, start, caplog):
    """And logged, without what may be secret."""
    simulator = platform(endpoint("http://127.0.0.1:9/hook?token=hidden"))
    start(simulator)
    simulator.clock.advance(DAY)
    began, attempts = simulator.clock.now(), []
    while True:
        attempts += deliver(simulator.world, post=lambda *_: 503)
        if attempts[-1].next_attempt is None:
            break
        simulator.clock.advance_to(attempts[-1].next_attempt)
    assert [one.attempt for one in attempts] == list(range(1, len(attempts) + 1))
    assert len(attempts) == 16
    assert GIVE_UP_AFTER / 3 < simulator.clock.now() - began <= GIVE_UP_AFTER
    simulator.clock.advance(GIVE_UP_AFTER)
    assert deliver(simulator.world) == []
    assert "given up at http://127.0.0.1:9/hook" in caplog.text
    assert "hidden" not in caplog.text
    assert "whsec_" not in caplog.text


def test_each_endpoint_is_on_its_own(make_receiver, endpoint, platform, start):
    """One that fails, or does not want to know, does not keep the others from being told once."""
    good, bad, deaf = make_receiver(), make_receiver(500), make_receiver()
    simulator = platform(
        endpoint(bad.url), endpoint(good.url), endpoint(deaf.url, events=("fine_tuning.job.failed",))
    )
    start(simulator)
    simulator.clock.advance(DAY)
    first, second = deliver(simulator.world)
    assert (first.delivered, second.delivered) == (False, True)
    simulator.clock.advance(60)
    assert [one.delivered for one in deliver(simulator.world)] == [True]
    assert [len(one.received) for one in (good, bad, deaf)] == [1, 2, 0]


def test_an_endpoint_elsewhere_is_refused_once_and_for_all(endpoint, platform, start, caplog):
    """Nothing leaves this machine."""
    simulator = platform(endpoint("http://192.0.2.7/hook"))
    start(simulator)
    simulator.clock.advance(DAY)
    (delivery,) = deliver(simulator.world)
    assert delivery.next_attempt is None
    assert "192.0.2.7" in delivery.error
    assert "have to be allowed" in caplog.text
    simulator.clock.advance(DAY)
    assert deliver(simulator.world) == []


def test_a_poster_of_ones_own_may_fail_in_any_way(endpoint, platform, start):
    """It is tried again."""
    simulator = platform(endpoint("http://127.0.0.1:9/hook"))
    start(simulator)
    simulator.clock.advance(DAY)

    def broken(*_):
        raise RuntimeError("no luck")

    (delivery,) = deliver(simulator.world, post=broken)
    assert (delivery.status, delivery.error) == (None, "RuntimeError: no luck")
    assert delivery.next_attempt > simulator.clock.now()


def test_two_servers_of_one_store_tell_once(make_receiver, endpoint, start, tmp_path):
    """Whichever comes first, however many come at the same time."""
    receiver = make_receiver()
    profile = Profile(webhooks=(endpoint(receiver.url),), concurrent_jobs=None)
    simulators = [Simulator(clock=ManualClock(), profile=profile, store=Store(tmp_path)) for _ in range(2)]
    jobs = [start(simulators[number % 2]) for number in range(6)]
    for simulator in simulators:
        simulator.clock.advance(DAY)
    together = threading.Barrier(4)

    def run(simulator):
        together.wait()
        deliver(simulator.world)

    threads = [threading.Thread(target=run, args=(simulators[number % 2],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for simulator in simulators:
        simulator.close()
    told = sorted(json.loads(body)["data"]["id"] for _, _, body in receiver.received)
    assert told == sorted(job.id for job in jobs)


class Killed(BaseException):
    """What no handler of exceptions sees."""


def test_a_process_that_is_killed_while_it_sends(endpoint, platform, start):
    """At least once: another one sends the same message again, when the lease of the first is over."""
    simulator = platform(endpoint("http://127.0.0.1:9/hook"))
    start(simulator)
    simulator.clock.advance(DAY)
    sent = []

    def die(_endpoint, body, headers):
        sent.append((headers["webhook-id"], body))
        raise Killed

    with pytest.raises(Killed):
        deliver(simulator.world, post=die)
    assert deliver(simulator.world) == []
    simulator.clock.advance(61)

    def keep(_endpoint, body, headers):
        sent.append((headers["webhook-id"], body))
        return 204

    assert [one.delivered for one in deliver(simulator.world, post=keep)] == [True]
    assert len(sent) == 2
    assert len(set(sent)) == 1


def test_a_reminder_of_a_job_that_goes_on_waits_for_its_end(endpoint, platform, start):
    """Whoever wrote it too early; one of a job that is gone is dropped."""
    simulator = platform(endpoint("http://127.0.0.1:9/hook"))
    job = start(simulator)
    store = simulator.world.store
    (row,) = store.due("webhook", FAR)
    early = Row(
        kind="webhook", scope=row.scope, id=row.id, seq=row.seq, visible_at=0.0, document=row.document
    )
    store.update(early)
    gone = Row(kind="webhook", scope=row.scope, id="gone", seq=99, visible_at=0.0, document={"job": "gone"})
    store.insert([gone])
    assert deliver(simulator.world, post=lambda *_: 200) == []
    assert store.due("webhook", simulator.clock.now()) == []
    simulator.clock.advance(DAY)
    assert [one.job for one in deliver(simulator.world, post=lambda *_: 200)] == [job.id]


def test_a_pause_puts_it_off(endpoint, platform, start):
    """A paused job has no end; resumed, it has one."""
    simulator = platform(endpoint("http://127.0.0.1:9/hook"))
    job = start(simulator)
    with simulated(simulator) as client:
        jobs = client.fine_tuning.jobs
        while not any("Step 3/" in event.message for event in jobs.list_events(job.id, limit=100)):
            simulator.clock.advance(5)
        jobs.pause(job.id)
        simulator.clock.advance(30 * DAY)
        assert deliver(simulator.world, post=lambda *_: 200) == []
        jobs.resume(job.id)
    simulator.clock.advance(DAY)
    (delivery,) = deliver(simulator.world, post=lambda *_: 200)
    assert delivery.type == "fine_tuning.job.succeeded"


def test_a_fast_clock_leaves_time_to_send(endpoint, platform, start):
    """A lease is of real time: while one process sends for a second, an hour passes in the world."""
    real = ManualClock()
    simulator = platform(endpoint("http://127.0.0.1:9/hook"), clock=ScaledClock(3600, real))
    start(simulator)
    real.advance(60)
    again = []

    def slow(*_):
        real.advance(5)
        again.extend(deliver(simulator.world, post=lambda *_: 200))
        return 200

    assert [one.delivered for one in deliver(simulator.world, post=slow)] == [True]
    assert again == []


def test_without_endpoints_nothing_is_kept(platform, start):
    """Nor sent."""
    simulator = platform()
    start(simulator)
    assert simulator.world.store.due("webhook", FAR) == []
    assert deliver(simulator.world) == []


@given(
    st.lists(st.lists(st.sampled_from([200, 204, 301, 404, 500, None]), max_size=6), min_size=1, max_size=3)
)
def test_every_endpoint_is_told_exactly_once(plans):
    """Whatever they answer on the way: the first 2xx is the last request; ids and bodies never change."""
    urls = [f"http://127.0.0.1:9/{number}" for number in range(len(plans))]
    left = {url: list(plan) for url, plan in zip(urls, plans, strict=True)}
    requests = []

    def post(endpoint, body, headers):
        status = left[endpoint.url].pop(0) if left[endpoint.url] else 200
        requests.append((endpoint.url, status, headers["webhook-id"], body))
        if status is None:
            raise OSError
        return status

    profile = Profile(webhooks=tuple(WebhookEndpoint(url, SECRET) for url in urls))
    simulator = Simulator(clock=ManualClock(), profile=profile)
    with simulated(simulator) as client:
        lines = (
            b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n' * 10
        )
        file = client.files.create(file=("a.jsonl", lines), purpose="fine-tune")
        client.fine_tuning.jobs.create(model="gpt-4.1-mini", training_file=file.id)
    simulator.clock.advance(DAY)
    for _ in range(30):
        deliver(simulator.world, post)
        simulator.clock.advance(30)
    simulator.close()
    for url in urls:
        answers = [status for asked, status, _, _ in requests if asked == url]
        assert answers[-1] in {200, 204}
        assert not {200, 204} & set(answers[:-1])
    assert len({(webhook_id, body) for _, _, webhook_id, body in requests}) == 1
