"""Events and checkpoints are lists: newest first, a page at a time, nothing twice, nothing left out."""

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator.clock import AdvancingClock, ManualClock
from drytune_simulator.resources.job_objects import event_id, event_number
from drytune_simulator.training import Plan


@pytest.mark.parametrize("limit", [1, 7, 20, 100])
def test_pages_of_events_meet_every_event_once(bench, limit):
    """Whatever the size of a page."""
    job = bench.at(bench.start(), "succeeded")
    whole = [event.id for event in bench.jobs.list_events(job.id, limit=100)]
    assert [event.id for event in bench.jobs.list_events(job.id, limit=limit)] == whole
    assert len(set(whole)) == len(whole) == 48 + 12


def test_a_page_goes_on_where_the_last_one_ended(bench):
    """Also when more has happened in between."""
    job = bench.trained(bench.start(), 10)
    page = bench.jobs.list_events(job.id, limit=4)
    bench.clock.advance(10)
    following = page.get_next_page()
    assert [event.data["step"] for event in following.data] == [
        page.data[-1].data["step"] - back for back in (1, 2, 3, 4)
    ]


@pytest.mark.parametrize("after", ["ftevent-nothing", "x", "ftevent-" + "a" * 24, "ftevent-" + "ä" * 24])
def test_an_event_that_is_none_is_no_place_to_go_on(bench, after):
    """400, with its id."""
    job = bench.start()
    with pytest.raises(openai.BadRequestError, match="no object with the id"):
        bench.jobs.list_events(job.id, after=after)


def test_an_event_of_another_job_or_of_the_future_is_no_place_either(make_bench):
    """Ids are known by the job alone."""
    bench, ahead = make_bench(), make_bench()
    first, second = bench.start(), bench.start()
    twin = ahead.at(ahead.start(), "succeeded")
    assert twin.id == first.id
    for after in (bench.jobs.list_events(second.id).data[0].id, ahead.jobs.list_events(twin.id).data[0].id):
        with pytest.raises(openai.BadRequestError, match="no object with the id"):
            bench.jobs.list_events(first.id, after=after)


def test_checkpoints_are_the_last_three_epochs_newest_first(bench):
    """The first carries the tuned model's name, the others names of their own (FACTS.md §9)."""
    job = bench.at(bench.start(validation_file=bench.upload(numbers=range(50, 60))), "succeeded")
    listed = bench.jobs.checkpoints.list(job.id)
    assert [one.step_number for one in listed] == [48, 36, 24]
    first, *others = [one.fine_tuned_model_checkpoint for one in listed]
    assert first == job.fine_tuned_model
    assert [name.partition(":ckpt-step-")[2] for name in others] == ["36", "24"]
    assert {first, *others} == bench.models()
    told = [message for message in bench.messages(job) if message.startswith("Checkpoint created")]
    assert told[1:] == [
        f"Checkpoint created at step {step} with Snapshot ID: {name}"
        for step, name in zip((24, 36), others[::-1], strict=True)
    ]
    raw = bench.jobs.checkpoints.with_raw_response.list(job.id).http_response.json()
    assert (raw["first_id"], raw["last_id"], raw["has_more"]) == (
        listed.data[0].id,
        listed.data[-1].id,
        False,
    )
    assert raw["data"][0]["metrics"]["type"] == "metrics"
    assert set(raw["data"][0]["metrics"]) >= {"step", "train_loss", "valid_loss", "full_valid_loss"}


def test_every_epoch_but_the_last_is_told_of(bench):
    """All at the end, each name with an id of its own; only those of the last three epochs are models (§4.6)."""
    job = bench.at(bench.start(hyperparameters={"n_epochs": 50}), "succeeded")
    told = [event for event in bench.events(job) if event.message.startswith("Checkpoint created")]
    names = [event.message.rpartition(" ")[2] for event in told]
    assert [event.message.split()[4] for event in told] == [str(12 * epoch) for epoch in range(1, 50)]
    assert len({event.created_at for event in told}) == 1
    assert len({name.split(":")[4] for name in names}) == 49
    assert {*names} & bench.models() == {*names[-2:]}
    assert bench.models() == {*names[-2:], job.fine_tuned_model}


def test_to_look_at_checkpoints_moves_no_clock(make_bench):
    """Only a job, its events and the list of jobs do."""
    bench = make_bench(clock=AdvancingClock(ManualClock()))
    job = bench.start()
    before = bench.clock.now()
    bench.jobs.checkpoints.list(job.id)
    assert bench.clock.now() == before
    bench.jobs.retrieve(job.id)
    assert bench.clock.now() > before


def test_what_only_begins_like_metadata_is_no_filter(bench):
    """`metadata` and `metadata[…]` are."""
    for name in ("metadatax", "metadata[a", "metadata.a", "metadata[a][b]", "metadata[]"):
        with pytest.raises(openai.BadRequestError, match="Unknown parameter") as raised:
            bench.jobs.list(extra_query={name: "1"})
        assert raised.value.param == name


def test_pages_of_checkpoints_meet_each_once(bench):
    """One at a time."""
    job = bench.at(bench.start(), "succeeded")
    assert [one.step_number for one in bench.jobs.checkpoints.list(job.id, limit=1)] == [48, 36, 24]
    with pytest.raises(openai.BadRequestError, match="no object with the id"):
        bench.jobs.checkpoints.list(job.id, after="ftckpt_x")


def test_a_running_job_has_no_checkpoints(bench):
    """They can be used when the job has succeeded."""
    job = bench.at(bench.start(), "running")
    assert bench.jobs.checkpoints.list(job.id).data == []


def test_moderation_checks_are_messages_in_the_specified_form(bench):
    """The specification knows only messages and metrics (FACTS.md §4.1)."""
    job = bench.at(bench.start(), "succeeded")
    specified = bench.jobs.list_events(job.id, limit=5, extra_headers={"x-drytune-form": "specified"})
    assert {event.type for event in specified.data} == {"message"}
    assert "moderation_checks" in {event.type for event in bench.jobs.list_events(job.id, limit=5).data}


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_id_of_an_event_tells_its_number_to_its_own_job_only(number, other):
    """So that a page begins in the midst of a million events without a search."""
    fields = {"created_at": 1.0, "seed": 1, "model": "ft:a:b::c", "training_file": "f", "examples": 10}
    trained = {"epochs": 1, "batch_size": 1, "learning_rate_multiplier": 1.0, "trained_tokens": 1}
    mine, foreign = (Plan(job_id=name, results_file="r", **fields, **trained) for name in ("a", "b"))
    assert event_number(mine, event_id(mine, number)) == number
    assert event_number(foreign, event_id(mine, number)) is None
    assert (event_id(mine, number) == event_id(mine, other)) == (number == other)
