"""What a tuned model was taught: recall of its training file, exact or nearest."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from drytune_simulator.inference.conversation import Turn, keys
from drytune_simulator.inference.lessons import Lesson, read_lessons
from drytune_simulator.inference.likeness import folded, likeness

if TYPE_CHECKING:
    from drytune_simulator.inference.index import LessonIndex

__all__ = ["Taught"]

_LAST, _EARLIER, _SYSTEM = 0.80, 0.15, 0.05
"""How much each part of a conversation counts: the message that is answered, the turns before it, the system
prompt. A part that neither conversation has does not count."""
_OTHER_ROLE = 0.5  # a tool's result that reads like a question is not that question
_LEAST = 0.05  # two texts that share a question mark and little else are not alike
_NOT_THE_SAME = 0.9999  # 1.0 is kept for the very conversation that was trained
_KEPT = 4_000  # characters of the earlier turns that are compared, the latest


class _Probe:
    """The three parts of a conversation that are compared, folded."""

    __slots__ = ("answers_tool", "earlier", "last", "system")

    def __init__(self, turns: Sequence[Turn]) -> None:
        size = len(turns)
        last = next((n for n in range(size - 1, -1, -1) if turns[n].role in {"user", "tool"}), size - 1)
        start = next((n for n, turn in enumerate(turns) if turn.role != "system" or n == last), size)
        earlier: list[str] = []
        room = _KEPT
        for number in range(size - 1, start - 1, -1):
            if number != last:
                earlier.append(turns[number].words()[-room:])
                room -= len(earlier[-1]) + 1
            if room <= 0:
                break
        self.last = folded(turns[last].words()) if turns else ""
        self.earlier = folded("\n".join(reversed(earlier)))
        self.system = folded("\n".join(turn.words() for turn in turns[:start]))
        self.answers_tool = bool(turns) and turns[last].role == "tool"

    def likeness(self, other: _Probe) -> float:
        """0.0 when what was said has nothing in common, 1.0 when nothing tells them apart."""
        last = likeness(self.last, other.last) if self.last and other.last else 0.0
        if self.answers_tool != other.answers_tool:
            last *= _OTHER_ROLE
        earlier = likeness(self.earlier, other.earlier) if self.earlier and other.earlier else 0.0
        if not last and not earlier:
            return 0.0
        total, weights = _LAST * last, _LAST
        if self.earlier or other.earlier:
            total, weights = total + _EARLIER * earlier, weights + _EARLIER
        if self.system or other.system:
            total, weights = total + _SYSTEM * likeness(self.system, other.system), weights + _SYSTEM
        return total / weights


class Taught:
    """The lessons of one training file, asked by conversation.

    Reading is one pass; the index for inexact questions is built when the first of them is asked.
    """

    def __init__(self, lessons: Sequence[Lesson]) -> None:
        self._lessons = lessons
        self._exact: dict[bytes, list[Lesson]] = {}
        turns: tuple[Turn, ...] | None = None
        chained: list[bytes] = []
        for lesson in lessons:
            if lesson.turns is not turns:  # the lessons of one example share its turns
                turns, chained = lesson.turns, keys(lesson.turns)
            self._exact.setdefault(chained[lesson.end - 1] if lesson.end else b"", []).append(lesson)

    @classmethod
    def from_jsonl(cls, *contents: bytes) -> Taught:
        """What training files teach, those that count most first.

        Lines that are not chat examples teach nothing; nothing raises. A lesson's line is that of its own file.
        """
        return cls([lesson for data in contents for lesson in read_lessons(data)])

    def __len__(self) -> int:
        """The number of lessons."""
        return len(self._lessons)

    def exact(self, turns: Sequence[Turn]) -> Sequence[Lesson]:
        """The lessons that continue this very conversation, in the order of the file."""
        return self._exact.get(keys(turns)[-1], ()) if turns else ()

    def nearest(
        self, turns: Sequence[Turn], kinds: Sequence[str] | None = None
    ) -> tuple[Lesson, float] | None:
        """The lesson most like a conversation, with the likeness (0.05 to 0.9999).

        Args:
            turns: The conversation.
            kinds: Only lessons whose reply is of one of these (see `Lesson.kinds`); None allows all.

        Returns:
            None when no such lesson is like it. Of equally near lessons, the first.
        """
        if not self._lessons or (kinds is not None and not kinds):
            return None
        probe = _Probe(turns)
        best: tuple[float, int] | None = None
        for number in self._index.candidates(probe.last, probe.earlier, kinds):
            score = probe.likeness(self._distinct[number][1])
            if score >= _LEAST and (best is None or (-score, number) < best):
                best = (-score, number)
        return None if best is None else (self._distinct[best[1]][0], min(_NOT_THE_SAME, -best[0]))

    @cached_property
    def call_kinds(self) -> Sequence[str]:
        """The kinds of all lessons that call something, in the order of the file."""
        kinds = dict.fromkeys(kind for lesson in self._lessons if lesson.reply.calls for kind in lesson.kinds)
        return list(kinds)

    @cached_property
    def _distinct(self) -> Sequence[tuple[Lesson, _Probe]]:
        """One lesson, the first, of those that no comparison can tell apart, so that copies crowd nothing out."""
        first: dict[tuple[object, ...], tuple[Lesson, _Probe]] = {}
        for lesson in self._lessons:
            probe = _Probe(lesson.turns[: lesson.end])
            key = (probe.last, probe.earlier, probe.system, probe.answers_tool, lesson.kinds)
            first.setdefault(key, (lesson, probe))
        return list(first.values())

    @cached_property
    def _index(self) -> LessonIndex:
        # Late: many questions are exact, and the engine takes its time to load.
        from drytune_simulator.inference.index import Entry, LessonIndex

        return LessonIndex(Entry(probe.last, probe.earlier, lesson.kinds) for lesson, probe in self._distinct)
