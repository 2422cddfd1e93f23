"""What a job goes through, in order, and what it shows on its way (FACTS.md §4.4, §4.6, §9)."""

import re

import pytest

from drytune_simulator.clock import AdvancingClock, InstantClock, ManualClock

METHODS = ["supervised", "dpo", "reinforcement"]


@pytest.mark.parametrize("method", METHODS)
def test_a_job_goes_from_validation_to_success(bench, method):
    """Each status follows the one before; nothing is skipped."""
    job, seen = bench.start(method), []
    for _ in range(20_000):
        status = bench.jobs.retrieve(job.id).status
        if status not in seen:
            seen.append(status)
        if status == "succeeded":
            break
        bench.clock.advance(5)
    assert seen == ["validating_files", "queued", "running", "succeeded"]


def test_hyperparameters_are_auto_until_the_training_starts(bench):
    """Then they are numbers, those that were asked for from the beginning (FACTS.md §4.2)."""
    job = bench.start()
    assert job.hyperparameters.to_dict() == {
        "n_epochs": 4,
        "batch_size": "auto",
        "learning_rate_multiplier": "auto",
    }
    running = bench.at(job, "running")
    assert (running.hyperparameters.batch_size, running.hyperparameters.n_epochs) == (1, 4)
    assert running.method.supervised.hyperparameters.to_dict() == running.hyperparameters.to_dict()


def test_the_end_comes_in_the_recorded_order(bench):
    """`finished_at`, about twelve minutes of safety checks, then success (FACTS.md §4.4)."""
    job = bench.at(bench.start(), "running")
    assert (job.finished_at, job.fine_tuned_model, job.trained_tokens) == (None, None, None)
    assert job.estimated_finish > bench.clock.now()
    bench.trained(job, 48)
    bench.step(job)
    trained = bench.jobs.retrieve(job.id)
    assert (trained.status, trained.fine_tuned_model) == ("running", None)
    assert trained.finished_at == int(bench.clock.now())
    done = bench.at(job, "succeeded")
    assert 600 < bench.clock.now() - trained.finished_at < 900
    assert done.finished_at == trained.finished_at
    assert abs(job.estimated_finish - bench.clock.now()) < 10
    assert (done.estimated_finish, done.fine_tuned_model in bench.models()) == (None, True)


def test_the_last_events_are_the_recorded_ones(bench):
    """The form of 2025-26, with the moderation checks (FACTS.md §4.6)."""
    job = bench.at(bench.start(), "succeeded")
    tail = bench.events(job)[-5:]
    assert [event.message for event in tail] == [
        "New fine-tuned model created",
        "Evaluating model against our usage policies",
        f"Moderation checks for snapshot {job.fine_tuned_model} passed.",
        "Usage policy evaluations completed, model is now enabled for sampling",
        "The job has successfully completed",
    ]
    created, evaluating, checks, enabled, completed = tail
    assert created.created_at == evaluating.created_at == job.finished_at
    assert checks.created_at == enabled.created_at
    assert 1 <= completed.created_at - enabled.created_at <= 6
    assert checks.type == "moderation_checks"
    assert checks.data["blocked"] is False
    assert len(checks.data["results"]) == 15


def test_a_larger_file_takes_longer(bench):
    """Validation and training grow with the examples and their tokens."""
    small, large = (bench.start(training_file=bench.upload(numbers=range(n))) for n in (12, 1200))
    assert bench.at(small, "running").estimated_finish + 600 < bench.at(large, "running").estimated_finish


def test_a_job_waits_in_the_queue_as_long_as_its_seed_says(make_bench):
    """The same seed gives the same times; another seed others."""

    def started(seed: int) -> int:
        bench = make_bench()
        return int(bench.at(bench.start(seed=seed), "running").estimated_finish)

    times = [started(seed) for seed in (1, 1, 2, 3)]
    assert times[0] == times[1]
    assert len(set(times)) > 1


