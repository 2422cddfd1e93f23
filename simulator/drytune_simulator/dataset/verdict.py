"""The platform's verdict on a file: what its upload endpoint refuses, how a job with it ends, what it costs."""

from __future__ import annotations

from typing import BinaryIO

import msgspec

from drytune_simulator.catalog import Model
from drytune_simulator.dataset.facts import Facts, merge
from drytune_simulator.dataset.finding import Finding
from drytune_simulator.dataset.formats import MAX_FILE_BYTES, MIN_EXAMPLES
from drytune_simulator.dataset.hyperparameters import auto_epochs
from drytune_simulator.dataset.inspection import facts_of
from drytune_simulator.dataset.reader import blocks
from drytune_simulator.dataset.rules import files
from drytune_simulator.dataset.tokens import counter
from drytune_simulator.dataset.wordings import BAD_EXTENSION, PREFIX, TOO_FEW

__all__ = ["JobFailure", "Usage", "Verdict", "judge", "suffix_of"]

_METHOD_UNKNOWN_HERE = (
    "The job failed due to an invalid training file. This simulator rehearses supervised fine-tuning on chat"
    " examples only."
)


class JobFailure(msgspec.Struct, frozen=True):
    """How a job ends that is given the file: ``error`` of the job object (FACTS.md §4.5)."""

    code: str
    message: str
    param: str = "training_file"


class Usage(msgspec.Struct, frozen=True):
    """Tokens of a file.

    Attributes:
        total: Of all examples, once.
        assistant: The part of `total` that the assistant says.
        tools: The part of `total` that defines tools.
        billed: Of the whole training: what of each example fits into the model's limit, times the epochs.
    """

    total: int
    assistant: int
    tools: int
    billed: int


class Verdict(msgspec.Struct, frozen=True):
    """The verdict on one file for one model.

    Attributes:
        model: The base model.
        method: How the model would be tuned.
        filename: As it was given.
        examples: Lines that hold an example.
        facts: All that is known about the file.
        findings: In order of lines; those about the whole file come first.
        tokens: Counted with the model's encoding.
        epochs: As asked, else what ``auto`` becomes.
        job_failure: How a job with this file ends, None when it succeeds.
        judged: Whether the file was looked at; this version does so for chat models only.
    """

    model: Model
    method: str
    filename: str
    examples: int
    facts: Facts
    findings: tuple[Finding, ...]
    tokens: Usage
    epochs: int
    job_failure: JobFailure | None
    judged: bool = True

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not any(finding.severity == "error" for finding in self.findings)

    @property
    def omitted(self) -> int:
        """Findings that were counted but not kept, as there are too many."""
        facts = self.facts
        return facts.error_count + facts.note_count - len(facts.errors) - len(facts.notes)


def judge(
    stream: BinaryIO | bytes,
    *,
    model: Model,
    n_epochs: int | None = None,
    filename: str = "training.jsonl",
) -> Verdict:
    """The verdict on a training file.

    Memory is bounded whatever the file holds, and no bytes make it raise.

    Args:
        stream: The file's bytes, or a binary stream at its start.
        model: For which it is meant; decides the encoding, the limit of an example, the prices.
        n_epochs: As the job asks; None means ``auto``.
        filename: As the user calls it; its extension counts.
    """
    supported = model.data_format == "chat" and "supervised" in model.methods
    if supported:
        count = counter(model.encoding)
        facts = merge(facts_of(block, counter=count, limit=model.example_tokens) for block in blocks(stream))
    else:
        facts = Facts()
    whole = _findings_of_file(facts, filename, model) if supported else _unsupported(model)
    findings = sorted((*whole, *facts.errors, *facts.notes), key=lambda finding: finding.line or 0)
    epochs = auto_epochs(facts.examples) if n_epochs is None else n_epochs
    tokens = facts.tokens
    return Verdict(
        model=model,
        method="supervised" if supported or not model.methods else model.methods[0],
        filename=filename,
        examples=facts.examples,
        facts=facts,
        findings=tuple(msgspec.structs.replace(finding, file=filename) for finding in findings),
        tokens=Usage(tokens.total, tokens.assistant, tokens.tools, facts.billable * epochs),
        epochs=epochs,
        job_failure=_job_failure(facts, filename)
        if supported
        else JobFailure("invalid_training_file", _METHOD_UNKNOWN_HERE),
        judged=supported,
    )


def suffix_of(filename: str) -> str:
    """The extension of `filename` with its dot, in lower case."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    return name[name.rindex(".") :].lower() if "." in name else ""


def _unsupported(model: Model) -> list[Finding]:
    found = files.method_not_checked_yet(model.id, model.methods, model.data_format)
    return [files.METHOD_NOT_CHECKED_YET.finding(found)]


def _findings_of_file(facts: Facts, filename: str, model: Model) -> list[Finding]:
    findings = []
    suffix = suffix_of(filename)
    if suffix != ".jsonl":
        findings.append(files.WRONG_EXTENSION.finding(files.wrong_extension(suffix)))
    if facts.size > MAX_FILE_BYTES + 1:  # the last line may be without its line feed
        findings.append(files.FILE_TOO_LARGE.finding(files.file_too_large(facts.size)))
    if facts.rows == 0:
        findings.append(files.EMPTY_FILE.finding(files.empty_file))
    elif facts.rows < MIN_EXAMPLES:
        findings.append(files.TOO_FEW_EXAMPLES.finding(files.too_few_examples(facts.examples)))
    if facts.images:
        findings.append(
            files.IMAGES_NOT_COUNTED.finding(files.images_not_counted(facts.images), facts.first_image)
        )
        if not model.vision_training:
            found = files.images_not_trained(model.id)
            findings.append(files.IMAGES_NOT_TRAINED.finding(found, facts.first_image))
    return findings


def _job_failure(facts: Facts, filename: str) -> JobFailure | None:
    """How a job ends: errors of format first, the earliest line first, then the number of examples."""
    if suffix_of(filename) != ".jsonl":
        return JobFailure("invalid_file_format", PREFIX + BAD_EXTENSION.text)
    if facts.failure is not None:
        words = f"Invalid file format. Example {facts.failure.line}{facts.failure.says}"
        return JobFailure("invalid_file_format", PREFIX + words)
    if facts.rows < MIN_EXAMPLES:
        return JobFailure("invalid_n_examples", TOO_FEW.text.format(examples=facts.rows, least=MIN_EXAMPLES))
    return None
