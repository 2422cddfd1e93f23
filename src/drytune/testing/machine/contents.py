"""What the machine has tuners send: training files, good ones and others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from drytune.testing.strategies.rows import jsonl, plain_row

__all__ = ["FLAWED", "Content", "contents"]


class Content:
    """A training file.

    Args:
        data: Its bytes.
        what: What it is called in reports.

    Attributes:
        data: Its bytes.
    """

    def __init__(self, data: bytes, what: str = "") -> None:
        self.data = data
        self._what = what or f"{len(self.taught)} examples"

    def __repr__(self) -> str:
        return f"<{self._what}>"

    @cached_property
    def taught(self) -> list[tuple[str | None, str, str]]:
        """What it teaches in one turn: the instructions or None, the question, the answer."""
        rows = []
        for line in self.data.splitlines():
            try:
                turns = [(turn["role"], turn["content"]) for turn in json.loads(line)["messages"]]
            except (ValueError, TypeError, KeyError):
                continue
            system = None
            if turns and turns[0][0] in ("system", "developer"):
                system = turns.pop(0)[1]
            if [role for role, _ in turns] == ["user", "assistant"] and all(
                type(one) is str for _, one in turns
            ):
                rows.append((system, turns[0][1], turns[1][1]))
        return rows


def contents(instructions: str | None = None) -> SearchStrategy[Content]:
    """Small good files, whose examples begin with `instructions`."""

    def examples(first: int, size: int) -> Content:
        rows = [plain_row("chat", 100 * first + number, instructions) for number in range(size)]
        return Content(jsonl(rows), f"{size} examples from {first}")

    return st.builds(examples, st.integers(0, 3), st.integers(10, 12))


_GOOD: Final = [plain_row("chat", number) for number in range(10)]

FLAWED: Final[Mapping[str, Content]] = MappingProxyType(
    {
        what: Content(data, what)
        for what, data in {
            "nothing": b"",
            "no JSON": jsonl([*_GOOD, b"never mind"]),
            "a line cut off": jsonl(_GOOD)[:-20],
            "too few examples": jsonl(_GOOD[:7]),
            "no answers": jsonl([{"messages": row["messages"][:1]} for row in _GOOD]),
            "prompts and completions": jsonl([plain_row("completion", number) for number in range(10)]),
        }.items()
    }
)
"""Files in which something is wrong: the first three are refused, of the others a job is made, and fails."""
