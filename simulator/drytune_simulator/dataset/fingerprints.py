"""What examples are compared by: hashes of what they say, in bounded memory, and a sketch of how they say it.

Two examples are the same when roles, texts, calls and tools are; their keys may stand in any order. They ask the
same when everything before the last reply is the same. They are nearly the same when their sketches agree.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

__all__ = [
    "MAX_KEPT",
    "Fingerprints",
    "fingerprints_of",
    "groups",
    "merge_fingerprints",
    "share_found_in",
    "share_repeated",
]

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
        seen: How many examples there were.
        shift: Only examples whose `exact` ends with so many zero bits are kept.
    """

    exact: bytes = b""
    prompt: bytes = b""
    first: bytes = b""
    second: bytes = b""
    third: bytes = b""
    lines: bytes = b""
    seen: int = 0
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
    return Fingerprints(
        _words(exact), _words(prompt), first, second, third, _words(numbers), seen=len(sketches)
    )


def _words(values: Iterable[int]) -> bytes:
    return array("Q", values).tobytes()


def merge_fingerprints(many: Sequence[tuple[Fingerprints, int]], most: int = MAX_KEPT) -> Fingerprints:
    """The fingerprints of stretches that follow one another, each with the number of lines before it.

    When there are more than `most`, only two of the same kind are kept; and when these are too many, every second
    one is left out, again and again, by the bits of `exact`. So what is left depends on the examples alone,
    not on how the file was cut.
    """
    seen = sum(part.seen for part, _ in many)
    shift = max((part.shift for part, _ in many), default=0)
    merged = _joined([(_sampled(part, shift), offset) for part, offset in many], seen, shift)
    if seen > most:
        merged = _thinned(merged)
    while len(merged) > most and merged.shift < _WORD_BITS - 1:
        merged = _sampled(merged, merged.shift + 1)
    return merged


def _joined(parts: Sequence[tuple[Fingerprints, int]], seen: int, shift: int) -> Fingerprints:
    columns: dict[str, Any] = {name: b"".join(getattr(part, name) for part, _ in parts) for name in _FIELDS}
    lines = b"".join(_moved(part.lines, offset) for part, offset in parts)
    return Fingerprints(**columns, lines=lines, seen=seen, shift=shift)


def _thinned(prints: Fingerprints) -> Fingerprints:
    """The first two of each kind: enough to say that there are several."""
    times: dict[int, int] = {}
    if len(prints) < _MANY:
        kept = []
        for place, word in enumerate(prints.column("exact")):
            times[word] = times.get(word, 0) + 1
            if times[word] <= _OF_A_KIND:
                kept.append(place)
        return _chosen(prints, kept, prints.shift)
    import numpy as np

    words = np.frombuffer(prints.exact, np.uint64)
    order = np.argsort(words, kind="stable")
    ordered = words[order]
    third = np.zeros(len(words), bool)  # whether the word stands twice before
    third[order[_OF_A_KIND:]] = ordered[_OF_A_KIND:] == ordered[:-_OF_A_KIND]
    return _chosen(prints, np.flatnonzero(~third).tolist(), prints.shift) if third.any() else prints


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
    if len(prints) < _MANY:
        kept = [place for place, word in enumerate(prints.column("exact")) if word & mask == 0]
    else:
        import numpy as np

        kept = np.flatnonzero(np.frombuffer(prints.exact, np.uint64) & np.uint64(mask) == 0).tolist()
    return _chosen(prints, kept, shift)


def _chosen(prints: Fingerprints, kept: Sequence[int], shift: int) -> Fingerprints:
    """Those at the places `kept`."""
    names = (*_FIELDS, "lines")
    columns: dict[str, Any]
    if len(prints) < _MANY:
        columns = {name: _words(map(prints.column(name).__getitem__, kept)) for name in names}
    else:
        import numpy as np

        places = np.array(kept, np.intp)
        columns = {name: np.frombuffer(getattr(prints, name), np.uint64)[places].tobytes() for name in names}
    return Fingerprints(**columns, seen=prints.seen, shift=shift)


_OF_A_KIND = 2
_MANY = 4096
"""From so many words on numpy is worth its import."""


def share_repeated(prints: Fingerprints) -> float:
    """Which share of the examples, 0 to 1, repeats an earlier one; estimated where only a sample was kept."""
    if not prints.seen:
        return 0.0
    # of each kind that the sample has all members were seen, whether they were kept or not
    different = _how_many_kinds(prints) << prints.shift
    return max(0.0, 1 - different / prints.seen)


def share_found_in(prints: Fingerprints, others: Fingerprints) -> float:
    """Which share of the examples, 0 to 1, is among the `others`; estimated where only a sample was kept."""
    shift = max(prints.shift, others.shift)
    mine, theirs = (_sampled(part, shift).column("exact") for part in (prints, others))
    if not mine:
        return 0.0
    if len(mine) + len(theirs) < _MANY:
        known = set(theirs)
        return sum(word in known for word in mine) / len(mine)
    import numpy as np

    return float(np.isin(np.asarray(mine), np.asarray(theirs)).mean())


def _how_many_kinds(prints: Fingerprints) -> int:
    if len(prints) < _MANY:
        return len(set(prints.column("exact")))
    import numpy as np

    return len(np.unique(np.frombuffer(prints.exact, np.uint64)))


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
