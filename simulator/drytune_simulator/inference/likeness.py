"""How alike two texts are: the cosine of their character n-grams.

Characters and not words, because Japanese writes no spaces. No download, no model, the same everywhere.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from functools import lru_cache

from drytune_simulator.dataset.tokens import well_formed

__all__ = ["GRAM_SIZES", "folded", "grams", "likeness"]

GRAM_SIZES = (1, 3)
"""Shortest and longest n-gram, in characters."""

_HEAD = (
    1_000  # of a longer text its first and last characters are compared: this bounds the work of one answer
)


def folded(text: str) -> str:
    """`text` for comparison: NFKC, case folded, blanks as one space, at most 2,000 characters."""
    # Cut before and after, so that neither the work nor what is remembered grows with a long text.
    return _folded(_ends(text, 2 * _HEAD))


@lru_cache(maxsize=1_024)
def _folded(text: str) -> str:
    return _ends(" ".join(unicodedata.normalize("NFKC", well_formed(text)).casefold().split()), _HEAD)


def _ends(text: str, each: int) -> str:
    return text if len(text) <= 2 * each else text[:each] + text[-each:]


@lru_cache(maxsize=256)
def grams(text: str) -> Counter[str]:
    """The n-grams of a folded text, counted; long ones say more and count by their length.

    The result is shared: do not change it.
    """
    counts: Counter[str] = Counter()
    low, high = GRAM_SIZES
    for size in range(low, high + 1):
        for start in range(len(text) - size + 1):
            counts[text[start : start + size]] += size
    return counts


def likeness(one: str, other: str) -> float:
    """The cosine of two folded texts' n-gram counts, 0.0 to 1.0; whole numbers up to the last step, so exact."""
    if one == other:
        return 1.0
    few, many = sorted((grams(one), grams(other)), key=len)
    shared = sum(count * many[gram] for gram, count in few.items() if gram in many)
    if not shared:
        return 0.0
    lengths = sum(n * n for n in few.values()) * sum(n * n for n in many.values())
    return min(1.0, shared / math.sqrt(lengths))
