"""How alike two texts are: how many of their distinct character n-grams they share.

Characters and not words, because Japanese writes no spaces. No download, no model, the same everywhere.
"""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from operator import add

from drytune_simulator.dataset.tokens import well_formed

__all__ = ["CUT", "GRAM_SIZES", "all_likeness", "folded", "grams", "likeness"]

GRAM_SIZES = (1, 2, 3)
"""Lengths of the n-grams, in characters."""

_SIGNS = frozenset(string.punctuation + " 、。・「」『』…—")
"""What says nothing on its own; within longer n-grams it counts."""

_HEAD = 1_000
"""Of a longer text so many characters at its start and at its end are compared, which bounds the work."""

_READ = 50_000

CUT = 2 * _HEAD
"""So many characters has a folded text at most, and one that was cut."""


def folded(text: str) -> str:
    """`text` for comparison: NFKC, case folded, blanks as one space, at most 2,000 characters."""
    # Cut before and after, so that neither the work nor what is remembered grows with a long text.
    return _folded(_ends(text, 2 * _HEAD))


@lru_cache(maxsize=1_024)
def _folded(text: str) -> str:
    return _ends(_whole(text), _HEAD)


def _whole(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", well_formed(text))
    return " ".join(text.casefold().split())


def _ends(text: str, each: int) -> str:
    return text if len(text) <= 2 * each else text[:each] + text[-each:]


@lru_cache(maxsize=256)
def grams(text: str) -> tuple[frozenset[str], ...]:
    """The distinct n-grams of a folded text, by their lengths."""
    pairs = list(map(add, text, text[1:]))  # half the time of slices
    return frozenset(text) - _SIGNS, frozenset(pairs), frozenset(map(add, pairs, text[2:]))


def likeness(one: str, other: str) -> float:
    """The share of n-grams that two folded texts have in common (Dice), 0.0 to 1.0."""
    return 1.0 if one == other else _shared(grams(one), grams(other))


def all_likeness(one: str, others: Iterable[str]) -> list[float]:
    """How like texts are to `one`, by all of their first 50,000 characters; slow."""
    mine = _whole(one[:_READ])
    whole = [_whole(text[:_READ]) for text in others]
    gathered = grams.__wrapped__(mine)  # too much to be remembered
    return [1.0 if text == mine else _shared(gathered, grams.__wrapped__(text)) for text in whole]


def _shared(one: tuple[frozenset[str], ...], other: tuple[frozenset[str], ...]) -> float:
    shared = total = 0
    for few, many in zip(one, other, strict=True):
        shared += len(few & many)
        total += len(few) + len(many)
    return 2 * shared / total if total else 0.0
