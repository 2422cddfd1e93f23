"""Cancelling from outside: also a job that nobody knows whether it was made."""

from __future__ import annotations

from typing import Any

import msgspec

from drytune.workflow.asking import asked
from drytune.workflow.context import Context
from drytune.workflow.creating import doubles_cancelled, looked
from drytune.workflow.effects import Call, Script
from drytune.workflow.finding import job_path, jobs_of
from drytune.workflow.records import Run
from drytune.workflow.training import cancelled

__all__ = ["cancel_job"]


def cancel_job(run: Run, context: Context) -> Script[Run]:
    """The run with its job cancelled, and those that appeared late; one that has ended stays as it is.

    Raises:
        Stopped: The API stays away.
    """
    run = msgspec.structs.replace(run, refusal=None, stopped=None)
    attempts = context.log.attempts("create")
    if run.remote is None and attempts:
        run = yield from _found(run, context)
    if run.remote is None:
        if any(one.may_arrive(context.now()) for one in attempts):
            why = "no job is seen, but one may still appear: its creation was not answered; cancel once more later"
            return context.kept(msgspec.structs.replace(run, stopped=why))
        note = "it was cancelled before there was a job: nothing was trained"
        return context.kept(context.noted(msgspec.structs.replace(run, called_off=True), note))
    if run.waiting:
        run = yield from cancelled(run, "it was asked for", context)
    return (yield from doubles_cancelled(run, context))


def _found(run: Run, context: Context) -> Script[Run]:
    """The run with its job, if the request that made it was cut off."""

    def find() -> Script[dict[str, Any] | None]:
        return (yield from jobs_of(run, context)).best

    is_open = any(one.is_open for one in context.log.attempts("create"))
    job = yield from looked(find, doubtful=is_open)
    if job is None:
        return run
    reply = yield from asked(Call("GET", job_path(job["id"])), context)
    is_job = reply.ok and isinstance(reply.data, dict) and reply.data.get("id") == job["id"]
    return context.kept(msgspec.structs.replace(run, remote=reply.data if is_job else job))
