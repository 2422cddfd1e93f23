"""What is known about a stretch of a file; facts of stretches that follow one another add up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from drytune_simulator.dataset.accounting import Tokens
from drytune_simulator.dataset.finding import Finding
from drytune_simulator.dataset.prompts import Prompts, merge_prompts

__all__ = ["MAX_FINDINGS", "Facts", "Longest", "merge"]

MAX_FINDINGS = 10_000
"""So many errors, and so many other findings, are kept; the rest is only counted."""


class Longest(msgspec.Struct, frozen=True):
    """The example with most tokens, the first of them when several have as many."""

    tokens: int
    line: int


class Facts(msgspec.Struct, frozen=True):
    """Facts of some lines. Line numbers count from the first of these lines, which is 1.

    ``a + b`` are the facts of the lines of `a` followed by those of `b`. That is associative, and ``Facts()``
    changes nothing, so a file may be cut between any two lines and its pieces may be looked at anywhere.

    Attributes:
        lines: All of them, blank ones too.
        size: In bytes, a line feed after each line.
        rows: Those that are not blank.
        examples: Those that are JSON objects.
        messages: In all examples.
        tokens: Of all examples, once.
        billable: Tokens of one epoch: what of each example fits into the model's limit.
        longest: None without examples.
        images: Content parts that are images; `first_image` is the line of the first.
        prompts: System prompts and the first question.
        errors: Findings of severity error in order of lines, at most `MAX_FINDINGS`.
        notes: The other findings, likewise.
        error_count: All errors, kept or not, at most `MAX_FINDINGS` of a line; `note_count` likewise.
        failure: The first finding with which no job succeeds.
    """

    lines: int = 0
    size: int = 0
    rows: int = 0
    examples: int = 0
    messages: int = 0
    tokens: Tokens = Tokens()
    billable: int = 0
    longest: Longest | None = None
    images: int = 0
    first_image: int | None = None
    prompts: Prompts = Prompts()
    errors: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()
    error_count: int = 0
    note_count: int = 0
    failure: Finding | None = None

    def __add__(self, other: Facts) -> Facts:
        return merge((self, other))


def merge(many: Iterable[Facts]) -> Facts:
    """The facts of stretches that follow one another, in one pass."""
    lines = 0
    counts = dict.fromkeys(
        ("size", "rows", "examples", "messages", "billable", "images", "error_count", "note_count"), 0
    )
    tokens = Tokens()
    longest: Longest | None = None
    first_image: int | None = None
    failure: Finding | None = None
    errors: list[Finding] = []
    notes: list[Finding] = []
    prompts: list[Prompts] = []
    for facts in many:
        for name in counts:
            counts[name] += getattr(facts, name)
        tokens += facts.tokens
        if facts.longest is not None and (longest is None or facts.longest.tokens > longest.tokens):
            longest = Longest(facts.longest.tokens, facts.longest.line + lines)
        if first_image is None and facts.first_image is not None:
            first_image = facts.first_image + lines
        if failure is None and facts.failure is not None:
            failure = _moved(facts.failure, lines)
        _extend(errors, facts.errors, lines)
        _extend(notes, facts.notes, lines)
        prompts.append(facts.prompts)
        if len(prompts) > 64:  # so that memory does not grow with the number of stretches
            prompts = [merge_prompts(prompts)]
        lines += facts.lines
    changed: dict[str, Any] = {
        "lines": lines,
        **counts,
        "tokens": tokens,
        "longest": longest,
        "first_image": first_image,
        "prompts": merge_prompts(prompts),
        "errors": tuple(errors),
        "notes": tuple(notes),
        "failure": failure,
    }
    return Facts(**changed)


def _extend(kept: list[Finding], more: Sequence[Finding], lines: int) -> None:
    kept.extend(_moved(finding, lines) for finding in more[: MAX_FINDINGS - len(kept)])


def _moved(finding: Finding, lines: int) -> Finding:
    if finding.line is None or lines == 0:
        return finding
    return msgspec.structs.replace(finding, line=finding.line + lines)
