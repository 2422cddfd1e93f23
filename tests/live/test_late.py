"""Requests that arrive when nobody waits for their answers any more make nothing that is paid for twice."""

import msgspec
import pytest

import drytune
from drytune.errors import DrytuneError
from drytune.workflow import live


@pytest.fixture
def job(rig, tmp_path):
    return rig.job(tmp_path)


@pytest.fixture
def platform(rig, place):
    with rig.Platform(place) as one:
        yield one


@pytest.mark.parametrize(
    ("where", "later"),
    [
        *(("POST /v1/files", later) for later in range(1, 5)),  # after that, a copy stays
        *(("POST /v1/fine_tuning/jobs", later) for later in (*range(1, 9), 12)),
    ],
)
def test_a_request_that_arrives_late_makes_nothing_that_is_paid_for_twice(rig, platform, job, where, later):
    """It is found while it is looked for; after that, the second one is taken back."""
    platform.till_before(lambda handler: rig.Late(handler, where, later))
    run = live.run(job, max_usd=1.0, **platform.options())
    assert (run.status, run.done) == ("succeeded", True)
    assert [one.status for one in platform.jobs()].count("succeeded") == 1
    assert all(one.status in ("succeeded", "cancelled") for one in platform.jobs())
    assert platform.uploads() == sorted(set(platform.uploads()))
    assert platform.billed() <= run.bill.spent_usd + 1e-9


def test_a_job_that_arrives_late_while_nobody_waits_is_told_and_counted(rig, platform, job):
    """Nobody can cancel it then; but the run knows what it may be billed for."""
    platform.till_before(lambda handler: rig.Late(handler, "POST /v1/fine_tuning/jobs", 12))
    begun = live.run(job, max_usd=1.0, follow=False, **platform.options())
    with drytune.simulated(platform.handler) as client:
        for _ in range(12):
            client.models.list()
    platform.clock.advance(24 * 3600)
    run = live.resume(begun.id, **platform.options())
    assert [one.status for one in platform.jobs()] == ["succeeded", "succeeded"]
    assert (run.status, run.done) == ("succeeded", True)
    assert "second job" in " ".join(run.notes)
    assert platform.billed() <= run.bill.spent_usd + 1e-9


def test_no_second_job_is_made_that_the_budget_does_not_cover(rig, platform, job):
    """A creation that got no answer may still arrive: then both would be billed."""
    job = msgspec.structs.replace(job, n_epochs=50)  # the training is dearer than all questions
    plan = live.plan(job, max_usd=100.0, **platform.options())
    platform.till_before(lambda handler: rig.Late(handler, "POST /v1/fine_tuning/jobs", 50))
    with pytest.raises(DrytuneError, match="drytune resume"):
        live.run(job, max_usd=plan.estimate.total_high_usd, **platform.options())
    assert platform.jobs() == []
    with drytune.simulated(platform.handler) as client:
        for _ in range(50):
            client.models.list()
    assert live.resume("last", **platform.options()).done
    assert len(platform.jobs()) == 1
