"""The course of a job, if nobody interferes: a pure function of its plan.

Order of statuses and events as recorded in 2025-26 (FACTS.md §4.4, §4.6). Durations are drytune's own (grade I):

    validation     15 s + 5 ms an example + 20 s a million tokens, of both files
    queue          20 s to 4 min, by the seed; most jobs wait about a minute
    training       1 min to begin, then 1 s a step and 1 s for 2,000 tokens; of reinforcement 1 min a step
                   and 8 s for each example of its batch
    safety checks  about 12 min, as recorded

so a small job takes about a quarter of an hour, and a job of millions of tokens takes hours.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal, overload

import msgspec

from drytune_simulator import ids
from drytune_simulator.training import checkpoints, losses, rewards
from drytune_simulator.training.plan import Failure, Plan
from drytune_simulator.training.scenarios import FAILURES
from drytune_simulator.training.words import event_text

__all__ = ["Course", "Happening", "ending", "happenings", "moderation", "seconds_of_checks", "step_metrics"]

Level = Literal["info", "warn", "error"]

_BEGIN, _FINISH = 60.0, 5.0
_TOKENS_PER_SECOND = 2000.0
_HOUR = 3600.0
# A clock that moves a poll at a time goes through the steps in at most this many strides.
_STRIDES = 50

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
_NOT_BLOCKING = "self-harm/instructions"


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happens to a job.

    Attributes:
        at: Unix seconds, not counting pauses.
        message: Text of the event that tells of it.
        changes: Fields of the job's `State` that it sets.
    """

    at: float
    message: str
    level: Level = "info"
    type: Literal["message", "metrics", "moderation_checks"] = "message"
    data: dict[str, Any] | None = None
    changes: dict[str, Any] = field(default_factory=dict)


