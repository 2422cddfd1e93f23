"""A job's schedule as it comes to pass: its course, with what was done to the job from outside.

While a job is paused, its course stands still, and all that is left of it moves by the pause. So nothing runs,
nothing changes on reading, and several processes agree.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from drytune_simulator.training import checkpoints
from drytune_simulator.training.course import (
    Course,
    Happening,
    ending,
    happenings,
    moderation,
    seconds_of_checks,
)
from drytune_simulator.training.plan import Change, Failure, Plan
from drytune_simulator.training.words import event_text
from drytune_simulator.wire.objects import JobStatus

__all__ = [
    "Checkpoint",
    "State",
    "Timeline",
    "checkpoints_at",
    "ends_at",
    "how_many",
    "state_at",
    "told",
    "trained_steps",
    "upcoming",
]


@dataclass(frozen=True, slots=True)
class State:
    """What a job is at a moment."""

    status: JobStatus = "validating_files"
    started: bool = False
    finished_at: int | None = None
    estimated_finish: int | None = None
    succeeded: bool = False
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model that a training leaves behind.

    Attributes:
        step: At which it was taken.
        name: Of the model.
        at: When it was taken, in Unix seconds.
        ready_at: When it can be used: its safety checks are through.
    """

    step: int
    name: str
    at: float
    ready_at: float


class Timeline:
    """A job's course and the changes to it, put in order once.

    Attributes:
        ends_at: When the job is over; infinite while it is paused or stuck.
        moments: The distinct times at which it is worth looking, in order; all are finite.
        snapshots: Models that pauses have left, oldest first.
    """

    def __init__(self, plan: Plan, changes: Sequence[Change]) -> None:
        self.plan = plan
        self.course: Course = happenings(plan)
        self._pauses: list[tuple[float, float]] = []
        self._ended = math.inf
        self.snapshots: list[Checkpoint] = []
        extras: list[Happening] = []
        for number, change in enumerate(changes):
            extras += self._change(number, change)
        self.ends_at = min(self._ended, self._moved(self.course.end))
        # a job that ends takes with it what was still being checked
        self.snapshots = [one for one in self.snapshots if one.ready_at <= self.ends_at]
        extras = sorted((one for one in extras if one.at <= self.ends_at), key=lambda one: one.at)
        self._extras = extras
        # the place that each has among all that happens
        self._places = [self._of_course(one.at) + place for place, one in enumerate(extras)]
        moments = {self._moved(moment) for moment in self.course.moments} | {one.at for one in extras}
        self.moments = tuple(sorted(one for one in moments if one <= self._ended and one < math.inf))
        self._times, self._states = self._turns()

    def _change(self, number: int, change: Change) -> Iterator[Happening]:
        """What happens by a change, which is noted."""
        if change.kind == "paused":
            self._pauses.append((change.at, math.inf))
            step = self.course.steps_among(self._of_course(change.at))
            name = checkpoints.snapshot(self.plan, step, number)
            ready = change.at + seconds_of_checks(self.plan)
            self.snapshots.append(Checkpoint(step, name, change.at, ready))
            told = event_text("checkpoint", step=step, model=name)
            status: dict[str, Any] = {"status": "paused", "estimated_finish": None}
            yield Happening(change.at, told, data={})
            yield Happening(change.at, event_text("paused"), data={}, changes=status)
            yield moderation(ready, name)
        elif change.kind == "resumed":
            self._pauses[-1] = (self._pauses[-1][0], change.at)
            (expected,) = (
                turn.changes["estimated_finish"] for turn in self.course.turns if "started" in turn.changes
            )
            status = {"status": "running", "estimated_finish": int(self._moved(expected))}
            yield Happening(change.at, event_text("resumed"), data={}, changes=status)
        else:
            self._ended = change.at
            yield ending(change.at, change.kind, change.failure)

    def _moved(self, moment: float) -> float:
        """When what the course has at `moment` comes to pass."""
        for paused, resumed in self._pauses:
            if moment > paused:
                moment += resumed - paused
        return moment

    def _of_course(self, now: float) -> int:
        """How much of the course has come to pass by `now`."""
        now = min(now, self._ended)
        if not self._pauses:
            return self.course.until(now)
        places = range(len(self.course))
        return bisect_right(places, now, key=lambda place: self._moved(self.course.at(place)))

    def _turns(self) -> tuple[list[float], list[State]]:
        """The times at which the state changes, and the states from them on."""
        course = (replace(turn, at=self._moved(turn.at)) for turn in self.course.turns)
        turns = [turn for turn in course if turn.at <= self._ended and turn.at < math.inf]
        turns += [extra for extra in self._extras if extra.changes]
        turns.sort(key=lambda turn: turn.at)
        times, states, values = [-math.inf], [State()], dict[str, Any]()
        for turn in turns:
            values |= turn.changes
            if "finished_at" in turn.changes:
                values["finished_at"] = int(turn.at)
            times.append(turn.at)
            states.append(State(**values))
        return times, states

    def state(self, now: float) -> State:
        """What the job is at `now`."""
        return self._states[bisect_right(self._times, now) - 1]

    def count(self, now: float) -> int:
        """How much has happened by `now`."""
        return self._of_course(now) + bisect_right(self._extras, now, key=lambda one: one.at)

    def __getitem__(self, number: int) -> Happening:
        """What happened as the `number`-th, from 0."""
        before = bisect_right(self._places, number)
        if before and self._places[before - 1] == number:
            return self._extras[before - 1]
        happening = self.course[number - before]
        return replace(happening, at=self._moved(happening.at)) if self._pauses else happening

    def after(self, now: float) -> Sequence[float]:
        """The times after `now` at which it is worth looking, in order."""
        return self.moments[bisect_right(self.moments, now) :]

    def steps(self, now: float) -> int:
        """How many steps were trained by `now`."""
        return self.course.steps_among(self._of_course(now))

    def checkpoints(self, now: float) -> list[Checkpoint]:
        """The models that can be used at `now`, newest first; the first of a job that succeeded is its own."""
        ready = [one for one in self.snapshots if one.ready_at <= now]
        if self.state(now).succeeded:
            trained = self._moved(
                next(turn.at for turn in self.course.turns if "finished_at" in turn.changes)
            )
            last = (self.plan.checkpoint_steps()[-1], self.plan.model)
            ready += [
                Checkpoint(step, name, trained, self.ends_at) for step, name in (*self.plan.checkpoints, last)
            ]
        return sorted(ready, key=lambda one: (one.name == self.plan.model, one.step, one.at), reverse=True)


