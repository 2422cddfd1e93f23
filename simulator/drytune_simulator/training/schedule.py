"""The schedule of a job: a pure function of its plan; and its state: the schedule folded at a moment.

Order of statuses and events as recorded in 2025-26 (FACTS.md §4.4, §4.6). Durations are drytune's own
(grade I): a small job takes about a quarter of an hour, most of it the checks after the training.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal, overload

from drytune_simulator import ids
from drytune_simulator.training.losses import metrics
from drytune_simulator.training.plan import Cut, Failure, Plan

__all__ = ["Course", "Happening", "State", "happenings", "how_many", "state_at", "told", "upcoming"]

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


class Course(Sequence[Happening]):
    """Everything that will happen to a job, in order of time; the steps are worked out when they are looked at.

    A long training has hundreds of thousands of steps, and most of them are never asked for.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._head = tuple(_head(plan))
        self._tail: tuple[Happening, ...] = ()
        self._steps, self._batch = 0, 1
        self._begin, self._duration = self._head[-1].at, _seconds_of_training(plan)
        if plan.failure is None:
            self._steps = plan.total_steps
            self._batch = -(-self._steps // _LOG_BATCHES)
            self._tail = tuple(_tail(plan, self._begin + self._duration))

    def __len__(self) -> int:
        return len(self._head) + self._steps + len(self._tail)

    @overload
    def __getitem__(self, index: int) -> Happening: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Happening]: ...
    def __getitem__(self, index: int | slice) -> Happening | Sequence[Happening]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        if place < len(self._head):
            return self._head[place]
        step = place - len(self._head) + 1
        if step <= self._steps:
            return _step(self._plan, step, self._logged(step))
        return self._tail[step - self._steps - 1]

    def at(self, place: int) -> float:
        """When the happening at `place` comes, without working it out."""
        step = place - len(self._head) + 1
        return self._logged(step) if 1 <= step <= self._steps else self[place].at

    def until(self, moment: float) -> int:
        """How many happenings come at or before `moment`."""
        return bisect_right(range(len(self)), moment, key=self.at)

    @cached_property
    def turns(self) -> tuple[Happening, ...]:
        """Those that change the job's state; few, however many steps there are."""
        return tuple(happening for happening in (*self._head, *self._tail) if happening.changes)

    @cached_property
    def moments(self) -> tuple[float, ...]:
        """The distinct times, in order; few as well, since steps are logged in batches."""
        logged = (self._logged(step) for step in range(self._batch, self._steps + self._batch, self._batch))
        head, tail = ([happening.at for happening in part] for part in (self._head, self._tail))
        return tuple(dict.fromkeys((*head, *logged, *tail)))

    def _logged(self, step: int) -> float:
        """When a step is logged: with its batch, the last of them just before the training ends."""
        last = min(self._steps, -(-step // self._batch) * self._batch)
        return self._begin + self._duration * last / (self._steps + 1)


@lru_cache(maxsize=256)
def happenings(plan: Plan) -> Course:
    """Everything that will happen to the job, in order of time."""
    return Course(plan)


def state_at(plan: Plan, now: float, cut: Cut | None = None) -> State:
    """What the job is at `now`, given what cut it short."""
    end = now if cut is None else min(now, cut.at)
    values: dict[str, Any] = {}
    for happening in happenings(plan).turns:
        if happening.at <= end:
            values.update(happening.changes)
    if cut is not None and now >= cut.at:
        values.update(_ending(cut).changes)
    return State(**values)


def told(
    plan: Plan, now: float, cut: Cut | None = None, *, before: int | None = None
) -> Iterator[tuple[int, Happening]]:
    """What has happened to the job by `now`, newest first, each with its number in the order of time.

    Args:
        plan: The job.
        now: Unix seconds.
        cut: What cut it short.
        before: Only those with smaller numbers.
    """
    course = happenings(plan)
    count = how_many(plan, now, cut)
    ending = None if cut is None or now < cut.at else _ending(cut)
    for number in range((count if before is None else min(before, count)) - 1, -1, -1):
        yield number, ending if ending is not None and number == count - 1 else course[number]


def how_many(plan: Plan, now: float, cut: Cut | None = None) -> int:
    """How much has happened to the job by `now`."""
    course = happenings(plan)
    return course.until(now) if cut is None or now < cut.at else course.until(cut.at) + 1


def upcoming(plan: Plan, now: float, cut: Cut | None = None) -> Sequence[float]:
    """The distinct times after `now` at which something will happen to the job, in order."""
    moments = happenings(plan).moments
    return () if cut is not None else moments[bisect_right(moments, now) :]


def _ending(cut: Cut) -> Happening:
    changes = {
        "status": cut.status,
        "failure": cut.failure,
        "finished_at": None,  # recorded so for both endings (FACTS.md §4.5, §4.8)
        "estimated_finish": None,
    }
    if cut.failure is None:
        return Happening(cut.at, "Fine-tuning job cancelled", changes=changes)
    return Happening(cut.at, cut.failure.message, "error", changes=changes)


def _seconds_of_training(plan: Plan) -> float:
    return 60.0 + plan.trained_tokens / _TOKENS_PER_SECOND


def _head(plan: Plan) -> Iterator[Happening]:
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
    finish = running + _seconds_of_training(plan) + _SECONDS_OF_CHECKS
    yield Happening(
        running,
        "Fine-tuning job started",
        changes={"status": "running", "started": True, "estimated_finish": int(finish)},
    )


def _step(plan: Plan, step: int, at: float) -> Happening:
    data = metrics(plan, step)
    message = f"Step {step}/{plan.total_steps}: training loss={data['train_loss']:.2f}"
    if "valid_loss" in data:
        message += f", validation loss={data['valid_loss']:.2f}"
    if "full_valid_loss" in data:
        message += f", full validation loss={data['full_valid_loss']:.2f}"
    return Happening(at, message, type="metrics", data=data)


def _tail(plan: Plan, trained: float) -> Iterator[Happening]:
    finish = trained + _SECONDS_OF_CHECKS
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
