"""What was changed, where, and how often; and what is changed at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from drytune_simulator.dataset.finding import Finding, printable

__all__ = ["MAX_KEPT", "MENDS", "Change", "Log", "Repairs", "repairs_lines"]

MAX_KEPT: Final = 10_000
"""So many changes are kept; the rest is only counted."""

MAX_SHOWN: Final = 20

MENDS: Final[dict[str, str]] = {
    "byte-order-mark": "The mark is removed.",
    "not-utf8": "A whole file in UTF-16 or UTF-32 that begins with a byte order mark is written as UTF-8."
    " Other bytes that are not UTF-8 are left: their encoding would be a guess.",
    "crlf": "Carriage returns before line feeds, and at the end of the file, are removed.",
    "invalid-json": "A line of several objects that only carriage returns separate is cut there."
    " Other lines that are not JSON are left.",
    "blank-line": "The line is removed.",
    "nul-byte": "NUL bytes at the end of the file, which are padding, are removed, if there are no others in it.",
    "trailing-comma": "The comma is removed, if the line is an object without it.",
    "top-level-array": "An array of objects becomes one object a line.",
    "duplicate-key": "A key that is repeated with the same value is written once."
    " With different values it is left, and so is the whole line: which one is meant?",
    "unknown-role": 'A role in capitals or between blanks is written plainly: " Assistant" becomes "assistant".'
    ' Names of other layouts ("human", "bot", "gpt") are left: who speaks is for you to say.',
    "wrong-input": "A key whose value is null, and that the input does not have, is removed.",
    "unknown-key": "A key whose value is null is removed, where reference fields are not allowed anyway.",
    "unknown-message-key": "A key whose value is null, and that the role does not have, is removed.",
    "wrong-weight": 'The weights "0", "1", true and false become 0 and 1.',
    "misplaced-weight": "The weight is removed: these messages are never trained on.",
    "wrong-parallel-tool-calls": 'The texts "true" and "false" become true and false.',
    "malformed-tool-calls": 'A call without a type gets "function", the only one; arguments that are an object'
    " become the same JSON as a string.",
    "malformed-function-call": "Arguments that are an object become the same JSON as a string.",
    "malformed-tools": 'A tool without a type gets "function", the only one.',
    "malformed-functions": "An empty list is removed.",
    "missing-output": 'The old names "preferred_completion" and "non_preferred_completion" become'
    ' "preferred_output" and "non_preferred_output".',
    "wrong-output": "A single message becomes a list of one.",
}
"""What is repaired, by the code of the rule that finds it; a rule that is not here has no safe repair."""


class Change(msgspec.Struct, frozen=True):
    """One change.

    Attributes:
        line: In the input, from 1.
        code: Of the rule that was broken.
        pointer: JSON pointer into the line, as it was; empty means the whole line.
        what: What was changed, in a sentence.
    """

    line: int
    code: str
    pointer: str
    what: str


class Repairs(msgspec.Struct, frozen=True):
    """What a repaired copy differs in.

    Attributes:
        source: The input, as the user called it.
        out: The copy.
        changes: In order of lines, at most `MAX_KEPT`.
        counts: How many there are in all, by code; of `crlf` the lines.
    """

    source: str
    out: str
    changes: tuple[Change, ...]
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """All changes, kept or not."""
        return sum(self.counts.values())

    def to_dict(self) -> dict[str, Any]:
        """The repairs as JSON values."""
        builtins: dict[str, Any] = msgspec.to_builtins(self)
        return builtins


class Log:
    """Changes as they come."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.counts: dict[str, int] = {}
        self._first_crlf = 0

    def add(self, line: int, code: str, what: str, pointer: str = "") -> None:
        """Enter one change."""
        self.counts[code] = self.counts.get(code, 0) + 1
        if len(self.changes) < MAX_KEPT:
            self.changes.append(Change(line, code, pointer, what))

    def crlf(self, line: int) -> None:
        """Enter a carriage return at a line's end; all of a file are one change, at the first."""
        self._first_crlf = self._first_crlf or line
        self.counts["crlf"] = self.counts.get("crlf", 0) + 1

    def repairs(self, source: str, out: str) -> Repairs:
        """All of them."""
        changes = list(self.changes)
        if many := self.counts.get("crlf"):
            lines = "1 line" if many == 1 else f"{many:,} lines"
            what = f"The carriage return at the end of {lines} was removed."
            changes.append(Change(self._first_crlf, "crlf", "", what))
        changes.sort(key=lambda change: (change.line, change.pointer != ""))  # whole lines first
        return Repairs(source, out, tuple(changes[:MAX_KEPT]), dict(sorted(self.counts.items())))


def repairs_lines(repairs: Repairs, remaining: Sequence[Finding] = ()) -> Iterator[str]:
    """The repairs for a terminal, a line at a time.

    Args:
        repairs: What was changed.
        remaining: Findings about the copy, which have no safe repair; they are summed up.
    """
    source, out = printable(repairs.source), printable(repairs.out)
    if not repairs.total:
        yield f"fixed: nothing in {source} has a safe repair; {out} is the same, byte for byte"
    else:
        many = "1 change" if repairs.total == 1 else f"{repairs.total:,} changes"
        by_code = ", ".join(f"{code} {number:,}" for code, number in repairs.counts.items())
        yield f"fixed: {out} is {source} with {many} ({by_code})"
    for change in repairs.changes[:MAX_SHOWN]:
        place = f" {change.pointer}" if change.pointer else ""
        yield f"  {source}:{change.line}: {change.code}{place}: {change.what}"
    more = len(repairs.changes) - MAX_SHOWN
    if more > 0:
        yield f"  … and {more:,} more places, which --format json lists"
    if remaining:
        codes: dict[str, int] = {}
        for finding in remaining:
            codes[finding.code] = codes.get(finding.code, 0) + 1
        listed = ", ".join(f"{code} {number:,}" for code, number in sorted(codes.items()))
        yield f"left, as no repair is safe: {listed}"
