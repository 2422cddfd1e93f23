"""How far the styles of two models are apart: a distance of the characters that they put side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from operator import add
from typing import TYPE_CHECKING, Final, Literal

from drytune.keeping.comparison import Style
from drytune_simulator.ids import digest

if TYPE_CHECKING:
    from numpy import ndarray

    _Unit = tuple[list[ndarray], list[ndarray]]

__all__ = ["SPLITS", "distance_of", "style_of"]

SPLITS: Final = 16
"""So many ways to split are looked at."""

_LEAST: Final = 2
"""How far an only prompt is from itself says nothing about others."""

_READ: Final = 50_000
"""Of a longer text so many characters at its start are read, which bounds the work."""


def style_of(texts: Sequence[tuple[Sequence[str], Sequence[str]]]) -> Style | None:
    """How far recorded answers are from new ones, and from one another.

    Args:
        texts: For each prompt the texts that were recorded, and the new ones. Empty ones do not count, nor do
            prompts that lack the one or the other. Of fewer than two prompts there is no floor.

    Returns:
        None where no prompt counts.
    """
    table: dict[str, int] = {}
    counted = [(_all_ids(recorded, table), _all_ids(new, table)) for recorded, new in texts]
    units = [(one, other) for one, other in counted if one and other]
    if not units:
        return None
    width = len(table)
    distance = distance_of(_mix([one for one, _ in units], width), _mix([other for _, other in units], width))
    several = [unit for unit in units if len(unit[0]) > 1]
    if len(several) >= _LEAST and 2 * len(several) >= len(units):
        by: Literal["prompts", "answers"] = "answers"
        units, halves = several, _split_answers(several)
    else:
        by, halves = "prompts", _split_prompts(units)
    if len(units) < _LEAST:
        return Style(distance=distance, by=by, units=len(units))
    floors: list[float] = []
    crossings: list[float] = []
    for half, rest, new in halves:
        mine = _mix(half, width)
        floors.append(distance_of(mine, _mix(rest, width)))
        crossings.append(distance_of(mine, _mix(new, width)))
    return Style(
        distance=distance,
        floor=sum(floors) / len(floors),
        floor_low=min(floors),
        floor_high=max(floors),
        crossed=sum(crossings) / len(crossings),
        by=by,
        units=len(units),
        splits=len(floors),
    )


def distance_of(one: ndarray, other: ndarray) -> float:
    """The Jensen-Shannon distance of two distributions: the square root of the divergence in bits, 0.0 to 1.0.

    Args:
        one: How often each thing was counted.
        other: The same things in the same order.
    """
    import numpy as np

    first, second = one / one.sum(), other / other.sum()
    middle = (first + second) / 2

    def divergence(part: ndarray) -> float:
        there = part > 0
        return float((part[there] * np.log2(part[there] / middle[there])).sum())

    # what rounding leaves below nought has no root
    shared = max(0.0, (divergence(first) + divergence(second)) / 2)
    return min(1.0, math.sqrt(shared))


def _all_ids(texts: Sequence[str], table: dict[str, int]) -> list[ndarray]:
    """The 3-grams of each text that is not empty."""
    return [_ids(text, table) for text in texts if text.strip()]


def _ids(text: str, table: dict[str, int]) -> ndarray:
    """The 3-grams of a text as numbers of `table`, which grows; a shorter text is one by itself."""
    import numpy as np

    read = text[:_READ]
    grams = map(add, map(add, read, read[1:]), read[2:]) if len(read) > 2 else iter([read])
    return np.array([table.setdefault(gram, len(table)) for gram in grams], dtype=np.int64)


def _mix(prompts: Sequence[Sequence[ndarray]], width: int) -> ndarray:
    """The mix of 3-grams in the answers to all of `prompts`, each of which weighs the same."""
    import numpy as np

    joined = [np.concatenate(answers) for answers in prompts]
    weights = np.concatenate([np.full(len(ids), 1 / len(ids)) for ids in joined])
    return np.bincount(np.concatenate(joined), weights, minlength=width)


_Halves = Iterator[tuple[list[list["ndarray"]], list[list["ndarray"]], list[list["ndarray"]]]]
"""A half of the recorded answers, the other half, and new answers in the place of that."""


def _split_answers(units: Sequence[_Unit]) -> _Halves:
    """The answers to each prompt are split: both halves are of the same prompts."""
    for number in range(SPLITS):
        half: list[list[ndarray]] = []
        rest: list[list[ndarray]] = []
        new: list[list[ndarray]] = []
        for place, (recorded, others) in enumerate(units):
            order = [recorded[at] for at in _shuffled(len(recorded), number, place)]
            fresh = [others[at] for at in _shuffled(len(others), number, place, "new")]
            middle = len(order) // 2
            # as many of the new as of the recorded: a smaller sample is further from anything
            size = min(len(order) - middle, len(fresh))
            half.append(order[:middle])
            rest.append(order[middle : middle + size])
            new.append(fresh[:size])
        yield half, rest, new


def _split_prompts(units: Sequence[_Unit]) -> _Halves:
    """The prompts are split, for want of two answers to them; each way in both directions."""
    for number in range(SPLITS // 2):
        order = [units[place] for place in _shuffled(len(units), number)]
        middle = len(order) // 2
        for half, rest in ((order[:middle], order[middle:]), (order[middle:], order[:middle])):
            yield [one for one, _ in half], [one for one, _ in rest], [other for _, other in rest]


def _shuffled(count: int, *place: object) -> list[int]:
    """So many numbers from 0, in an order that is the same for the same place."""
    return sorted(range(count), key=lambda at: digest("style", *place, at))
