"""The schedule of a job: a pure function of its plan; and its state: the schedule folded at a moment.

Order of statuses and events as recorded in 2025-26 (FACTS.md §4.4, §4.6). Durations are drytune's own
(grade I): a small job takes about a quarter of an hour, most of it the checks after the training.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from drytune_simulator import ids
from drytune_simulator.training.losses import metrics
from drytune_simulator.training.plan import Cut, Failure, Plan

__all__ = ["Happening", "State", "happenings", "past", "state_at", "upcoming"]

Level = Literal["info", "warn", "error"]

_TOKENS_PER_SECOND = 400.0
_SECONDS_OF_CHECKS = 12 * 60.0
# Steps are logged in at most this many batches, so that a clock which moves a poll at a time gets through.
_LOG_BATCHES = 50

_MODERATION = (
    "harassment/threatening",
    "sexual",
    "sexual/minors",
    "propaganda",
    "hate",
    "hate/threatening",
    "illicit",
    "violence",
    "advice",
    "self-harm/intent",
    "self-harm/instructions",
    "sensitive",
    "highly-sensitive",
    "biological threats",
    "cyber security threats",
)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happens to a job.

    Attributes:
        at: Unix seconds.
        message: Text of the event that tells of it.
        changes: Fields of the job's `State` that it sets.
    """

    at: float
    message: str
    level: Level = "info"
    type: Literal["message", "metrics", "moderation_checks"] = "message"
    data: dict[str, Any] | None = None
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """What a job is at a moment."""

    status: str = "validating_files"
    started: bool = False
    finished_at: int | None = None
    estimated_finish: int | None = None
    succeeded: bool = False
    failure: Failure | None = None


@lru_cache(maxsize=64)
def happenings(plan: Plan) -> tuple[Happening, ...]:
    """Everything that will happen to the job, in order of time."""
    return tuple(_course(plan))


@lru_cache(maxsize=64)
def _turns(plan: Plan) -> tuple[Happening, ...]:
    """Those happenings that change the job's state; few, however many steps there are."""
    return tuple(happening for happening in happenings(plan) if happening.changes)


@lru_cache(maxsize=64)
def _moments(plan: Plan) -> tuple[float, ...]:
    """The distinct times of all happenings, in order."""
    return tuple(dict.fromkeys(happening.at for happening in happenings(plan)))


def state_at(plan: Plan, now: float, cut: Cut | None = None) -> State:
    """What the job is at `now`, given what cut it short."""
    values: dict[str, Any] = {}
    for happening in _until(_turns(plan), now, cut):
        values.update(happening.changes)
    return State(**values)


def past(plan: Plan, now: float, cut: Cut | None = None) -> Sequence[Happening]:
    """What has happened to the job by `now`, oldest first."""
    return _until(happenings(plan), now, cut)


def upcoming(plan: Plan, now: float, cut: Cut | None = None) -> Sequence[float]:
    """The distinct times after `now` at which something will happen to the job, in order."""
    moments = _moments(plan)
    return () if cut is not None else moments[bisect_right(moments, now) :]


def _until(course: tuple[Happening, ...], now: float, cut: Cut | None) -> tuple[Happening, ...]:
    end = now if cut is None else min(now, cut.at)
    gone = course[: bisect_right(course, end, key=lambda happening: happening.at)]
    return gone if cut is None or now < cut.at else (*gone, _ending(cut))


def _ending(cut: Cut) -> Happening:
    if cut.failure is None:
        return Happening(cut.at, "Fine-tuning job cancelled", changes={"status": cut.status})
    return Happening(
        cut.at, cut.failure.message, "error", changes={"status": cut.status, "failure": cut.failure}
    )


def _course(plan: Plan) -> Iterator[Happening]:
    start = plan.created_at
    yield Happening(start, f"Created fine-tuning job: {plan.job_id}", data={})
    files = f"training file: {plan.training_file}"
    if plan.validation_file is not None:
        files += f" and validation file: {plan.validation_file}"
    yield Happening(start, f"Validating {files}", data={})

    validated = start + 15.0 + plan.examples * 0.01
    if plan.failure is not None:
        yield _ending(Cut(validated, "failed", plan.failure))
        return
    yield Happening(
        validated, "Files validated, moving job to queued state", data={}, changes={"status": "queued"}
    )

    running = validated + round(45 + 30 * ids.noise(plan.seed, plan.job_id, "queue"))
    duration = 60.0 + plan.trained_tokens / _TOKENS_PER_SECOND
    trained = running + duration
    finish = trained + _SECONDS_OF_CHECKS
    yield Happening(
        running,
        "Fine-tuning job started",
        changes={"status": "running", "started": True, "estimated_finish": int(finish)},
    )
    yield from _steps(plan, running, duration)
    yield from _tail(plan, trained, finish)


def _steps(plan: Plan, running: float, duration: float) -> Iterator[Happening]:
    total = plan.total_steps
    batch = -(-total // _LOG_BATCHES)
    for step in range(1, total + 1):
        logged = min(total, -(-step // batch) * batch)
        data = metrics(plan, step)
        message = f"Step {step}/{total}: training loss={data['train_loss']:.2f}"
        if "valid_loss" in data:
            message += f", validation loss={data['valid_loss']:.2f}"
        if "full_valid_loss" in data:
            message += f", full validation loss={data['full_valid_loss']:.2f}"
        # the last batch is logged just before the training ends
        yield Happening(running + duration * logged / (total + 1), message, type="metrics", data=data)


def _tail(plan: Plan, trained: float, finish: float) -> Iterator[Happening]:
    for step, name in plan.checkpoints:
        yield Happening(trained, f"Checkpoint created at step {step} with Snapshot ID: {name}", data={})
    yield Happening(trained, "New fine-tuned model created", data={}, changes={"finished_at": int(trained)})
    yield Happening(trained, "Evaluating model against our usage policies", data={})
    results = [
        {
            "flagged": False,
            "category": category,
            "enforcement": "non_blocking" if category == "self-harm/instructions" else "blocking",
        }
        for category in _MODERATION
    ]
    yield Happening(
        finish,
        f"Moderation checks for snapshot {plan.model} passed.",
        type="moderation_checks",
        data={"blocked": False, "results": results, "finetuned_model_checkpoint_id": plan.model},
    )
    yield Happening(finish, "Usage policy evaluations completed, model is now enabled for sampling", data={})
    yield Happening(
        finish + 3.0,
        "The job has successfully completed",
        data={},
        changes={"status": "succeeded", "succeeded": True, "estimated_finish": None},
    )
