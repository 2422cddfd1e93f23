"""What costs money or leaves something behind, made once: looked for before it is made, and after each doubt."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, BinaryIO, Final

import msgspec

from drytune.errors import Refused, UsageError
from drytune.workflow.asking import ATTEMPTS, asked, away, rest
from drytune.workflow.context import Context
from drytune.workflow.effects import Call, Pause, Problem, Reply, Script
from drytune.workflow.finding import files_like, jobs_like
from drytune.workflow.records import Run, SourceFile, Task

__all__ = ["create", "doubles_cancelled", "upload"]

_LOOKS: Final = (1.0, 4.0, 10.0)
"""Seconds before each look for what may be about to appear: a list may lag behind, and so may a request whose
answer nobody waits for any more."""

_LATE_S: Final = 900.0
"""For so long after a lost request its job may still appear."""

_PROCESSED_TRIES: Final = 120
_PROCESSED_PAUSE: Final = 5.0

_Object = dict[str, Any]
_Find = Callable[[], Script[list[_Object]]]


def upload(run: Run, file: SourceFile, context: Context) -> Script[Run]:
    """Have `file` at the platform.

    Raises:
        Refused: It is not what it was.
        UsageError: It cannot be read.
        Stopped: The API stays away.
    """
    step = f"upload:{file.role}"

    def find() -> Script[list[_Object]]:
        return files_like(file, context)

    def into(found: _Object) -> Run:
        field = "file" if file.role == "training" else "validation_file"
        return msgspec.structs.replace(run, **{field: found})

    def opened() -> AbstractContextManager[Call]:
        return _Upload(file)

    made = yield from _once(run, step, opened, find, into, context)
    if made.refusal is None and _was_lost(step, context):
        found = yield from find()
        yield from _without_doubles(found, made, step, context)
    return made


def create(run: Run, context: Context) -> Script[Run]:
    """Have a job at the platform."""
    assert run.file is not None  # noqa: S101 - the step before
    file, task = str(run.file["id"]), run.task
    call = Call("POST", "/fine_tuning/jobs", body=_job(task, file, run.validation_file, context.marker))

    def find() -> Script[list[_Object]]:
        return jobs_like(context.marker, file, task.suffix, _first(context), context)

    def into(found: _Object) -> Run:
        return msgspec.structs.replace(run, remote=found)

    return (yield from _once(run, "create", lambda: nullcontext(call), find, into, context))


def doubles_cancelled(run: Run, context: Context) -> Script[Run]:
    """Cancel other jobs of this run, should a request that was thought lost have made one late.

    It is looked for only while that can be.
    """
    lost = [one for one in context.log.attempts("create") if one.is_open]
    if not context.keeps or not lost or context.now() > max(one.at for one in lost) + _LATE_S:
        return run
    assert run.remote is not None and run.file is not None  # noqa: S101, PT018 - there is a job
    suffix, file = run.task.suffix, str(run.file["id"])
    for other in (yield from jobs_like(context.marker, file, suffix, _first(context), context)):
        if other["id"] == run.remote["id"] or other.get("status") in ("succeeded", "failed", "cancelled"):
            continue
        reply = yield from asked(Call("POST", f"/fine_tuning/jobs/{other['id']}/cancel"), context)
        said = "cancelled" if reply.ok else f"not cancelled ({reply.status})"
        run = context.kept(context.noted(run, f"a second job, {other['id']}, appeared late and was {said}"))
    return run


def _once(
    run: Run,
    step: str,
    opened: Callable[[], AbstractContextManager[Call]],
    find: _Find,
    into: Callable[[_Object], Run],
    context: Context,
) -> Script[Run]:
    """`run` with what is to be there once: found, or made.

    Args:
        run: As it is.
        step: Its name in the log.
        opened: The request that makes it, anew for each attempt.
        find: Looks for it.
        into: Puts it into the run.
        context: Of the run.
    """
    if context.keeps:
        found = yield from _looked(find, doubtful=_was_lost(step, context))
        if found is not None:
            return context.kept(into(found))
    attempt, patience = 0, _PROCESSED_TRIES
    while True:
        attempt += 1
        with opened() as call:
            reply = yield from _attempted(step, call, into, context)
        if isinstance(reply, Run):
            return reply
        if _is_processing(reply) and patience:
            patience, attempt = patience - 1, 0
            yield Pause(_PROCESSED_PAUSE, "the file is still being processed")
            continue
        if reply.is_final:
            return context.refused(run, step.partition(":")[0], reply)
        if attempt == ATTEMPTS:
            raise away(call, reply)
        yield from rest(reply, attempt, context)
        if context.keeps:
            found = yield from _looked(find, doubtful=_was_lost(step, context))
            if found is not None:
                return context.kept(into(found))


def _attempted(
    step: str, call: Call, into: Callable[[_Object], Run], context: Context
) -> Script[Reply | Run]:
    """One attempt, whose intent is kept before and whose end after; the run if it succeeded."""
    number = context.log.begin(step)
    reply: Reply | None = None
    try:
        reply = yield call
    finally:
        if reply is None:  # somebody interrupts: whether it arrived nobody knows
            context.log.end(number, "lost", why="interrupted")
    if reply.ok and isinstance(reply.data, dict) and isinstance(reply.data.get("id"), str):
        made = context.billed(_told(into(reply.data), reply))
        context.log.end(number, "done", made, id=reply.data["id"])
        context.told(made)
        return made
    if reply.ok:
        context.log.end(number, "lost", why="the answer has no id")
        return Reply(0, None, reply.headers, Problem(f"the answer ({reply.status}) has no id"))
    assert reply.problem is not None  # noqa: S101 - it is not ok
    is_lost = reply.sent and not reply.is_final and reply.status != 429
    context.log.end(number, "lost" if is_lost else "refused", status=reply.status, why=reply.problem.message)
    return reply


def _looked(find: _Find, *, doubtful: bool) -> Script[_Object | None]:
    """What is there; after a doubt it is waited for, as it may still be on its way."""
    for seconds in (0.0, *_LOOKS) if doubtful else (0.0,):
        if seconds:
            yield Pause(seconds, "looking for what may have been made")
        found = yield from find()
        if found:  # one that came late was cancelled, and is not what is followed
            return next((one for one in found if one.get("status") != "cancelled"), found[0])
    return None


def _was_lost(step: str, context: Context) -> bool:
    return any(one.is_open for one in context.log.attempts(step))


def _first(context: Context) -> float | None:
    """When the first attempt to make a job was."""
    return min((one.at for one in context.log.attempts("create")), default=None)


def _without_doubles(found: list[_Object], run: Run, step: str, context: Context) -> Script[None]:
    """Delete uploads that lost requests of this run have left behind; others' stay."""
    ours = run.file if step == "upload:training" else run.validation_file
    since = min(one.at for one in context.log.attempts(step)) - 1.0
    for other in found:
        if ours is None or other["id"] == ours["id"] or (other.get("created_at") or 0.0) < since:
            continue
        yield from asked(Call("DELETE", f"/files/{other['id']}"), context)


