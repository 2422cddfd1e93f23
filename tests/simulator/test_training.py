"""A job is a schedule: a pure function of its plan and of what was done to it, folded at a moment."""

import math
import re
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator.training import (
    EVENTS,
    FAILURES,
    SCENARIOS,
    Change,
    Failure,
    Plan,
    checkpoints,
    checkpoints_at,
    ends_at,
    happenings,
    how_many,
    rewards,
    state_at,
    told,
    trained_steps,
    upcoming,
)

PATH = ["validating_files", "queued", "running", "succeeded"]
LATE = 1e15


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


def with_checkpoints(one: Plan) -> Plan:
    """As a job's creation names them."""
    names = tuple((step, f"ft:x:{step}:ckpt-step-{step}") for step in one.checkpoint_steps()[:-1])
    return msgspec.structs.replace(one, checkpoints=names)


plans = st.builds(
    plan,
    created_at=st.floats(0, 2e9),
    examples=st.integers(10, 400),
    epochs=st.integers(1, 12),
    batch_size=st.integers(1, 8),
    seed=st.integers(0, 2**31 - 1),
    trained_tokens=st.integers(1, 10**7),
    method=st.sampled_from(["supervised", "dpo", "reinforcement"]),
    validation_file=st.none() | st.just("file-3"),
    failure=st.none() | st.just(Failure("invalid_file_format", "no")),
    scenario=st.none() | st.sampled_from(list(SCENARIOS)),
).map(with_checkpoints)


@st.composite
def changed(draw) -> tuple[Plan, tuple[Change, ...]]:
    """A job that was paused and resumed as the platform allows it, and perhaps cancelled in the end."""
    one, changes = draw(plans), ()
    now = one.created_at
    for _ in range(draw(st.integers(0, 4))):
        ahead = [at for at in upcoming(one, now, changes) if state_at(one, at, changes).status == "running"]
        ahead = [at for at in ahead if 0 < trained_steps(one, at, changes) < happenings(one).steps]
        if not ahead:
            break
        now = draw(st.sampled_from(ahead)) + draw(st.floats(0, 0.4))
        changes = (*changes, Change(now, "paused"))
        now += draw(st.floats(0, 5000))
        if draw(st.integers(0, 4)) == 0:
            break
        changes = (*changes, Change(now, "resumed"))
    if draw(st.booleans()):
        now += draw(st.floats(0, 3000))
        if state_at(one, now, changes).status not in {"succeeded", "failed"}:
            changes = (*changes, Change(now, "cancelled"))
    return one, changes


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
        *(
            f"Checkpoint created at step {step} with Snapshot ID: {name}"
            for step, name in checkpoints.told(one)
        ),
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


@given(changed())
def test_every_message_is_in_a_table_that_says_how_sure_it_is(case):
    """That of an event, or of a failure; metrics are worded beside their figures."""
    one, changes = case
    texts = [*(row.text for row in EVENTS.values()), *(row.failure.message for row in FAILURES.values())]
    known = [re.sub(r"\\{\w+\\}", ".+", re.escape(text)) for text in texts]
    for _, happening in told(one, LATE, changes):
        if happening.type != "metrics" and happening.message != "no":  # a file's own fault
            assert any(re.fullmatch(text, happening.message) for text in known), happening.message


def test_every_step_has_a_metrics_event():
    """`Step 1/100: training loss=…`, with its data."""
    steps = [h for h in happenings(plan()) if h.type == "metrics"]
    assert [h.data["step"] for h in steps] == list(range(1, 101))
    assert steps[0].message.startswith("Step 1/100: training loss=")
    assert set(steps[0].data) == {"step", "train_loss", "total_steps", "train_mean_token_accuracy"}


def test_the_last_step_of_an_epoch_validates_on_the_whole_file():
    """`validation loss` on some steps, `full validation loss` at the end of an epoch (FACTS.md §4.6)."""
    told = [h.message for h in happenings(plan(examples=15, validation_file="v")) if h.type == "metrics"]
    assert "validation" not in told[0]
    assert "validation loss=" in told[9]
    assert "full validation loss=" not in told[9]
    assert "full validation loss=" in told[14]


