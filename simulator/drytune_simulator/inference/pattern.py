"""A text that a regular expression matches, for `pattern` in a schema of function arguments."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

__all__ = ["matching_text"]

_MOST_STEPS = 2_000
_NO_WIDTH = frozenset({"AT", "ASSERT", "ASSERT_NOT"})
_USUAL = "a0 -A!~あ"
_IN_CATEGORY = {"CATEGORY_DIGIT": "0", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "a0Aあ"}
_CATEGORY = {
    "CATEGORY_DIGIT": "0",
    "CATEGORY_NOT_DIGIT": "a",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_SPACE": "a",
    "CATEGORY_WORD": "a",
    "CATEGORY_NOT_WORD": " ",
}


class _TooManyStepsError(Exception):
    """The expression asks for a text longer than is sensible."""


def matching_text(pattern: str, *, at_least: int = 0) -> str | None:
    """A short text that `pattern` matches, of `at_least` characters if repeating can make it so.

    Returns:
        None when the expression is none for Python, or uses what is not built here (look-arounds, backward
        references). The caller validates the text: this is a proposal.
    """
    try:
        # The parser of `re` is where the grammar is; a second one written here would be a second truth.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = re._parser.parse(pattern)  # type: ignore[attr-defined]  # noqa: SLF001
    except (re.error, AttributeError, OverflowError, RecursionError):
        return None
    text = None
    for extra in (0, at_least):
        try:
            text = _Writer(extra).sequence(tree)
        except (_TooManyStepsError, RecursionError, KeyError):
            return text
        if len(text) >= at_least:
            break
    return text


class _Writer:
    def __init__(self, extra: int) -> None:
        self._extra = extra
        self._steps = 0
        self._groups: dict[int, str] = {}
        self._writers: dict[str, Callable[[Any], str]] = {
            "ANY": lambda _: "a",
            "BRANCH": lambda argument: self.sequence(argument[1][0]),
            "GROUPREF": lambda argument: self._groups[argument],
            "IN": self._one_of,
            "LITERAL": chr,
            "MAX_REPEAT": self._repeat,
            "MIN_REPEAT": self._repeat,
            "NOT_LITERAL": lambda argument: "b" if chr(argument) == "a" else "a",
            "POSSESSIVE_REPEAT": self._repeat,
            "SUBPATTERN": self._group,
        }

    def sequence(self, tree: Any) -> str:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise _TooManyStepsError
        return "".join([self._node(str(op), argument) for op, argument in tree])

    def _node(self, op: str, argument: Any) -> str:
        if op in _NO_WIDTH:
            return ""
        if op in self._writers:
            return self._writers[op](argument)
        raise KeyError(op)

    def _group(self, argument: Any) -> str:
        text = self.sequence(argument[-1])
        if argument[0] is not None:
            self._groups[argument[0]] = text
        return text

    def _repeat(self, argument: Any) -> str:
        low, high, inner = argument
        return "".join([self.sequence(inner) for _ in range(min(int(high), low + self._extra))])

    @staticmethod
    def _one_of(items: Any) -> str:
        """One character of a set; of a negated set, the first usual one outside it."""
        negated = str(items[0][0]) == "NEGATE"
        if not negated:
            op, argument = items[0]
            match str(op):
                case "LITERAL":
                    return chr(argument)
                case "RANGE":
                    return chr(argument[0])
                case _:
                    return _CATEGORY[str(argument)]
        taken = {each for op, argument in items[1:] for each in _named(str(op), argument)}
        free = [each for each in _USUAL if each not in taken]
        if not free:
            raise KeyError("every usual character is taken")
        return free[0]


def _named(op: str, argument: Any) -> set[str]:
    """The usual characters that one item of a set names."""
    if op == "LITERAL":
        return {chr(argument)}
    if op == "RANGE":
        return {each for each in _USUAL if argument[0] <= ord(each) <= argument[1]}
    return set(_IN_CATEGORY.get(str(argument), _USUAL))
