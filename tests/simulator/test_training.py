"""A job is a schedule: a pure function of its plan, folded at a moment."""

import csv
import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator.training import Cut, Failure, Plan, happenings, results_csv, state_at, told, upcoming

ORDER = ["validating_files", "queued", "running", "succeeded"]


def plan(**changes) -> Plan:
    fields = {
        "job_id": "ftjob-1",
        "created_at": 1000.0,
        "seed": 7,
        "model": "ft:gpt-4o-mini-2024-07-18:personal::AbCd1234",
        "training_file": "file-1",
        "examples": 10,
        "epochs": 10,
        "batch_size": 1,
        "learning_rate_multiplier": 1.8,
        "trained_tokens": 5070,
        "results_file": "file-2",
        "checkpoints": ((80, "ft:a:ckpt-step-80"), (90, "ft:b:ckpt-step-90")),
    }
    return Plan(**{**fields, **changes})


plans = st.builds(
    plan,
    examples=st.integers(10, 400),
    epochs=st.integers(1, 12),
    batch_size=st.integers(1, 8),
    seed=st.integers(0, 2**31 - 1),
    trained_tokens=st.integers(1, 10**7),
    validation_file=st.none() | st.just("file-3"),
    failure=st.none() | st.just(Failure("invalid_file_format", "no")),
)


def messages(one: Plan) -> list[str]:
    return [h.message for h in happenings(one) if h.type != "metrics"]


def test_events_come_with_the_recorded_words_in_the_recorded_order():
    """FACTS.md §4.6, the form of 2025-26."""
    one = plan()
    assert messages(one) == [
        "Created fine-tuning job: ftjob-1",
        "Validating training file: file-1",
        "Files validated, moving job to queued state",
        "Fine-tuning job started",
        "Checkpoint created at step 80 with Snapshot ID: ft:a:ckpt-step-80",
        "Checkpoint created at step 90 with Snapshot ID: ft:b:ckpt-step-90",
        "New fine-tuned model created",
        "Evaluating model against our usage policies",
        f"Moderation checks for snapshot {one.model} passed.",
        "Usage policy evaluations completed, model is now enabled for sampling",
        "The job has successfully completed",
    ]


def test_both_files_are_named_when_both_are_validated():
    """FACTS.md §4.6, event 2."""
    assert messages(plan(validation_file="file-3"))[1] == (
        "Validating training file: file-1 and validation file: file-3"
    )


def test_every_step_has_a_metrics_event():
    """`Step 1/100: training loss=…`, with its data."""
    steps = [h for h in happenings(plan()) if h.type == "metrics"]
    assert [h.data["step"] for h in steps] == list(range(1, 101))
    assert steps[0].message.startswith("Step 1/100: training loss=")
    assert set(steps[0].data) == {"step", "train_loss", "total_steps", "train_mean_token_accuracy"}


def test_finished_at_is_set_while_the_job_still_runs():
    """Training ends, then come the safety checks, then the job succeeds (FACTS.md §4.4)."""
    one = plan()
    trained = next(h.at for h in happenings(one) if "finished_at" in h.changes)
    state = state_at(one, trained)
    assert (state.status, state.finished_at, state.succeeded) == ("running", int(trained), False)


def test_a_refused_file_ends_the_job_after_validation():
    """With the reason, and without a model."""
    one = plan(failure=Failure("invalid_n_examples", "Training file has 9 example(s)"))
    state, (_, last) = state_at(one, 1e12), next(told(one, 1e12))
    assert (state.status, state.failure, state.finished_at) == ("failed", one.failure, None)
    assert (last.level, last.message) == ("error", "Training file has 9 example(s)")


@given(plans)
def test_statuses_only_move_forward_along_the_documented_graph(one):
    """Whatever the plan, and however often somebody looks."""
    seen = [state_at(one, at).status for at in [one.created_at, *upcoming(one, one.created_at)]]
    path = list(dict.fromkeys(seen))
    assert path == (ORDER if one.failure is None else ["validating_files", "failed"])


@given(plans)
def test_a_schedule_is_ordered_and_repeatable(one):
    """Equal plans have equal schedules, also after the way through the store."""
    course = happenings(one)
    assert [h.at for h in course] == sorted(h.at for h in course)
    copy = msgspec.json.decode(msgspec.json.encode(one), type=Plan)
    assert copy == one
    happenings.cache_clear()
    assert list(happenings(copy)) == list(course)


@given(plans)
def test_the_shortcuts_say_what_the_course_says(one):
    """Times, turns and counts are worked out without the steps, and agree with them."""
    course = happenings(one)
    whole = list(course)
    assert [course.at(place) for place in range(len(course))] == [h.at for h in whole]
    assert list(course.moments) == sorted({h.at for h in whole})
    assert list(course.turns) == [h for h in whole if h.changes]
    for moment in course.moments:
        assert course.until(moment) == sum(h.at <= moment for h in whole)
    assert course[-3:] == whole[-3:]


@given(plans, st.floats(0, 5000))
def test_a_poll_loop_ends_within_a_hundred_looks(one, start):
    """However many steps there are: steps are logged in batches."""
    assert len(upcoming(one, one.created_at + start)) < 100


@given(plans, st.floats(0, 1e5))
def test_nothing_happens_after_a_cut(one, after):
    """A cancelled job stays as it was when it was cancelled."""
    cut = Cut(one.created_at + after, "cancelled")
    gone = [happening for _, happening in told(one, 1e15, cut)]
    assert state_at(one, 1e15, cut).status == "cancelled"
    assert gone[0].at == cut.at
    assert all(h.at <= cut.at for h in gone)
    assert not upcoming(one, one.created_at, cut)


def test_losses_fall_and_differ_by_seed():
    """The curve is simulated, but it is a learning curve."""
    losses = [h.data["train_loss"] for h in happenings(plan()) if h.type == "metrics"]
    others = [h.data["train_loss"] for h in happenings(plan(seed=8)) if h.type == "metrics"]
    assert sum(losses[:10]) > 2 * sum(losses[-10:])
    assert losses != others


def test_the_results_file_has_the_documented_columns_and_a_line_a_step():
    """FACTS.md §4.7."""
    rows = list(csv.DictReader(io.StringIO(results_csv(plan(validation_file="f")).decode())))
    assert list(rows[0]) == [
        "step",
        "train_loss",
        "train_accuracy",
        "valid_loss",
        "valid_mean_token_accuracy",
    ]
    assert [int(row["step"]) for row in rows] == list(range(1, 101))
    assert (rows[0]["valid_loss"], rows[9]["valid_loss"] != "") == ("", True)


@pytest.mark.parametrize(
    ("epochs", "steps"), [(1, [10]), (2, [10, 20]), (3, [10, 20, 30]), (10, [80, 90, 100])]
)
def test_the_last_three_epochs_leave_checkpoints(epochs, steps):
    """FACTS.md §4.7."""
    assert plan(epochs=epochs).checkpoint_steps() == steps
