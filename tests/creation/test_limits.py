"""How many jobs a model may have, and how it is told (FACTS.md §4.3)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import openai
import pytest

from drytune_simulator.profile import Profile
from drytune_simulator.resources import limits as counting

DAY = date(2026, 3, 1)


@pytest.fixture
def limits():
    """What `GET /v1/fine_tuning/model_limits` tells of a model."""
    return lambda client, model: client.get("/fine_tuning/model_limits", cast_to=object)[model]


@pytest.mark.parametrize("ending", ["success", "failure", "cancellation"])
def test_a_job_that_has_ended_makes_room(simulator, connect, created, uploaded, ending):
    """However it ended."""
    one = simulator(DAY)
    client = connect(one)
    few = uploaded(client, b'{"messages": []}\n') if ending == "failure" else None
    jobs = [created(client, training_file=few).id for _ in range(3)]
    with pytest.raises(openai.RateLimitError):
        created(client)
    if ending == "cancellation":
        client.fine_tuning.jobs.cancel(jobs[1])
    else:
        one.clock.advance(24 * 60 * 60)
    assert created(client).status == "validating_files"


def test_a_paused_job_takes_its_place(simulator, connect, created):
    """It is not over."""
    one = simulator(DAY)
    client = connect(one)
    first = created(client, hyperparameters={"n_epochs": 50}).id
    one.clock.advance(240)
    assert client.fine_tuning.jobs.pause(first).status == "paused"
    one.clock.advance(24 * 60 * 60)
    for _ in range(2):
        created(client)
    with pytest.raises(openai.RateLimitError, match=r"3 active requests \(1 running, 2 pending\)"):
        created(client)


def test_where_no_job_ends_by_itself_nobody_knows_when_there_is_room(simulator, connect, created, refused):
    """Stuck ones: `retry-after` is a minute, and the SDK does not try."""
    client = connect(simulator(DAY, profile=Profile(concurrent_jobs=1)))
    created(client, metadata={"drytune_scenario": "stuck_in_queue"})
    _, headers = refused(created, client)
    assert (headers["retry-after"], headers["x-should-retry"]) == ("60", "false")


def test_jobs_are_counted_without_reading_them_whole(simulator, connect, created, monkeypatch):
    """Their schedules are worked out only where somebody is refused."""
    client = connect(simulator(DAY))
    for _ in range(2):
        created(client)
    monkeypatch.setattr(counting, "Job", None)
    assert created(client).id


def test_each_model_and_each_key_has_its_own_places(simulator, connect, created):
    """A tuned model counts for its base; a floating name for its snapshot."""
    one = simulator(DAY)
    client = connect(one)
    for name in ("gpt-4o-mini", "gpt-4o-mini-2024-07-18", "gpt-4o-mini"):
        created(client, name)
    with pytest.raises(openai.RateLimitError):
        created(client)
    assert created(client, "gpt-4.1-mini").id
    assert created(connect(one, key="sk-other")).id


def test_a_tuned_model_counts_for_its_base(simulator, connect, created):
    """Three jobs from a tuned model are three of its base (grade I)."""
    one = simulator(DAY)
    client = connect(one)
    job = created(client)
    one.clock.advance(24 * 60 * 60)
    tuned = client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model
    for _ in range(3):
        created(client, tuned)
    with pytest.raises(openai.RateLimitError, match="for the model 'gpt-4o-mini-2024-07-18'"):
        created(client)


def test_a_day_later_there_are_new_ones(simulator, connect, created):
    """Counted over 24 hours; cancelled ones count."""
    one = simulator(DAY, profile=Profile(daily_jobs=2))
    client = connect(one)
    client.fine_tuning.jobs.cancel(created(client).id)
    one.clock.advance(3600)
    created(client)
    with pytest.raises(openai.RateLimitError, match="maximum of 2 fine-tuning requests per day") as raised:
        created(client)
    assert raised.value.response.headers["retry-after"] == str(23 * 60 * 60)
    assert created(client, "gpt-4.1-mini").id
    one.clock.advance(23 * 60 * 60 + 1)
    assert created(client).id


def test_no_limit_is_none(simulator, connect, created, limits):
    """Then it is null where it is told."""
    client = connect(simulator(DAY, profile=Profile(concurrent_jobs=None)))
    for _ in range(10):
        created(client)
    assert limits(client, "gpt-4o-mini-2024-07-18") == {
        "max_total_jobs": None,
        "max_concurrent_jobs": None,
        "active_jobs": 10,
    }


def test_limits_are_told_by_model(simulator, connect, created, limits):
    """One report has them in this shape (grade U)."""
    client = connect(simulator(DAY, profile=Profile(daily_jobs=8)))
    created(client)
    assert limits(client, "gpt-4o-mini-2024-07-18") == {
        "max_total_jobs": 8,
        "max_concurrent_jobs": 3,
        "active_jobs": 1,
    }
    assert limits(client, "gpt-4.1-2025-04-14")["active_jobs"] == 0
    with pytest.raises(KeyError):
        limits(client, "gpt-4o-2024-11-20")


def test_a_refused_job_is_not_tried_again_by_the_sdk(simulator, connect, created):
    """The header says so; else a test would wait."""
    one = simulator(DAY)
    asked = []

    def counted(request):
        asked.append(request.target)
        return one(request)

    client = connect(counted)
    for _ in range(3):
        created(client)
    asked.clear()
    with pytest.raises(openai.RateLimitError):
        created(client)
    assert asked.count("/v1/fine_tuning/jobs") == 1


def test_of_many_at_once_three_get_a_place(simulator, connect, created, uploaded):
    """Counting and creating is one transaction."""
    client = connect(simulator(DAY))
    file = uploaded(client)

    def create(_):
        try:
            return created(client, training_file=file).id
        except openai.RateLimitError:
            return None

    with ThreadPoolExecutor(8) as pool:
        jobs = list(filter(None, pool.map(create, range(8))))
    assert len(set(jobs)) == 3
    assert len(client.fine_tuning.jobs.list().data) == 3
