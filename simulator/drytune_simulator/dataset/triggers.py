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
_DIGITS: Final = bytes.maketrans(b"0123456789-", b"0" * 10 + b" ")
_NUMBERS: Final = (b"0" * 13, b"0000 0000")
"""Every card number that `CARD_SHAPE` finds holds one of these, its digits being zeros and its dashes spaces."""


def suspects(lines: tuple[bytes, ...]) -> set[int]:
    """Places (from 0) of the lines of a block that the fast way must leave alone."""
    whole = b"\n".join(lines)
    hits = [match.start() for pattern in _PATTERNS for match in pattern.finditer(whole)]
    hits += _keys(whole)
    numbers = _numbers(whole)
    if not hits and not numbers:
        return set()
    ends = list(accumulate(len(line) + 1 for line in lines))
    found = {bisect_right(ends, hit) for hit in hits}
    found.update(place for place in {bisect_right(ends, hit) for hit in numbers} if _has_card(lines[place]))
    return found


def _numbers(whole: bytes) -> list[int]:
    """Where long numbers are; one of each run of them."""
    shape = whole.translate(_DIGITS)
    hits = []
    for number in _NUMBERS:
        place = shape.find(number)
        while place >= 0:
            hits.append(place)
            place = shape.find(number, place + len(number))
    return hits


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
