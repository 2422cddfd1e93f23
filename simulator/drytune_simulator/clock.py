"""Time as an argument.

A job is a schedule; reading it folds the schedule at ``clock.now()``. So a clock decides how fast jobs move:

| clock            | a job moves                                              |
|------------------|----------------------------------------------------------|
| `SystemClock`    | in real time                                             |
| `ScaledClock`    | so many times faster                                     |
| `ManualClock`    | when the program says so                                 |
| `AdvancingClock` | to its next happening each time somebody reads it        |
| `PacedClock`     | by so many seconds each time somebody reads it           |
| `InstantClock`   | to its end as soon as it is created                      |

All but the first are simulated: `advance` and `advance_to` move them. What they go by is an `Anchor`, which a
store that outlives the process can keep (`keep`). Then all processes that share the store agree, and after a
restart time goes on: by the anchor, also while nobody was there.

This is the only module that reads the wall clock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple, Protocol

__all__ = [
    "AdvancingClock",
    "Anchor",
    "Anchors",
    "Clock",
    "InstantClock",
    "ManualClock",
    "PacedClock",
    "ScaledClock",
    "SimulatedClock",
    "SystemClock",
    "from_date",
    "to_date",
    "wait",
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


_LATEST = 253_402_214_400.0
"""9999-12-31, the last day that there is a date for."""


def to_date(seconds: float) -> date:
    """The UTC day of a time in Unix seconds; the last that there is, for any time later than that."""
    return datetime.fromtimestamp(min(seconds, _LATEST), tz=UTC).date()


def wait(seconds: float) -> None:
    """Let so many seconds of real time pass; Ctrl-C ends it."""
    threading.Event().wait(seconds)


class SystemClock:
    """The wall clock."""

    def now(self) -> float:
        """Real time."""
        return time.time()

    def created(self, happenings: Sequence[float]) -> None:
        """Nobody hurries real time."""

    def polled(self, happenings: Sequence[float]) -> None:
        """Nobody hurries real time."""


class Anchor(NamedTuple):
    """What a simulated clock goes by: what its base and it showed at one moment, and how it has gone on since.

    Attributes:
        real: What the base showed, in Unix seconds.
        world: What the clock showed, in Unix seconds.
        speed: Seconds of the clock in a second of the base.
        base: What the base is: ``wall``, ``kept`` (a simulated clock, kept beside it), ``none``, or ``other``.
    """

    real: float
    world: float
    speed: float
    base: str

    def at(self, real: float) -> float:
        """What the clock shows when its base shows `real`."""
        return self.world + max(0.0, real - self.real) * self.speed

    def no_earlier_than(self, other: Anchor) -> Anchor:
        """This anchor, moved on if `other` is of the same base and ahead of it."""
        real = max(self.real, other.real)
        if self.base != other.base or self.at(real) >= other.at(real):
            return self
        return self._replace(real=real, world=other.at(real))


class Anchors(Protocol):
    """Where anchors are kept, by name."""

    def read(self, name: str) -> Anchor | None:
        """The anchor of that name, or None if nobody has set it."""

    def move(self, name: str, change: Callable[[Anchor | None], Anchor]) -> None:
        """Replace an anchor by what `change` makes of it, while nobody else can."""


class _OwnAnchors:
    """Anchors of this process."""

    def __init__(self) -> None:
        self._anchors: dict[str, Anchor] = {}
        self._lock = threading.Lock()

    def read(self, name: str) -> Anchor | None:
        return self._anchors.get(name)

    def move(self, name: str, change: Callable[[Anchor | None], Anchor]) -> None:
        with self._lock:
            self._anchors[name] = change(self._anchors.get(name))


class SimulatedClock:
    """A clock that can be moved; safe to share between threads, and between processes once it is kept.

    Args:
        base: Runs underneath; None stands still.
        start: Where it begins in Unix seconds; None is where the base is.
        speed: Seconds of this clock in a second of the base.
    """

    def __init__(self, base: Clock | None, start: float | None, speed: float) -> None:
        self._base = base
        self._kind = _kind(base)
        self._anchors: Anchors = _OwnAnchors()
        self._name = "clock"
        real = 0.0 if base is None else base.now()
        self._first = Anchor(real, real if start is None else start, speed, self._kind)
        self._anchors.move(self._name, lambda _: self._first)

    def now(self) -> float:
        """The time, in Unix seconds."""
        anchor = self._anchor()
        return anchor.at(self._real(anchor))

    @property
    def speed(self) -> float:
        """Seconds of this clock in a second of its base."""
        return self._anchor().speed

    def advance(self, seconds: float) -> None:
        """Skip so many seconds.

        Raises:
            ValueError: `seconds` is negative; time does not go backwards.
        """
        if not 0 <= seconds < float("inf"):
            msg = f"time does not go backwards, but got {seconds!r} seconds"
            raise ValueError(msg)
        self._change(lambda now: now + seconds)

    def advance_to(self, moment: float) -> None:
        """Skip to `moment` in Unix seconds, if it is later than now."""
        if moment > self.now():
            self._change(lambda now: max(now, moment))

    def created(self, happenings: Sequence[float]) -> None:
        """What is created does not move it."""

    def polled(self, happenings: Sequence[float]) -> None:
        """What is read does not move it."""

    def keep(self, anchors: Anchors, name: str = "clock") -> None:
        """Go by the anchor of that name, together with all other clocks that do.

        If there is one already, this clock joins it: it shows the kept time from now on, or its own where it was
        moved or set and is ahead. Its own speed holds for all from now on.
        """
        if isinstance(self._base, SimulatedClock):
            self._base.keep(anchors, f"base of {name}")
        own = self._anchor()
        mine = own.at(self._real(own))
        chosen = self._base is None or own != self._first
        self._anchors, self._name = anchors, name

        def join(kept: Anchor | None) -> Anchor:
            if kept is None:
                return own
            now = kept.at(self._real(kept))
            later = max(now, mine) if chosen else now
            same = kept.speed == own.speed and kept.base == own.base
            if same and later == now and kept.real <= self._real(own):
                return kept
            return own._replace(real=self._real(own), world=later)

        anchors.move(name, join)

    def _change(self, change: Callable[[float], float]) -> None:
        def moved(kept: Anchor | None) -> Anchor:
            anchor = kept or self._first
            real = self._real(anchor)
            return anchor._replace(real=max(real, anchor.real), world=change(anchor.at(real)))

        self._anchors.move(self._name, moved)

    def _anchor(self) -> Anchor:
        return self._anchors.read(self._name) or self._first

    def _real(self, anchor: Anchor) -> float:
        """What the base of an anchor shows, which a clock with another base may have set."""
        if anchor.base == self._kind:
            return 0.0 if self._base is None else self._base.now()
        return _real(self._anchors, self._name, anchor)


def _real(anchors: Anchors, name: str, anchor: Anchor) -> float:
    """What the base of somebody else's anchor shows; one that only they can read is seen as it was last."""
    if anchor.base == "wall":
        return time.time()
    base = f"base of {name}"
    kept = anchors.read(base) if anchor.base == "kept" else None
    return anchor.real if kept is None else kept.at(_real(anchors, base, kept))


