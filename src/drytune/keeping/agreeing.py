"""Whether two answers say the same: to the letter, nearly, by meaning, in what they call."""

from __future__ import annotations

import json
import math
from collections import Counter
from functools import lru_cache
from statistics import fmean
from typing import Any, Final

from drytune.keeping.said import Call, Said
from drytune_simulator.inference.likeness import CUT, folded, likeness

__all__ = ["NEAR", "alike", "called_alike", "is_exact", "nearness", "value_in"]

NEAR: Final = 0.8
"""Texts that have so much of their character n-grams in common are called alike."""

_PIECES: Final = 50


def alike(one: str, other: str) -> float:
    """The share of distinct character n-grams (of 1 to 3) that two texts have in common, 0.0 to 1.0.

    Case, width of letters and blanks do not count. The n-grams of long texts are all the same ones, so those are
    cut into pieces of at most 2,000 characters, as many of each, and the mean over the pieces in turn counts.
    """
    if one == other:
        return 1.0
    longest = max(len(one), len(other))
    pieces = min(_PIECES, math.ceil(longest / CUT))
    if pieces <= 1:
        return likeness(folded(one), folded(other))
    return fmean(
        likeness(folded(mine), folded(theirs))
        for mine, theirs in zip(_cut(one, pieces), _cut(other, pieces), strict=True)
    )


def _cut(text: str, pieces: int) -> list[str]:
    size = min(CUT, math.ceil(len(text) / pieces)) or 1
    return [text[place * size : (place + 1) * size] for place in range(pieces)]


def is_exact(one: Said, other: Said) -> bool:
    """Whether both have the same text, blanks at its ends aside, the same refusal and the same calls."""
    words = one.text.strip() == other.text.strip()
    return (
        words and (one.refusal or "").strip() == (other.refusal or "").strip() and called_alike(one, other)[1]
    )


def nearness(one: Said, other: Said) -> tuple[bool, float | None]:
    """Whether the two say about the same, and the likeness of their texts, if there are any."""
    if not (one.text.strip() or other.text.strip()):
        refuse = one.refusal is not None and other.refusal is not None
        return (refuse or one.refusal == other.refusal) and called_alike(one, other)[1], None
    share = 1.0 if _same_json(one.text, other.text) else alike(one.text.strip(), other.text.strip())
    same_kind = (one.refusal is None) == (other.refusal is None)
    return share >= NEAR and same_kind and called_alike(one, other)[1], share


def _same_json(one: str, other: str) -> bool:
    """Whether both are the same JSON object or list by meaning."""
    first = value_in(one)
    return isinstance(first, dict | list) and _canonical(first) == _canonical(value_in(other))


@lru_cache(maxsize=256)
def value_in(text: str) -> Any:
    """The JSON in a text; None if it is none."""
    if text.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _canonical(value: object) -> str:
    try:
        return json.dumps(_plain(value), sort_keys=True)
    except RecursionError:
        return "…"  # nesting beyond Python's own limit is not told apart


def _plain(value: object) -> object:
    """A value in which 1.0 is 1."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def called_alike(one: Said, other: Said) -> tuple[bool, bool]:
    """Whether both call the same functions, and with the same arguments; parallel calls have no order."""
    first, second = ([(call.name, _arguments(call)) for call in said.calls] for said in (one, other))
    names = Counter(name for name, _ in first) == Counter(name for name, _ in second)
    return names, Counter(first) == Counter(second)


def _arguments(call: Call) -> str:
    try:
        return _canonical(json.loads(call.arguments or "{}"))
    except (ValueError, RecursionError):
        return call.arguments
