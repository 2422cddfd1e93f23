"""Looking up a request's path among patterns such as ``/v1/files/{file_id}``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

__all__ = ["Paths", "is_variable"]

_Value = TypeVar("_Value")


def is_variable(segment: str) -> bool:
    """Whether a segment of a pattern stands for any one that is not empty: ``{file_id}``."""
    return segment.startswith("{")


class _Node(Generic[_Value]):
    """The patterns that begin alike."""

    __slots__ = ("literal", "value", "variable")

    def __init__(self) -> None:
        self.literal: dict[str, _Node[_Value]] = {}
        self.variable: _Node[_Value] | None = None
        self.value: _Value | None = None


class Paths(Generic[_Value]):
    """A value for each pattern; finding one takes a step for each segment, however many patterns there are.

    Where a segment fits both, words come before variables, as ``/v1/threads/runs`` before
    ``/v1/threads/{thread_id}``; of two equal patterns (variables' names aside), the later one counts.
    """

    def __init__(self, values: Iterable[tuple[str, _Value]]) -> None:
        self._root: _Node[_Value] = _Node()
        for pattern, value in values:
            node = self._root
            for segment in pattern.split("/")[1:]:
                if is_variable(segment):
                    node.variable = node = node.variable or _Node()
                else:
                    node = node.literal.setdefault(segment, _Node())
            node.value = value

    def find(self, segments: Sequence[str]) -> tuple[_Value, tuple[str, ...]] | None:
        """The value of the pattern that `segments` fit, and what its variables stand for, or None."""
        node = self._root
        variables: list[str] = []
        for segment in segments:
            below = node.literal.get(segment)
            if below is None:
                below = node.variable
                if below is None or not segment:
                    return None
                variables.append(segment)
            node = below
        return None if node.value is None else (node.value, tuple(variables))
