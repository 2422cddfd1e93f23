"""Moving the simulator's time from outside: by so much, to a moment, to what happens next, to the end of a job."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from drytune_simulator.errors import refuse
from drytune_simulator.faults.words import FaultError, duration, shown
from drytune_simulator.http import ApiError
from drytune_simulator.resources.jobs import Job
from drytune_simulator.store import Row
from drytune_simulator.world import World

__all__ = ["bad", "move", "told_time"]

_WAYS = ("advance", "advance_to", "next", "finish")
_LATEST = dt.datetime(3000, 1, 1, tzinfo=dt.UTC)
_MOST_JOBS = 1_000_000


@runtime_checkable
class _Movable(Protocol):
    """A clock that somebody may move."""

    def advance_to(self, moment: float) -> None: ...


def bad(problem: str, name: str | None = None) -> ApiError:
    """The refusal of something that the control API was asked.

    Args:
        problem: A sentence.
        name: The field that it is about.
    """
    refusal = refuse("control-bad", problem=problem)
    refusal.param = name
    return refusal


def told_time(world: World) -> dict[str, Any]:
    """The simulator's time, and whether it can be moved."""
    now = world.now()
    return {
        "object": "drytune.clock",
        "now": now,
        "date": _date(now),
        "today": world.today().isoformat(),
        "kind": type(world.clock).__name__,
        "movable": isinstance(world.clock, _Movable),
    }


def move(world: World, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Move the clock.

    Args:
        world: Whose clock.
        asked: One of ``advance`` (seconds, or ``90s``, ``12h``, ``3d``), ``advance_to`` (Unix seconds or an ISO
            date), ``next`` (true: to the next happening of any job) and ``finish`` (a job's id, or true: to the
            end of all jobs that end by themselves).

    Returns:
        The time, how far it was moved (``moved``, seconds), and the ``job`` that was waited for, if it was one.

    Raises:
        ApiError: 400, it makes no sense; 404, there is no such job; 409, this clock cannot be moved, or that job
            does not end.
    """
    given = [key for key in asked if asked[key] is not None]
    if len(given) != 1 or given[0] not in _WAYS:
        msg = f"say one of {', '.join(_WAYS)}"
        unknown = [key for key in given if key not in _WAYS]
        raise bad(
            msg + (f", and not {shown(unknown[0])}" if unknown else ""), unknown[0] if unknown else None
        )
    clock = world.clock
    if not isinstance(clock, _Movable):
        problem = (
            "This simulator runs on real time, which cannot be moved; start it with another clock, e.g. "
            "`drytune serve --speed poll` or `--speed 600`."
        )
        raise refuse("clock-cannot-move", problem=problem)
    before = world.now()
    moment, job = _moment(world, given[0], asked[given[0]], before)
    if moment > _LATEST.timestamp():
        raise bad(f"the clock goes up to {_LATEST:%Y-%m-%d}, and {given[0]} would move it beyond", given[0])
    clock.advance_to(moment)
    told = told_time(world)
    return {**told, "moved": max(0.0, moment - before), "job": job}


def _moment(world: World, way: str, value: object, now: float) -> tuple[float, str | None]:
    """The moment that is meant, and the job that it is about."""
    try:
        if way == "advance":
            return now + duration(value), None  # type: ignore[arg-type]
        if way == "advance_to":
            return _later(_seconds(value), now), None
    except FaultError as error:
        raise bad(f"{way}: {error}", way) from None
    if way == "finish" and isinstance(value, str):
        return _end_of(world, value, now), value
    if value is not True:
        raise bad(f"{way} must be true{' or the id of a job' if way == 'finish' else ''}", way)
    rows = world.store.due("job", now, limit=_MOST_JOBS)
    if way == "next":
        moment, job = min(
            ((_next(row, now), row.id) for row in rows), default=(now, None), key=lambda pair: pair[0]
        )
        # jobs that are paused or stuck wait for somebody, not for a moment
        return (moment, job) if moment < math.inf else (now, None)
    return max((row.ends_at for row in rows if row.ends_at < math.inf), default=now), None


def _next(row: Row, now: float) -> float:
    upcoming = Job.of(row).upcoming(now)
    return upcoming[0] if upcoming else math.inf


def _end_of(world: World, job_id: str, now: float) -> float:
    row = world.store.anywhere("job", job_id, now)
    if row is None:
        raise refuse("control-not-found", problem=f"There is no job {job_id}.")
    if row.ends_at == math.inf:
        status = Job.of(row).state(now).status
        problem = (
            f"Job {job_id} is {status} and does not end by itself: it is paused, or stuck by a scenario."
        )
        raise refuse("clock-cannot-move", problem=problem)
    return row.ends_at


def _later(moment: float, now: float) -> float:
    if moment < now:
        msg = f"{_date(moment)} is before the clock's {_date(now)}, and time does not go backwards"
        raise FaultError(msg)
    return moment


def _seconds(value: object) -> float:
    """Unix seconds of a number of them, or of an ISO date, UTC unless it says otherwise."""
    if isinstance(value, str):
        try:
            moment = dt.datetime.fromisoformat(value)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=dt.UTC)
            return moment.timestamp()
        except (ValueError, OverflowError):
            pass
    elif not isinstance(value, bool) and isinstance(value, int | float) and 0 <= value < 1e12:
        return float(value)
    msg = f"{shown(value)} is no moment; write Unix seconds, or a date such as 2027-01-07 or 2027-01-07T12:00:00Z"
    raise FaultError(msg)


def _date(moment: float) -> str:
    try:
        return dt.datetime.fromtimestamp(moment, tz=dt.UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return f"{moment:g}"
