"""What is known about a stretch of a file; facts of stretches that follow one another add up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from drytune_simulator.dataset.accounting import Tokens
from drytune_simulator.dataset.distribution import Distribution
from drytune_simulator.dataset.finding import Finding
from drytune_simulator.dataset.fingerprints import Fingerprints, merge_fingerprints
from drytune_simulator.dataset.prompts import Prompts, merge_prompts

__all__ = ["MAX_FINDINGS", "Facts", "Longest", "merge"]

MAX_FINDINGS = 10_000
"""So many errors, and so many other findings, are kept; the rest is only counted."""

_COUNTS = (
    "size",
    "rows",
    "examples",
    "messages",
    "billable",
    "billable_recorded",
    "billable_low",
    "billable_high",
    "images",
    "image_examples",
    "missing_system",
    "missing_user",
    "crlf",
    "error_count",
    "note_count",
)
_DISTRIBUTIONS = ("lengths", "cookbook", "replies", "message_counts", "turns")
_TALLIES = ("roles", "codes")
_FIRST_LINES = ("first_image", "first_crlf")


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
        size: In bytes.
        rows: Those that are not blank.
        examples: Those that are JSON objects.
        messages: In all examples.
        tokens: Of all examples, once.
        billable: Tokens of one epoch: what of each example fits into the model's limit; `billable_recorded`,
            `billable_low` and `billable_high` are the same by the other ways of counting (`Tokens`).
        longest: None without examples.
        lengths: Tokens an example, tools and images included; `cookbook` without them; `replies` of the assistant.
        message_counts: Messages an example; `turns` of the user.
        roles: Messages by role.
        missing_system, missing_user: Examples without such a message.
        images: Content parts that are images; `image_examples` have some; `first_image` is the line of the first.
        crlf: Lines that end with a carriage return; `first_crlf` is the first of them.
        prompts: System prompts and the first question.
        fingerprints: What examples are compared by.
        errors: Findings of severity error in order of lines, at most `MAX_FINDINGS`.
        notes: The other findings, likewise.
        error_count: All errors, kept or not, at most `MAX_FINDINGS` of a line; `note_count` likewise.
        codes: How often each rule found something, kept or not.
        failure: The first finding with which no job succeeds.
    """

    lines: int = 0
    size: int = 0
    rows: int = 0
    examples: int = 0
    messages: int = 0
    tokens: Tokens = Tokens()
    billable: int = 0
    billable_recorded: int = 0
    billable_low: int = 0
    billable_high: int = 0
    longest: Longest | None = None
    lengths: Distribution = Distribution()
    cookbook: Distribution = Distribution()
    replies: Distribution = Distribution()
    message_counts: Distribution = Distribution()
    turns: Distribution = Distribution()
    roles: dict[str, int] = {}
    missing_system: int = 0
    missing_user: int = 0
    images: int = 0
    image_examples: int = 0
    first_image: int | None = None
    crlf: int = 0
    first_crlf: int | None = None
    prompts: Prompts = Prompts()
    fingerprints: Fingerprints = Fingerprints()
    errors: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()
    error_count: int = 0
    note_count: int = 0
    codes: dict[str, int] = {}
    failure: Finding | None = None

    def __add__(self, other: Facts) -> Facts:
        return merge((self, other))


def merge(many: Iterable[Facts]) -> Facts:
    """The facts of stretches that follow one another, in one pass."""
    merged = Facts()
    batch: list[Facts] = []
    for facts in many:
        batch.append(facts)
        if len(batch) == _BATCH:  # so that memory does not grow with the number of stretches
            merged, batch = _merge([merged, *batch]), []
    return _merge([merged, *batch]) if batch else merged


_BATCH = 32


def _merge(many: Sequence[Facts]) -> Facts:
    offsets, lines = [], 0
    for facts in many:
        offsets.append(lines)
        lines += facts.lines
    changed: dict[str, Any] = {name: sum(getattr(facts, name) for facts in many) for name in _COUNTS}
    for name in _DISTRIBUTIONS:
        changed[name] = Distribution(_added(getattr(facts, name).counts for facts in many))
    for name in _TALLIES:
        changed[name] = _added(getattr(facts, name) for facts in many)
    for name in _FIRST_LINES:
        changed[name] = next(
            (
                line + offset
                for facts, offset in zip(many, offsets, strict=True)
                if (line := getattr(facts, name)) is not None
            ),
            None,
        )
    longest: Longest | None = None
    tokens = Tokens()
    failure: Finding | None = None
    errors: list[Finding] = []
    notes: list[Finding] = []
    for facts, offset in zip(many, offsets, strict=True):
        tokens += facts.tokens
        if facts.longest is not None and (longest is None or facts.longest.tokens > longest.tokens):
            longest = Longest(facts.longest.tokens, facts.longest.line + offset)
        if failure is None and facts.failure is not None:
            failure = _moved(facts.failure, offset)
        _extend(errors, facts.errors, offset)
        _extend(notes, facts.notes, offset)
    return Facts(
        lines=lines,
        tokens=tokens,
        longest=longest,
        prompts=merge_prompts([(facts.prompts, at) for facts, at in zip(many, offsets, strict=True)]),
        fingerprints=merge_fingerprints(
            [(facts.fingerprints, at) for facts, at in zip(many, offsets, strict=True)]
        ),
        errors=tuple(errors),
        notes=tuple(notes),
        failure=failure,
        **changed,
    )


def _added(many: Iterable[dict[Any, int]]) -> dict[Any, int]:
    total: dict[Any, int] = {}
    for counts in many:
        for key, count in counts.items():
            total[key] = total.get(key, 0) + count
    return total


def _extend(kept: list[Finding], more: Sequence[Finding], lines: int) -> None:
    kept.extend(_moved(finding, lines) for finding in more[: MAX_FINDINGS - len(kept)])


def _moved(finding: Finding, lines: int) -> Finding:
    if finding.line is None or lines == 0:
        return finding
    return msgspec.structs.replace(finding, line=finding.line + lines)
