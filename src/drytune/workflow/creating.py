"""What costs money or leaves something behind, made once: looked for before it is made, and after each doubt."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import msgspec

from drytune.errors import Refused, UsageError
from drytune.workflow.asking import ATTEMPTS, asked, away, rest
from drytune.workflow.context import Context, Stopped
from drytune.workflow.effects import Call, Pause, Problem, Reply, Script
from drytune.workflow.finding import Jobs, files_like, is_id, is_marked, job_path, jobs_of, jobs_there
from drytune.workflow.records import TERMINAL, Run, state_of
from drytune.workflow.tasks import SourceFile, Task

__all__ = ["LOOKS", "create", "doubles_cancelled", "looked", "told", "upload"]

LOOKS: Final = (1.0, 4.0, 10.0)
"""Seconds before each look for what may be about to appear: a list may lag behind, and so may a request whose
answer nobody waits for any more."""

_NO_ID: Final = "drytune_no_id"
"""Code of the problem that something was made of which nobody knows the id."""

_PROCESSED_TRIES: Final = 120
_PROCESSED_PAUSE: Final = 5.0

_Object = dict[str, Any]
_Find = Callable[[], Script[_Object | None]]


def upload(run: Run, file: SourceFile, context: Context) -> Script[Run]:
    """Have `file` at the platform.

    Raises:
        Refused: It is not what it was.
        UsageError: It cannot be read.
        Stopped: The API stays away.
    """
    step = f"upload:{file.role}"

    def find() -> Script[_Object | None]:
        found = yield from files_like(file, context)
        return found[0] if found else None

    def into(found: _Object) -> Run:
        field = "file" if file.role == "training" else "validation_file"
        return msgspec.structs.replace(run, **{field: found})

    making = _Making(step, lambda: _Upload(file), find, into, {})
    if context.keeps:
        found = yield from looked(find, doubtful=_is_doubtful(step, context))
        if found is not None:
            return context.kept(into(found))
    return (yield from _made(run, making, context))


def create(run: Run, context: Context) -> Script[Run]:
    """Have a job at the platform.

    Raises:
        Stopped: The API stays away, or a job whose creation nobody answered may still appear, and the budget does
            not cover two.
    """
    assert run.file is not None  # noqa: S101 - the step before
    body = _job(run.task, str(run.file["id"]), run.validation_file, context.marker)
    call = Call("POST", "/fine_tuning/jobs", body=body)

    def find() -> Script[_Object | None]:
        return (yield from jobs_of(run, context)).best

    def into(found: _Object) -> Run:
        return msgspec.structs.replace(run, remote=found)

    data: dict[str, Any] = {}
    if context.keeps and context.log.attempts("create"):
        found = yield from looked(find, doubtful=_is_doubtful("create", context))
        if found is not None:
            return context.kept(into(found))
    elif context.keeps:
        there = yield from jobs_there(run, context)
        earlier = _earlier(there, context)
        if earlier is not None:
            note = (
                f"the job {earlier['id']} of the same plan was there, and is followed; nothing is paid anew"
            )
            return context.kept(context.noted(into(earlier), note))
        data = {"there": [one["id"] for one in there]}
    making = _Making("create", lambda: nullcontext(call), find, into, data)
    return (yield from _made(run, making, context))


def doubles_cancelled(run: Run, context: Context) -> Script[Run]:
    """The run with the other jobs that it has made, cancelled: a request that was thought lost arrived late."""
    if not context.keeps or run.remote is None or not _is_doubtful("create", context):
        return run
    run_before, followed = run, run.remote["id"]
    try:
        jobs: Jobs = yield from jobs_of(run, context)
    except Stopped as error:  # the job itself is followed all the same
        return context.noted(run, f"whether a second job has appeared could not be seen: {error}")
    marked = {one["id"] for one in jobs.marked}
    known = {one["id"] for one in run.doubles}
    doubles = {one["id"]: one for one in (*run.doubles, *jobs.marked, *jobs.likely) if one["id"] != followed}
    for number, other in doubles.items():
        if state_of(other) in TERMINAL:
            said = f"had {state_of(other)} by then"
        elif number in marked:
            doubles[number], said = yield from _cancelled(other, context)
        else:
            said = "has no metadata to tell whose it is, so it was left alone"
        if number not in known:
            note = f"a second job, {number}, appeared late and {said}; what it trained may be billed"
            run = context.noted(run, note)
    changed = msgspec.structs.replace(run, doubles=tuple(doubles.values()))
    return run_before if changed == run_before else context.kept(changed)


def _cancelled(job: _Object, context: Context) -> Script[tuple[_Object, str]]:
    """`job` after it was told to stop, and what came of that."""
    try:
        reply = yield from asked(Call("POST", f"{job_path(job['id'])}/cancel"), context)
    except Stopped:
        return job, "could not be cancelled (no answer)"
    if not reply.ok:
        return job, f"could not be cancelled ({reply.status})"
    is_job = isinstance(reply.data, dict) and reply.data.get("id") == job["id"]
    return (reply.data if is_job else job), "was cancelled"


def looked(find: _Find, *, doubtful: bool) -> Script[_Object | None]:
    """What is there; after a doubt it is waited for, as it may still be on its way."""
    for seconds in (0.0, *LOOKS) if doubtful else (0.0,):
        if seconds:
            yield Pause(seconds, "looking for what may have been made")
        found = yield from find()
        if found is not None:
            return found
    return None


@dataclass(frozen=True, slots=True)
class _Making:
    """How something is made.

    Attributes:
        step: Its name in the log.
        opened: The request that makes it, anew for each attempt.
        find: Looks for it.
        into: Puts it into the run.
        data: For the log.
    """

    step: str
    opened: Callable[[], AbstractContextManager[Call]]
    find: _Find
    into: Callable[[_Object], Run]
    data: Mapping[str, Any]


def _made(run: Run, making: _Making, context: Context) -> Script[Run]:
    """`run` with what is made, once: after each doubt it is looked for before it is tried again."""
    attempt, patience = 0, _PROCESSED_TRIES
    while True:
        attempt += 1
        if making.step == "create" and not context.money.covers_training():
            raise Stopped(
                "a job whose creation nobody answered may still appear, and the budget does not cover two; wait "
                "for a quarter of an hour"
            )
        with making.opened() as call:
            reply = yield from _attempted(making, call, context)
        if isinstance(reply, Run):
            return reply
        if _is_processing(reply) and patience:
            if context.left() == 0.0:
                raise Stopped("the file was still being processed when the time was up")
            patience, attempt = patience - 1, 0
            yield Pause(_PROCESSED_PAUSE, "the file is still being processed")
        elif reply.is_final:
            return context.refused(run, making.step.partition(":")[0], reply)
        elif attempt == ATTEMPTS:
            raise away(call, reply)
        else:
            yield from rest(reply, attempt, context)
        found = yield from _appeared(reply, making, context)
        if found is not None:
            return context.kept(making.into(found))


def _appeared(reply: Reply, making: _Making, context: Context) -> Script[_Object | None]:
    """What has been made after all, if there is a doubt; None if it may be tried again.

    Raises:
        Stopped: It was made for certain, and cannot be seen.
    """
    if not (context.keeps and _is_doubtful(making.step, context)):
        return None
    found = yield from looked(making.find, doubtful=True)
    if found is None and reply.problem is not None and reply.problem.code == _NO_ID:
        raise Stopped("the API says that it has made it, and neither says its id nor lists it", answered=True)
    return found


def _attempted(making: _Making, call: Call, context: Context) -> Script[Reply | Run]:
    """One attempt, whose intent is kept before and whose end after; the run if it succeeded."""
    number = context.log.begin(making.step, **making.data)
    reply: Reply | None = None
    try:
        reply = yield call
    finally:
        if reply is None:  # somebody interrupts: whether it arrived nobody knows
            context.log.end(number, "lost", why="interrupted")
    if reply.ok and isinstance(reply.data, dict) and is_id(reply.data.get("id")):
        made = context.billed(told(making.into(reply.data), reply))
        context.log.end(number, "done", made, id=reply.data["id"])
        context.told(made)
        return made
    if reply.ok:
        context.log.end(number, "lost", why="the answer has no id")
        return Reply(0, None, reply.headers, Problem(f"the answer ({reply.status}) has no id", _NO_ID))
    assert reply.problem is not None  # noqa: S101 - it is not ok
    is_lost = reply.sent and not reply.is_final and reply.status != 429
    status, why = reply.status, reply.problem.message
    if is_lost:
        context.log.end(number, "lost", status=status, why=why)
    else:
        context.log.end(number, "refused", status=status, why=why)
    return reply


def _is_doubtful(step: str, context: Context) -> bool:
    return any(one.is_open for one in context.log.attempts(step))


def _earlier(there: list[_Object], context: Context) -> _Object | None:
    """A job with this very marker that goes on or has succeeded: its run was made with another journal."""
    for one in there:
        if is_marked(one, context.marker) and state_of(one) not in ("failed", "cancelled"):
            return one
    return None


def told(run: Run, reply: Reply) -> Run:
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
