"""Words and numbers that people write: what they mean, and sentences about those that mean nothing."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping

__all__ = ["FaultError", "duration", "nearest", "shown"]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?")
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
_DURATION = re.compile(rf"(?:{_PART.pattern})+")


class FaultError(ValueError):
    """A fault or a scenario that cannot be; its text is a sentence that says what is wrong, and what to do."""


def duration(value: str | float) -> float:
    """Seconds, from a number of them or from words: ``500ms``, ``90s``, ``15m``, ``12h``, ``3d``, ``1h30m``.

    Raises:
        FaultError: It is neither, is negative, or is not finite.
    """
    seconds = -1.0
    if isinstance(value, str):
        text = value.strip().lower()
        if _DURATION.fullmatch(text):
            seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
        elif _NUMBER.fullmatch(text):
            seconds = float(text)
    elif not isinstance(value, bool) and isinstance(value, int | float):
        seconds = float(value) if abs(value) < 1e300 else math.inf
    if not 0 <= seconds < math.inf:
        msg = f"{shown(value)} is no duration; write seconds, or 500ms, 90s, 15m, 12h or 3d"
        raise FaultError(msg)
    return seconds


def nearest(name: str, known: Iterable[str]) -> str:
    """What probably was meant, as the end of a sentence: ``; did you mean route?``, or what there is."""
    names = list(known)
    close = difflib.get_close_matches(name.lower().replace("-", "_"), names, n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(names)}"


def shown(value: object) -> str:
    """A value in a sentence: short, and safe to print."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = ascii(value)[1:-1] if isinstance(value, str) and not value.isprintable() else str(value)
    text = f"{text[:79]}…" if len(text) > 80 else text
    return f'"{text}"' if isinstance(value, str) else text
