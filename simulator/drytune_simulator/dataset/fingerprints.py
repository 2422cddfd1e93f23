"""What examples are compared by: hashes of what they say, in bounded memory, and a sketch of how they say it.

Two examples are the same when roles, texts, calls and tools are; their keys may stand in any order. They ask the
same when everything before the last reply is the same. They are nearly the same when their sketches agree.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

__all__ = ["MAX_KEPT", "Fingerprints", "fingerprints_of", "groups", "merge_fingerprints"]

MAX_KEPT = 1 << 19
"""So many examples of a file are compared with each other; of more, a sample that depends on what they say."""

_FIELDS: Final = ("exact", "prompt", "first", "second", "third")
_U64 = 8
_WORD_BITS: Final = 64


class Fingerprints(msgspec.Struct, frozen=True):
    """The fingerprints of some examples, as arrays of unsigned 64-bit words in native order.

    Attributes:
        exact, prompt: One word an example.
        first, second, third: The sketch (`sketch.sketches`): four 16-bit values a word; zero when there is none.
        lines: Line numbers of the examples.
        shift: Only examples whose `exact` ends with so many zero bits are kept.
    """

    exact: bytes = b""
    prompt: bytes = b""
    first: bytes = b""
    second: bytes = b""
    third: bytes = b""
    lines: bytes = b""
    shift: int = 0

    def __len__(self) -> int:
        return len(self.exact) // _U64

    def column(self, name: str) -> array[int]:
        """One of the arrays, by its name."""
        words = array("Q")
        words.frombytes(getattr(self, name))
        return words


def fingerprints_of(
    numbers: Iterable[int],
    exact: Iterable[int],
    prompt: Iterable[int],
    sketches: Sequence[tuple[int, int, int]],
) -> Fingerprints:
    """The fingerprints of examples: their line numbers, hashes, and sketches."""
    first, second, third = (_words(sketch[place] for sketch in sketches) for place in range(3))
    return Fingerprints(_words(exact), _words(prompt), first, second, third, _words(numbers))


def _words(values: Iterable[int]) -> bytes:
    return array("Q", values).tobytes()


def merge_fingerprints(many: Sequence[tuple[Fingerprints, int]], most: int = MAX_KEPT) -> Fingerprints:
    """The fingerprints of stretches that follow one another, each with the number of lines before it.

    When there are more than `most`, every second one is left out, again and again, by the bits of `exact`: so
    what is left depends on the examples alone, not on how the file was cut.
    """
    shift = max((part.shift for part, _ in many), default=0)
    parts = [(_sampled(part, shift), offset) for part, offset in many]
    while sum(len(part) for part, _ in parts) > most and shift < _WORD_BITS - 1:
        shift += 1
        parts = [(_sampled(part, shift), offset) for part, offset in parts]
    columns: dict[str, Any] = {name: b"".join(getattr(part, name) for part, _ in parts) for name in _FIELDS}
    lines = b"".join(_moved(part.lines, offset) for part, offset in parts)
    return Fingerprints(**columns, lines=lines, shift=shift)


def _moved(lines: bytes, offset: int) -> bytes:
    if not offset or not lines:
        return lines
    words = array("Q")
    words.frombytes(lines)
    if len(words) < _MANY:
        return _words(word + offset for word in words)
    import numpy as np

    return bytes((np.frombuffer(lines, np.uint64) + np.uint64(offset)).tobytes())


def _sampled(prints: Fingerprints, shift: int) -> Fingerprints:
    """Those whose `exact` ends with so many zero bits."""
    if prints.shift == shift:
        return prints
    mask = (1 << shift) - 1
    names = (*_FIELDS, "lines")
    columns: dict[str, Any]
    if len(prints) < _MANY:
        kept = [place for place, word in enumerate(prints.column("exact")) if word & mask == 0]
        columns = {name: _words(map(prints.column(name).__getitem__, kept)) for name in names}
    else:
        import numpy as np

        chosen = np.frombuffer(prints.exact, np.uint64) & np.uint64(mask) == 0
        columns = {name: np.frombuffer(getattr(prints, name), np.uint64)[chosen].tobytes() for name in names}
    return Fingerprints(**columns, shift=shift)


_MANY = 4096
"""From so many words on numpy is worth its import."""


def groups(words: Sequence[int] | array[int], skip: int | None = None) -> Iterator[list[int]]:
    """Places of equal words, for words that come more than once, by their first place."""
    if len(words) < _MANY:
        places: dict[int, list[int]] = {}
        for place, word in enumerate(words):
            if word != skip:
                places.setdefault(word, []).append(place)
        yield from (group for group in places.values() if len(group) > 1)
        return
    import numpy as np

    values = np.asarray(words, dtype=np.uint64)
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[starts, len(ordered)])
    repeated = [
        order[start : start + size]
        for start, size in zip(starts[sizes > 1], sizes[sizes > 1], strict=True)
        if skip is None or ordered[start] != skip
    ]
    yield from sorted((group.tolist() for group in repeated), key=lambda group: int(group[0]))
