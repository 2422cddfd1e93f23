"""What a tuned model was taught: the lessons of its own job, then those of the models that it was tuned from."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from drytune_simulator.inference.book import Book, Content
from drytune_simulator.inference.conversation import Turn
from drytune_simulator.inference.known import ALL, Share
from drytune_simulator.inference.lessons import NOWHERE, Lesson, Method, Origin, Reading
from drytune_simulator.inference.likeness import all_likeness
from drytune_simulator.inference.probe import LEAST, Probe

__all__ = ["Found", "Source", "Taught"]

_WHOLE = 16
_NEARLY = 0.02
"""Of a conversation too long to be compared whole, so many lessons that are so nearly the nearest are read."""
_MOST_OF_CUT = 0.99
"""How like a lesson can be of which not everything was compared."""


@dataclass(frozen=True, slots=True)
class Source:
    """The lessons of one training.

    Attributes:
        book: Of its training file.
        origin: The job and the file, to be told.
        share: How much of it the model knows.
    """

    book: Book
    origin: Origin = NOWHERE
    share: Share = ALL


@dataclass(frozen=True, slots=True)
class Found:
    """A lesson, and how like its conversation is to the one that was asked: 0.02 to 0.9999, of a long one 0.99."""

    lesson: Lesson
    likeness: float


class Taught:
    """The lessons of one model, asked by conversation.

    Nothing is read before the first question. What the model was taught last comes first, and of one file what
    comes first in it: of two replies to the same conversation the first is given.

    Args:
        sources: What it was taught, the latest first.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._known: dict[int, bytearray | None] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_jsonl(cls, *contents: bytes, method: Method | None = None) -> Taught:
        """What training files teach, those that count most first.

        Lines that are no examples teach nothing; nothing raises. A lesson's line is that of its own file.
        """
        return cls([Source(Book(_in_memory(data, method))) for data in contents])

    def __len__(self) -> int:
        """The number of lessons that it knows."""
        count = 0
        for place, source in enumerate(self._sources):
            known, table = self._known_of(place), source.book.table
            count += (
                len(table)
                if known is None
                else sum(known[table.place(number).example] for number in range(len(table)))
            )
        return count

    @property
    def empty(self) -> bool:
        """Whether it knows nothing at all."""
        for place, source in enumerate(self._sources):
            known = self._known_of(place)
            if len(source.book.table) if known is None else any(known):
                return False
        return True

    @property
    def ready(self) -> bool:
        """Whether nothing is to be read or made any more before any question is answered."""
        return all(source.book.ready for source in self._sources)

    def exact(self, turns: Sequence[Turn]) -> Iterator[Lesson]:
        """The lessons that continue this very conversation, those that count most first."""
        for place, source in enumerate(self._sources):
            for number in source.book.same(turns):
                known = self._known_of(place)
                if known is None or known[source.book.table.place(number).example]:
                    yield source.book.lesson(number, source.origin)

    def near(self, turns: Sequence[Turn], kinds: Sequence[str] | None = None, most: int = 1) -> list[Found]:
        """The lessons most like a conversation, the most alike first; none that is hardly like it.

        Args:
            turns: The conversation.
            kinds: Only lessons whose reply is of one of these (see `Lesson.kinds`); None allows all.
            most: How many, at most; of lessons that nothing tells apart only the first.
        """
        if kinds is not None and not kinds:
            return []
        probe = Probe.of(turns)
        asked = max(most, _WHOLE) if probe.cut else most
        found = [
            (-near.likeness, place, near.lesson)
            for place, source in enumerate(self._sources)
            for near in source.book.near(probe, kinds, self._known_of(place), asked)
        ]
        lessons = [
            Found(self._sources[place].book.lesson(number, self._sources[place].origin), -likeness)
            for likeness, place, number in sorted(found)[:asked]
        ]
        return (_by_all(lessons, turns) if probe.cut else lessons)[:most]

    @property
    def call_kinds(self) -> list[str]:
        """The kinds of all lessons that call something."""
        kinds = (kind for source in self._sources for each in source.book.table.kinds for kind in each)
        return [kind for kind in dict.fromkeys(kinds) if kind.startswith("call:")]

    def _known_of(self, place: int) -> bytearray | None:
        """Which examples of a source are known; None for all of them."""
        source = self._sources[place]
        if source.share.whole:
            return None
        with self._lock:
            if place not in self._known:
                self._known[place] = source.share.known(source.book.table.examples)
            return self._known[place]


def _by_all(found: Sequence[Found], turns: Sequence[Turn]) -> list[Found]:
    """Lessons that are as like as each other in what is compared of a long conversation, by all that was said.

    Those that are less like stay behind them.
    """
    if not found:
        return []
    near = [one for one in found if one.likeness >= found[0].likeness - _NEARLY]
    alike = all_likeness(_said(turns), [_said(one.lesson.asked) for one in near])
    again = [
        Found(one.lesson, max(LEAST, min(_MOST_OF_CUT, score)))
        for score, one in sorted(zip(alike, near, strict=True), key=lambda pair: -pair[0])
    ]
    least = again[-1].likeness
    return again + [Found(one.lesson, min(least, one.likeness)) for one in found[len(near) :]]


def _said(turns: Sequence[Turn]) -> str:
    return "\n".join([turn.words() for turn in turns if turn.role != "system"])


def _in_memory(data: bytes, method: Method | None) -> Content:
    key = hashlib.sha256(data).hexdigest()
    return Content(key, lambda: io.BytesIO(data), Reading(method=method))
