"""From the beginning of a job to its end: looking at it now and then, and what ends the waiting."""

from __future__ import annotations

from typing import Any

import msgspec

from drytune.workflow.asking import asked
from drytune.workflow.context import Choice, Context
from drytune.workflow.creating import doubles_cancelled
from drytune.workflow.effects import Call, Pause, Reply, Script
from drytune.workflow.records import TERMINAL, Run
from drytune.workflow.results import fetch_checkpoints, fetch_events, fetch_results
from drytune.workflow.waiting import pauses

__all__ = ["cancelled", "gathered", "look", "train"]

_LEFT = "the job was left running"


def train(run: Run, context: Context) -> Script[Run]:
    """Wait until the job has ended, or the waiting has."""
    waits, status = pauses(run.id or ""), run.status
    while run.waiting and run.refusal is None and run.stopped is None:
        if not context.settings.follow:
            return _stopped(run, _LEFT, context)
        try:
            if _is_late(context):
                run = yield from _at_timeout(run, context)
                continue
            yield Pause(_bounded(next(waits), context), "the job is running", _id(run))
            run = yield from look(run, context)
            run = yield from doubles_cancelled(run, context)
        except KeyboardInterrupt:
            if context.hooks.interrupted is None:
                raise
            run = yield from _chosen(context.hooks.interrupted(run), run, context)
            continue
        if run.status != status:
            waits, status = pauses(run.id or ""), run.status
        met = None if context.settings.cancel_if is None else context.settings.cancel_if.met(run.events)
        if met is not None and run.waiting:
            run = yield from cancelled(run, met, context)
    return run


def _chosen(choice: Choice, run: Run, context: Context) -> Script[Run]:
    """The run after somebody interrupted the waiting and was asked."""
    if choice == "leave":
        return _stopped(run, _LEFT, context)
    if choice == "cancel":
        return (yield from cancelled(run, "it was asked for", context))
    return run


def look(run: Run, context: Context) -> Script[Run]:
    """The run with its job as it is now, and the events that are new."""
    assert run.remote is not None  # noqa: S101 - there is a job
    call = Call("GET", f"/fine_tuning/jobs/{run.remote['id']}")
    reply = yield from asked(call, context)
    if not reply.ok:
        return context.refused(run, "train", reply)
    run = msgspec.structs.replace(run, remote=_job(reply, run))
    run = yield from fetch_events(run, lambda call: asked(call, context))
    return context.kept(run)


def cancelled(run: Run, why: str, context: Context) -> Script[Run]:
    """Cancel the job; one that has ended meanwhile stays as it is.

    Args:
        run: With a job.
        why: For the notes.
        context: Of the run.
    """
    assert run.remote is not None  # noqa: S101 - there is a job
    number = context.log.begin("cancel", why=why)
    reply: Reply | None = None
    try:
        reply = yield from asked(Call("POST", f"/fine_tuning/jobs/{run.remote['id']}/cancel"), context)
    finally:
        if reply is None:
            context.log.end(number, "lost")
    context.log.end(number, "done" if reply.ok else "refused", status=reply.status)
    run = yield from look(run, context)
    if run.status == "cancelled":
        return context.kept(context.noted(run, f"the job was cancelled: {why}"))
    if run.refusal is not None or run.status in TERMINAL:
        return run
    if not reply.ok:
        said = reply.problem.message if reply.problem is not None else ""
        return context.kept(context.noted(run, f"the job could not be cancelled: {reply.status} {said}"))
    return run


def gathered(run: Run, context: Context) -> Script[Run]:
    """The run with all that its job has left: the last events, checkpoints, the results file."""
    if run.remote is None or run.waiting or run.checkpoints is not None:
        return run

    def ask(call: Call) -> Script[Reply]:
        return asked(call, context)

    run = yield from fetch_events(run, ask)
    run = yield from fetch_results(run, ask)
    run = yield from fetch_checkpoints(run, ask)
    if run.checkpoints is None:
        run = msgspec.structs.replace(run, checkpoints=())
    run = context.kept(run)
    if run.status == "succeeded" and context.learn is not None:
        context.learn(run)
    return run


def _at_timeout(run: Run, context: Context) -> Script[Run]:
    limit = context.settings.timeout_s or 0.0
    if context.settings.at_timeout == "leave":
        return _stopped(run, f"the job had not ended after {limit:g} s, and was left running", context)
    run = yield from cancelled(run, f"it had not ended after {limit:g} s", context)
    if run.waiting:
        return _stopped(run, f"the job had not ended after {limit:g} s, and could not be cancelled", context)
    return run


def _id(run: Run) -> str | None:
    return None if run.remote is None else str(run.remote["id"])


def _is_late(context: Context) -> bool:
    limit = context.settings.timeout_s
    return limit is not None and context.now() - context.started >= limit


def _bounded(seconds: float, context: Context) -> float:
    """`seconds`, or what is left until the timeout."""
    limit = context.settings.timeout_s
    if limit is None:
        return seconds
    return max(0.0, min(seconds, limit - (context.now() - context.started)))


def _stopped(run: Run, why: str, context: Context) -> Run:
    return context.kept(msgspec.structs.replace(run, stopped=why))


def _job(reply: Reply, run: Run) -> dict[str, Any]:
    """The job of an answer; what is none leaves it as it was."""
    is_job = isinstance(reply.data, dict) and isinstance(reply.data.get("status"), str)
    job: dict[str, Any] = reply.data if is_job else run.remote or {}
    return job
