"""Conditions on a job's metrics, such as ``valid_loss > 2.5 after 100``: when to cancel it."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from drytune.errors import UsageError

__all__ = ["METRICS", "Condition", "Part", "figure_in"]

METRICS: Final = (
    "train_loss",
    "train_mean_token_accuracy",
    "valid_loss",
    "valid_mean_token_accuracy",
    "full_valid_loss",
    "full_valid_mean_token_accuracy",
    "train_mean_reward",
    "full_valid_mean_reward",
    "full_valid_mean_parse_error",
    "mean_unresponsive_rewards",
    "completion_tokens_mean",
    "reasoning_tokens_mean",
)
"""The figures in the data of a step's event (FACTS.md §4.6)."""

Sign = Literal[">", ">=", "<", "<="]
_COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_AND: Final = re.compile(r"\s+and\s+", re.IGNORECASE)
_PART: Final = re.compile(
    r"\s*(?P<metric>[A-Za-z_][\w-]*)\s*(?P<sign>>=|<=|>|<)\s*"
    r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"(?:\s+after\s+(?:step\s+)?(?P<step>\d{1,9}))?\s*",
    re.IGNORECASE | re.ASCII,
)


def figure_in(data: Mapping[str, Any], name: str) -> float | None:
    """The figure of that name; None if there is none, or it is no finite number."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        figure = float(value)
    except OverflowError:
        return None
    return figure if math.isfinite(figure) else None


@dataclass(frozen=True, slots=True)
class Part:
    """One comparison.

    Attributes:
        metric: One of `METRICS`.
        sign: ``>``, ``>=``, ``<`` or ``<=``.
        number: What the figure is compared with.
        after: Only steps with a greater number count.
    """

    metric: str
    sign: Sign
    number: float
    after: int | None = None

    def __str__(self) -> str:
        since = "" if self.after is None else f" after {self.after}"
        return f"{self.metric} {self.sign} {self.number:g}{since}"

    def holds(self, data: Mapping[str, Any]) -> bool:
        """Whether a step's figures meet it; what is missing, or no finite number, meets nothing."""
        figure = figure_in(data, self.metric)
        if figure is None or not _COMPARE[self.sign](figure, self.number):
            return False
        step = figure_in(data, "step")
        return self.after is None or (step is not None and step > self.after)


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison or several, all of which one and the same step has to meet.

    Attributes:
        parts: At least one.
    """

    parts: tuple[Part, ...]

    @classmethod
    def parse(cls, text: str) -> Condition:
        """The condition that `text` describes: ``METRIC SIGN NUMBER [after STEP]``, several joined by ``and``.

        Raises:
            UsageError: It describes none, or a metric is unknown; the sentence names the nearest.
        """
        return cls(tuple(_part(part, text) for part in _AND.split(text)))

    def __str__(self) -> str:
        return " and ".join(map(str, self.parts))

    def met(self, events: Iterable[Mapping[str, Any]]) -> str | None:
        """What the first step that met it shows, e.g. ``valid_loss is 2.61 at step 120 (…)``; None if none has.

        Args:
            events: Of a job, oldest first, with their data.
        """
        for event in events:
            data = event.get("data")
            if isinstance(data, Mapping) and all(part.holds(data) for part in self.parts):
                return self._words(data)
        return None

    def _words(self, data: Mapping[str, Any]) -> str:
        metrics = dict.fromkeys(part.metric for part in self.parts)
        figures = " and ".join(f"{name} is {figure_in(data, name):g}" for name in metrics)
        step = figure_in(data, "step")
        where = "" if step is None else f" at step {step:g}"
        return f"{figures}{where} ({self})"


def _part(text: str, whole: str) -> Part:
    found = _PART.fullmatch(text)
    if found is None:
        raise UsageError(
            f"{_shown(whole)} is no condition: write METRIC > NUMBER (or >=, <, <=), with `after STEP` for later "
            "steps only, and `and` between several, e.g. 'valid_loss > 2.5 after 100'."
        )
    metric = found["metric"].lower().replace("-", "_")
    if metric not in METRICS:
        from drytune_simulator.faults.words import nearest

        raise UsageError(f"{_shown(found['metric'])} is no metric of a job{nearest(metric, METRICS)}.")
    number = float(found["number"])
    if not math.isfinite(number):
        raise UsageError(
            f"{found['number'][:40]} in a condition is beyond all numbers that a metric can have."
        )
    return Part(
        metric, cast("Sign", found["sign"]), number, None if found["step"] is None else int(found["step"])
    )


def _shown(text: str) -> str:
    from drytune_simulator.faults.words import shown

    return shown(text)