def _told(run: Run, reply: Reply) -> Run:
    """`run`, knowing whether what answers is a simulation."""
    is_simulated = run.simulated or reply.headers.get("x-drytune") == "simulated"
    return msgspec.structs.replace(run, simulated=is_simulated)


def _is_processing(reply: Reply) -> bool:
    """Whether the file only is not ready yet (FACTS.md §4.3)."""
    return (
        reply.status == 400 and reply.problem is not None and "still being processed" in reply.problem.message
    )


def _job(
    task: Task, training_file: str, validation_file: _Object | None, marker: dict[str, str]
) -> dict[str, Any]:
    """The body of the request that makes a job."""
    body: dict[str, Any] = {"training_file": training_file, "model": task.model}
    if validation_file is not None:
        body["validation_file"] = validation_file["id"]
    if task.suffix is not None:
        body["suffix"] = task.suffix
    if task.seed is not None:
        body["seed"] = task.seed
    settings: dict[str, Any] = {"hyperparameters": dict(task.hyperparameters)}
    if task.grader is not None:
        settings["grader"] = task.grader
    if task.response_format is not None:
        settings["response_format"] = task.response_format
    if task.hyperparameters or task.method != "supervised":
        body["method"] = {"type": task.method, task.method: settings}
    if marker:
        body["metadata"] = dict(marker)
    return body


class _Upload:
    """A file, open for one attempt, once it is known to be what was planned."""

    def __init__(self, file: SourceFile) -> None:
        self._planned = file
        self._file: BinaryIO | None = None

    def __enter__(self) -> Call:
        planned = self._planned
        try:
            self._file = planned.local.open("rb")
            digest = hashlib.file_digest(self._file, "sha256").hexdigest()
            self._file.seek(0)
        except OSError as error:
            raise UsageError(f"{planned.path}: {error.strerror or error}") from error
        if digest != planned.sha256:
            self._file.close()
            raise Refused(
                f"{planned.path} has changed since it was planned (SHA-256 {digest[:12]}…, planned was "
                f"{planned.sha256[:12]}…): nothing was sent; plan again."
            )
        name = planned.upload_name or planned.local.name
        return Call("POST", "/files", body={"purpose": "fine-tune"}, file=(name, self._file))

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
