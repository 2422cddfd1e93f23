"""Cleaning up: deleting at the platform what a run has left there, after asking, and never what others use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, Unpack
from urllib.parse import quote

import msgspec

from drytune.errors import Refused
from drytune.workflow.asking import asked
from drytune.workflow.context import Context
from drytune.workflow.creating import LOOKS
from drytune.workflow.effects import Call, Pause, Reply, Script
from drytune.workflow.finding import Jobs, files_like, job_path, jobs_of, moment
from drytune.workflow.records import TERMINAL, Run, state_of
from drytune.workflow.remains import STEP, Deed, Group, Thing, groups_of, let_go, things_of, users_of
from drytune.workflow.results import fetch_checkpoints

if TYPE_CHECKING:
    from drytune.workflow.options import Options

__all__ = ["clean", "clean_up"]

_SKEW_S: Final = 300.0
"""So much the platform's clock may differ from this one's."""


def clean(
    run_id: str,
    *,
    wanted: Callable[[Group], bool],
    done: Callable[[Deed], object] = lambda _: None,
    shared: bool = False,
    keep_model: bool = False,
    **options: Unpack[Options],
) -> Run:
    """Delete what a run has left at the platform; the run as it is then.

    Args:
        run_id: Its id, or the beginning of it.
        wanted: Asked of each group of things whether it is to be deleted.
        done: Told what became of each thing.
        shared: Whether what other runs use is deleted, too.
        keep_model: Whether the tuned model and its checkpoints are kept, and not asked about.
        **options: See `Options`. The API is that of the run.

    Raises:
        UsageError: There is no such run.
        Refused: Its job has not ended, or another process works on it.
        Stopped: The API stays away.
    """
    from drytune.workflow.session import Session

    with Session(options, of_run=run_id) as session:
        script = partial(
            clean_up,
            users=users_of(session.journal, session.run_id),
            wanted=wanted,
            done=done,
            shared=shared,
            keep_model=keep_model,
        )
        return session.drive(session.run_id, options, script)


def clean_up(
    run: Run,
    context: Context,
    *,
    users: Mapping[str, Sequence[str]],
    wanted: Callable[[Group], bool],
    done: Callable[[Deed], object],
    shared: bool = False,
    keep_model: bool = False,
) -> Script[Run]:
    """Delete what `run` has left at the platform.

    Args:
        run: Whose job, if there is one, has ended.
        context: Of the run.
        users: By id, the other runs that use something.
        wanted: Asked of each group whether it is to be deleted.
        done: Told what became of each thing.
        shared: Whether what other runs use is deleted, too.
        keep_model: Whether the tuned model and its checkpoints are kept, and not asked about.

    Raises:
        Refused: Its job has not ended, or whether there is one is not known.
        Stopped: The API stays away.
    """
    run = yield from _looked(run, context)
    context.log.keep(run)
    deleted: list[str] = []
    for group in groups_of(things_of(run, context.log.attempts(), users, shared=shared)):
        if keep_model and group.name == "tuned model":
            continue
        ours = tuple(thing for thing in group.things if shared or not thing.users)
        if ours and not wanted(Group(group.name, ours)):
            for thing in group.things:
                done(Deed(thing, "kept", "as you say"))
            continue
        for thing in group.things:
            deed = yield from _deleted(thing, context, shared=shared)
            if deed.ending == "deleted":
                deleted.append(str(thing))
            done(deed)
        run = _let_go(run, context)
    if deleted:
        run = context.noted(run, f"deleted at the platform: {', '.join(deleted)}")
        context.log.keep(run)
    return run


def _looked(run: Run, context: Context) -> Script[Run]:
    """`run` as it is now, with all its checkpoints.

    Raises:
        Refused: Its job has not ended, or nobody knows.
    """
    run = yield from _unanswered(run, context)
    if run.remote is None:
        return run
    reply = yield from asked(Call("GET", job_path(run.remote["id"])), context)
    if reply.status == 404:
        return run  # the job is gone, and what it has made may still be there
    if not reply.ok or not isinstance(reply.data, dict):
        said = "" if reply.problem is None else f" ({reply.status}: {reply.problem.message})"
        raise Refused(
            f"whether the job {run.remote['id']} has ended cannot be seen{said}: nothing was deleted."
        )
    run = msgspec.structs.replace(run, remote=reply.data)
    if run.waiting:
        raise Refused(
            f"the job {reply.data.get('id')} is {reply.data.get('status')}: wait for its end, or `drytune cancel "
            f"{run.id}` first. Nothing was deleted."
        )
    if not run.checkpoints and run.model is not None:  # they may have been out of reach
        run = yield from fetch_checkpoints(run, lambda call: asked(call, context))
    return run


def _unanswered(run: Run, context: Context) -> Script[Run]:
    """`run` with what requests have made whose answers nobody got."""
    for file in run.task.uploads:
        field = "file" if file.role == "training" else "validation_file"
        since = _first_lost(f"upload:{file.role}", context)
        if getattr(run, field) is None and since is not None:
            found = yield from files_like(file, context)
            ours = [one for one in found if (moment(one) or since) >= since - _SKEW_S]
            if ours:
                run = msgspec.structs.replace(run, **{field: ours[-1]})
    if _first_lost("create", context) is None:
        return run
    jobs = yield from _jobs(run, context)
    others = [one for one in jobs.marked if run.remote is None or one["id"] != run.remote["id"]]
    runs_on = next((one for one in others if state_of(one) not in TERMINAL), None)
    if run.remote is None and jobs.best is not None:
        run = msgspec.structs.replace(run, remote=runs_on or jobs.best)
    elif run.remote is None and any(one.may_arrive(context.now()) for one in context.log.attempts("create")):
        raise Refused(
            "the answer to the request that makes the job was lost less than 15 minutes ago, and no job is seen: "
            f"it may still appear. Go on with `drytune resume {run.id}`, or clean later. Nothing was deleted."
        )
    elif runs_on is not None:
        raise Refused(
            f"a second job of the run, {runs_on['id']}, is {state_of(runs_on)}, and uses its files: `drytune "
            f"cancel {run.id}` first. Nothing was deleted."
        )
    return run


def _jobs(run: Run, context: Context) -> Script[Jobs]:
    """The jobs of `run`; if it knows of none, they are waited for a little: a list may lag behind."""
    jobs: Jobs = yield from jobs_of(run, context)
    for seconds in LOOKS if run.remote is None else ():
        if jobs.best is not None:
            break
        yield Pause(seconds, "looking for a job that may have been made")
        jobs = yield from jobs_of(run, context)
    return jobs


def _let_go(run: Run, context: Context) -> Run:
    """`run` without uploads that are deleted, so that it can go on with new ones.

    What a job was made of stays, for reports; such a run uploads nothing any more.
    """
    if run.remote is not None:
        return run
    gone = let_go(context.log.attempts(), shared=False)
    fields = [
        name
        for name, file in (("file", run.file), ("validation_file", run.validation_file))
        if file is not None and file.get("id") in gone
    ]
    if fields:
        run = msgspec.structs.replace(run, **dict.fromkeys(fields))
        context.log.keep(run)
    return run


def _first_lost(step: str, context: Context) -> float | None:
    """When the first attempt at `step` began of which nobody knows what came of it; None if there is none."""
    return min((one.at for one in context.log.attempts(step) if one.is_open), default=None)


def _deleted(thing: Thing, context: Context, *, shared: bool) -> Script[Deed]:
    step = STEP + thing.id
    if thing.users and not shared:
        context.log.end(context.log.begin(step), "done", kept_for=list(thing.users))
        return Deed(thing, "kept", f"used by {', '.join(thing.users)}")
    of = "models" if thing.kind in ("tuned model", "checkpoint") else "files"
    number = context.log.begin(step)
    reply: Reply | None = None
    try:
        reply = yield from asked(Call("DELETE", f"/{of}/{quote(thing.id, safe=':')}"), context)
    finally:
        if reply is None:
            context.log.end(number, "lost", why="interrupted")
    if reply.ok:
        context.log.end(number, "done")
        return Deed(thing, "deleted")
    if reply.status in (404, 410):
        context.log.end(number, "done", was="gone")
        return Deed(thing, "gone")
    why = f"{reply.status} {'' if reply.problem is None else reply.problem.message}".strip()
    context.log.end(number, "refused", status=reply.status, why=why)
    return Deed(thing, "refused", why)
