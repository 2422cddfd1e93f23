"""Pause and resume (FACTS.md §4.8): training stops, leaves a model that can be tried, and goes on later."""

import math

import openai
import pytest

from drytune_simulator.clock import AdvancingClock, InstantClock, ManualClock
from drytune_simulator.profile import Profile, WebhookEndpoint
from drytune_simulator.store import Store


def paused(bench, steps: int = 5, **options):
    """A job that was paused after so many steps."""
    return bench.jobs.pause(bench.trained(bench.start(**options), steps).id)


def test_a_paused_job_stands_still(bench):
    """Whatever the time, no further step is trained."""
    job = paused(bench)
    assert (job.status, job.estimated_finish) == ("paused", None)
    steps = len(bench.metrics(job))
    bench.clock.advance(1e6)
    assert bench.jobs.retrieve(job.id).status == "paused"
    assert len(bench.metrics(job)) == steps


def test_everything_later_moves_by_the_pause(make_bench):
    """The estimate, the end, the model and the results file; the losses are the same."""

    def run(pause: float):
        bench = make_bench()
        job = bench.trained(bench.start(), 5)
        if pause:
            bench.jobs.pause(job.id)
            bench.clock.advance(pause)
            job = bench.jobs.resume(job.id)
            assert job.status == "running"
        done = bench.at(job, "succeeded")
        ready = bench.client.models.retrieve(done.fine_tuned_model).created
        losses = [event.data for event in bench.metrics(job)]
        results = bench.client.files.retrieve(done.result_files[0]).created_at
        return job.estimated_finish, done.finished_at, ready, results, losses

    plain, late = run(0), run(5000)
    assert [b - a for a, b in zip(plain[:4], late[:4], strict=True)] == [5000] * 4
    assert plain[4] == late[4]


def test_a_pause_leaves_a_model_once_its_safety_checks_are_through(bench):
    """It is listed as a model and as a checkpoint, and an event tells of its checks."""
    job = paused(bench, steps=7)
    assert bench.models() == set()
    assert bench.jobs.checkpoints.list(job.id).data == []
    bench.clock.advance(900)
    (name,) = bench.models()
    assert name.endswith(":ckpt-step-7")
    (checkpoint,) = bench.jobs.checkpoints.list(job.id)
    assert (checkpoint.fine_tuned_model_checkpoint, checkpoint.step_number) == (name, 7)
    assert checkpoint.metrics.train_loss == bench.metrics(job)[6].data["train_loss"]
    assert bench.messages(job)[-3:] == [
        f"Checkpoint created at step 7 with Snapshot ID: {name}",
        "Fine-tuning job paused",
        f"Moderation checks for snapshot {name} passed.",
    ]
    answer = bench.client.chat.completions.create(
        model=name, messages=[{"role": "user", "content": "What comes after 3?"}]
    )
    assert answer.model == name


def test_the_model_of_a_pause_outlives_the_job(bench):
    """After success it is listed behind the tuned model; the job that is resumed is one of the same steps."""
    job = paused(bench, steps=7)
    bench.clock.advance(900)
    bench.jobs.resume(job.id)
    done = bench.at(job, "succeeded")
    listed = [one.fine_tuned_model_checkpoint for one in bench.jobs.checkpoints.list(job.id)]
    assert listed[0] == done.fine_tuned_model
    assert listed[-1].endswith(":ckpt-step-7")
    assert set(listed) == bench.models()


def test_checks_go_on_while_the_training_does(bench):
    """A job that is resumed before its snapshot's checks end has both kinds of events, in order of time."""
    job = paused(bench)
    bench.jobs.resume(job.id)
    done = bench.at(job, "succeeded")
    events = bench.events(done)
    times = [event.created_at for event in events]
    assert times == sorted(times)
    assert len({event.id for event in events}) == len(events)
    steps = [event.data["step"] for event in events if event.type == "metrics"]
    assert steps == list(range(1, 49))
    assert len([event for event in events if event.type == "moderation_checks"]) == 2


def test_a_job_can_be_paused_again_and_again(bench):
    """Each pause leaves its own model."""
    job = bench.trained(bench.start(), 3)
    for steps in (3, 9, 20):
        job = bench.trained(job, steps)
        bench.jobs.pause(job.id)
        bench.clock.advance(1000)
        bench.jobs.resume(job.id)
    done = bench.at(job, "succeeded")
    steps = [one.step_number for one in bench.jobs.checkpoints.list(done.id)]
    assert steps == [48, 36, 24, 20, 9, 3]


