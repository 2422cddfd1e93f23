"""Sketches of texts: texts that are nearly the same have sketches that mostly agree (minwise hashing).

A text's windows of eight bytes are hashed, an eighth of the hashes is kept, dealt into twelve bins, and the
smallest of each bin stands for it. The share of bins in which two sketches agree estimates what part of their
windows two texts have in common (one permutation hashing). A sketch depends on its text alone, so files may
be cut anywhere.
"""

from __future__ import annotations

import sys
from collections.abc import Container, Sequence
from typing import Final

__all__ = ["BINS", "LEAST_WINDOWS", "NOTHING", "Sketch", "agreement", "sketches", "values_of"]

Sketch = tuple[int, int, int]
"""Twelve 16-bit values in three 64-bit words; all zero for texts too short to compare so."""

NOTHING: Final[Sketch] = (0, 0, 0)

BINS: Final = 12
WINDOW: Final = 8
LEAST_WINDOWS: Final = 16
"""A text of which fewer windows are kept, one of about 140 bytes, has no sketch."""

LEAST_BINS: Final = 6
"""With fewer bins to compare nothing is said of two texts."""

LONGEST_TEXT: Final = 1 << 16
"""So many bytes of a text are looked at."""

_ODD: Final = 0x9E3779B97F4A7C15  # 2**64 / golden ratio, the usual multiplier for hashing by multiplication
_ODD_TOO: Final = 0xC2B2AE3D27D4EB4F  # a prime, from xxHash
_WORD: Final = (1 << 64) - 1
_KEPT: Final = 1 << 29  # of 32-bit hashes, those below: an eighth
_EMPTY: Final = 0xFFFFFFFF
_MANY: Final = 160_000
"""From so many bytes on numpy is worth its import."""

_FEW: Final = 2_000
"""From so many bytes on it is worth its use, where it is imported already."""

_SLICE: Final = 1 << 20


def sketches(texts: Sequence[bytes]) -> list[Sketch]:
    """The sketch of each text, in order."""
    texts = [text[:LONGEST_TEXT] for text in texts]
    if sum(map(len, texts)) < (_FEW if "numpy" in sys.modules else _MANY):
        return [_sketch(text) for text in texts]
    found: list[Sketch] = []
    batch: list[bytes] = []
    size = 0
    for text in texts:  # bounded: a window of eight bytes is eight times as large as the byte it begins with
        batch.append(text)
        size += len(text)
        if size > _SLICE:
            found += _sketched_together(batch)
            batch, size = [], 0
    return found + (_sketched_together(batch) if batch else [])


def values_of(sketch: Sketch) -> list[int]:
    """The values of the bins, 0 for an empty one."""
    return [word >> shift & 0xFFFF for word in sketch for shift in (0, 16, 32, 48)]


def agreement(one: Sketch, other: Sketch, common: Sequence[Container[int]] = ((),) * BINS) -> float:
    """In what share of the bins that either fills two sketches agree; 0 when there are fewer than six to compare.

    Args:
        one: Of a text.
        other: Of another.
        common: For each bin values that say nothing, as many texts have them: those of a template that they share.
    """
    same = filled = 0
    for value, value_too, ignored in zip(values_of(one), values_of(other), common, strict=True):
        if (value or value_too) and value not in ignored and value_too not in ignored:
            filled += 1
            same += value == value_too
    return same / filled if filled >= LEAST_BINS else 0.0


def _sketch(text: bytes) -> Sketch:
    least = [_EMPTY] * BINS
    kept = 0
    for place in range(len(text) - WINDOW + 1):
        window = int.from_bytes(text[place : place + WINDOW], "little")
        key = (window * _ODD & _WORD) >> 32
        if key < _KEPT:
            kept += 1
            value = (window * _ODD_TOO & _WORD) >> 32
            number = (key >> 13) * BINS >> 16
            least[number] = min(least[number], value)
    return _packed(least) if kept >= LEAST_WINDOWS else NOTHING


def _packed(least: Sequence[int]) -> Sketch:
    """The values as 16 bits each, never 0 unless the bin is empty: the low bits are as good as any."""
    short = [0 if value == _EMPTY else value & 0xFFFF or 1 for value in least]
    one, two, three = (
        sum(value << 16 * place for place, value in enumerate(short[start : start + 4]))
        for start in (0, 4, 8)
    )
    return one, two, three


def _sketched_together(texts: Sequence[bytes]) -> list[Sketch]:
    """The same as `_sketch` of each, by numpy."""
    import numpy as np

    buffer = b"".join(texts)
    if len(buffer) < WINDOW:
        return [NOTHING] * len(texts)
    lengths = [len(text) for text in texts]
    ends = np.cumsum(lengths)
    windows: np.ndarray[tuple[int], np.dtype[np.uint64]] = np.ndarray(
        (len(buffer) - WINDOW + 1,), "<u8", buffer, strides=(1,)
    )
    hashes = windows * np.uint64(_ODD)
    places = np.flatnonzero(hashes < np.uint64(_KEPT << 32))
    owners = np.repeat(np.arange(len(texts), dtype=np.int32), lengths)[places]
    whole = places + WINDOW <= ends[owners]  # a window that reaches into the next text is nobody's
    places, owners = places[whole], owners[whole]
    values = ((windows[places] * np.uint64(_ODD_TOO)) >> np.uint64(32)).astype(np.uint32)
    numbers = ((hashes[places] >> np.uint64(45)) * np.uint64(BINS) >> np.uint64(16)).astype(np.int32)
    least = np.full(len(texts) * BINS, _EMPTY, np.uint32)
    np.minimum.at(least, owners * BINS + numbers, values)
    short = np.where(least == _EMPTY, 0, np.maximum(least & 0xFFFF, 1)).astype("<u2").reshape(-1, BINS)
    short[np.bincount(owners, minlength=len(texts)) < LEAST_WINDOWS] = 0
    words = short.view("<u8")
    return list(zip(*(words[:, place].tolist() for place in range(3)), strict=True))