def _kind(base: Clock | None) -> str:
    if base is None:
        return "none"
    if isinstance(base, SimulatedClock):
        return "kept"
    return "wall" if isinstance(base, SystemClock) else "other"


class ManualClock(SimulatedClock):
    """A clock that stands still until it is told to move."""

    def __init__(self, start: float = 1_767_225_600.0) -> None:
        """Start at `start` Unix seconds, by default 2026-01-01T00:00:00Z."""
        super().__init__(None, float(start), 0.0)


class ScaledClock(SimulatedClock):
    """A clock that runs `speed` times as fast as `base`, from the moment it is made.

    Args:
        speed: How many times as fast.
        base: By default the wall clock.
        start: Where it begins in Unix seconds; by default where the base is.

    Raises:
        ValueError: `speed` is not a positive, finite number.
    """

    def __init__(self, speed: float, base: Clock | None = None, *, start: float | None = None) -> None:
        if not 0 < speed < float("inf"):
            msg = f"speed must be a positive number, but got {speed!r}"
            raise ValueError(msg)
        super().__init__(base or SystemClock(), start, speed)


class AdvancingClock(SimulatedClock):
    """Each read of a job moves the time to that job's next happening: poll loops end, without waiting.

    Between reads it goes on with `base`, by default one that stands still; it begins at `start`, or where that is.
    """

    def __init__(self, base: Clock | None = None, *, start: float | None = None) -> None:
        super().__init__(base or ManualClock(), start, 1.0)

    def polled(self, happenings: Sequence[float]) -> None:
        """Skip to the next happening, if there is one."""
        if happenings:
            self.advance_to(happenings[0])


class PacedClock(SimulatedClock):
    """Each read of a job moves the time on by so many seconds, as if its reader had waited so long.

    Args:
        seconds: Between two reads.
        base: Runs underneath; by default a clock that stands still.
        start: Where it begins in Unix seconds; by default where `base` is.

    Raises:
        ValueError: `seconds` is not a positive, finite number.
    """

    def __init__(self, seconds: float, base: Clock | None = None, *, start: float | None = None) -> None:
        if not 0 < seconds < float("inf"):
            msg = f"the seconds between two reads must be a positive number, but got {seconds!r}"
            raise ValueError(msg)
        super().__init__(base or ManualClock(), start, 1.0)
        self._seconds = float(seconds)

    def polled(self, happenings: Sequence[float]) -> None:
        """Skip that far, if something is to happen yet."""
        if happenings:
            self.advance(self._seconds)


class InstantClock(SimulatedClock):
    """A job is at its end when it is created; begins at `start`, or where `base` is."""

    def __init__(self, base: Clock | None = None, *, start: float | None = None) -> None:
        super().__init__(base or ManualClock(), start, 1.0)

    def created(self, happenings: Sequence[float]) -> None:
        """Skip to the last happening."""
        if happenings:
            self.advance_to(happenings[-1])

    polled = created
