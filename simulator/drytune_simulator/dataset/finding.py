"""A finding: what is wrong with a file, where, what to do about it, and what the platform does."""

from __future__ import annotations

import json
import math
from typing import Literal

import msgspec

__all__ = ["Effect", "Finding", "Severity", "printable", "shown"]

Severity = Literal["error", "warning", "info"]

Effect = Literal[
    "refused-at-upload", "job-fails", "example-skipped", "truncated", "billed", "harmful", "none"
]
"""What the platform does about it; ``harmful`` means that it takes the file and the model suffers, ``billed`` that
it takes the money for nothing."""


class Finding(msgspec.Struct, frozen=True):
    """One thing found in a file, or about the model it is meant for.

    Attributes:
        code: Stable, e.g. ``missing-assistant``.
        severity: ``error`` means no; warnings and infos do not stop anything.
        message: What was found and what is allowed.
        hint: What to do.
        effect: What the platform does about it.
        source: Where that is known from, and how well (grades of FACTS.md).
        file: As the user called it; None when the finding is about no file.
        line: From 1; None when the finding is about the whole file.
        pointer: JSON pointer into the line; empty means the whole line.
        says: The platform's words after ``Example <line>``; empty when it says nothing.
        allowed: What the rule demands, in a sentence.
    """

    code: str
    severity: Severity
    message: str
    hint: str
    effect: Effect
    source: str = ""
    file: str | None = None
    line: int | None = None
    pointer: str = ""
    says: str = ""
    allowed: str = ""

    @property
    def is_failure(self) -> bool:
        """Whether no job succeeds with a file that has this finding."""
        return self.effect in {"refused-at-upload", "job-fails"}

    def to_dict(self) -> dict[str, str | int | None]:
        """The finding as the JSON report has it."""
        return {
            "code": self.code,
            "severity": self.severity,
            "file": self.file,
            "line": self.line,
            "pointer": self.pointer,
            "message": self.message,
            "hint": self.hint,
            "effect": self.effect,
            "allowed": self.allowed,
            "source": self.source,
        }


def shown(value: object, limit: int = 60) -> str:
    """`value` as JSON on one line, cut to `limit` characters; safe to print whatever it holds."""
    if isinstance(value, str):
        value = value[: limit + 1]  # long texts are not encoded only to be cut
    elif isinstance(value, list | dict) and value:
        return "a list" if isinstance(value, list) else "an object"
    elif isinstance(value, float) and not math.isfinite(value):
        return "a number"  # too large for JSON's readers, such as 1e999; there is no way to write it
    text = json.dumps(value, ensure_ascii=False)
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return printable(text)


def printable(text: str) -> str:
    """`text` with what a terminal should not get spelled out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in text)
