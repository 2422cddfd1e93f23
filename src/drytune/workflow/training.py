"""From the beginning of a job to its end: looking at it now and then, and what ends the waiting."""

from __future__ import annotations

from typing import Any

import msgspec

from drytune.workflow.asking import asked
from drytune.workflow.context import Choice, Context
from drytune.workflow.creating import LOOKS, doubles_cancelled, told
from drytune.workflow.effects import Call, Pause, Reply, Script
from drytune.workflow.finding import job_path
from drytune.workflow.records import STATES, TERMINAL, Run
from drytune.workflow.results import fetch_checkpoints, fetch_events, fetch_results
from drytune.workflow.waiting import pauses

__all__ = ["cancelled", "gathered", "look", "train"]

_LEFT = "the job was left running"


def train(run: Run, context: Context, *, at_once: bool = False) -> Script[Run]:
    """Wait until the job has ended, or the waiting has.

    Args:
        run: With a job.
        context: Of the run.
        at_once: Whether the first look is not waited for: the job may have ended long ago.
    """
    waits, status = pauses(run.id or ""), run.status
    while run.waiting and run.stopped is None:
        if not context.settings.follow:
            run = yield from doubles_cancelled(run, context)
            return _stopped(run, _LEFT, context)
        try:
            if _is_late(context):
                run = yield from _at_timeout(run, context)
                continue
            if not at_once:
                yield Pause(_bounded(next(waits), context), "the job is running", _id(run))
            at_once = False
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
    """The run with its job as it is now, and the events that are new; `Run.stopped` if the API does not tell.

    A job that is not there is looked for again: a platform's copies may lag behind one another.
    """
    assert run.remote is not None  # noqa: S101 - there is a job
    call = Call("GET", _path(run))
    for seconds in (*LOOKS, None):
        reply = yield from asked(call, context)
        job = _job(reply, run)
        if job is not None or not (reply.ok or reply.status == 404) or seconds is None:
            break
        yield Pause(seconds, "the job is not there yet")
    if job is None:
        said = "the answer is no job" if reply.problem is None else f"{reply.status}, {reply.problem.message}"
        return _stopped(run, f"the API does not say how the job stands ({said})", context)
    run = _known(told(msgspec.structs.replace(run, remote=job), reply), context)
    context.log.keep(run)
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
        reply = yield from asked(Call("POST", f"{_path(run)}/cancel"), context)
    finally:
        if reply is None:
            context.log.end(number, "lost")
    context.log.end(number, "done" if reply.ok else "refused", status=reply.status)
    for seconds in (0.0, *LOOKS):  # some platforms take the order, and then some time
        if seconds:
            yield Pause(seconds, "the job is being cancelled", str(run.remote["id"]))
        run = yield from look(run, context)
        assert run.remote is not None  # noqa: S101 - there is a job
        if not (reply.ok and run.waiting):
            break
    if run.status == "cancelled":
        return context.kept(context.noted(run, f"the job was cancelled: {why}"))
    if run.status not in TERMINAL and not reply.ok:
        said = reply.problem.message if reply.problem is not None else ""
        return context.kept(context.noted(run, f"the job could not be cancelled: {reply.status} {said}"))
    return run


def gathered(run: Run, context: Context) -> Script[Run]:
    """The run with all that its job has left: the last events, checkpoints, the results file."""
    if run.remote is None or run.waiting:
        return run
    run = yield from doubles_cancelled(run, context)
    has_results = run.results is not None or not (run.remote or {}).get("result_files")
    if run.checkpoints is not None and has_results:
        return run

    def ask(call: Call) -> Script[Reply]:
        return asked(call, context)

    run = yield from fetch_events(run, ask)
    run = yield from fetch_results(run, ask)
    run = yield from fetch_checkpoints(run, ask)
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
    return context.left() == 0.0


def _bounded(seconds: float, context: Context) -> float:
    """`seconds`, or what is left until the timeout."""
    left = context.left()
    return seconds if left is None else min(seconds, left)


def _path(run: Run) -> str:
    assert run.remote is not None  # noqa: S101 - there is a job
    return job_path(run.remote["id"])


def _known(run: Run, context: Context) -> Run:
    """`run`, with a note if its job is in a state that is not known here: it is waited for all the same."""
    if run.status in STATES:
        return run
    note = f"the platform says that the job is {run.status!r}, which is not known here; it is waited for"
    return context.noted(run, note)


def _stopped(run: Run, why: str, context: Context) -> Run:
    return context.kept(msgspec.structs.replace(run, stopped=why))


def _job(reply: Reply, run: Run) -> dict[str, Any] | None:
    """The job of an answer; None if it is none, or another."""
    assert run.remote is not None  # noqa: S101 - there is a job
    data = reply.data
    is_job = (
        isinstance(data, dict) and data.get("id") == run.remote["id"] and isinstance(data.get("status"), str)
    )
    return data if is_job else None
