"""Jobs that go wrong on purpose: which, and when it is decided."""

from dataclasses import dataclass, field
from datetime import date

import openai
import pytest

from drytune_simulator.clock import AdvancingClock
from drytune_simulator.training import SCENARIOS

DAY = date(2026, 3, 1)


@dataclass
class Chosen:
    """Scenarios that all follow one, and remember what they were asked for."""

    name: str | None
    asked: list = field(default_factory=list)

    def choose(self, job):
        self.asked.append(job)
        return self.name


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_can_be_asked_for_by_metadata(simulator, connect, created, name):
    """The metadata stays what it was; two of them refuse the job, the others create it."""
    client = connect(simulator(DAY))
    metadata = {"drytune_scenario": name, "team": "cats"}
    if name in {"quota_reached", "permission_denied"}:
        with pytest.raises((openai.RateLimitError, openai.PermissionDeniedError)):
            created(client, metadata=metadata)
        assert client.fine_tuning.jobs.list().data == []
    else:
        assert created(client, metadata=metadata).metadata == metadata


@pytest.mark.parametrize("name", ["fails_in_training", "moderation_refusal", "file_expired"])
def test_a_job_that_is_to_fail_fails(simulator, connect, finished, name):
    """Without a model, and without results."""
    client = connect(simulator(clock=AdvancingClock()))
    job = finished(client, metadata={"drytune_scenario": name})
    assert (job.status, job.fine_tuned_model, job.result_files) == ("failed", None, [])
    assert job.error.code
    assert not [model for model in client.models.list() if model.id.startswith("ft:")]


def test_a_stuck_job_can_be_cancelled(simulator, connect, created):
    """It stays queued, for months."""
    one = simulator(DAY)
    client = connect(one)
    job = created(client, metadata={"drytune_scenario": "stuck_in_queue"})
    one.clock.advance(100 * 24 * 60 * 60)
    assert client.fine_tuning.jobs.retrieve(job.id).status == "queued"
    assert client.fine_tuning.jobs.cancel(job.id).status == "cancelled"


def test_a_reached_quota_is_told_like_the_daily_limit(simulator, connect, created, refused):
    """Eight a day, as seen in February 2026, where no limit is set."""
    client = connect(simulator(DAY))
    told, headers = refused(created, client, metadata={"drytune_scenario": "quota_reached"})
    message = (
        "This fine-tune request has been rate-limited. Your organization has reached the maximum of "
        "8 fine-tuning "
        "requests per day for the model 'gpt-4o-mini-2024-07-18'."
    )
    assert told == (429, "invalid_request_error", "daily_rate_limit_exceeded", None, message)
    assert headers["x-drytune-reason"] == "by the scenario quota_reached"


def test_scenarios_choose_once_for_each_job_that_is_asked_for(simulator, connect, created, refused):
    """Not for what is no request; they see what is asked for, a floating name as its snapshot."""
    scenarios = Chosen(None)
    client = connect(simulator(DAY, scenarios=scenarios))
    refused(created, client, seed=-1)
    assert scenarios.asked == []
    created(client, "gpt-4o-mini", suffix="cat", metadata={"team": "cats"})
    (job,) = scenarios.asked
    assert (job.model, job.suffix, job.metadata) == ("gpt-4o-mini-2024-07-18", "cat", {"team": "cats"})
    refused(created, client, "gpt-9")
    assert [job.model for job in scenarios.asked] == ["gpt-4o-mini-2024-07-18", "gpt-9"]


def test_permission_is_denied_where_the_platform_closes(simulator, connect, created, refused):
    """Before files, models and limits are looked at, as the closing of the platform is."""
    client = connect(simulator(DAY, scenarios=Chosen("permission_denied")))
    for options in ({"training_file": "file-nope"}, {"model": "gpt-9"}):
        assert refused(created, client, **options)[0][2] == "training_not_available"
    assert refused(created, client, seed=-1)[0][3] == "seed"


def test_a_quota_is_reached_where_limits_are_looked_at(simulator, connect, created, refused):
    """Behind files, models and methods."""
    client = connect(simulator(DAY, scenarios=Chosen("quota_reached")))
    assert refused(created, client, training_file="file-nope")[0][3] == "training_file"
    assert refused(created, client, "gpt-9")[0][2] == "model_not_available"
    told, headers = refused(created, client)
    assert (told[2], headers["retry-after"]) == ("daily_rate_limit_exceeded", "86400")


def test_what_the_metadata_names_comes_first(simulator, connect, created):
    """Whoever writes it there means this job."""
    one = simulator(DAY, scenarios=Chosen("permission_denied"))
    client = connect(one)
    job = created(client, metadata={"drytune_scenario": "stuck_in_queue"})
    one.clock.advance(24 * 60 * 60)
    assert client.fine_tuning.jobs.retrieve(job.id).status == "queued"
