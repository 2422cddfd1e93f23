"""A job as it is kept: what it was asked for, its plan, and what was done to it since.

All else is folded from the schedule when somebody asks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from drytune_simulator.store import Row
from drytune_simulator.training import Change, Plan, State, timeline
from drytune_simulator.wire import objects
from drytune_simulator.world import World

__all__ = ["TERMINAL", "Job", "Requested", "change"]

TERMINAL = ("succeeded", "failed", "cancelled")


class Requested(msgspec.Struct, frozen=True, kw_only=True):
    """What of the request the job object repeats; None is ``auto``, null or left out.

    Attributes:
        model: A base, or the tuned model that it starts from.
        integrations: As the job object tells them.
    """

    model: str
    organization: str
    suffix: str | None
    metadata: dict[str, str] | None
    n_epochs: int | None
    batch_size: int | None
    learning_rate_multiplier: float | None
    method: str = "supervised"
    beta: float | None = None
    reasoning_effort: str | None = None
    compute_multiplier: float | None = None
    eval_interval: int | None = None
    eval_samples: int | None = None
    grader: dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None
    integrations: tuple[objects.Integration, ...] = ()


class Job(msgspec.Struct, kw_only=True):
    """A job as it is kept.

    Attributes:
        changes: What was done to it, oldest first.
        base_job: The job whose model it starts from, if it does.
        row: Where it was read from; not kept.
    """

    requested: Requested
    plan: Plan
    changes: tuple[Change, ...] = ()
    base_job: str | None = None
    row: Row | None = None

    @classmethod
    def of(cls, row: Row) -> Job:
        """The job of a row."""
        job = msgspec.convert(row.document, cls)
        job.row = row
        return job

    def document(self) -> dict[str, Any]:
        """What a row keeps of it."""
        document: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(self, row=None))
        return document

    def state(self, now: float) -> State:
        """What it is at `now`."""
        return timeline(self.plan, self.changes).state(now)

    def upcoming(self, now: float) -> Sequence[float]:
        """When it is worth looking at it again; all are finite."""
        return timeline(self.plan, self.changes).after(now)


def change(world: World, job: Job, what: Change, *, belongs: str = "") -> Job:
    """Do something to a job that was read from the store; call it in a transaction.

    Whatever was to appear at the job's end, its models, its results file and the message about it, moves to the
    new end; of a job that was cancelled or has failed, only the message is left. A pause adds the model that it
    leaves, which appears when its safety checks are through.

    Args:
        world: Where the job is.
        job: As it is at `what.at`, a moment that has not passed when it was read.
        what: Must fit the job's status: only a running job can be paused, only a paused one resumed, and none
            that has ended can be changed.
        belongs: Digest of the organization (`Tenant.belongs`) to which the model of a pause is to belong.

    Raises:
        ValueError: The job was not read from the store.
    """
    row = job.row
    if row is None:
        msg = "a job that was not read from the store cannot be changed"
        raise ValueError(msg)
    plan = job.plan
    before = timeline(plan, job.changes)
    changed = msgspec.structs.replace(job, changes=(*job.changes, what))
    after = timeline(plan, changed.changes)
    row = msgspec.structs.replace(row, document=changed.document(), ends_at=after.ends_at)
    changed.row = row
    world.store.update(row)
    names = [plan.model, *(name for _, name in plan.checkpoints)]
    lost = [one.name for one in before.snapshots if one not in after.snapshots]
    world.store.delete("model", row.scope, lost)
    if what.kind in TERMINAL:
        world.store.delete("model", row.scope, names)
        world.store.delete("file", row.scope, [plan.results_file])
    else:
        for kind, name in [*(("model", name) for name in names), ("file", plan.results_file)]:
            _move(world, row, kind, name, after.ends_at)
    if what.kind == "paused":
        left = after.snapshots[-1]
        model = Row(
            kind="model",
            scope=row.scope,
            id=left.name,
            seq=world.store.number("model", row.scope),
            visible_at=left.ready_at,
            document={
                "job": plan.job_id,
                "base": plan.base,
                "belongs": belongs,
                "step": left.step,
            },
        )
        world.store.insert([model])
    _move(world, row, "webhook", plan.job_id, after.ends_at)
    return changed


def _move(world: World, job: Row, kind: str, name: str, moment: float) -> None:
    """Let a thing of the job appear at `moment`, if there is one."""
    row = world.store.get(kind, job.scope, name, math.inf)
    if row is not None:
        world.store.update(msgspec.structs.replace(row, visible_at=moment))
