"""``/v1/fine_tuning/jobs``: list, retrieve, cancel, events, checkpoints (FACTS.md §4).

A job is kept as what it was asked for, its plan, and what cut it short, if anything did. All else is folded
from the schedule when somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from drytune_simulator import ids
from drytune_simulator.errors import refuse
from drytune_simulator.http import Response
from drytune_simulator.resources import paging
from drytune_simulator.store import Row
from drytune_simulator.training import (
    Cut,
    Happening,
    Plan,
    State,
    happenings,
    how_many,
    losses,
    state_at,
    told,
    upcoming,
)
from drytune_simulator.world import Call, World

__all__ = ["Job", "cancel", "checkpoints", "cut", "events", "list_jobs", "pause", "resume", "retrieve"]

TERMINAL = ("succeeded", "failed", "cancelled")


class Requested(msgspec.Struct, frozen=True, kw_only=True):
    """What of the request the job object repeats; None is ``auto`` or null."""

    model: str
    organization: str
    suffix: str | None
    metadata: dict[str, str] | None
    n_epochs: int | None
    batch_size: int | None
    learning_rate_multiplier: float | None
    method: str = "supervised"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it is kept."""

    requested: Requested
    plan: Plan
    cut: Cut | None = None
    base_job: str | None = None
    row: Row | None = None

    @classmethod
    def of(cls, row: Row) -> Job:
        """The job of a row."""
        job = msgspec.convert(row.document, cls)
        return msgspec.structs.replace(job, row=row)

    def document(self) -> dict[str, Any]:
        """What a row keeps of it."""
        document: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(self, row=None))
        return document

    def state(self, now: float) -> State:
        """What it is at `now`."""
        return state_at(self.plan, now, self.cut)

    def upcoming(self, now: float) -> Sequence[float]:
        """When something will happen to it."""
        return upcoming(self.plan, now, self.cut)


def find(world: World, call: Call, *, poll: bool = True) -> Job:
    """The tenant's job of the path; a clock that moves on polls is moved first.

    Raises:
        ApiError: 404.
    """
    job_id = call.path[0]
    row = world.store.get("job", call.tenant.scope, job_id, world.now())
    if row is None:
        raise refuse("unknown-job", id=job_id)
    job = Job.of(row)
    if poll:
        world.clock.polled(job.upcoming(world.now()))
    return job


def show(world: World, job: Job) -> dict[str, Any]:
    """The job object at this moment."""
    plan, requested = job.plan, job.requested
    state = job.state(world.now())
    hyperparameters = {
        "n_epochs": plan.epochs if state.started else requested.n_epochs or "auto",
        "batch_size": plan.batch_size if state.started else requested.batch_size or "auto",
        "learning_rate_multiplier": plan.learning_rate_multiplier
        if state.started
        else requested.learning_rate_multiplier or "auto",
    }
    failure = state.failure
    return {
        "object": "fine_tuning.job",
        "id": plan.job_id,
        "model": requested.model,
        "created_at": int(plan.created_at),
        "finished_at": state.finished_at,
        "fine_tuned_model": plan.model if state.succeeded else None,
        "organization_id": requested.organization,
        "result_files": [plan.results_file] if state.succeeded else [],
        "status": state.status,
        "validation_file": plan.validation_file,
        "training_file": plan.training_file,
        # the older field is of supervised tuning only (FACTS.md §4.1)
        "hyperparameters": hyperparameters if requested.method == "supervised" else None,
        "trained_tokens": plan.trained_tokens if state.succeeded else None,
        "error": msgspec.to_builtins(failure) if failure else {},
        "user_provided_suffix": requested.suffix,
        "seed": plan.seed,
        "estimated_finish": state.estimated_finish,
        "integrations": [],
        "metadata": requested.metadata,
        "usage_metrics": None,
        "shared_with_openai": False,
        "eval_id": None,
        "method": {"type": requested.method, requested.method: {"hyperparameters": hyperparameters}},
    }


def retrieve(world: World, call: Call) -> Response:
    """One job."""
    with world.store.transaction():
        return Response.json(show(world, find(world, call)))


def list_jobs(world: World, call: Call) -> Response:
    """The tenant's jobs, newest first; `metadata[key]=value` picks those that carry it."""
    asked = {name: value for name, value in call.request.query if name.startswith("metadata")}
    values = paging.parameters(call, default=20, largest=100, names=tuple(asked))
    with world.store.transaction():
        jobs = (Job.of(row) for row in paging.rows(world, call, "job", values))
        listed = list(islice((job for job in jobs if _carries(job, asked)), values["limit"] + 1))
        world.clock.polled(sorted({at for job in listed for at in job.upcoming(world.now())}))
        return paging.page((show(world, job) for job in listed), values["limit"], ends=False)


