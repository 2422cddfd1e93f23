"""What must come of each call of a tuner."""

from __future__ import annotations

from typing import Final

from drytune.testing.machine.conditions import (
    Asked,
    changes_only,
    has_ended,
    have_all_failed,
    instructions_of,
    is_as_asked,
    is_for_training,
    makes_one_job,
    one_of,
    refused,
    should_work,
    statuses_of,
    word_of,
)
from drytune.testing.machine.laws import check
from drytune.testing.machine.platform import Platform
from drytune.testing.machine.steps import Step
from drytune.testing.machine.tuner import ENDED

__all__ = [
    "Asked",
    "asking",
    "cancelling",
    "creating",
    "deleting",
    "listing",
    "looking",
    "naming",
    "refused",
    "tuning",
    "uploading",
    "waiting",
]

_INFERENCE: Final = ("/chat/completions", "/responses", "/completions")


def uploading(
    step: Step, platform: Platform, data: bytes, *, refusal: str = "", may_refuse: bool = False
) -> None:
    """A file was sent; `refusal` says why the platform does not take it."""
    has_ended(step)
    changes_only(step, files=True)
    is_for_training(step)
    if refusal:
        refused(step, f"an error: {refusal}")
        return
    if step.has_raised:
        if not may_refuse:
            should_work(step, "the id of the file")
        return
    new = step.new_files
    check(step.value in new, "own-file", step, one_of(new, "the id of a new file"))
    file = step.after.files[step.value]
    check(
        file["bytes"] == len(data) and platform.content(step.value) == data,
        "bytes",
        step,
        f"{len(data)} bytes, as they were",
        f"{file['bytes']} bytes, or others",
    )
    check(len(new) <= 1 + step.lost, "one-file", step, "one new file", f"{len(new)}: {', '.join(new)}")


def creating(step: Step, asked: Asked, file_id: str) -> None:
    """A job was asked for."""
    has_ended(step)
    changes_only(step, jobs=True, cancelled=step.new_jobs if step.has_raised else ())
    if asked.must_refuse:
        refused(step, f"an error: {asked.must_refuse}")
        return
    makes_one_job(step)
    if step.has_raised:
        if not asked.may_refuse:
            should_work(step, "the id of the job")
        return
    new = step.new_jobs
    if not (step.claims.reuses and not new and step.value in step.before.jobs):
        check(step.value in new, "own-job", step, one_of(new, "the id of a new job"))
    is_as_asked(step, step.after.jobs[step.value], asked, file_id)


def tuning(step: Step, asked: Asked, data: bytes, platform: Platform, *, is_stuck: bool = False) -> None:
    """A whole run was asked for, from the file to the model; its job may be one that never ends."""
    has_ended(step)
    changes_only(step, jobs=True, files=True, gone=True, cancelled=step.new_jobs if step.has_raised else ())
    makes_one_job(step)
    is_for_training(step)
    if step.claims.tidy and step.struck <= step.claims.survives:
        # of a file whose upload was not answered, nobody knows
        left = len(step.new_files) - step.lost
        check(left <= 0, "tidy", step, "no file that is left", f"left is {', '.join(step.new_files)}")
    reused = step.claims.reuses and not step.new_jobs
    jobs = list(step.after.jobs) if reused else step.new_jobs
    done = [job for job in jobs if step.after.status(job) == "succeeded"]
    if step.has_raised:
        if not (asked.must_refuse or (is_stuck and step.new_jobs) or have_all_failed(step)):
            should_work(step, "the tuned model")
        return
    law = "failure-told" if step.new_jobs else "no-refusal-hidden"
    check(
        bool(done),
        law,
        step,
        f"an error: {asked.must_refuse or 'no new job has succeeded'}",
        statuses_of(step),
    )
    models = [step.after.jobs[job]["fine_tuned_model"] for job in done]
    check(step.value in models, "true-model", step, one_of(models, "the new model"))
    job = step.after.jobs[done[models.index(step.value)]]
    sent = job["training_file"]
    if sent in step.after.files:
        check(platform.content(sent) == data, "bytes", step, "a training file as it was given")
    is_as_asked(step, job, asked, sent)


