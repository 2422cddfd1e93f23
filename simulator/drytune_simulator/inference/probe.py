"""The parts of a conversation that are compared when none that was trained is the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drytune_simulator.inference.conversation import Turn
from drytune_simulator.inference.likeness import CUT, folded, likeness
from drytune_simulator.inference.telling import related

__all__ = ["LEAST", "MOST", "Probe"]

LEAST = 0.02
"""Conversations that share less are not alike, even if one word is the same."""
MOST = 0.9999
"""How like a conversation can be that is not the very same: 1.0 is kept for that one."""

_LAST, _EARLIER, _SYSTEM = 0.80, 0.15, 0.05
"""How much each part of a conversation counts: the message that is answered, the turns before it, the system
prompt. A part that neither conversation has does not count."""
_OTHER_ROLE = 0.5  # a tool's result that reads like a question is not that question
_KEPT = 4_000  # characters of the earlier turns that are compared, the latest


@dataclass(frozen=True, slots=True)
class Probe:
    """A conversation in its parts, each folded.

    Attributes:
        last: The message that is answered: the last of a user or a tool.
        earlier: The turns before and after it, but for the system prompt.
        system: The system prompt.
        answers_tool: Whether `last` is the result of a tool.
    """

    last: str = ""
    earlier: str = ""
    system: str = ""
    answers_tool: bool = False

    @classmethod
    def of(cls, turns: Sequence[Turn]) -> Probe:
        """The parts of a conversation."""
        size = len(turns)
        if not size:
            return cls()
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
        return cls(
            last=folded(turns[last].words()),
            earlier=folded("\n".join(reversed(earlier))) if earlier else "",
            system=folded("\n".join([turn.words() for turn in turns[:start]])) if start else "",
            answers_tool=turns[last].role == "tool",
        )

    @property
    def cut(self) -> bool:
        """Whether some of what was said is not compared, because there was too much of it."""
        return len(self.last) >= CUT or len(self.earlier) >= CUT

    def related(self, other: Probe) -> bool:
        """Whether the two have anything to do with each other; what all of a file share counts little.

        A system prompt does not count: those of one file are often the same, and so are those of its questions.
        """
        if self.last and other.last and related(self.last, other.last):
            return True
        return bool(self.earlier and other.earlier) and related(self.earlier, other.earlier)

    def likeness(self, other: Probe) -> float:
        """0.0 when what was said has nothing in common, 1.0 when nothing tells them apart."""
        last = likeness(self.last, other.last) if self.last and other.last else 0.0
        if self.answers_tool != other.answers_tool:
            last *= _OTHER_ROLE
        earlier = likeness(self.earlier, other.earlier) if self.earlier and other.earlier else 0.0
        if max(last, earlier) < LEAST:
            return 0.0
        total, weights = _LAST * last, _LAST
        if self.earlier or other.earlier:
            total, weights = total + _EARLIER * earlier, weights + _EARLIER
        if self.system or other.system:
            total, weights = total + _SYSTEM * likeness(self.system, other.system), weights + _SYSTEM
        return total / weights
