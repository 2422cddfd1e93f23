"""Tracks: what was recorded of one thing that was looked at again and again.

All looks at the same address are one track, and each look gives the next recorded answer. A change that was
recorded in between (a job is cancelled, a file is added to the list) divides the track into segments: only when
the client has made that change, the next segment begins. The last answer of all is given for ever, unless it shows
something that has not come to its end: no loop may wait for what was never recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from drytune.cassettes.model import Exchange, Told
from drytune.handlers.matching.normal import place_in_words
from drytune.handlers.matching.outcome import Miss, Outcome, Pick
from drytune.handlers.matching.states import is_list, is_passing, unended

__all__ = ["PATIENCE", "Segment", "Track", "segments_of"]

PATIENCE: Final = 1000
"""Looks at a state that has not ended, and that only something else can end, before a loop is told so."""

_ROUNDING: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Segment:
    """Looks between two changes.

    Attributes:
        gate: Changes that have to be made before, beside those of the segments before.
        looks: Exchanges, in the order in which they were asked; none if nobody looked after the last change.
    """

    gate: frozenset[int]
    looks: tuple[int, ...]


def segments_of(looks: list[int], changes: list[int], exchanges: tuple[Exchange, ...]) -> list[Segment]:
    """The segments of a track.

    What was asked while a change was still under way belongs to neither side of it: parallel calls have no order.

    Args:
        looks: Exchanges that looked, in order.
        changes: Exchanges that changed what they looked at, in order.
        exchanges: All.
    """
    segments: list[Segment] = []
    left = list(changes)
    for look in looks:
        crossed = frozenset(change for change in left if _ended_before(exchanges, change, look))
        left = [change for change in left if change not in crossed]
        if segments and not crossed:
            segments[-1] = Segment(segments[-1].gate, (*segments[-1].looks, look))
        else:
            segments.append(Segment(crossed, (look,)))
    after = frozenset(change for change in left if _ended_before(exchanges, looks[-1], change))
    if after:
        segments.append(Segment(after, ()))
    return segments


def _ended_before(exchanges: tuple[Exchange, ...], first: int, second: int) -> bool:
    """Whether an exchange was over when another one was asked."""
    if first >= second:
        return False
    one, other = exchanges[first], exchanges[second]
    if one.at is None or other.at is None:
        return True
    took = one.response.wait + sum(delay for _, delay in one.response.chunks)
    # what a recording rounds must not make calls parallel that came one after the other
    return one.at + took <= other.at + _ROUNDING * (2 + len(one.response.chunks))


class Track:
    """Where a client is in a track.

    Args:
        segments: At least one.
        exchanges: All.
        polls: The look with which the end of what is polled is shown; None for that at which it was recorded.
        pace: Tells how many of the recording's seconds the client has spent since an exchange was given; None if
            that was not given. Without it nobody goes by time.
        creator: The exchange that created what is looked at.
    """

    def __init__(
        self,
        segments: list[Segment],
        exchanges: tuple[Exchange, ...],
        polls: int | None = None,
        pace: Callable[[int], float | None] | None = None,
        creator: int | None = None,
    ) -> None:
        self._segments = segments
        self._exchanges = exchanges
        self._polls = polls
        self._pace = pace
        self._creator = creator
        self.at = -1
        self._begin(0)

    def _begin(self, segment: int) -> None:
        self._segment = segment
        self._asked = 0
        self._place = -1
        self._spread = self._spread_of(self._segments[segment].looks)

    def next(self, done: Callable[[int], bool]) -> Outcome:
        """The answer to the next look; what there is to say of a Miss follows ``nothing recorded answers …``."""
        if self.at < 0:
            closed = self._closed(0, done)
            if closed is not None:
                return Miss(
                    f"it was recorded after exchange {closed + 1} ({self._name(closed)}), which nobody asked yet",
                    like=self._segments[0].looks[0],
                )
            self.at = 0
        while self.at + 1 < len(self._segments) and self._closed(self.at + 1, done) is None:
            self.at += 1
            self._begin(self.at)
        segment = self._segments[self.at]
        if not segment.looks:
            before = self._segments[self.at - 1].looks[-1]
            return Miss(
                f"it was recorded last (exchange {before + 1}) before exchange {max(segment.gate) + 1} "
                f"({self._name(max(segment.gate))}), which has been asked since, and never afterwards",
                like=before,
            )
        return self._look(segment)

    def _look(self, segment: Segment) -> Outcome:
        self._asked += 1
        looks = segment.looks
        if self._spread is not None:
            self._place = max(self._place, self._stretched(self._spread))
            looks = self._spread
        else:
            self._place += 1
        self._place = max(self._place, self._by_time(looks))
        over = self._place - (len(looks) - 1)
        if over <= 0:
            return Pick(looks[self._place])
        self._place = len(looks) - 1
        number = self._steady(looks)
        refusal = self._unending(number, self._asked - len(looks))
        return Pick(number) if refusal is None else refusal

    def _unending(self, number: int, beyond: int) -> Miss | None:
        """Why a last state cannot be shown once more."""
        told = self._exchanges[number].response
        state = unended(told)
        if state is None:
            return None
        what = f"{state[0] or 'what it shows'} is still `{state[1]}`"
        if self.at + 1 < len(self._segments):
            if beyond < PATIENCE:
                return None
            change = min(self._segments[self.at + 1].gate)
            return Miss(
                f"{what} in the recording until exchange {change + 1} ({self._name(change)}) is asked, and it was "
                f"looked at {self._asked} times without that",
                like=number,
            )
        if is_list(told) and beyond < PATIENCE:  # a list may be read for something else in it
            return None
        return Miss(
            f"the recording ends (exchange {number + 1}) while {what}; record it to its end", like=number
        )

    def _steady(self, looks: tuple[int, ...]) -> int:
        """The last state, rather than an accident on the way to it."""
        steady = (look for look in reversed(looks) if not is_passing(self._exchanges[look].response))
        return next(steady, looks[-1])

    def _spread_of(self, looks: tuple[int, ...]) -> tuple[int, ...] | None:
        """The looks that can be spread: those of an object that comes to its end; no accidents among them."""
        if self._polls is None:
            return None
        good = [look for look in looks if self._told(look).status < 400 and not self._told(look).interrupted]
        if len(good) < 2 or is_list(self._told(good[0])):
            return None
        states = [unended(self._told(look)) is not None for look in good]
        return tuple(good) if states[0] and not all(states) else None

    def _stretched(self, looks: tuple[int, ...]) -> int:
        """The place at which a look has to be, so that the end is shown in time."""
        polls = self._polls or 1
        before = next(place for place, look in enumerate(looks) if unended(self._told(look)) is None)
        if self._asked < polls:
            return (self._asked - 1) * before // (polls - 1)
        return before + self._asked - polls

    def _by_time(self, looks: tuple[int, ...]) -> int:
        """The place that the recorded time has come to, since the last change, the creation, or the first look."""
        if self._pace is None:
            return 0
        gate = self._segments[self.at].gate
        since = max(gate) if gate else looks[0] if self._creator is None else self._creator
        elapsed, began = self._pace(since), self._exchanges[since].at
        if elapsed is None or began is None:
            return 0
        reached = 0
        for place, look in enumerate(looks):
            at = self._exchanges[look].at
            if at is not None and at - began <= elapsed:
                reached = place
        return reached

    def _closed(self, segment: int, done: Callable[[int], bool]) -> int | None:
        """The first change that has to be made before a segment begins."""
        return next((change for change in sorted(self._segments[segment].gate) if not done(change)), None)

    def _told(self, number: int) -> Told:
        return self._exchanges[number].response

    def _name(self, number: int) -> str:
        asked = self._exchanges[number].request
        return f"{asked.method} {place_in_words(asked.uri)}"
