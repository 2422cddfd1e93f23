"""A job needs its training file until it has begun to train on it (FACTS.md §9)."""

import pytest

MODEL = "gpt-4o-mini-2024-07-18"
FAILURE = ("deleted_training_file", "The job failed because the training file was deleted")


@pytest.fixture
def start(client, good, make_jsonl):
    """Start a job on a new file; gives both."""

    def run(**options):
        file = client.files.create(file=("a.jsonl", make_jsonl(*good)), purpose="fine-tune", **options)
        return client.fine_tuning.jobs.create(model=MODEL, training_file=file.id), file

    return run


def until(client, clock, job, *statuses):
    for _ in range(100_000):
        job = client.fine_tuning.jobs.retrieve(job.id)
        if job.status in statuses:
            return job
        clock.advance(10)
    pytest.fail(f"{job.status} for ever")


@pytest.mark.parametrize("status", ["validating_files", "queued"])
def test_a_job_that_waits_fails_at_once(client, clock, start, status):
    """Whether its file was being validated or it was queued."""
    job, file = start()
    until(client, clock, job, status)
    client.files.delete(file.id)
    job = client.fine_tuning.jobs.retrieve(job.id)
    assert (job.status, job.error.code, job.error.message) == ("failed", *FAILURE)
    assert job.fine_tuned_model is None


def test_a_job_that_trains_goes_on(client, clock, start):
    """It has read the file."""
    job, file = start()
    until(client, clock, job, "running")
    client.files.delete(file.id)
    assert until(client, clock, job, "succeeded", "failed").status == "succeeded"


def test_other_jobs_go_on(client, other, clock, start):
    """Those on other files."""
    (job, file), (another, _) = start(), start()
    client.files.delete(file.id)
    assert client.fine_tuning.jobs.retrieve(job.id).status == "failed"
    assert until(client, clock, another, "succeeded", "failed").status == "succeeded"


def test_jobs_that_have_ended_stay_as_they_are(client, clock, start):
    """Cancelled is cancelled."""
    job, file = start()
    client.fine_tuning.jobs.cancel(job.id)
    client.files.delete(file.id)
    assert client.fine_tuning.jobs.retrieve(job.id).status == "cancelled"


def test_a_file_that_expires_is_as_one_that_was_deleted(client, clock, start):
    """The job fails at the moment in which its file is gone."""
    hour = {"anchor": "created_at", "seconds": 3600}
    _, file = start(expires_after=hour)
    clock.advance(3599)
    job = client.fine_tuning.jobs.create(model=MODEL, training_file=file.id)
    assert job.status == "validating_files"
    clock.advance(1)
    job = client.fine_tuning.jobs.retrieve(job.id)
    assert (job.status, job.error.code, job.error.message) == ("failed", *FAILURE)


def test_a_job_that_trains_outlives_its_file(client, clock, start):
    """Also when the space of expired files is given back."""
    job, _ = start(expires_after={"anchor": "created_at", "seconds": 3600})
    until(client, clock, job, "running")
    clock.advance(3600)
    client.files.create(file=("b.jsonl", b"{}"), purpose="fine-tune")
    assert until(client, clock, job, "succeeded", "failed").status == "succeeded"
