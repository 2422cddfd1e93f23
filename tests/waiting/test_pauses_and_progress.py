"""How long is waited, and what is told meanwhile."""

from itertools import islice

import pytest

from drytune.errors import UsageError
from drytune.workflow.records import Bill
from drytune.workflow.waiting import LONGEST_PAUSE, duration, pauses, progress_of


def test_pauses_grow_from_five_seconds_to_five_minutes():
    """They begin with about 5 s, grow by about a quarter, and none is longer than 300 s, its jitter with it."""
    some = list(islice(pauses("run-1"), 400))
    assert all(4.0 <= first <= 6.0 for first in some[:1])
    assert all(pause <= LONGEST_PAUSE for pause in some)
    assert all(pause >= 200.0 for pause in some[30:])
    assert max(some) > 290.0
    for place in range(8):
        assert 5.0 * 1.25**place * 0.8 <= some[place] <= 5.0 * 1.25**place * 1.2


def test_runs_do_not_ask_at_the_same_time():
    """The same run has the same pauses in every process, another one others."""
    first, again, other = (list(islice(pauses(seed), 20)) for seed in ("run-1", "run-1", "run-2"))
    assert first == again
    assert all(one != two for one, two in zip(first, other, strict=True))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("2h", 7200), ("1h30m", 5400), ("90", 90), ("3d", 259_200), ("0.5s", 0.5)],
)
def test_durations(text, seconds):
    """Durations are words or seconds."""
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5s", "1h 30", "nan", "inf", "1e999"])
def test_no_durations(text):
    """What is none is refused."""
    with pytest.raises(UsageError, match="is no duration"):
        duration(text)


def test_progress_of_a_running_job(make_run, step_event):
    """Step, losses, the steps' share of the bill, and an end as fast as the steps so far."""
    events = (
        step_event(1, at=1000, train_loss=2.0, valid_loss=2.2),
        step_event(11, at=1100, train_loss=1.5, valid_loss=1.9, full_valid_loss=1.8),
        step_event(21, at=1200, train_loss=1.0),
    )
    run = make_run(job={"created_at": 900}, events=events, bill=Bill(expected_usd=10.0, answers_usd=0.5))
    progress = progress_of(run, 1210.0)
    assert (progress.state, progress.step, progress.total_steps, progress.share) == ("running", 21, 100, 0.21)
    assert (progress.loss, progress.valid_loss) == (1.0, 1.8)
    assert progress.cost_so_far_usd == pytest.approx(2.6)
    assert progress.estimated_end == pytest.approx(1200 + 79 * 10)
    assert progress.elapsed_s == 310.0


def test_the_platforms_own_estimate_goes_first(make_run, step_event):
    """`estimated_finish` is believed while it is still to come."""
    events = (step_event(1, at=1000), step_event(2, at=1010))
    run = make_run(job={"estimated_finish": 5000}, events=events)
    assert progress_of(run, 1020.0).estimated_end == 5000
    assert progress_of(run, 6000.0).estimated_end is None
    run = make_run(job={"estimated_finish": 900}, events=events)
    assert progress_of(run, 1020.0).estimated_end == pytest.approx(1010 + 98 * 10)


def test_a_platform_whose_clock_is_ahead(make_run, step_event):
    """What is left, and what has passed, is told by the platform's own clock, which a simulated one may hurry."""
    events = (step_event(1, at=5000), step_event(2, at=5010))
    run = make_run(job={"created_at": 4900, "estimated_finish": 5100}, events=events)
    progress = progress_of(run, 1000.0)
    assert progress.estimated_end == 1000.0 + 90
    assert progress.elapsed_s == 110.0


def test_steps_that_only_words_tell(make_run):
    """Older servers have the figures in the message only; rewards are told, too."""
    words = {"type": "metrics", "message": "Step 10/20 , train mean reward=0.42", "data": {}}
    rewards = {
        "type": "metrics",
        "data": {"step": 12, "train_mean_reward": 0.5, "full_valid_mean_reward": 0.25},
    }
    progress = progress_of(make_run(events=(words,)), 0.0)
    assert (progress.step, progress.total_steps) == (10, 20)
    progress = progress_of(make_run(events=(words, rewards)), 0.0)
    assert (progress.step, progress.reward, progress.valid_reward) == (12, 0.5, 0.25)


def test_the_bill_goes_before_the_share(make_run, step_event):
    """Once the platform tells what it bills, that is what it has cost; without prices nobody knows."""
    bill = Bill(expected_usd=10.0, training_usd=7.0, answers_usd=0.25)
    assert progress_of(make_run("succeeded", bill=bill), 0.0).cost_so_far_usd == 7.25
    assert progress_of(make_run("succeeded", bill=Bill(expected_usd=10.0)), 0.0).cost_so_far_usd == 10.0
    assert progress_of(make_run(bill=Bill(expected_usd=10.0)), 0.0).cost_so_far_usd == 0.0
    assert progress_of(make_run(events=(step_event(50),)), 0.0).cost_so_far_usd is None


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled", "paused"])
def test_what_stands_still_has_no_end_to_come(make_run, step_event, status):
    """A job that has ended, or is paused, is estimated no more; its time is that until its end."""
    events = (step_event(1, at=1000), step_event(2, at=1010))
    job = {"created_at": 900, "finished_at": 1500, "estimated_finish": 99_999}
    progress = progress_of(make_run(status, job=job, events=events), 9000.0)
    assert progress.estimated_end is None
    assert progress.elapsed_s == 600.0


def test_strange_events_tell_nothing(make_run, step_event):
    """Whatever a server has in its events, there is progress without it."""
    nan, huge = float("nan"), 10**400
    events = (
        {},
        {"type": "metrics"},
        {"type": "metrics", "data": None, "message": None},
        {"type": "metrics", "data": {"step": -1, "total_steps": "x", "train_loss": nan}},
        {"type": "metrics", "data": {"step": huge, "train_loss": huge}, "created_at": "yesterday"},
        step_event(5, total=0, at=10),
        step_event(5, total=0, at=10),
    )
    progress = progress_of(make_run(events=events, job={"created_at": None, "estimated_finish": nan}), 20.0)
    assert (progress.step, progress.total_steps, progress.share) == (5, None, None)
    assert (progress.loss, progress.estimated_end, progress.elapsed_s) == (None, None, None)


def test_a_run_without_a_job(make_run):
    """Before there is a job, the next step is what there is to tell."""
    import msgspec

    progress = progress_of(msgspec.structs.replace(make_run(), remote=None), 5.0)
    assert progress.state == "create"
    assert progress.elapsed_s is None