def test_finished_at_is_set_while_the_job_still_runs():
    """Training ends, then come the safety checks, then the job succeeds (FACTS.md §4.4)."""
    one = plan()
    trained = next(h.at for h in happenings(one) if "finished_at" in h.changes)
    state = state_at(one, trained)
    assert (state.status, state.finished_at, state.succeeded) == ("running", int(trained), False)


def test_a_refused_file_ends_the_job_after_validation():
    """With the reason, and without a model."""
    one = plan(failure=Failure("invalid_n_examples", "Training file has 9 example(s)"))
    state, (_, last) = state_at(one, LATE), next(told(one, LATE))
    assert (state.status, state.failure, state.finished_at) == ("failed", one.failure, None)
    assert (last.level, last.message) == ("error", "Training file has 9 example(s)")


@given(changed())
def test_statuses_only_move_forward_along_the_documented_graph(case):
    """Whatever the plan, whatever was done to the job, and however often somebody looks."""
    one, changes = case
    moments = [one.created_at, *upcoming(one, one.created_at, changes)]
    seen = [state_at(one, at, changes).status for at in moments]
    path = [status for place, status in enumerate(seen) if place == 0 or seen[place - 1] != status]
    allowed = {
        "validating_files": {"queued", "failed", "cancelled"},
        "queued": {"running", "failed", "cancelled"},
        "running": {"paused", "succeeded", "failed", "cancelled"},
        "paused": {"running", "failed", "cancelled"},
    }
    for before, after in pairwise(path):
        assert after in allowed[before]
    ended = path[-1] in {"succeeded", "failed", "cancelled"}
    assert ended == (ends_at(one, changes) < math.inf)


@given(plans)
def test_without_a_scenario_a_good_file_leads_to_success(one):
    """And a bad one to failure."""
    one = msgspec.structs.replace(one, scenario=None)
    moments = [one.created_at, *upcoming(one, one.created_at)]
    path = list(dict.fromkeys(state_at(one, at).status for at in moments))
    assert path == (PATH if one.failure is None else ["validating_files", "failed"])
    assert moments[-1] == ends_at(one)


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
    assert {*course.moments} <= {h.at for h in whole}
    assert list(course.turns) == [h for h in whole if h.changes]
    for moment in course.moments:
        assert course.until(moment) == sum(h.at <= moment for h in whole)
    assert course[-3:] == whole[-3:]


