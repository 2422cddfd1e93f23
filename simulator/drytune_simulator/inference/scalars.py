"""Numbers within bounds and texts of a format, for `schema`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

__all__ = ["is_within", "number_within", "text_of_format"]

_FORMATS = {
    "date": "2025-01-{day:02}",
    "date-time": "2025-01-{day:02}T00:00:00Z",
    "duration": "P{day}D",
    "email": "simulated{turn}@example.com",
    "hostname": "simulated{turn}.example.com",
    "ipv4": "192.0.2.{day}",
    "ipv6": "2001:db8::{day}",
    "time": "00:00:{day:02}Z",
    "uri": "https://example.com/simulated{turn}",
    "uuid": "00000000-0000-4000-8000-0000000000{day:02}",
}


def text_of_format(name: object, turn: int = 0) -> str | None:
    """A text of a JSON Schema format, another for each `turn`; None for a format that is not known."""
    known = _FORMATS.get(name) if isinstance(name, str) else None
    return None if known is None else known.format(day=turn % 28 + 1, turn=turn or "")


def number_within(schema: Mapping[str, Any], *, whole: bool, turn: int = 0) -> int | float:
    """The number nearest 0 within a schema's bounds (the caller checks that there is one); others by `turn`.

    Args:
        schema: With any of minimum, maximum, exclusiveMinimum, exclusiveMaximum and multipleOf.
        whole: An integer is wanted.
        turn: 0 for the first such number, 1 for the next …
    """
    low, high = _bound(schema, "inimum", max), _bound(schema, "aximum", min)
    step = abs(_exact(schema["multipleOf"])) if schema.get("multipleOf") else Fraction(0)
    if whole:
        step = Fraction(math.lcm(step.numerator, 1)) if step else Fraction(1)
    if not step:
        return _free(low, high, turn)
    if low is not None and (low[0] > 0 or (low[0] == 0 and low[1])):
        first = math.ceil(low[0] / step)
        first += bool(low[1] and first * step == low[0])
        found = (first + turn) * step
    elif high is not None and (high[0] < 0 or (high[0] == 0 and high[1])):
        first = math.floor(high[0] / step)
        first -= bool(high[1] and first * step == high[0])
        found = (first - turn) * step
    elif high is not None and turn * step > high[0]:
        found = (math.floor(high[0] / step) - turn) * step
    else:
        found = turn * step
    return int(found) if whole or found.denominator == 1 else float(found)


def is_within(schema: Mapping[str, Any], value: float, *, whole: bool) -> bool:
    """Whether a number keeps to a schema's bounds; with `whole` it has to be an integer."""
    exact = _exact(value)
    low, high = _bound(schema, "inimum", max), _bound(schema, "aximum", min)
    step = abs(_exact(schema["multipleOf"])) if schema.get("multipleOf") else Fraction(0)
    return not (
        (whole and exact.denominator != 1)
        or (low is not None and (exact < low[0] or (low[1] and exact == low[0])))
        or (high is not None and (exact > high[0] or (high[1] and exact == high[0])))
        or (step and exact % step)
    )


def _free(low: tuple[Fraction, bool] | None, high: tuple[Fraction, bool] | None, turn: int) -> int | float:
    """A number where no step is asked for: 0 if it may be, else a bound, else between the two."""
    floor = low[0] if low else (high[0] - turn - 2 if high else Fraction(-turn - 1))
    ceiling = high[0] if high else (low[0] + turn + 2 if low else Fraction(turn + 1))
    if turn == 0:
        for found in (Fraction(0), floor, ceiling):
            open_low = low is not None and (found < low[0] or (low[1] and found == low[0]))
            open_high = high is not None and (found > high[0] or (high[1] and found == high[0]))
            if not open_low and not open_high:
                break
        else:
            found = (floor + ceiling) / 2
    else:
        found = floor + (ceiling - floor) * Fraction(1, turn + 1)
    return int(found) if found.denominator == 1 else float(found)


def _bound(schema: Mapping[str, Any], name: str, tightest: Any) -> tuple[Fraction, bool] | None:
    """The tighter of the inclusive and the exclusive bound, and whether it is exclusive."""
    bounds = []
    for key, excluded in ((f"m{name}", False), (f"exclusiveM{name}", True)):
        value = schema.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            bounds.append((_exact(value), excluded))
    if not bounds:
        return None
    limit = tightest(value for value, _ in bounds)
    return limit, any(excluded for value, excluded in bounds if value == limit)


def _exact(value: float) -> Fraction:
    """The decimal as written: 0.1 is a tenth, not the float nearest to it."""
    return Fraction(repr(value))