@lru_cache(maxsize=512)
def timeline(plan: Plan, changes: tuple[Change, ...] = ()) -> Timeline:
    """The schedule of a job; equal arguments give the same one."""
    return Timeline(plan, changes)


def state_at(plan: Plan, now: float, changes: tuple[Change, ...] = ()) -> State:
    """What the job is at `now`, given what was done to it."""
    return timeline(plan, changes).state(now)


def told(
    plan: Plan, now: float, changes: tuple[Change, ...] = (), *, before: int | None = None
) -> Iterator[tuple[int, Happening]]:
    """What has happened to the job by `now`, newest first, each with its number in the order of time.

    Args:
        plan: The job.
        now: Unix seconds.
        changes: What was done to it.
        before: Only those with smaller numbers.
    """
    of = timeline(plan, changes)
    count = of.count(now)
    for number in range((count if before is None else min(before, count)) - 1, -1, -1):
        yield number, of[number]


def how_many(plan: Plan, now: float, changes: tuple[Change, ...] = ()) -> int:
    """How much has happened to the job by `now`."""
    return timeline(plan, changes).count(now)


def upcoming(plan: Plan, now: float, changes: tuple[Change, ...] = ()) -> Sequence[float]:
    """The distinct times after `now` at which it is worth looking at the job, in order; none is infinite."""
    return timeline(plan, changes).after(now)


def ends_at(plan: Plan, changes: tuple[Change, ...] = ()) -> float:
    """When the job is over, in Unix seconds; infinite while it is paused, and if it never will be."""
    return timeline(plan, changes).ends_at


def trained_steps(plan: Plan, now: float, changes: tuple[Change, ...] = ()) -> int:
    """How many steps were trained by `now`."""
    return timeline(plan, changes).steps(now)


def checkpoints_at(plan: Plan, now: float, changes: tuple[Change, ...] = ()) -> list[Checkpoint]:
    """The models of the job that can be used at `now`, newest first."""
    return timeline(plan, changes).checkpoints(now)
