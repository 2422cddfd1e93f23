"""What ends the waiting for a job: its end, Ctrl-C, a deadline, a condition, or somebody who cancels."""

import pytest

import drytune

CREATE, JOB = "POST /v1/fine_tuning/jobs", "GET /v1/fine_tuning/jobs/*"


@pytest.mark.parametrize(
    ("choice", "status", "done"),
    [("leave", "validating_files", False), ("cancel", "cancelled", True), ("go on", "succeeded", True)],
)
def test_ctrl_c_asks(choice, status, done, dataset, where, platform):
    """Leave it, cancel it, or go on waiting."""
    asked = []

    def interrupted(run):
        asked.append(run.status)
        return choice

    platform.interrupts(JOB)
    run = drytune.run(dataset, max_usd=1, interrupted=interrupted, **where)
    assert (run.status, run.done, len(asked)) == (status, done, 1)
    assert platform.jobs[0].status == status or choice == "leave"


def test_a_job_that_was_left_is_gone_on_with(dataset, where, platform):
    """`follow` off leaves it as soon as it is made."""
    left = drytune.run(dataset, max_usd=1, follow=False, **where)
    assert (left.done, left.stopped) == (False, "the job was left running")
    run = drytune.resume(left.id, **where)
    assert (run.status, run.stopped, len(platform.jobs)) == ("succeeded", None, 1)


@pytest.mark.parametrize(("at_timeout", "status"), [("leave", "running"), ("cancel", "cancelled")])
def test_a_deadline_ends_the_waiting(at_timeout, status, dataset, where, platform):
    """By the platform's clock, which each look moves on."""
    run = drytune.run(dataset, max_usd=1, timeout_s=240, at_timeout=at_timeout, **where)
    assert run.status in (status, "queued", "validating_files")
    assert bool(run.stopped) == (at_timeout == "leave")
    assert len(platform.jobs) == 1


def test_a_condition_cancels_the_job(dataset, where, platform):
    """And the run says which step met it."""
    run = drytune.run(dataset, max_usd=1, cancel_if="train_loss > 0 after 3", **where)
    assert (run.status, platform.jobs[0].status) == ("cancelled", "cancelled")
    assert any("train_loss" in note for note in run.notes)


def test_a_condition_that_is_never_met_changes_nothing(dataset, where):
    """Not even at the end."""
    assert drytune.run(dataset, max_usd=1, cancel_if="train_loss > 1000", **where).status == "succeeded"


def test_pauses_grow_and_are_never_long(dataset, where, platform):
    """From about 5 seconds to 300 at most, a fifth more."""
    drytune.run(dataset, max_usd=1, **where)
    assert 4 <= platform.waits[0] <= 6
    assert max(platform.waits) <= 360


def test_a_run_can_be_cancelled_from_elsewhere(dataset, where, platform):
    """Once more it does nothing."""
    left = drytune.run(dataset, max_usd=1, follow=False, **where)
    assert drytune.cancel(left.id, **where).status == "cancelled"
    assert drytune.cancel(left.id, **where).status == "cancelled"
    assert platform.jobs[0].status == "cancelled"


def test_a_job_whose_creation_was_cut_off_can_be_cancelled(dataset, where, platform):
    """It is found by its marker."""
    platform.interrupts(CREATE, after=True)
    with pytest.raises(KeyboardInterrupt):
        drytune.run(dataset, max_usd=1, **where)
    assert drytune.cancel("last", **where).status == "cancelled"
    assert platform.jobs[0].status == "cancelled"


def test_where_no_job_was_made_there_is_nothing_to_cancel(dataset, where, platform):
    """And it says so."""
    platform.interrupts(CREATE)
    with pytest.raises(KeyboardInterrupt):
        drytune.run(dataset, max_usd=1, **where)
    run = drytune.cancel("last", **where)
    assert "no job" in run.stopped
    assert platform.jobs == []


def test_a_job_that_fails_is_told_with_its_reason(dataset, where, platform):
    """Here it is cancelled behind the run's back."""

    def cancel_first(request, ask):
        platform.client.fine_tuning.jobs.cancel(platform.jobs[0].id)
        return ask(request)

    platform.once(JOB, cancel_first)
    run = drytune.run(dataset, max_usd=1, **where)
    assert (run.status, run.done, run.answers) == ("cancelled", True, ())


def test_progress_tells_every_state(dataset, where):
    """Each with the run as it is kept."""
    seen = []
    drytune.run(dataset, max_usd=1, progress=lambda run: seen.append(run.status), **where)
    states = list(dict.fromkeys(seen))
    assert states == ["create", "validating_files", "queued", "running", "succeeded"]


def test_a_condition_that_is_none_begins_nothing(dataset, where, platform):
    """It is looked at before the journal is written."""
    with pytest.raises(drytune.UsageError, match="loss"):
        drytune.run(dataset, max_usd=1, cancel_if="the loss is bad", **where)
    assert platform.asked == []
    assert drytune.run(dataset, max_usd=1, **where).done
