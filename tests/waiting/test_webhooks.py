"""Webhooks that end a wait: only new ones, of who has the secret."""

import asyncio
import base64
import http.client
import json
import threading

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune.clients import simulated
from drytune.errors import UsageError
from drytune.workflow.webhook_messages import TOLERANCE, Verifier, WebhookError
from drytune.workflow.webhooks import LARGEST, Receiver
from drytune_simulator import Simulator
from drytune_simulator.clock import ManualClock, SystemClock
from drytune_simulator.profile import Profile, WebhookEndpoint
from drytune_simulator.webhooks import deliver, signature

KEY = b"a key of twenty-four bytes"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
NOW = 1_767_225_600


def message(job="ftjob-1", kind="fine_tuning.job.succeeded", **more):
    return json.dumps({"id": "evt_1", "object": "event", "type": kind, "data": {"id": job}, **more}).encode()


def headers(body, name="wh_1", at=NOW, key=KEY):
    return {
        "webhook-id": name, "webhook-timestamp": str(at), "webhook-signature": signature(key, name, at, body),
    }  # fmt: skip


@pytest.fixture
def clock():
    return ManualClock(NOW)


@pytest.fixture
def verifier(clock):
    return Verifier(SECRET, clock)


@pytest.fixture
def receiver(clock):
    with Receiver(SECRET, clock=clock) as receiver:
        yield receiver


def send(receiver, body=b"", told=None, method="POST"):
    """The status of a request to a receiver; `told` are its headers, all of them."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", int(receiver.url.split(":")[2].strip("/")), timeout=5
    )
    try:
        connection.putrequest(method, "/any/path")
        for name, value in ({"content-length": str(len(body))} | (told or {})).items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(body or None)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_signed_message_is_an_event(verifier):
    """What is signed with the secret is read, also beside signatures of other kinds and of other secrets."""
    body = message()
    assert verifier.event_in(headers(body), body).job_id == "ftjob-1"
    told = headers(body, "wh_2")
    told["webhook-signature"] = f"v1a,xx v1,AAAA {told['webhook-signature']} v1,é"
    assert verifier.event_in(told, body).type == "fine_tuning.job.succeeded"


def test_it_verifies_as_the_sdk_does(verifier, clock):
    """The SDK takes the same messages."""
    now = int(SystemClock().now())
    clock.advance_to(now)
    body = message(created_at=now)
    client = openai.OpenAI(api_key="sk-test", webhook_secret=SECRET)
    for told in (headers(body, at=now), headers(body, at=now, key=b"another"), headers(body, at=now - 400)):
        try:
            client.webhooks.verify_signature(body, told)
            taken = True
        except (openai.InvalidWebhookSignatureError, ValueError):
            taken = False
        try:
            assert verifier.event_in(told, body) is not None
            ours = True
        except WebhookError:
            ours = False
        assert ours == taken


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"webhook-signature": "v1," + base64.b64encode(bytes(32)).decode()}, 401),
        ({"webhook-signature": ""}, 401),
        ({"webhook-signature": "v1," + "A" * 100_000}, 401),
        ({"webhook-signature": headers(message("ftjob-2"))["webhook-signature"]}, 401),
        ({"webhook-id": "wh_2"}, 401),
        ({"webhook-id": ""}, 400),
        ({"webhook-id": "w" * 300}, 400),
        ({"webhook-timestamp": str(NOW + 1)}, 401),
        ({"webhook-timestamp": "now"}, 400),
        ({"webhook-timestamp": "-1"}, 400),
        ({"webhook-timestamp": "٢"}, 400),
        ({"webhook-timestamp": "9" * 5000}, 400),
    ],
)
def test_what_is_not_signed_is_refused(verifier, change, status):
    """A message with another signature, name or time is not believed."""
    body = message()
    with pytest.raises(WebhookError) as refused:
        verifier.event_in({**headers(body), **change}, body)
    assert refused.value.status == status


@pytest.mark.parametrize("late", [TOLERANCE + 1, -TOLERANCE - 1])
def test_old_messages_are_refused(verifier, late):
    """Five minutes off is too old, or from a clock that is wrong."""
    body = message()
    with pytest.raises(WebhookError, match="by its timestamp"):
        verifier.event_in(headers(body, at=NOW - late), body)


def test_a_copy_is_refused_and_another_attempt_is_no_news(verifier, clock):
    """The very same message again is refused; the platform's own second attempt is taken, and tells nothing."""
    body = message()
    assert verifier.event_in(headers(body), body) is not None
    with pytest.raises(WebhookError) as refused:
        verifier.event_in(headers(body), body)
    assert refused.value.status == 409
    clock.advance(60)
    assert verifier.event_in(headers(body, at=NOW + 60), body) is None
    clock.advance(3 * TOLERANCE)
    with pytest.raises(WebhookError):
        verifier.event_in(headers(body), body)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"\xff", b'{"type": 1, "data": {"id": "x"}}', b'{"type": "x"}', b"[" * 50_000]
)
def test_a_signed_message_that_is_no_event(verifier, body):
    """What is signed and no event is refused, whatever it is."""
    with pytest.raises(WebhookError, match="no event"):
        verifier.event_in(headers(body), body)