class Course(Sequence[Happening]):
    """Everything that will happen to a job, in order of time; the steps are worked out when they are looked at.

    A long training has hundreds of thousands of steps, and most of them are never asked for.

    Attributes:
        steps: How many steps come before the training ends or fails; 0 of a job that never runs.
        end: When the job is over, not counting pauses; infinite if it never is.
        succeeds: Whether it ends with a model.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._head = tuple(_head(plan))
        self._begin, self._pace = self._head[-1].at + _BEGIN, _seconds_a_step(plan)
        self._tail: tuple[Happening, ...] = ()
        self.steps = 0
        if self._head[-1].changes.get("status") == "running":
            self.steps = _steps(plan)
            self._tail = tuple(_tail(plan, self._begin + self.steps * self._pace + _FINISH))
        last = (self._head + self._tail)[-1]
        self.succeeds = last.changes.get("status") == "succeeded"
        self.end = last.at if self.succeeds or last.changes.get("status") == "failed" else math.inf

    def __len__(self) -> int:
        return len(self._head) + self.steps + len(self._tail)

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
        if step <= self.steps:
            return _step(self._plan, step, self._logged(step))
        return self._tail[step - self.steps - 1]

    def at(self, place: int) -> float:
        """When the happening at `place` comes, without working it out."""
        step = place - len(self._head) + 1
        return self._logged(step) if 1 <= step <= self.steps else self[place].at

    def until(self, moment: float) -> int:
        """How many happenings come at or before `moment`."""
        return bisect_right(range(len(self)), moment, key=self.at)

    def steps_among(self, number: int) -> int:
        """How many of the first `number` happenings are steps."""
        return min(self.steps, max(0, number - len(self._head)))

    @cached_property
    def turns(self) -> tuple[Happening, ...]:
        """Those that change the job's state; few, however many steps there are."""
        return tuple(happening for happening in (*self._head, *self._tail) if happening.changes)

    @cached_property
    def moments(self) -> tuple[float, ...]:
        """The distinct times at which it is worth looking, in order; of many steps, only some."""
        stride = max(1, -(-self.steps // _STRIDES))
        logged = (self._logged(min(step, self.steps)) for step in range(stride, self.steps + stride, stride))
        head, tail = ([happening.at for happening in part] for part in (self._head, self._tail))
        return tuple(dict.fromkeys((*head, *logged, *tail)))

    def _logged(self, step: int) -> float:
        return self._begin + step * self._pace


@lru_cache(maxsize=256)
def happenings(plan: Plan) -> Course:
    """Everything that will happen to the job, in order of time, if nobody interferes."""
    return Course(plan)


def ending(at: float, status: Literal["cancelled", "failed"], failure: Failure | None = None) -> Happening:
    """A job's end without a model. ``finished_at`` stays as it is: it was recorded null (FACTS.md §4.5, §4.8)."""
    changes = {"status": status, "failure": failure, "estimated_finish": None}
    if failure is None:
        return Happening(at, event_text("cancelled"), data={}, changes=changes)
    return Happening(at, failure.message, "error", data={}, changes=changes)


def seconds_of_checks(plan: Plan) -> float:
    """How long the safety checks of any of a job's models take: about twelve minutes (FACTS.md §4.4)."""
    return 720.0 + round(60 * ids.noise(plan.seed, plan.job_id, "checks"))


def _seconds_to_success(plan: Plan) -> float:
    """From the end of the safety checks to that of the job: 1 to 6 (FACTS.md §4.6)."""
    return 1.0 + round(5 * _chance(plan, "done"))


def moderation(at: float, model: str, blocked: tuple[str, ...] = ()) -> Happening:
    """The event of a snapshot's safety checks (FACTS.md §4.6); that of a blocked one is worded by us (grade I)."""
    results = [
        {
            "flagged": category in blocked,
            "category": category,
            "enforcement": "non_blocking" if category == _NOT_BLOCKING else "blocking",
        }
        for category in _MODERATION
    ]
    return Happening(
        at,
        event_text("moderation-failed" if blocked else "moderation-passed", model=model),
        level="error" if blocked else "info",
        type="moderation_checks",
        data={"blocked": bool(blocked), "results": results, "finetuned_model_checkpoint_id": model},
    )


def step_metrics(plan: Plan, step: int) -> dict[str, Any]:
    """The data of a step's metrics event, whatever the method."""
    return rewards.metrics(plan, step) if plan.method == "reinforcement" else losses.metrics(plan, step)


def _seconds_a_step(plan: Plan) -> float:
    if plan.method == "reinforcement":
        return 60.0 + 8.0 * plan.batch_size
    return 1.0 + plan.epoch_tokens / plan.steps_per_epoch / _TOKENS_PER_SECOND


def _chance(plan: Plan, *place: object) -> float:
    """0 to 1, evenly spread."""
    return (1 + ids.noise(plan.seed, plan.job_id, *place)) / 2


def _steps(plan: Plan) -> int:
    if plan.scenario == "fails_in_training":
        return max(1, int(plan.total_steps * (1 / 3 + (4 / 5 - 1 / 3) * _chance(plan, "failing step"))))
    return plan.total_steps


def _head(plan: Plan) -> Iterator[Happening]:
    """What happens until the training starts, or the job fails before that."""
    over = math.inf if plan.expires_at is None else max(plan.created_at, plan.expires_at)
    status = None
    for happening in _before_training(plan):
        if happening.at >= over and happening.at > plan.created_at:
            break
        yield happening
        status = happening.changes.get("status")
    # what is stuck has its file taken away like what waits for its turn
    if status not in ("running", "failed") and over < math.inf:
        yield ending(over, "failed", FAILURES["deleted-training-file"].failure)


def _before_training(plan: Plan) -> Iterator[Happening]:
    start = plan.created_at
    yield Happening(start, event_text("created", job=plan.job_id), data={})
    kind = "validating" if plan.validation_file is None else "validating-both"
    files = {"training_file": plan.training_file, "validation_file": plan.validation_file}
    yield Happening(start, event_text(kind, **files), data={})

    validated = start + 15.0 + 0.005 * (plan.examples + plan.validation_examples) + plan.epoch_tokens / 50_000
    if plan.scenario == "slow_validation":
        validated += (2 + 4 * _chance(plan, "validation")) * _HOUR
    if plan.failure is not None:
        yield ending(validated, "failed", plan.failure)
        return
    yield Happening(
        validated,
        event_text("queued"),
        data={},
        changes={"status": "queued"},
    )
    if plan.scenario == "stuck_in_queue":
        return
    running = validated + round(20.0 * 12.0 ** _chance(plan, "queue"))
    if plan.scenario == "file_expired":
        yield ending(running, "failed", FAILURES["deleted-training-file"].failure)
        return
    trained = running + _BEGIN + plan.total_steps * _seconds_a_step(plan) + _FINISH
    finish = trained + seconds_of_checks(plan) + _seconds_to_success(plan)
    yield Happening(
        running,
        event_text("started"),
        changes={"status": "running", "started": True, "estimated_finish": int(finish)},
    )


def _step(plan: Plan, step: int, at: float) -> Happening:
    data = step_metrics(plan, step)
    if plan.method == "reinforcement":
        return Happening(at, rewards.message(plan, data), type="metrics", data=data)
    message = f"Step {step}/{plan.total_steps}: training loss={data['train_loss']:.2f}"
    if "valid_loss" in data:
        message += f", validation loss={data['valid_loss']:.2f}"
    if "full_valid_loss" in data:
        message += f", full validation loss={data['full_valid_loss']:.2f}"
    return Happening(at, message, type="metrics", data=data)


def _tail(plan: Plan, trained: float) -> Iterator[Happening]:
    """What happens after the last step."""
    if plan.scenario == "fails_in_training":
        yield ending(trained, "failed", FAILURES["server-error"].failure)
        return
    for step, name in checkpoints.told(plan):
        yield Happening(trained, event_text("checkpoint", step=step, model=name), data={})
    yield Happening(trained, event_text("trained"), data={}, changes={"finished_at": int(trained)})
    yield Happening(trained, event_text("checking"), data={})
    checked = trained + seconds_of_checks(plan)
    done = checked + _seconds_to_success(plan)
    if plan.scenario == "moderation_refusal":
        blocked = tuple(_MODERATION[(ids.integer(5, plan.seed, "blocked") + place) % 9] for place in (0, 3))
        yield moderation(checked, plan.model, blocked)
        failure = FAILURES["unsafe-model"].failure
        text = failure.message.format(categories=", ".join(blocked))
        yield ending(done, "failed", msgspec.structs.replace(failure, message=text))
        return
    yield moderation(checked, plan.model)
    yield Happening(checked, event_text("checked"), data={})
    yield Happening(
        done,
        event_text("completed"),
        data={},
        changes={"status": "succeeded", "succeeded": True, "estimated_finish": None},
    )
