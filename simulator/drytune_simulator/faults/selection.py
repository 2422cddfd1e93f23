"""Which of the calls that fit something happens to: the nth, the first, every nth, by chance, so many times."""

from __future__ import annotations

import re
from fnmatch import translate

import msgspec

from drytune_simulator import ids
from drytune_simulator.faults.words import FaultError, shown

__all__ = ["Selection", "Turn", "like"]

_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Selection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which calls, of those that fit.

    Attributes:
        name: What headers and lists call it; by default its number.
        model: Pattern of the model that is asked for, e.g. ``gpt-4o-mini*``.
        nth: Only the nth call, from 1 on.
        first: Only the first so many calls.
        every: Every so manieth call.
        times: At most so often.
        probability: How likely each of these is; drawn by `seed` and the number of the call.
        seed: Of the draws.
    """

    name: str | None = None
    model: str | None = None
    nth: int | None = None
    first: int | None = None
    every: int | None = None
    times: int | None = None
    probability: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.name is not None and not _NAME.fullmatch(self.name):
            msg = (
                f"name is {shown(self.name)}; it must be of letters, digits, `.`, `_` and `-`, with a letter"
            )
            raise FaultError(msg)
        for key in ("nth", "first", "every", "times"):
            number = getattr(self, key)
            if number is not None and not number >= 1:
                msg = f"{key} is {shown(number)}; it must be a whole number, 1 or more"
                raise FaultError(msg)
        given = [key for key in ("nth", "first", "every") if getattr(self, key) is not None]
        if len(given) > 1:
            msg = f"{' and '.join(given)} say different things of the same calls; keep one of them"
            raise FaultError(msg)
        if not 0 <= self.probability <= 1:
            msg = f"probability is {shown(self.probability)}; it must be a number from 0 to 1"
            raise FaultError(msg)

    def takes(self, call: int, place: tuple[object, ...]) -> bool:
        """Whether the call with this number, from 1 on, is one of them.

        Args:
            call: Among those that fit.
            place: What the draw depends on, beside `seed` and `call`.
        """
        if self.nth is not None and call != self.nth:
            return False
        if self.first is not None and call > self.first:
            return False
        if self.every is not None and call % self.every:
            return False
        return self.probability >= 1 or (ids.noise(self.seed, *place, call) + 1) / 2 < self.probability


class Turn:
    """How often something was looked at, and how often it happened; whoever uses it holds a lock.

    Attributes:
        seen: Calls that fitted.
        struck: Those that it happened to.
    """

    __slots__ = ("_place", "_selection", "seen", "struck")

    def __init__(self, selection: Selection, place: tuple[object, ...]) -> None:
        self._selection = selection
        self._place = place
        self.seen = 0
        self.struck = 0

    def next(self, *, free: bool) -> bool:
        """Count a call that fits; whether it is one of those, if nothing else has happened to it (`free`)."""
        self.seen += 1
        times = self._selection.times
        if not free or (times is not None and self.struck >= times):
            return False
        if not self._selection.takes(self.seen, self._place):
            return False
        self.struck += 1
        return True

    def reset(self) -> None:
        """Begin to count anew."""
        self.seen = self.struck = 0


def like(pattern: str | None) -> re.Pattern[str] | None:
    """A pattern with ``*`` and ``?`` as a regular expression; None fits all."""
    return None if pattern is None else re.compile(translate(pattern))