def test_a_paused_job_can_be_cancelled(bench):
    """What its pause has left stays, if its safety checks are through."""
    job = paused(bench)
    bench.clock.advance(900)
    kept = bench.models()
    assert bench.jobs.cancel(job.id).status == "cancelled"
    assert bench.models() == kept != set()


def test_a_snapshot_that_was_not_checked_goes_with_its_job(bench):
    """Cancelled within the twelve minutes, the job leaves nothing."""
    job = paused(bench)
    bench.jobs.cancel(job.id)
    bench.clock.advance(1e5)
    assert bench.models() == set()
    assert bench.jobs.checkpoints.list(job.id).data == []
    assert bench.messages(job)[-1] == "Fine-tuning job cancelled"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("validating_files", "that has status"),
        ("queued", "that has status"),
        ("running", "has not trained a step"),
        ("succeeded", "that has status"),
    ],
)
def test_only_a_job_in_training_can_be_paused(bench, status, words):
    """Running, with at least one step trained (FACTS.md §4.8, Azure)."""
    job = bench.at(bench.start(), status)
    with pytest.raises(openai.BadRequestError, match=words):
        bench.jobs.pause(job.id)
    assert bench.jobs.retrieve(job.id).status == status


def test_a_job_whose_training_is_over_cannot_be_paused(bench):
    """It still runs, but only its safety checks do."""
    job = bench.trained(bench.start(), 48)
    with pytest.raises(openai.BadRequestError, match="training is over"):
        bench.jobs.pause(job.id)


def test_only_a_paused_job_can_be_resumed(bench):
    """Neither a running one, nor twice."""
    job = bench.trained(bench.start(), 2)
    with pytest.raises(openai.BadRequestError, match="Cannot resume"):
        bench.jobs.resume(job.id)
    bench.jobs.pause(job.id)
    with pytest.raises(openai.BadRequestError, match="Cannot pause"):
        bench.jobs.pause(job.id)
    bench.jobs.resume(job.id)
    with pytest.raises(openai.BadRequestError, match="Cannot resume"):
        bench.jobs.resume(job.id)


def test_an_unknown_job_is_not_found(bench):
    """As for every other question about it."""
    for ask in (bench.jobs.pause, bench.jobs.resume, bench.jobs.cancel):
        with pytest.raises(openai.NotFoundError, match="Could not find fine tune: ftjob-x"):
            ask("ftjob-x")


def test_in_the_specified_form_a_paused_job_is_queued(make_bench):
    """The specification's list of statuses has no `paused` (FACTS.md §4.1)."""
    bench = make_bench()
    job = paused(bench)
    specified = bench.jobs.retrieve(job.id, extra_headers={"x-drytune-form": "specified"})
    assert specified.status == "queued"


@pytest.mark.parametrize("clock", [AdvancingClock, InstantClock])
def test_no_look_at_a_paused_job_moves_time_for_ever(make_bench, clock):
    """A poll loop on a paused job sees it paused; resumed, it ends."""
    base = ManualClock()
    bench = make_bench(clock=base)
    job = paused(bench)
    bench.simulator._world.clock = jumping = clock(base)
    for _ in range(20):
        assert bench.jobs.retrieve(job.id).status == "paused"
    assert jumping.now() < base.now() + 1000
    bench.jobs.resume(job.id)
    assert [bench.jobs.retrieve(job.id).status for _ in range(100)][-1] == "succeeded"


def test_a_paused_job_outlives_its_server(make_bench, tmp_path):
    """It is paused after a restart too, and goes on from where it stood."""
    clock = ManualClock()
    first = make_bench(clock=clock, store=Store(tmp_path))
    job = paused(first, steps=5)
    first.close()
    clock.advance(5000)
    second = make_bench(clock=clock, store=Store(tmp_path))
    assert second.jobs.retrieve(job.id).status == "paused"
    second.jobs.resume(job.id)
    assert len(second.metrics(job)) == 5
    assert second.at(job, "succeeded").fine_tuned_model in second.models()


def test_what_is_told_of_the_end_is_told_at_the_end(make_bench):
    """The message to a webhook waits for the end of a paused job, and comes at once when a job is cancelled."""
    hook = WebhookEndpoint("http://127.0.0.1:9/hook", secret="whsec_c2VjcmV0")
    bench = make_bench(profile=Profile(webhooks=(hook,)))
    store = bench.simulator._world.store
    job = paused(bench)

    def due() -> float:
        return store.anywhere("webhook", job.id, math.inf).visible_at

    assert due() == math.inf
    resumed = bench.jobs.resume(job.id)
    assert int(due()) == resumed.estimated_finish
    bench.jobs.cancel(job.id)
    assert due() == bench.clock.now()