@pytest.mark.parametrize("look", ["retrieve", "list", "events"])
def test_each_look_moves_an_advancing_clock_to_the_next_happening(make_bench, look):
    """Whether somebody polls the job, the list of jobs, or the events."""
    bench = make_bench(clock=AdvancingClock(ManualClock()))
    job = bench.start()
    for polls in range(200):  # noqa: B007 - counted
        looks = {
            "retrieve": lambda: bench.jobs.retrieve(job.id).status == "succeeded",
            "list": lambda: next(iter(bench.jobs.list())).status == "succeeded",
            "events": lambda: (
                "successfully completed" in bench.jobs.list_events(job.id, limit=1).data[0].message
            ),
        }
        if looks[look]():
            break
    assert 50 < polls < 100


def test_on_an_instant_clock_a_job_is_done_at_once(make_bench):
    """It has ended when it is created."""
    bench = make_bench(clock=InstantClock(ManualClock()))
    assert bench.start().status in {"validating_files", "succeeded"}
    assert bench.jobs.retrieve(next(iter(bench.jobs.list())).id).status == "succeeded"


@pytest.mark.parametrize("status", ["validating_files", "queued", "running"])
def test_a_job_can_be_cancelled_until_it_ends(bench, status):
    """It leaves no model, and a last event tells of it (FACTS.md §4.8)."""
    job = bench.at(bench.start(), status)
    cancelled = bench.jobs.cancel(job.id)
    assert (cancelled.status, cancelled.finished_at, cancelled.fine_tuned_model) == ("cancelled", None, None)
    bench.clock.advance(1e6)
    assert bench.jobs.retrieve(job.id).status == "cancelled"
    assert bench.messages(job)[-1] == "Fine-tuning job cancelled"
    assert bench.models() == set()


def test_a_job_that_has_ended_cannot_be_cancelled(bench):
    """The text is that of the older endpoint (grade I)."""
    import openai

    job = bench.at(bench.start(), "succeeded")
    with pytest.raises(openai.BadRequestError, match=r"already has status \\?\"succeeded"):
        bench.jobs.cancel(job.id)


def test_nothing_wrong_is_an_empty_object_or_null(bench):
    """`{}` as recorded, null as specified (FACTS.md §9)."""
    job = bench.start()
    raw = bench.jobs.with_raw_response
    assert raw.retrieve(job.id).http_response.json()["error"] == {}
    specified = raw.retrieve(job.id, extra_headers={"x-drytune-form": "specified"})
    assert specified.http_response.json()["error"] is None


def test_jobs_are_found_by_their_metadata(bench):
    """`metadata[k]=v`, and `metadata=null` for those without (FACTS.md §4.8)."""
    file = bench.upload()
    red = bench.start(training_file=file, metadata={"color": "red"})
    plain = bench.start(training_file=file)
    assert [job.id for job in bench.jobs.list(metadata={"color": "red"})] == [red.id]
    assert [job.id for job in bench.jobs.list(extra_query={"metadata": "null"})] == [plain.id]
    assert [job.id for job in bench.jobs.list(limit=1)] == [plain.id, red.id]


def test_only_the_start_of_the_training_has_no_data(make_bench):
    """All other messages have an empty object, endings too (FACTS.md §4.6)."""
    for scenario in (None, "fails_in_training", "moderation_refusal", "file_expired"):
        bench = make_bench(scenario)
        job = bench.start()
        bench.clock.advance(1e5)
        without = {event.message for event in bench.events(job) if event.data is None}
        assert without <= {"Fine-tuning job started"}
    bench = make_bench()
    job = bench.jobs.cancel(bench.start().id)
    assert bench.events(job)[-1].data == {}


def test_created_event_names_the_job(bench):
    """The first events have the recorded words."""
    job = bench.start()
    first, second = bench.events(job)
    assert (first.message, first.level, first.data) == (f"Created fine-tuning job: {job.id}", "info", {})
    assert second.message == f"Validating training file: {job.training_file}"
    assert re.fullmatch(r"ftevent-[A-Za-z0-9]{24}", first.id)