def cancel(world: World, call: Call) -> Response:
    """Stop a job that has not ended."""
    with world.store.transaction():
        job = find(world, call, poll=False)
        now = world.now()
        state = job.state(now)
        if state.status in TERMINAL:
            raise refuse("job-has-ended", id=job.plan.job_id, status=state.status)
        return Response.json(show(world, cut(world, job, Cut(now, "cancelled"))))


def cut(world: World, job: Job, what: Cut) -> Job:
    """End a job before its schedule does; its model and results will never appear. Call it in a transaction."""
    ended = msgspec.structs.replace(job, cut=what)
    row = ended.row
    if row is None:  # pragma: no cover - every job that is read has its row
        msg = "a job that was not read from the store cannot be cut"
        raise ValueError(msg)
    world.store.update(msgspec.structs.replace(row, document=ended.document()))
    names = [job.plan.model, *(name for _, name in job.plan.checkpoints)]
    world.store.delete("model", row.scope, names)
    world.store.delete("file", row.scope, [job.plan.results_file])
    return ended


def events(world: World, call: Call) -> Response:
    """What has happened to a job, newest first."""
    values = paging.parameters(call, default=20, largest=100)
    with world.store.transaction():
        job = find(world, call)
        now = world.now()
    plan, after, before = job.plan, values["after"], None
    if after is not None:
        numbers = range(how_many(plan, now, job.cut))
        before = next((number for number in numbers if _event_id(plan, number) == after), None)
        if before is None:
            raise refuse("bad-cursor", id=after)
    items = (_event(plan, number, event) for number, event in told(plan, now, job.cut, before=before))
    return paging.page(items, values["limit"], ends=False)


def checkpoints(world: World, call: Call) -> Response:
    """The checkpoints of a job that succeeded, newest first; the first is the final model (FACTS.md §9)."""
    values = paging.parameters(call, default=10, largest=100)
    with world.store.transaction():
        job = find(world, call)
        plan, state = job.plan, job.state(world.now())
    kept = [*plan.checkpoints, (plan.total_steps, plan.model)] if state.succeeded else []
    items = (_checkpoint(plan, step, name) for step, name in reversed(kept))
    return paging.page(_following(items, values["after"]), values["limit"], ends=True)


def _following(items: Iterator[dict[str, Any]], after: str | None) -> Iterator[dict[str, Any]]:
    """The items behind the one with the id `after`."""
    if after is not None:
        for item in items:
            if item["id"] == after:
                break
        else:
            raise refuse("bad-cursor", id=after)
    return items


def _event_id(plan: Plan, number: int) -> str:
    return "ftevent-" + ids.identifier(24, plan.job_id, plan.created_at, "event", number)


def _event(plan: Plan, number: int, happening: Happening) -> dict[str, Any]:
    return {
        "object": "fine_tuning.job.event",
        "id": _event_id(plan, number),
        "created_at": int(happening.at),
        "level": happening.level,
        "message": happening.message,
        "data": happening.data,
        "type": happening.type,
    }


def _checkpoint(plan: Plan, step: int, name: str) -> dict[str, Any]:
    data = losses.metrics(plan, step)
    names = (
        "step",
        "train_loss",
        "train_mean_token_accuracy",
        "valid_loss",
        "valid_mean_token_accuracy",
        "full_valid_loss",
        "full_valid_mean_token_accuracy",
    )
    trained = next(h.at for h in happenings(plan).turns if "finished_at" in h.changes)
    return {
        "object": "fine_tuning.job.checkpoint",
        "id": "ftckpt_" + ids.identifier(24, plan.job_id, plan.created_at, "checkpoint", step),
        "created_at": int(trained),
        "fine_tuned_model_checkpoint": name,
        "fine_tuning_job_id": plan.job_id,
        "step_number": step,
        "metrics": {key: data[key] for key in names if key in data},
    }


def _carries(job: Job, asked: dict[str, str]) -> bool:
    metadata = job.requested.metadata
    for name, value in asked.items():
        if name == "metadata":
            if value == "null" and metadata:
                return False
        elif (metadata or {}).get(name.removeprefix("metadata[").removesuffix("]")) != value:
            return False
    return True


def pause(world: World, call: Call) -> Response:  # noqa: ARG001
    """Not yet."""
    raise refuse("not-simulated", what=call.request.path, version="yet")


resume = pause
