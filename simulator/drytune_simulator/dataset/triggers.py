"""Which lines of a block may hold what only the slow way sees, told from their bytes in a few quick searches.

Each search runs over the whole block at once, and costs a fraction of a millisecond a megabyte; only where it
finds something are the lines looked at one by one. A line too many costs time, a line too few would hide a
finding: `tests/dataset/test_fast.py` compares both ways.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import Final

from drytune_simulator.dataset.rules.privacy import CARD_SHAPE, EMAIL, KEY_PREFIXES, is_card_number

__all__ = ["suspects"]

# Patterns that begin with one certain byte are searched for at the speed of memchr.
_PATTERNS: Final = (
    re.compile(rb"<\|"),  # a special token
    re.compile(rb"\\(?:u00[0-7]|[bf])"),  # an escape that could hide anything; a control character
    re.compile(EMAIL.pattern.encode()),
    re.compile(rb"-----BEGIN"),
)

_CARD: Final = re.compile(CARD_SHAPE.pattern.encode())

_WORDS: Final = bytes(
    ord("a") if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "_-") else ord(" ")
    for byte in range(256)
)
_LONG_WORD: Final = b"a" * 20
"""Keys are long words with a certain beginning; none is shorter."""

_PREFIXES: Final = tuple(prefix.encode() for prefix in KEY_PREFIXES)

_ESCAPE: Final = re.compile(rb"\\(?:u[0-9a-fA-F]{4}|.)")
_DIGITS: Final = bytes.maketrans(b"0123456789", b"0" * 10)
_LONG_NUMBER: Final = b"0" * 13


def suspects(lines: tuple[bytes, ...]) -> set[int]:
    """Places (from 0) of the lines of a block that the fast way must leave alone."""
    whole = b"\n".join(lines)
    hits = [match.start() for pattern in _PATTERNS for match in pattern.finditer(whole)]
    hits += _keys(whole)
    numbers = _LONG_NUMBER in whole.translate(_DIGITS, b" -")
    if not hits and not numbers:
        return set()
    ends = list(accumulate(len(line) + 1 for line in lines))
    found = {bisect_right(ends, hit) for hit in hits}
    if numbers:
        found.update(
            place for place in _with_long_numbers(whole, ends, 0, len(lines)) if _has_card(lines[place])
        )
    return found


def _with_long_numbers(whole: bytes, ends: list[int], first: int, last: int) -> list[int]:
    """Places from `first` to before `last` of lines with long numbers: where there are few, halving finds them."""
    start = ends[first - 1] if first else 0
    if _LONG_NUMBER not in whole[start : ends[last - 1]].translate(_DIGITS, b" -"):
        return []
    if last - first == 1:
        return [first]
    middle = (first + last) // 2
    return [
        *_with_long_numbers(whole, ends, first, middle),
        *_with_long_numbers(whole, ends, middle, last),
    ]


def _has_card(line: bytes) -> bool:
    # an escape such as \u3042 would glue its digits to the number
    return any(is_card_number(match[0].decode()) for match in _CARD.finditer(_ESCAPE.sub(b"\n", line)))


def _keys(whole: bytes) -> list[int]:
    """Where long words are that begin as keys do."""
    shape = whole.translate(_WORDS)
    hits = []
    place = shape.find(_LONG_WORD)
    while place >= 0:
        # behind a backslash the word begins with the rest of an escape, as in \nsk-… and \u3042sk-…
        starts = (place, place + 1, place + 5) if whole[place - 1 : place] == b"\\" else (place,)
        if any(whole.startswith(_PREFIXES, start) for start in starts):
            hits.append(place)
        end = shape.find(b" ", place)
        place = shape.find(_LONG_WORD, end) if end >= 0 else -1
    return hits
