"""What a live run measured, step after step: from the results file, and until there is one from the events."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from drytune.workflow.records import Run

__all__ = ["Curve", "curves_of", "thinned"]

_MEASURES: Final = {
    "train_loss": ("loss", "training"),
    "valid_loss": ("loss", "validation"),
    "full_valid_loss": ("loss", "whole validation file"),
    "train_mean_token_accuracy": ("accuracy", "training"),
    "valid_mean_token_accuracy": ("accuracy", "validation"),
    "full_valid_mean_token_accuracy": ("accuracy", "whole validation file"),
    "train_mean_reward": ("reward", "training"),
    "valid_mean_reward": ("reward", "validation"),
    "full_valid_mean_reward": ("reward", "whole validation file"),
}
"""What a measure is a kind of, and of what; results files have the names of events by now."""


class Curve(NamedTuple):
    """A measure over the steps.

    Attributes:
        kind: ``loss``, ``accuracy`` or ``reward``.
        of: ``training``, ``validation`` or ``whole validation file``.
        points: Step and value, in order; only finite values.
    """

    kind: str
    of: str
    points: tuple[tuple[int, float], ...]

    @property
    def values(self) -> list[float]:
        """The values alone."""
        return [value for _, value in self.points]


def curves_of(run: Run) -> list[Curve]:
    """All that was measured, in the order of a reader: losses first, and of them that of the training.

    What the results file has counts more than the events, which may be less exact, and are more often incomplete.
    """
    points: dict[tuple[str, str], dict[int, float]] = {}
    for row in (*run.metrics, *_results(run)):
        step = _finite(row.get("step"))
        if step is None or step < 0:
            continue
        for name, place in _MEASURES.items():
            value = _finite(row.get(name))
            if value is not None:
                points.setdefault(place, {})[int(step)] = value
    places = dict.fromkeys(_MEASURES.values())
    return [Curve(*place, tuple(sorted(points[place].items()))) for place in places if place in points]


def thinned(points: Sequence[tuple[int, float]], most: int) -> list[tuple[float, float]]:
    """About `most` of `points`, if there are more: means of stretches of steps, and the very first and last."""
    if len(points) <= most:
        return [(float(step), value) for step, value in points]
    bounds = [index * len(points) // most for index in range(most + 1)]
    means = [_mean(points[low:high]) for low, high in pairwise(bounds)]
    return [(float(points[0][0]), points[0][1]), *means, (float(points[-1][0]), points[-1][1])]


def _mean(points: Sequence[tuple[int, float]]) -> tuple[float, float]:
    return sum(step for step, _ in points) / len(points), sum(value for _, value in points) / len(points)


def _results(run: Run) -> Iterator[Mapping[str, Any]]:
    if run.results is None:
        return
    from drytune.workflow.results import rows

    yield from rows(run.results)


def _finite(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None  # type: ignore[arg-type]