def looking(step: Step, job_id: str, said: str | None) -> str | None:
    """The status of a job was asked for; gives what was said, `said` is what was said of it before."""
    has_ended(step)
    changes_only(step)
    if step.has_raised:
        should_work(step, "the status of the job")
        return said
    status = word_of(step.value)
    if said in ENDED:
        check(status == said, "end-is-for-ever", step, f"{said}, as before")
    true = step.statuses(job_id)
    law = "failure-told" if step.after.status(job_id) == "failed" and status == "succeeded" else "true-status"
    check(status in true, law, step, " or ".join(sorted(true)))
    return status


def waiting(step: Step, job_id: str, said: str | None, *, is_stuck: bool) -> str | None:
    """The end of a job was waited for; gives what was said."""
    has_ended(step)
    changes_only(step, gone=True, cancelled=[job_id] if is_stuck else ())
    true = step.after.status(job_id)
    if step.has_raised:
        if true not in ("failed", "cancelled") and not is_stuck:
            should_work(step, f"the end of the job, which is {true}")
        return said
    status = word_of(step.value)
    check(true in ENDED, "waits", step, f"to wait on: the job is {true}")
    law = "failure-told" if true == "failed" else "true-status"
    check(status == true, law, step, f"{true}, or an error" if true != "succeeded" else true)
    if said in ENDED:
        check(status == said, "end-is-for-ever", step, f"{said}, as before")
    return status


def cancelling(step: Step, job_id: str) -> None:
    """A job was to be stopped."""
    has_ended(step)
    changes_only(step, cancelled=[job_id])
    before, after = step.before.status(job_id), step.after.status(job_id)
    if before in ENDED:
        check(after == before, "end-is-for-ever", step, before, after)
    elif step.has_raised:
        if after not in ENDED:
            should_work(step, "the job to be cancelled")
    else:
        check(after in ENDED, "cancels", step, "a job that is cancelled", f"it is {after}")


def listing(step: Step) -> None:
    """All jobs were asked for."""
    has_ended(step)
    changes_only(step)
    if step.has_raised:
        should_work(step, "the ids of all jobs")
        return
    listed, there = list(step.value), list(step.after.jobs)
    check(
        sorted(listed) == sorted(there),
        "all-jobs",
        step,
        f"{len(there)} jobs",
        f"{len(listed)}; missing: {', '.join(sorted(set(there) - set(listed))[:5]) or 'none'}",
    )


def naming(step: Step, job_id: str) -> None:
    """The model of a job was asked for."""
    has_ended(step)
    changes_only(step)
    true = step.after.jobs[job_id]["fine_tuned_model"]
    if step.has_raised:
        if true is not None:
            should_work(step, true)
        return
    check(step.value == true, "true-model", step, repr(true))


def asking(step: Step, model: str, text: str, answer: str | None, system: str | None = None) -> None:
    """A model was asked something: a tuned one what it was taught, or one that does not exist (no `answer`)."""
    has_ended(step)
    changes_only(step)
    for one in step.seen:
        if one.request.method != "POST" or not one.request.path.endswith(_INFERENCE):
            continue
        asked = one.asked
        check(
            asked.get("model") == model,
            "tuned-model",
            step,
            f"{model} to be asked",
            f"{asked.get('model')} was",
        )
        if system is not None:
            told = instructions_of(asked)
            check(told == system, "instructions", step, repr(system), f"it was told {told!r}")
    if answer is None:
        refused(step, f"an error: there is no model {model}")
    elif step.has_raised:
        should_work(step, "an answer")
    else:
        check(answer in str(step.value), "taught", step, f"{answer!r} to {text!r}")


def deleting(step: Step, file_id: str) -> None:
    """A file was to be deleted."""
    has_ended(step)
    changes_only(step, gone=True)
    others = [one for one in step.gone_files if one != file_id]
    check(
        not others, "changes-nothing-else", step, "one file to be deleted", f"others are: {', '.join(others)}"
    )
    if file_id not in step.before.files:
        return
    if step.has_raised:
        if file_id in step.after.files:
            should_work(step, "the file to be gone")
    else:
        check(file_id not in step.after.files, "deletes", step, "the file to be gone", "it is there")
