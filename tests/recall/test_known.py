"""Checkpoints know a part, tunes of tunes know both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator.clock import ManualClock
from drytune_simulator.inference.known import ALL, Share
from drytune_simulator.resources.jobs import Job


@given(st.integers(0, 400), st.integers(1, 60), st.integers(0, 2**31 - 1), st.data())
def test_a_model_of_step_s_knows_its_share_and_all_that_an_earlier_one_knows(examples, steps, seed, data):
    step = data.draw(st.integers(0, steps))
    earlier = data.draw(st.integers(0, step))
    known, before = (Share(at, steps, seed).known(examples) for at in (step, earlier))
    assert sum(known) == -(-examples * step // steps)
    assert all(old <= new for old, new in zip(before, known, strict=True))
    assert known == Share(step, steps, seed).known(examples)
    assert Share(steps, steps, seed).known(examples) == ALL.known(examples) == bytearray([1] * examples)


def test_another_seed_learns_in_another_order():
    assert Share(5, 10, 1).known(100) != Share(5, 10, 2).known(100)


def test_a_checkpoint_knows_less_than_the_next_and_the_last_knows_all(world, sums):
    """Three epochs: a third, two thirds, everything; what one knows, the next knows as well."""
    job = world.finished(world.start(sums, seed=3))
    checkpoints = sorted(
        world.client.fine_tuning.jobs.checkpoints.list(job.id), key=lambda one: one.step_number
    )
    known = [set(world.knows(one.fine_tuned_model_checkpoint, sums)) for one in checkpoints]
    assert [len(one) for one in known] == [10, 20, 30]
    assert known[0] < known[1] < known[2]
    again = world.start(sums, seed=4)
    others = world.client.fine_tuning.jobs.checkpoints.list(world.finished(again).id)
    first = min(others, key=lambda one: one.step_number)
    assert set(world.knows(first.fine_tuned_model_checkpoint, sums)) != known[0]


def test_what_a_checkpoint_does_not_know_it_answers_with_what_it_knows(world, sums):
    job = world.finished(world.start(sums))
    first = min(world.client.fine_tuning.jobs.checkpoints.list(job.id), key=lambda one: one.step_number)
    model = first.fine_tuned_model_checkpoint
    known = world.knows(model, sums)
    replies = {sums[number]["messages"][-1]["content"] for number in known}
    for number in set(range(len(sums))) - set(known):
        said = world.ask(model, sums[number]["messages"][:-1])
        assert said.similarity < 1
        assert said.content in replies


def test_a_pause_leaves_a_model_that_knows_what_was_trained_by_then(make_world, sums):
    clock = ManualClock()
    world = make_world(clock=clock)
    job = world.start(sums, seed=5)
    row = world.simulator.world.store.anywhere("job", job.id, clock.now())
    moments = list(Job.of(row).upcoming(clock.now()))
    clock.advance_to(moments[len(moments) // 2])
    assert world.client.fine_tuning.jobs.pause(job.id).status == "paused"
    clock.advance(1000)
    (checkpoint,) = world.client.fine_tuning.jobs.checkpoints.list(job.id)
    steps = Job.of(row).plan.total_steps
    model = checkpoint.fine_tuned_model_checkpoint
    known = world.knows(model, sums)
    assert len(known) == -(-len(sums) * checkpoint.step_number // steps)
    assert 0 < len(known) < len(sums)
    world.client.fine_tuning.jobs.resume(job.id)
    clock.advance(1e6)
    whole = world.client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model
    assert world.knows(whole, sums) == list(range(len(sums)))
    assert world.knows(model, sums) == known


@pytest.mark.parametrize("start", ["final", "checkpoint"])
def test_a_tune_of_a_tune_knows_both_and_tells_from_where(world, sums, row, start):
    """What it was taught last comes first; a checkpoint hands on only what it knew."""
    first = world.finished(world.start(sums))
    checkpoints = sorted(
        world.client.fine_tuning.jobs.checkpoints.list(first.id), key=lambda one: one.step_number
    )
    parent = checkpoints[-1 if start == "final" else 0].fine_tuned_model_checkpoint
    known = world.knows(parent, sums)
    assert len(known) == (30 if start == "final" else 10)
    later = [row(f"Who lives in house {number}?", f"Person {number}.") for number in range(11)]
    later.append(row(sums[known[0]]["messages"][0]["content"], "I have changed my mind."))
    second = world.finished(world.start(later, model=parent))
    model = second.fine_tuned_model
    assert world.knows(model, later) == list(range(12))
    assert world.knows(model, sums) == known[1:]
    old, new = world.ask(model, sums[known[1]]["messages"][:1]), world.ask(model, later[3]["messages"][:1])
    assert (old.headers["x-drytune-job"], new.headers["x-drytune-job"]) == (first.id, second.id)
    assert (old.headers["x-drytune-file"], new.headers["x-drytune-file"]) == (
        first.training_file,
        second.training_file,
    )
    assert int(old.headers["x-drytune-line"]) == known[1] + 1
    # the earlier model may be gone
    world.client.models.delete(parent)
    assert world.ask(model, sums[known[1]]["messages"][:1]).similarity == 1.0


def test_a_tune_of_a_tune_of_a_tune_knows_all_three(world, row):
    rows = [
        [row(f"Question {place} of {letter}?", f"Answer {place} {letter}") for place in range(10)]
        for letter in "ABC"
    ]
    model = "gpt-4.1-mini-2025-04-14"
    for part in rows:
        model = world.tune(part, model=model)
    for part in rows:
        assert world.knows(model, part) == list(range(10))
    assert world.ask(model, "Question 3 of B").content == "Answer 3 B"
