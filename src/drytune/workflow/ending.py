"""Cancelling from outside: also a job that nobody knows whether it was made."""

from __future__ import annotations

from typing import Any

import msgspec

from drytune.workflow.context import Context
from drytune.workflow.effects import Script
from drytune.workflow.finding import jobs_like
from drytune.workflow.records import Run
from drytune.workflow.training import cancelled, look

__all__ = ["cancel_job"]


def cancel_job(run: Run, context: Context) -> Script[Run]:
    """The run with its job cancelled; one that has ended stays as it is.

    Raises:
        Stopped: The API stays away.
    """
    if run.remote is None:
        run = yield from _found(run, context)
    if run.remote is None:
        nothing = "there is no job to cancel: none was made"
        return context.kept(msgspec.structs.replace(run, stopped=nothing))
    run = yield from look(run, context)
    if not run.waiting or run.refusal is not None:
        return run
    return (yield from cancelled(run, "it was asked for", context))


def _found(run: Run, context: Context) -> Script[Run]:
    """The run with its job, if the request that made it was cut off."""
    attempts = context.log.attempts("create")
    if not attempts:
        return run
    since = min(one.at for one in attempts)
    file = "" if run.file is None else str(run.file["id"])
    jobs: list[dict[str, Any]] = yield from jobs_like(context.marker, file, run.task.suffix, since, context)
    return msgspec.structs.replace(run, remote=jobs[0]) if jobs else run