@given(changed(), st.floats(0, 1))
def test_what_was_told_is_told_for_ever(case, share):
    """The events known at a moment are the first of those known later, with the same numbers."""
    one, changes = case
    moments = [one.created_at, *upcoming(one, one.created_at, changes)]
    now = moments[int(share * (len(moments) - 1))]
    early, late = (list(told(one, at, changes))[::-1] for at in (now, LATE))
    assert late[: len(early)] == early
    assert len(early) == how_many(one, now, changes)
    assert [number for number, _ in late] == list(range(len(late)))
    times = [happening.at for _, happening in late]
    assert times == sorted(times)
    assert all(at <= ends_at(one, changes) for at in times)
    before = late[len(late) // 2][0]
    assert list(told(one, LATE, changes, before=before)) == late[:before][::-1]


@given(changed())
def test_what_is_done_to_a_job_changes_nothing_that_was_told(case):
    """Up to the moment of a change, all is as it was without it."""
    one, changes = case
    for count, change in enumerate(changes):
        earlier = list(told(one, change.at, changes[:count]))[::-1]
        assert list(told(one, change.at, changes[: count + 1]))[::-1][: len(earlier)] == earlier


@given(changed())
def test_pauses_add_their_length_to_the_end_and_nothing_else(case):
    """Every step is trained once, at its own time plus the pauses before it."""
    one, changes = case
    steps = [h.data["step"] for _, h in told(one, LATE, changes) if h.type == "metrics"][::-1]
    assert steps == list(range(1, len(steps) + 1))
    if changes and changes[-1].kind == "resumed":
        pairs = zip(changes[::2], changes[1::2], strict=True)
        length = sum(resumed.at - paused.at for paused, resumed in pairs)
        assert ends_at(one, changes) == pytest.approx(ends_at(one) + length)
        assert len(steps) == happenings(one).steps


@given(changed())
def test_checkpoints_are_those_of_a_success_and_those_of_pauses(case):
    """A tuned model exists exactly if its job succeeded; a pause's model is one of a step that was trained."""
    one, changes = case
    at_the_end = min(ends_at(one, changes), LATE)
    ready = checkpoints_at(one, at_the_end, changes)
    names = [checkpoint.name for checkpoint in ready]
    assert (one.model in names) == state_at(one, at_the_end, changes).succeeded
    assert len(set(names)) == len(names)
    if one.model in names:
        assert names[0] == one.model
    for checkpoint in ready:
        assert 1 <= checkpoint.step <= one.total_steps
        assert checkpoint.at <= checkpoint.ready_at <= at_the_end


@given(changed(), st.floats(0, 5000))
def test_a_poll_loop_ends_within_a_hundred_looks(case, start):
    """However many steps there are; and no look leads to the end of time."""
    one, changes = case
    ahead = upcoming(one, one.created_at + start, changes)
    assert len(ahead) < 100
    assert all(at < math.inf for at in ahead)


@given(plans, st.floats(0, 1e5))
def test_nothing_happens_after_a_cancellation(one, after):
    """A cancelled job stays as it was when it was cancelled."""
    at = min(one.created_at + after, ends_at(one) - 1)
    change = Change(at, "cancelled")
    gone = [happening for _, happening in told(one, LATE, (change,))]
    assert state_at(one, LATE, (change,)).status == "cancelled"
    assert gone[0].at == change.at == ends_at(one, (change,))
    assert all(h.at <= change.at for h in gone)
    assert not upcoming(one, change.at, (change,))


@given(plans, st.integers(1, 100))
def test_more_tokens_and_more_examples_take_longer(one, more):
    """Everything else being equal."""
    one = msgspec.structs.replace(one, scenario=None, failure=None)
    longer = msgspec.structs.replace(one, examples=one.examples + more * one.batch_size)
    dearer = msgspec.structs.replace(one, trained_tokens=one.trained_tokens + 1000 * more * one.epochs)
    assert ends_at(one) < ends_at(longer)
    assert ends_at(one) < ends_at(dearer) or one.method == "reinforcement"


def test_a_file_that_expires_before_the_jobs_turn_fails_it():
    """At that moment, and in the recorded words (FACTS.md §9); later it is no matter."""
    one = plan(expires_at=1010.0)
    assert (ends_at(one), state_at(one, LATE).failure) == (1010.0, FAILURES["deleted-training-file"].failure)
    assert state_at(plan(expires_at=5000.0), LATE).succeeded


@pytest.mark.parametrize(
    ("epochs", "steps"), [(1, [10]), (2, [10, 20]), (3, [10, 20, 30]), (10, [80, 90, 100])]
)
def test_the_last_three_epochs_leave_checkpoints(epochs, steps):
    """FACTS.md §4.7."""
    assert plan(epochs=epochs).checkpoint_steps() == steps


@given(plans, st.integers(1, 50))
def test_reinforcement_keeps_the_three_best_validations_or_its_last_step(one, interval):
    """Each is a step at which the whole file was graded; the best of them is the job's own model."""
    one = msgspec.structs.replace(one, method="reinforcement", eval_interval=interval)
    steps = one.checkpoint_steps()
    assert steps[:-1] == sorted({*steps[:-1]})
    assert len({*steps}) == len(steps) <= (3 if one.validation_file else 1)
    if not one.validation_file:
        assert steps == [one.total_steps]
        return
    validated = [step for step in range(1, one.total_steps + 1) if rewards.validated(one, step)]
    scores = {step: rewards.validation_reward(one, step) for step in validated}
    assert sorted(map(scores.get, steps)) == sorted(scores.values())[-3:]
    assert scores[steps[-1]] == max(scores.values())


def test_a_long_training_is_looked_at_without_working_out_its_steps():
    """300,000 steps: state, counts and the newest events are there at once."""
    one = plan(examples=100_000, epochs=3)
    course = happenings(one)
    assert len(course) == 300_000 + 11
    middle = ends_at(one) - 2000
    newest = next(told(one, middle))
    assert newest[0] == how_many(one, middle) - 1
    assert trained_steps(one, middle) == newest[1].data["step"]