@given(st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()))
def test_no_header_is_an_exception(told):
    """Whatever headers say, it is a refusal."""
    with pytest.raises(WebhookError):
        Verifier(SECRET, ManualClock(NOW)).event_in(told, message())


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!", "sk-live-not-a-secret", "whsec_ä"])
def test_a_secret_that_is_none_is_in_no_message(secret):
    """A wrong secret is refused, and not told."""
    with pytest.raises(UsageError, match="whsec_ and then base64") as refused:
        Receiver(secret)
    assert not secret.removeprefix("whsec_") or secret not in str(refused.value)


def test_the_secret_is_not_shown(receiver):
    """Neither in the receiver's own words nor in what it refuses."""
    send(receiver, message(), headers(message(), key=b"other"))
    shown = f"{receiver!r} {receiver.trouble}"
    assert SECRET not in shown
    assert KEY.decode() not in shown


def test_a_webhook_ends_the_wait(receiver):
    """Whoever waits goes on as soon as the job is told of, and only then."""
    ended = []
    waiter = threading.Thread(target=lambda: ended.append(receiver.wait(30.0, "ftjob-1")))
    waiter.start()
    other, body = message("ftjob-2"), message()
    assert send(receiver, other, headers(other, "wh_2")) == 204
    assert send(receiver, body, headers(body)) == 204
    waiter.join(10)
    assert ended == [True]
    assert receiver.wait(0.0, "ftjob-1") is False
    assert receiver.wait(0.0, "ftjob-2") is True
    assert receiver.wait(0.0) is False


def test_what_was_told_before_is_not_waited_for(receiver):
    """A webhook that came between two waits ends the next at once; of other things than jobs none does."""
    body = message("resp_1", "response.completed")
    assert send(receiver, body, headers(body)) == 204
    assert receiver.wait(0.01) is False
    body = message()
    assert send(receiver, body, headers(body, "wh_2")) == 204
    assert receiver.wait(60.0) is True


def test_async_code_waits_without_a_thread(receiver):
    """The async twin ends likewise, and can be cancelled."""

    async def wait():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receiver.async_wait(60.0), 0.01)
        body = message()
        receiver.take(headers(body), body)
        return await receiver.async_wait(60.0, "ftjob-1"), await receiver.async_wait(0.0)

    assert asyncio.run(wait()) == (True, False)


@pytest.mark.parametrize(
    ("method", "body", "told", "status"),
    [
        ("POST", b"x", {}, 400),
        ("POST", message(), headers(message(), key=b"other"), 401),
        ("POST", b"", {"content-length": str(LARGEST + 1)}, 413),
        ("POST", b"", {"content-length": "9" * 40}, 413),
        ("POST", b"", {"content-length": "-1"}, 411),
        ("POST", b"", {"content-length": None}, 411),
        ("POST", b"", {"content-length": None, "transfer-encoding": "chunked"}, 411),
        ("GET", b"", {}, 405),
        ("DELETE", b"", {}, 501),
    ],
)
def test_what_is_answered_to_others(receiver, method, body, told, status):
    """Whoever has no message gets a refusal, and ends no wait."""
    assert send(receiver, body, told, method) == status
    assert receiver.wait(0.0) is False
    if status < 405 or 410 < status < 500:
        assert receiver.refused == 1
        assert receiver.trouble.startswith("a webhook was refused: it")


def test_it_listens_only_while_it_is_open(receiver):
    """A port that is taken is a sentence; after the end nobody answers."""
    port = int(receiver.url.split(":")[2].strip("/"))
    with pytest.raises(UsageError, match="No webhook can be received"), Receiver(SECRET, port):
        pass
    receiver.close()
    receiver.close()
    with pytest.raises(OSError, match="refused"):
        send(receiver)


def test_the_simulated_platform_tells_it(receiver, make_jsonl, good):
    """A simulated job that ends wakes whoever waits for it."""
    endpoint = WebhookEndpoint(receiver.url + "hook", SECRET)
    simulator = Simulator(clock=ManualClock(NOW), profile=Profile(webhooks=(endpoint,)))
    with simulated(simulator) as client:
        file = client.files.create(file=("data.jsonl", make_jsonl(*good)), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(model="gpt-4.1-mini-2025-04-14", training_file=file.id)
        client.fine_tuning.jobs.cancel(job.id)
    deliveries = deliver(simulator.world, clock=ManualClock(NOW))
    simulator.close()
    assert [one.status for one in deliveries] == [204]
    assert receiver.wait(0.0, job.id) is True
