"""Where the lessons of a training file stand, and what is compared of them; a few bytes a lesson.

The lessons themselves stay in the training file. What is kept, in columns:

    keys               digest and number of each lesson, sorted by digest: the same conversation is found at once
    offset, size       of its line, in bytes
    line, end          number of its line; how many turns stand before the reply
    example            number of its line among those that teach
    next               the next lesson that no comparison can tell from this one, or 0
    last, earlier, system, tool, kinds, first
                       of each distinct probe: its three texts, whether it answers a tool, what the reply is, and
                       the first lesson that has it
    start, texts       distinct folded texts, one after the other
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

import xxhash

from drytune_simulator.inference.columns import Columns, Writer
from drytune_simulator.inference.conversation import KEY_SIZE, keys
from drytune_simulator.inference.lessons import Lesson, Line, Reading, lessons_of
from drytune_simulator.inference.probe import Probe

__all__ = ["LessonTable", "Place", "write_table"]

_RECORD = KEY_SIZE + 4
_FEW, _LITTLE = 256, 1 << 20
"""So many probes, with so many bytes of text, are kept as they are compared."""
_REMEMBERED = 200_000
"""So many distinct texts, and probes, are recognised when they come again; later ones may be kept twice."""
_MANY = 50_000
"""So many lessons are sorted by numpy, which takes its time to load, and little memory."""


class Place(NamedTuple):
    """Where a lesson stands.

    Attributes:
        offset: Of its line in the file.
        size: Bytes of its line.
        line: Number of its line, from 1.
        end: How many turns stand before its reply.
        example: Number of its line among those that teach, from 0.
    """

    offset: int
    size: int
    line: int
    end: int
    example: int


class LessonTable:
    """The lessons of one file, by number, in the order of the file."""

    def __init__(self, columns: Columns) -> None:
        self._keys = columns.bytes("keys")
        self._places = [columns.numbers(name) for name in Place._fields]
        self._next, self._first = columns.numbers("next"), columns.numbers("first")
        self._texts, self._start = columns.bytes("texts"), columns.numbers("start")
        self._parts = [columns.numbers(name) for name in ("last", "earlier", "system", "tool")]
        self._kinds = columns.numbers("kinds")
        self._probes: dict[int, Probe] = {}
        self.kinds = tuple(tuple(kinds) for kinds in columns.meta["kinds"])
        """What replies are (`Lesson.kinds`), each once, in the order of the file."""
        self.examples = int(columns.meta["examples"])
        """How many lines teach."""

    def __len__(self) -> int:
        """The number of lessons."""
        return len(self._next)

    def same(self, key: bytes) -> Iterator[int]:
        """The lessons that continue the conversation with this digest, in the order of the file."""
        at = bisect_left(range(len(self)), key, key=lambda n: bytes(self._key(n)))
        while at < len(self) and self._key(at) == key:
            record = self._keys[at * _RECORD + KEY_SIZE : (at + 1) * _RECORD]
            yield int.from_bytes(record, "big")
            at += 1

    def place(self, lesson: int) -> Place:
        """Where a lesson stands."""
        return Place(*[column[lesson] for column in self._places])

    @property
    def probes(self) -> int:
        """The number of distinct probes."""
        return len(self._first)

    def probe(self, number: int) -> Probe:
        """What is compared of the lessons of a probe."""
        known = self._probes.get(number)
        if known is None:
            last, earlier, system, tool = [column[number] for column in self._parts]
            known = Probe(self._text(last), self._text(earlier), self._text(system), bool(tool))
            if len(self._first) <= _FEW and len(self._texts) <= _LITTLE:
                self._probes[number] = known
        return known

    def entries(self) -> Iterator[tuple[str, str, int]]:
        """Of each probe, the message that is answered, the turns around it, and `kind`."""
        last, earlier, *_ = self._parts
        for number, kind in enumerate(self._kinds):
            yield self._text(last[number]), self._text(earlier[number]), kind

    def kind(self, number: int) -> int:
        """What the replies of a probe are: a place in `kinds`."""
        return int(self._kinds[number])

    def alike(self, number: int) -> Iterator[int]:
        """The lessons of a probe, in the order of the file."""
        lesson = self._first[number]
        yield lesson
        while lesson := self._next[lesson]:
            yield lesson

    def _key(self, number: int) -> memoryview:
        return self._keys[number * _RECORD : number * _RECORD + KEY_SIZE]

    def _text(self, number: int) -> str:
        return str(self._texts[self._start[number] : self._start[number + 1]], "utf-8")


def write_table(file: BinaryIO, lines: Iterable[Line], reading: Reading) -> None:
    """Write the table of the lessons that `lines` hold; at no time more than one line is in memory."""
    builder = _Builder(Writer(file))
    for line in lines:
        lessons = lessons_of(line, reading)
        if lessons:
            builder.add(line, lessons)
    builder.finish()


class _Builder:
    """Takes lessons line by line; texts go to the file at once, numbers at the end."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._begin = writer.write(b"")
        self._keys = bytearray()
        self._columns = {name: array("Q" if name in {"offset", "size"} else "I") for name in Place._fields}
        self._next, self._tails, self._start = array("I"), array("I"), array("Q", [0])
        self._probes = {name: array("I") for name in ("last", "earlier", "system", "tool", "kinds", "first")}
        self._known_texts: dict[bytes, int] = {}
        self._known_probes: dict[tuple[int, ...], int] = {}
        self._kinds: dict[tuple[str, ...], int] = {}
        self._examples = 0

    def add(self, line: Line, lessons: list[Lesson]) -> None:
        """The lessons of the next line that teaches."""
        chained = keys(lessons[0].turns)
        for lesson in lessons:
            number = len(self._next)
            key = chained[lesson.end - 1] if lesson.end else bytes(KEY_SIZE)
            self._keys += key + number.to_bytes(4, "big")
            place = Place(line.offset, len(line.data), line.number, lesson.end, self._examples)
            for name, value in zip(Place._fields, place, strict=True):
                self._columns[name].append(value)
            self._next.append(0)
            self._join(number, self._probe(lesson))
        self._examples += 1

    def finish(self) -> None:
        """Write what was gathered."""
        self._writer.column("texts", since=self._begin)
        columns = {"keys": self._sorted(), **self._columns, "next": self._next, "start": self._start}
        for name, data in {**columns, **self._probes}.items():
            self._writer.column(name, data)
        self._writer.finish(kinds=list(self._kinds), examples=self._examples)

    def _probe(self, lesson: Lesson) -> tuple[int, ...]:
        probe = Probe.of(lesson.asked)
        texts = [self._text(text) for text in (probe.last, probe.earlier, probe.system)]
        return (*texts, probe.answers_tool, self._kinds.setdefault(lesson.kinds, len(self._kinds)))

    def _join(self, lesson: int, probe: tuple[int, ...]) -> None:
        """Note that a lesson has this probe."""
        number = self._known_probes.get(probe)
        if number is not None:
            self._next[self._tails[number]] = lesson
            self._tails[number] = lesson
            return
        if len(self._known_probes) < _REMEMBERED:
            self._known_probes[probe] = len(self._tails)
        self._tails.append(lesson)
        for column, value in zip(self._probes.values(), (*probe, lesson), strict=True):
            column.append(value)

    def _text(self, text: str) -> int:
        raw = text.encode()
        digest = xxhash.xxh3_128_digest(raw)
        number = self._known_texts.get(digest)
        if number is None:
            number = len(self._start) - 1
            self._writer.write(raw)
            self._start.append(self._start[-1] + len(raw))
            if len(self._known_texts) < _REMEMBERED:
                self._known_texts[digest] = number
        return number

    def _sorted(self) -> bytes | bytearray:
        records = self._keys
        if len(self._next) < _MANY:
            return b"".join(sorted([records[at : at + _RECORD] for at in range(0, len(records), _RECORD)]))
        import numpy as np

        np.frombuffer(records, dtype=f"S{_RECORD}").sort()
        return records
