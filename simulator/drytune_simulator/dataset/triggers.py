"""Which lines of a block may hold what only the slow way sees, told from their bytes in a few quick searches.

Each search runs over the whole block at once, and costs a fraction of a millisecond a megabyte; only where it finds
something are the lines looked at one by one. A line too many costs time, a line too few would hide a finding:
`tests/dataset/test_fast.py` compares both ways.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import Final

from drytune_simulator.dataset.rules.privacy import CARD_SHAPE, EMAIL, KEY_SHAPE, is_card_number

__all__ = ["suspects"]

# Patterns that begin with one certain byte are searched for at the speed of memchr.
_PATTERNS: Final = (
    re.compile(rb"<\|"),  # a special token
    re.compile(rb"\\(?:u00[0-7]|[bf])"),  # an escape that could hide anything; a control character
    re.compile(EMAIL.pattern.encode()),
    re.compile(rb"A(?:KIA|SIA)[A-Z0-9]{16}"),
    re.compile(rb"-----BEGIN"),
)

_KEY: Final = re.compile(KEY_SHAPE.pattern.encode())
_CARD: Final = re.compile(CARD_SHAPE.pattern.encode())

_WORDS: Final = bytes(
    ord("a") if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "_-") else ord(" ")
    for byte in range(256)
)
_LONG_WORD: Final = b"a" * 21
"""Keys are long words, the shortest of them but for those of AWS of 21 letters; few texts have any as long."""

_DIGITS: Final = bytes.maketrans(b"0123456789", b"0" * 10)
_LONG_NUMBER: Final = b"0" * 13


def suspects(lines: tuple[bytes, ...]) -> set[int]:
    """Places (from 0) of the lines of a block that the fast way must leave alone."""
    whole = b"\n".join(lines)
    hits = [match.start() for pattern in _PATTERNS for match in pattern.finditer(whole)]
    if _LONG_WORD in whole.translate(_WORDS):
        hits += [match.start() for match in _KEY.finditer(whole)]
    if _LONG_NUMBER in whole.translate(_DIGITS, b" -"):
        hits += [match.start() for match in _CARD.finditer(whole) if is_card_number(match[0].decode())]
    if not hits:
        return set()
    ends = list(accumulate(len(line) + 1 for line in lines))
    return {bisect_right(ends, hit) for hit in hits}
