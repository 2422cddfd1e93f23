"""Named scenarios: what can go wrong with a job, on purpose."""

import openai
import pytest

from drytune_simulator.clock import AdvancingClock, ManualClock
from drytune_simulator.training import SCENARIOS


def test_a_job_that_is_stuck_stays_queued_and_can_be_cancelled(make_bench):
    """A poll loop neither hangs nor jumps to the end of time."""
    bench = make_bench("stuck_in_queue", clock=AdvancingClock(ManualClock()))
    job = bench.start()
    assert {bench.jobs.retrieve(job.id).status for _ in range(50)} == {"queued"}
    assert bench.clock.now() < job.created_at + 3600
    assert bench.jobs.cancel(job.id).status == "cancelled"


def test_a_job_can_fail_in_its_training(make_bench):
    """Some steps are trained, then the platform fails; there is no model."""
    bench = make_bench("fails_in_training")
    job = bench.at(bench.start(), "failed")
    assert (job.error.code, job.error.param, job.finished_at) == ("server_error", None, None)
    assert 12 <= len(bench.metrics(job)) < 48
    assert bench.events(job)[-1].level == "error"
    assert (bench.models(), job.result_files) == (set(), [])


def test_a_model_can_be_refused_by_the_moderation_checks(make_bench):
    """The training is over, but the checks name what is flagged, and the job fails."""
    bench = make_bench("moderation_refusal")
    job = bench.at(bench.start(), "failed")
    *_, checks, last = bench.events(job)
    flagged = [one["category"] for one in checks.data["results"] if one["flagged"]]
    assert (checks.type, checks.data["blocked"], len(flagged)) == ("moderation_checks", True, 2)
    assert last.message == job.error.message
    assert all(category in job.error.message for category in flagged)
    assert job.finished_at is not None
    assert (job.fine_tuned_model, bench.models()) == (None, set())


def test_validation_can_take_hours(make_bench):
    """And then the job goes on as usual."""
    bench = make_bench("slow_validation")
    job = bench.start()
    bench.clock.advance(2 * 3600)
    assert bench.jobs.retrieve(job.id).status == "validating_files"
    bench.clock.advance(5 * 3600)
    assert bench.jobs.retrieve(job.id).status == "succeeded"


def test_a_file_can_be_gone_when_the_jobs_turn_comes(make_bench):
    """Code and message are recorded (FACTS.md §9)."""
    bench = make_bench("file_expired")
    job = bench.at(bench.start(), "failed")
    assert (job.error.code, job.error.message) == (
        "deleted_training_file",
        "The job failed because the training file was deleted",
    )
    assert job.hyperparameters.batch_size == "auto"


def test_a_file_that_expired_by_the_scenario_is_gone(bench):
    """From the moment on at which its job fails; it says so from the job's creation on."""
    client, file = bench.client, bench.upload()
    job = bench.start(training_file=file, metadata={"drytune_scenario": "file_expired"})
    ends = client.files.retrieve(file).expires_at
    bench.clock.advance_to(ends - 1)
    assert bench.jobs.retrieve(job.id).status == "queued"
    assert file in {one.id for one in client.files.list()}
    bench.clock.advance_to(ends)
    assert bench.jobs.retrieve(job.id).error.code == "deleted_training_file"
    for call in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError):
            call(file)
    assert file not in {one.id for one in client.files.list()}


def test_others_that_wait_for_that_file_fail_too(bench):
    """Whether they were created before or after; one that trains by then goes on."""
    file = bench.upload()
    early = bench.start(training_file=file)
    bench.at(early, "running")
    before = bench.start(training_file=file)
    bench.start(training_file=file, metadata={"drytune_scenario": "file_expired"})
    after = bench.jobs.create(model="gpt-4.1-mini", training_file=file)
    waiting = bench.jobs.create(
        model="gpt-4.1-mini", training_file=file, metadata={"drytune_scenario": "stuck_in_queue"}
    )
    ends = bench.client.files.retrieve(file).expires_at
    began = {one.id: bench.began(one) < ends for one in (before, after)}
    bench.clock.advance(1e5)
    for job, trains in [
        (before, began[before.id]),
        (after, began[after.id]),
        (waiting, False),
        (early, True),
    ]:
        ended = bench.jobs.retrieve(job.id)
        assert ended.status == ("succeeded" if trains else "failed")
        if not trains:
            assert ended.error.code == "deleted_training_file"
            assert bench.events(ended)[-1].created_at == ends


def test_a_file_that_expires_earlier_stays_with_its_time(bench):
    """The scenario does not prolong it."""
    data = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n' * 12
    file = bench.client.files.create(
        file=("a.jsonl", data), purpose="fine-tune", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    bench.clock.advance(3590)
    job = bench.start(training_file=file.id, metadata={"drytune_scenario": "file_expired"})
    assert bench.client.files.retrieve(file.id).expires_at == file.expires_at
    assert bench.events(bench.at(job, "failed"))[-1].created_at == file.expires_at


def test_a_stuck_job_loses_its_file_when_it_expires(bench):
    """As when it is deleted."""
    data = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n' * 12
    file = bench.client.files.create(
        file=("a.jsonl", data), purpose="fine-tune", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    job = bench.start(training_file=file.id, metadata={"drytune_scenario": "stuck_in_queue"})
    bench.clock.advance(3599)
    assert bench.jobs.retrieve(job.id).status == "queued"
    bench.clock.advance(1)
    job = bench.jobs.retrieve(job.id)
    assert (job.status, job.error.code) == ("failed", "deleted_training_file")
    assert bench.events(job)[-1].created_at == file.expires_at


def test_a_file_that_expires_in_time_fails_its_job(make_bench):
    """Without any scenario: the file's own `expires_after` ends before the queue does."""
    bench = make_bench()
    data = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n' * 12
    file = bench.client.files.create(
        file=("a.jsonl", data), purpose="fine-tune", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    bench.clock.advance(3590)
    job = bench.at(bench.start(training_file=file.id), "failed")
    assert (job.error.code, int(bench.clock.now())) == ("deleted_training_file", file.created_at + 3600)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_does_something(make_bench, name):
    """Each name of the table makes a difference, and is told in a sentence."""
    assert SCENARIOS[name].endswith(".")
    bench, plain = make_bench(name), make_bench()

    def course(one) -> object:
        try:
            job = one.start()
        except openai.APIStatusError as error:
            return error.status_code
        one.clock.advance(1e5)
        return [(event.message, event.created_at) for event in one.events(job)]

    assert course(bench) != course(plain)
