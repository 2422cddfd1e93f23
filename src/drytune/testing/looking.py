"""The jobs and the files that a test has made, as they are. To look at them moves no clock and is no request."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from drytune.testing.jobs_and_files import Event, File, Job
from drytune.testing.told_objects import files_told, jobs_told
from drytune_simulator.resources.files import expires_at
from drytune_simulator.resources.job_record import Job as Record
from drytune_simulator.resources.job_record import Requested
from drytune_simulator.store import Row
from drytune_simulator.training import Change, Plan, results_csv, state_at, told, trained_steps

if TYPE_CHECKING:
    from drytune.testing.exchanges import Recorder
    from drytune_simulator.world import World

__all__ = ["files_of", "jobs_of", "models_of"]

_OF_ALL: Final = ("n_epochs", "batch_size", "learning_rate_multiplier")
_OF_METHOD: Final[Mapping[str, tuple[str, ...]]] = {
    "supervised": (),
    "dpo": ("beta",),
    "reinforcement": ("reasoning_effort", "compute_multiplier", "eval_interval", "eval_samples"),
}


def jobs_of(world: World | None, recorder: Recorder) -> tuple[Job, ...]:
    """All jobs of whoever has asked through `recorder`, oldest first.

    Args:
        world: Of the simulator; None of a recording, whose jobs are read from its answers.
        recorder: Tells who has asked, and what.
    """
    if world is None:
        return jobs_told(recorder.requests)
    files = {file.id: file for file in files_of(world, recorder)}
    now = world.now()
    return tuple(_job(Record.of(row), row.scope, files, now) for row in _rows(world, recorder, "job"))


def files_of(world: World | None, recorder: Recorder) -> tuple[File, ...]:
    """All files, those among them that are gone, oldest first; the arguments are those of `jobs_of`."""
    told_of = files_told(recorder.requests)
    if world is None:
        return told_of
    now = world.now()
    there = {row.id: _file(world, row) for row in _rows(world, recorder, "file") if expires_at(row) > now}
    gone = [replace(file, deleted=True) for file in told_of if file.id not in there]
    return tuple(sorted([*there.values(), *gone], key=lambda file: file.created_at))


def models_of(world: World | None, recorder: Recorder) -> tuple[str, ...]:
    """The names of the tuned models that are there, checkpoints too; the arguments are those of `jobs_of`."""
    if world is not None:
        return tuple(row.id for row in _rows(world, recorder, "model"))
    made = [job.fine_tuned_model for job in jobs_told(recorder.requests)]
    deleted = {one.model for one in recorder.requests.where("models.delete", status=200)}
    return tuple(name for name in made if name is not None and name not in deleted)


def _rows(world: World, recorder: Recorder, kind: str) -> Iterator[Row]:
    """All that are there of whoever has asked, oldest first."""
    now = world.now()
    tenants = recorder.tenants(world.profile.keys)
    rows = [row for scope in tenants for row in world.store.scan(kind, scope, now, newest_first=False)]
    return iter(sorted(rows, key=lambda row: row.visible_at))


def _job(record: Record, tenant: str, files: Mapping[str, File], now: float) -> Job:
    plan, requested, changes = record.plan, record.requested, record.changes
    state = record.state(now)
    training, validation = files.get(plan.training_file), files.get(plan.validation_file or "")
    failure = state.failure
    return Job(
        id=plan.job_id,
        model=requested.model,
        status=state.status,
        training_file=plan.training_file,
        training_name=None if training is None else training.filename,
        # a row keeps the digest of what it trains on, also when the file is gone
        training_sha256=None if record.row is None else record.row.blob,
        validation_file=plan.validation_file,
        validation_name=None if validation is None else validation.filename,
        validation_sha256=None if validation is None else validation.sha256,
        method=requested.method,
        hyperparameters=_asked(requested),
        used={name: getattr(plan, field) for name, field in _USED.items()},
        suffix=requested.suffix,
        metadata=requested.metadata or {},
        seed=plan.seed,
        fine_tuned_model=plan.model if state.succeeded else None,
        trained_tokens=plan.trained_tokens if state.succeeded else None,
        committed_tokens=_committed(plan, changes, now),
        error=None if failure is None else msgspec.structs.asdict(failure),
        created_at=plan.created_at,
        finished_at=state.finished_at,
        tenant=tenant,
        read_events=_events(plan, changes, now),
    )


_USED: Final = {
    "n_epochs": "epochs",
    "batch_size": "batch_size",
    "learning_rate_multiplier": "learning_rate_multiplier",
}


def _asked(requested: Requested) -> dict[str, Any]:
    """By name; what was left to the platform is ``auto``."""
    names = (*_OF_ALL, *_OF_METHOD[requested.method])
    values = {name: getattr(requested, name) for name in names}
    return {name: "auto" if value is None else value for name, value in values.items()}


def _committed(plan: Plan, changes: tuple[Change, ...], now: float) -> int | None:
    """Tokens that are billed at the end; of a job that was cancelled, those that it had been trained on.

    That what was trained before it was cancelled is billed is a guess, on the safe side.
    """
    if plan.method == "reinforcement":
        return None
    ended = next((change for change in changes if change.kind in ("cancelled", "failed")), None)
    if ended is not None and ended.kind == "cancelled":
        return plan.trained_tokens * trained_steps(plan, now, changes) // plan.total_steps
    # the last of its states, if nothing is done to it any more
    return 0 if state_at(plan, math.inf, changes).status == "failed" else plan.trained_tokens


def _events(plan: Plan, changes: tuple[Change, ...], now: float) -> Callable[[], tuple[Event, ...]]:
    def read() -> tuple[Event, ...]:
        events = [
            Event(one.at, one.level, one.message, one.type, dict(one.data or {}))
            for _, one in told(plan, now, changes)
        ]
        return tuple(reversed(events))

    return read


def _file(world: World, row: Row) -> File:
    document = row.document
    unwritten = document.get("plan") if document["bytes"] is None else None

    def read() -> bytes | None:
        if unwritten is not None:  # a job's results are written when a client first looks at them
            return results_csv(msgspec.convert(unwritten, Plan))
        with suppress(KeyError):
            return world.store.blobs.get(row.blob or "")
        return None

    size = len(read() or b"") if unwritten is not None else int(document["bytes"])
    return File(
        id=row.id,
        filename=document["filename"],
        purpose=document["purpose"],
        bytes=size,
        created_at=row.visible_at,
        tenant=row.scope,
        known_sha256=row.blob if unwritten is None else None,
        read=read,
    )
