"""Time as an argument.

A job is a schedule; reading it folds the schedule at ``clock.now()``. So a clock decides how fast jobs move:

| clock            | a job moves                                              |
|------------------|----------------------------------------------------------|
| `SystemClock`    | in real time                                             |
| `ScaledClock`    | so many times faster                                     |
| `ManualClock`    | when the program says so                                 |
| `AdvancingClock` | to its next happening each time somebody reads it        |
| `InstantClock`   | to its end as soon as it is created                      |

This is the only module that reads the wall clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Protocol

__all__ = [
    "AdvancingClock",
    "Clock",
    "InstantClock",
    "ManualClock",
    "ScaledClock",
    "SystemClock",
    "from_date",
    "to_date",
]


class Clock(Protocol):
    """What the simulator asks of a clock. Times are Unix seconds."""

    def now(self) -> float:
        """The time, which never goes backwards."""

    def created(self, happenings: Sequence[float]) -> None:
        """Somebody created something whose later happenings, in order, are at these times."""

    def polled(self, happenings: Sequence[float]) -> None:
        """Somebody is about to read something whose later happenings, in order, are at these times."""


def from_date(day: date) -> float:
    """Midnight UTC of `day` in Unix seconds."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def to_date(seconds: float) -> date:
    """The UTC day of a time in Unix seconds."""
    return datetime.fromtimestamp(seconds, tz=UTC).date()


class SystemClock:
    """The wall clock."""

    def now(self) -> float:
        """Real time."""
        return time.time()

    def created(self, happenings: Sequence[float]) -> None:
        """Nobody hurries real time."""

    def polled(self, happenings: Sequence[float]) -> None:
        """Nobody hurries real time."""


class ManualClock:
    """A clock that stands still until it is told to move; safe to share between threads."""

    def __init__(self, start: float = 1_767_225_600.0) -> None:
        """Start at `start` Unix seconds, by default 2026-01-01T00:00:00Z."""
        self._now = float(start)
        self._lock = threading.Lock()

    def now(self) -> float:
        """The time it was last moved to."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move forward.

        Raises:
            ValueError: `seconds` is negative; time does not go backwards.
        """
        if seconds < 0:
            msg = f"time does not go backwards, but got {seconds!r} seconds"
            raise ValueError(msg)
        with self._lock:
            self._now += seconds

    def advance_to(self, moment: float) -> None:
        """Move to `moment` Unix seconds, if it is later than now."""
        with self._lock:
            self._now = max(self._now, moment)

    def created(self, happenings: Sequence[float]) -> None:
        """Only `advance` moves a manual clock."""

    def polled(self, happenings: Sequence[float]) -> None:
        """Only `advance` moves a manual clock."""


class _Jumping:
    """A base clock (real or manual) plus what was skipped; the base goes on running underneath."""

    def __init__(self, base: Clock | None = None) -> None:
        self._base = base or ManualClock()
        self._skipped = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        """The base's time plus what was skipped."""
        return self._base.now() + self._skipped

    def advance_to(self, moment: float) -> None:
        """Skip to `moment`, if it is later than now."""
        with self._lock:
            self._skipped += max(0.0, moment - self.now())


class ScaledClock(_Jumping):
    """A clock that runs `speed` times as fast as `base`, from the moment it is made.

    Raises:
        ValueError: `speed` is not a positive, finite number.
    """

    def __init__(self, speed: float, base: Clock | None = None) -> None:
        if not 0 < speed < float("inf"):
            msg = f"speed must be a positive number, but got {speed!r}"
            raise ValueError(msg)
        super().__init__(base or SystemClock())
        self._speed = speed
        self._start = self._base.now()

    def now(self) -> float:
        """Start plus the scaled time since then, plus what was skipped."""
        return self._start + (self._base.now() - self._start) * self._speed + self._skipped

    def created(self, happenings: Sequence[float]) -> None:
        """Only the base moves a scaled clock."""

    def polled(self, happenings: Sequence[float]) -> None:
        """Only the base moves a scaled clock."""


class AdvancingClock(_Jumping):
    """Each read of a job moves the time to that job's next happening: poll loops end, without waiting."""

    def created(self, happenings: Sequence[float]) -> None:
        """A new job is at its beginning."""

    def polled(self, happenings: Sequence[float]) -> None:
        """Skip to the next happening, if there is one."""
        if happenings:
            self.advance_to(happenings[0])


class InstantClock(_Jumping):
    """A job is at its end when it is created."""

    def created(self, happenings: Sequence[float]) -> None:
        """Skip to the last happening."""
        if happenings:
            self.advance_to(happenings[-1])

    polled = created
