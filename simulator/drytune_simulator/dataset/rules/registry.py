"""The registry: every rule, by its code."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple, TypeVar

import msgspec

from drytune_simulator.dataset.finding import Effect, Finding, Severity
from drytune_simulator.dataset.wordings import WORDINGS

__all__ = ["RULES", "Found", "Rule", "Scope", "declare", "rule", "rules_of"]

Scope = Literal[
    "line",
    "raw",
    "example",
    "preference",
    "reinforcement",
    "completion",
    "tools",
    "element",
    "message",
    "conversation",
    "tokens",
    "file",
    "whole",
    "calendar",
]
"""What a rule looks at: a line that is no object; the bytes of one that is; a decoded example of the chat
form, or of another; what it offers to call; an element of ``messages``; one that is an object; all of them;
counted tokens; a whole file by its facts, or by comparing its examples; the model and the day."""


class Found(NamedTuple):
    """What a rule found: where in the line, what, what to do, and the platform's words after ``Example N``."""

    pointer: str
    message: str
    hint: str
    says: str = ""


class Rule(msgspec.Struct, frozen=True):
    """One rule.

    Attributes:
        code: Stable name.
        scope: What it looks at.
        severity: Of what it finds.
        effect: What the platform does about it.
        source: Where the effect is known from.
        summary: What it demands, in a sentence.
        check: ``(subject) -> iterator of Found``; None for rules of files and tokens, which `inspection` and
            `conclusion` apply where the figures are.
        note: More about a rule that has no function.
    """

    code: str
    scope: Scope
    severity: Severity
    effect: Effect
    source: str
    summary: str
    check: Callable[[Any], Iterator[Found]] | None = None
    note: str = ""

    @property
    def why(self) -> str:
        """More about it, for its page: what its docstring says after the summary."""
        return (
            self.note
            or inspect.cleandoc((self.check and self.check.__doc__) or "").partition("\n")[2].strip()
        )

    def finding(
        self,
        found: Found,
        line: int | None = None,
        file: str | None = None,
        severity: Severity | None = None,
    ) -> Finding:
        """What was found, as a finding of this rule, with another severity if one is given."""
        return Finding(
            self.code,
            severity or self.severity,
            found.message,
            found.hint,
            self.effect,
            self.source,
            file,
            line,
            found.pointer,
            found.says,
            self.summary,
        )


RULES: dict[str, Rule] = {}
"""All rules by code, in the order in which they are applied within their scope."""

_Check = TypeVar("_Check", bound=Callable[[Any], Iterator[Found]])


def declare(
    code: str, scope: Scope, severity: Severity, effect: Effect, source: str, summary: str, why: str = ""
) -> Rule:
    """Enter a rule that has no function of its own."""
    return _enter(Rule(code, scope, severity, effect, source, summary, None, why))


def rule(
    code: str,
    scope: Scope,
    *,
    severity: Severity = "error",
    effect: Effect = "job-fails",
    source: str | None = None,
) -> Callable[[_Check], _Check]:
    """Enter the decorated function as the rule `code`; the first line of its docstring is the summary.

    Args:
        code: Stable name; where the platform's words are known they are under the same key in `WORDINGS`.
        scope: Decides what the function is given.
        severity: Of its findings.
        effect: What the platform does.
        source: Where that is known from; by default that of the wording, with its grade.
    """
    wording = WORDINGS.get(code)
    if source is None:
        source = f"{wording.source} ({wording.grade})" if wording else ""

    def enter(check: _Check) -> _Check:
        summary = (check.__doc__ or "").partition("\n")[0]
        _enter(Rule(code, scope, severity, effect, source, summary, check))
        return check

    return enter


def rules_of(scope: Scope) -> tuple[Rule, ...]:
    """The rules of one scope that have a function, in order."""
    return tuple(rule for rule in RULES.values() if rule.scope == scope and rule.check is not None)


def _enter(new: Rule) -> Rule:
    if new.code in RULES:
        raise ValueError(f"two rules are called {new.code!r}")
    RULES[new.code] = new
    return new
