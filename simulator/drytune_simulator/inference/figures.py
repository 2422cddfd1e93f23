"""The numbers, dates and times of one question, and which ones of another stand in their places."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final

from drytune_simulator.inference.sides import Sides
from drytune_simulator.inference.spans import Span, bound_in, dates_in, numbers_in, overlaps, times_in

__all__ = ["Figures"]

_SAME_UNIT: Final = 8
"""What counts for a pair of numbers, in characters of context: the same word follows."""
_OUT_OF_ORDER: Final = 4
"""So much better are other pairs than those in order, if they are taken."""
_MOST: Final = 50


class Figures:
    """Each of the figures now stands in the place of one before, at most.

    Args:
        sides: The two questions.
        numbers: The numbers of the earlier one's reply.
    """

    def __init__(self, sides: Sides, numbers: Sequence[float]) -> None:
        self._sides = sides
        self._wanted = set(numbers)
        self._alone = len(numbers) == 1

    def number(self, value: float) -> str | None:
        """The number in the place of `value`, or the only one where no other is asked for, before or now."""
        for pairs in self._numbers:
            for slot, span in pairs:
                if float(slot.value) == value:
                    return None if span is None else span.value
        lone = self._lone
        return None if lone is None else lone.value

    def date(self, value: str) -> str | None:
        """The date in the place of `value`, as ``2025-03-04``."""
        year = value[:4]
        return self._in_place(value, dates_in(self._sides.before, year), dates_in(self._sides.now, year))

    def time(self, value: str) -> str | None:
        """The time of day in the place of `value`, as ``15:30``."""
        return self._in_place(value, times_in(self._sides.before), times_in(self._sides.now))

    def named(self, value: str | float) -> bool:
        """Whether the earlier question has this number, date or time."""
        if isinstance(value, str):
            spans = [*dates_in(self._sides.before, value[:4]), *times_in(self._sides.before)]
            return any(span.value == value for span in spans)
        return any(float(span.value) == value for span in numbers_in(self._sides.before))

    @cached_property
    def before(self) -> list[Span]:
        """The dates and times of the earlier question, and the numbers that its reply has."""
        free, _ = self._numbers
        used = [slot for slot, _ in free if float(slot.value) in self._wanted]
        return [*dates_in(self._sides.before, ""), *times_in(self._sides.before), *used]

    @cached_property
    def now(self) -> list[Span]:
        """The dates and times of this question, and the numbers that stand in the places of the reply's."""
        free, _ = self._numbers
        used = [span for slot, span in free if span is not None and float(slot.value) in self._wanted]
        lone = [] if self._lone is None else [self._lone]
        return [*dates_in(self._sides.now, ""), *times_in(self._sides.now), *used, *lone]

    @cached_property
    def _lone(self) -> Span | None:
        (old, _), (new, _) = _split(self._sides.before), _split(self._sides.now)
        return new[0] if self._alone and len(new) == 1 and not old else None

    @cached_property
    def _numbers(self) -> tuple[list[tuple[Span, Span | None]], list[tuple[Span, Span | None]]]:
        """The numbers on their own, then those that are part of dates, times, codes and the like."""
        (old, old_bound), (new, new_bound) = _split(self._sides.before), _split(self._sides.now)
        return self._pairs(old, new), self._pairs(old_bound, new_bound)

    def _in_place(self, value: str, before: Sequence[Span], now: Sequence[Span]) -> str | None:
        pairs = self._pairs(before, now)
        for slot, span in pairs:
            if slot.value == value:
                return None if span is None else span.value
        given = [span for _, span in pairs]
        return next((span.value for span in now if span not in given), None)

    def _pairs(self, before: Sequence[Span], now: Sequence[Span]) -> list[tuple[Span, Span | None]]:
        """In order where there are as many as before, unless the words around them say clearly otherwise."""
        before, now = before[:_MOST], now[:_MOST]
        scores = {
            (old, new): self._score(before[old], now[new])
            for old in range(len(before))
            for new in range(len(now))
        }
        best: dict[int, int] = {}
        for old, new in sorted(scores, key=lambda pair: (-scores[pair], pair)):
            if old not in best and new not in best.values():
                best[old] = new
        if len(before) == len(now):
            order = {place: place for place in best}
            if (
                sum(map(scores.__getitem__, best.items()))
                <= sum(map(scores.__getitem__, order.items())) + _OUT_OF_ORDER
            ):
                best = order
        return [(slot, now[best[place]] if place in best else None) for place, slot in enumerate(before)]

    def _score(self, slot: Span, span: Span) -> int:
        return self._sides.alike(slot, span) + (_SAME_UNIT if self._sides.followed_alike(slot, span) else 0)


def _split(text: str) -> tuple[list[Span], list[Span]]:
    """The numbers on their own, and those that are part of something else."""
    bound = bound_in(text)
    numbers = numbers_in(text)
    parts = [span for span in numbers if any(overlaps(span, other) for other in bound)]
    return [span for span in numbers if span not in parts], parts
