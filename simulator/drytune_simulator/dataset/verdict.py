"""The platform's verdict on a file: what its upload endpoint refuses, how a job with it ends, what it costs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import msgspec

from drytune_simulator.catalog import Model
from drytune_simulator.dataset.conclusion import (
    FileQuestion,
    JobFailure,
    failure_of,
    findings_of_file,
    suffix_of,
)
from drytune_simulator.dataset.facts import Facts, merge
from drytune_simulator.dataset.finding import Finding
from drytune_simulator.dataset.forms import Form, Method
from drytune_simulator.dataset.hyperparameters import auto
from drytune_simulator.dataset.inspection import facts_of
from drytune_simulator.dataset.lens import Limits, Policy
from drytune_simulator.dataset.question import Question, question
from drytune_simulator.dataset.reader import Block, blocks

__all__ = ["JobFailure", "Usage", "Verdict", "conclude", "judge", "suffix_of"]


class Usage(msgspec.Struct, frozen=True):
    """Tokens of a file.

    Attributes:
        total: Of all examples, once.
        assistant: The part of `total` that the assistant says.
        tools: The part of `total` that defines tools.
        billed: Of the whole training: what of each example fits into the model's limit, times the epochs.
        images: The part of `total` that is images.
        recorded: `billed` as the platform was recorded to count (FACTS.md §5.3).
        low, high: Between these `billed` is thought to be; they differ by what is not known of the platform's
            count.
    """

    total: int = 0
    assistant: int = 0
    tools: int = 0
    billed: int = 0
    images: int = 0
    recorded: int = 0
    low: int = 0
    high: int = 0


class Verdict(msgspec.Struct, frozen=True):
    """The verdict on one file for one model.

    Attributes:
        model: The base model.
        method: How the model would be tuned.
        form: What the lines are.
        filename: As it was given.
        examples: Lines that hold an example.
        facts: All that is known about the file.
        findings: In order of lines; those about the whole file come first.
        tokens: Counted with the model's encoding.
        epochs: As asked, else what ``auto`` becomes.
        batch_size, learning_rate_multiplier: What ``auto`` becomes.
        job_failure: How a job with this file ends, None when it succeeds.
        partial: Whether only a part of the file was looked at.
    """

    model: Model
    method: Method
    form: Form
    filename: str
    examples: int
    facts: Facts
    findings: tuple[Finding, ...]
    tokens: Usage
    epochs: int
    batch_size: int
    learning_rate_multiplier: float
    job_failure: JobFailure | None
    partial: bool = False

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not self.errors

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that mean no."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def accepted(self) -> bool:
        """Whether a job with this file succeeds."""
        return self.job_failure is None

    @property
    def omitted(self) -> int:
        """Findings that were counted but not kept, as there are too many."""
        return sum(self.facts.codes.values()) - len(self.findings)


def judge(
    stream: BinaryIO | bytes,
    *,
    model: Model,
    method: Method | None = None,
    n_epochs: int | None = None,
    filename: str = "training.jsonl",
    validation: BinaryIO | bytes | None = None,
    policy: Policy | None = None,
    encoding: str | None = None,
    grader: Mapping[str, Any] | None = None,
    response_format: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    file_id: str | None = None,
    is_validation: bool = False,
) -> Verdict:
    """The verdict on a training file.

    Memory is bounded whatever the file holds, and no bytes make it raise.

    Args:
        stream: The file's bytes, or a binary stream at its start.
        model: For which it is meant; decides the encoding, the limit of an example, the prices.
        method: ``supervised``, ``dpo`` or ``reinforcement``; None means what the first lines look like.
        n_epochs: As the job asks; None means ``auto``.
        filename: As the user calls it; its extension counts.
        validation: The validation file; what of it is trained on is told, at its lines.
        policy: Severities by code, where they shall not be the rule's own.
        encoding: Instead of the model's own.
        grader: Of a reinforcement job, as the API takes it.
        response_format: Of a reinforcement job.
        limits: The platform's, where they differ.
        file_id: As the platform calls the file, for its words.
        is_validation: Whether it is itself a validation file, which may be short.
    """
    first, rest = _peek(stream, (limits or Limits()).line_bytes)
    asked = question(
        first,
        model=model,
        method=method,
        n_epochs=n_epochs,
        policy=policy,
        encoding=encoding,
        grader=grader,
        response_format=response_format,
        limits=limits,
    )
    facts = merge(facts_of(block, asked.lens) for block in rest)
    other = None
    if validation is not None:
        other = merge(
            facts_of(block, asked.lens)
            for block in blocks(validation, max_line_bytes=asked.lens.limits.line_bytes)
        )
    return conclude(
        facts,
        asked,
        filename=filename,
        validation=other,
        file_id=file_id,
        is_validation=is_validation,
    )


def _peek(stream: BinaryIO | bytes, line_bytes: int) -> tuple[Block | None, Iterator[Block]]:
    """The first block, and all of them."""
    all_blocks = blocks(stream, max_line_bytes=line_bytes)
    first = next(all_blocks, None)
    return first, all_blocks if first is None else itertools.chain([first], all_blocks)


def conclude(
    facts: Facts,
    asked: Question,
    *,
    filename: str,
    name: str | None = None,
    validation: Facts | None = None,
    validation_name: str = "validation.jsonl",
    is_validation: bool = False,
    partial: bool = False,
    file_id: str | None = None,
) -> Verdict:
    """The verdict that follows from the facts of a whole file.

    Args:
        facts: Of all its lines, looked at through `asked.lens`.
        asked: What was asked about it.
        filename: Whose extension counts.
        name: As the user calls it, where that is something else.
        validation: The facts of the validation file.
        validation_name: How the user calls that.
        is_validation: Whether this is itself a validation file, which may be short.
        partial: Whether these are not yet all lines.
        file_id: As the platform calls the file.
    """
    about = FileQuestion(
        filename=filename,
        asked=asked,
        is_validation=is_validation,
        file_id=file_id,
        partial=partial,
    )
    whole, codes = findings_of_file(facts, about, validation, validation_name)
    named = _named((*whole, *facts.errors, *facts.notes), name or filename)
    findings = sorted(named, key=lambda found: found.line or 0)
    hyperparameters = auto(asked.model, facts.examples)
    epochs = hyperparameters.n_epochs if asked.n_epochs is None else asked.n_epochs
    tokens = facts.tokens
    usage = Usage(
        total=tokens.total,
        assistant=tokens.assistant,
        tools=tokens.tools,
        billed=facts.billable * epochs,
        images=tokens.images,
        recorded=facts.billable_recorded * epochs,
        low=facts.billable_low * epochs,
        high=facts.billable_high * epochs,
    )
    return Verdict(
        model=asked.model,
        method=asked.method,
        form=asked.lens.form,
        filename=filename,
        examples=facts.examples,
        facts=msgspec.structs.replace(facts, codes={**facts.codes, **codes}),
        findings=tuple(findings),
        tokens=usage,
        epochs=epochs,
        batch_size=hyperparameters.batch_size,
        learning_rate_multiplier=hyperparameters.learning_rate_multiplier,
        job_failure=failure_of(facts, about),
        partial=partial,
    )


def _named(findings: Iterable[Finding], filename: str) -> Iterator[Finding]:
    for finding in findings:
        yield finding if finding.file is not None else msgspec.structs.replace(finding, file=filename)
