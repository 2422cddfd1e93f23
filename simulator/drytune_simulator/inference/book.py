"""The lessons of one training file: found by conversation, and read from the file when they are given.

What finds them is made when it is first needed: the table in one pass over the file; the index of n-grams when the
first question comes that is not an exact one, and only where there are more lessons than can be compared one by
one. Both are kept on a shelf where there is one, and else in memory.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeVar

from drytune_simulator.inference.columns import Columns
from drytune_simulator.inference.conversation import Turn, keys
from drytune_simulator.inference.lessons import (
    BY_LOOKS,
    NOWHERE,
    Lesson,
    Line,
    Origin,
    Reading,
    lessons_of,
    lines_of,
    open_line,
)
from drytune_simulator.inference.probe import LEAST, MOST, Probe
from drytune_simulator.inference.shelf import DamagedError, Shelf
from drytune_simulator.inference.table import LessonTable, write_table
from drytune_simulator.version import __version__

if TYPE_CHECKING:
    from drytune_simulator.inference.index import LessonIndex

__all__ = ["Book", "Content", "Near"]

_Kept = TypeVar("_Kept")

_LOG = logging.getLogger("drytune_simulator")

_VERSION = f"{__version__}-{sys.byteorder}"
"""Of what is kept: another version of drytune may learn otherwise, and another machine write otherwise."""
_COLUMNS = "columns"
_FEW = 100
"""So many probes are all compared: that takes a millisecond, and no index."""
_CANDIDATES = 32
_LEAST_CANDIDATES = 8
_COMPARED = 4_000
"""Characters of candidates that are compared for one answer: of long texts fewer candidates are."""
_EQUALS = 16
"""Of lessons that differ only where they are not compared, so many are found."""
_SHORT = 16 * 1024
_MOST_GIVEN = 256
"""So many lessons, of lines of so many bytes at most, are remembered once they were given."""


@dataclass(frozen=True, slots=True)
class Content:
    """A training file.

    Attributes:
        key: Of its bytes and of how they are read: equal keys, equal lessons.
        open: Gives its bytes, from their start.
        reading: How its lines are read.
    """

    key: str
    open: Callable[[], BinaryIO]
    reading: Reading = BY_LOOKS


class Near(NamedTuple):
    """A lesson that is like a conversation: how much (`LEAST` to `MOST`), and its number."""

    likeness: float
    lesson: int


class Book:
    """The lessons of one training file, by number, in the order of the file.

    Args:
        content: The file.
        shelf: Where what finds the lessons is kept; None keeps it in memory.
    """

    def __init__(self, content: Content, shelf: Shelf | None = None) -> None:
        self._content = content
        self._shelf = shelf
        self._table: LessonTable | None = None
        self._index: LessonIndex | None = None
        self._making = threading.Lock()
        self._given: dict[int, Lesson] = {}

    @property
    def ready(self) -> bool:
        """Whether all that finds the lessons is there."""
        table = self._table
        return table is not None and (table.probes <= _FEW or self._index is not None)

    @property
    def table(self) -> LessonTable:
        """Where the lessons stand."""
        if self._table is None:
            with self._making:
                if self._table is None:
                    columns = self._kept(
                        "table", self._make_table, lambda path: Columns.open(path / _COLUMNS)
                    )
                    self._table = LessonTable(columns or Columns.in_memory(self._write_table))
        return self._table

    @property
    def index(self) -> LessonIndex:
        """What narrows many lessons down to a few."""
        if self._index is None:
            # late: many questions are exact ones, or put to few lessons
            from drytune_simulator.inference.index import LessonIndex

            table = self.table
            with self._making:
                if self._index is None:
                    self._index = self._kept(
                        "grams", lambda path: LessonIndex.build(table.entries(), path), LessonIndex.open
                    ) or LessonIndex.build(table.entries())
        return self._index

    def same(self, turns: Sequence[Turn]) -> Iterator[int]:
        """The lessons that continue this very conversation, in the order of the file."""
        return self.table.same(keys(turns)[-1]) if turns else iter(())

    def near(
        self,
        probe: Probe,
        kinds: Collection[str] | None = None,
        known: Sequence[int] | None = None,
        most: int = 1,
    ) -> list[Near]:
        """The lessons most like a conversation, the most alike first; of equally near ones, the first.

        Args:
            probe: The conversation.
            kinds: Only lessons whose reply is of one of these (see `Lesson.kinds`); None allows all.
            known: For each example, whether it counts; None lets all of them count.
            most: How many, at most; of lessons that nothing tells apart only the first, unless the conversation
                was cut to be compared.
        """
        table = self.table
        allowed = None
        if kinds is not None:
            wanted = set(kinds)
            allowed = {number for number, each in enumerate(table.kinds) if not wanted.isdisjoint(each)}
            if len(allowed) == len(table.kinds):
                allowed = None
        found: list[tuple[float, int, int]] = []
        for number in self._candidates(probe, allowed, known):
            lesson = self._first(number, known)
            if lesson is None:
                continue
            score = probe.likeness(table.probe(number))
            if score >= LEAST:
                found.append((-min(MOST, score), lesson, number))
        related: list[Near] = []
        for score, lesson, number in sorted(found):
            if probe.related(table.probe(number)):
                related.append(Near(-score, lesson))
                if probe.cut:
                    more = self._counted(number, known)
                    related += [Near(-score, other) for other in islice(more, 1, _EQUALS)]
            if len(related) >= most:
                break
        return related[:most]

    def lesson(self, number: int, origin: Origin = NOWHERE) -> Lesson:
        """The lesson of that number, read from the file.

        Raises:
            KeyError: The file is not there any more.
        """
        known = self._given.get(number)
        if known is None:
            known = self._read(number)
        return Lesson(known.line, known.turns, known.end, known.reply, origin)

    def _read(self, number: int) -> Lesson:
        place = self.table.place(number)
        with self._content.open() as file:
            data = open_line(file, place.offset, place.size)
        line = Line(place.line, place.offset, data)
        lessons = lessons_of(line, self._content.reading)
        (found,) = [lesson for lesson in lessons if lesson.end == place.end]
        if place.size <= _SHORT:
            if len(self._given) >= _MOST_GIVEN:
                self._given.clear()
            self._given[number] = found
        return found

    def _first(self, probe: int, known: Sequence[int] | None) -> int | None:
        """The first lesson of a probe that counts."""
        return next(self._counted(probe, known), None)

    def _counted(self, probe: int, known: Sequence[int] | None) -> Iterator[int]:
        """The lessons of a probe that count, in the order of the file."""
        alike = self.table.alike(probe)
        if known is None:
            return alike
        return (lesson for lesson in alike if known[self.table.place(lesson).example])

    def _candidates(
        self, probe: Probe, kinds: Collection[int] | None, known: Sequence[int] | None
    ) -> Iterator[int]:
        """The probes that may be the nearest."""
        table = self.table
        if table.probes <= _FEW:
            yield from (
                number for number in range(table.probes) if kinds is None or table.kind(number) in kinds
            )
            return
        size = max(1, len(probe.last) + len(probe.earlier))
        most = max(_LEAST_CANDIDATES, min(_CANDIDATES, _COMPARED // size))
        if known is None:
            yield from self._looked_up(probe, most, kinds)
            return
        # a checkpoint may not know the first ones: ask for more, until it knows enough of them
        asked, seen = most, 0
        while True:
            found = self._looked_up(probe, asked, kinds)
            for number in found[seen:]:
                if self._first(number, known) is not None:
                    yield number
                    most -= 1
                    if not most:
                        return
            if len(found) < asked:
                return
            seen, asked = len(found), asked * 4

    def _looked_up(self, probe: Probe, most: int, kinds: Collection[int] | None) -> list[int]:
        """What the index proposes; it is made again, in memory, if it was damaged while it was open."""
        index = self.index
        try:
            return index.candidates(probe.last, probe.earlier, most, kinds)
        except DamagedError as error:
            _LOG.warning("what finds the lessons of %s was damaged: %s", self._content.key, error)
            from drytune_simulator.inference.index import LessonIndex

            with self._making:
                if self._index is index:
                    self._index = LessonIndex.build(self.table.entries())
            return self.index.candidates(probe.last, probe.earlier, most, kinds)

    def _write_table(self, file: BinaryIO) -> None:
        with self._content.open() as content:
            write_table(file, lines_of(content), self._content.reading)

    def _make_table(self, path: Path) -> None:
        with (path / _COLUMNS).open("wb") as file:
            self._write_table(file)

    def _kept(self, what: str, make: Callable[[Path], object], read: Callable[[Path], _Kept]) -> _Kept | None:
        """What is on the shelf, or None without one, or if it cannot be kept there."""
        if self._shelf is None:
            return None
        try:
            return self._shelf.take(f"{self._content.key}.{what}-{_VERSION}", make, read)
        except (OSError, DamagedError) as error:
            _LOG.warning("what finds the lessons of %s is kept in memory: %s", self._content.key, error)
            return None
