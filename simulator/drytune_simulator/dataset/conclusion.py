"""What follows from a file's facts: findings about the whole file, and how a job with it ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from drytune_simulator.dataset.facts import Facts
from drytune_simulator.dataset.finding import Finding
from drytune_simulator.dataset.forms import (
    FORMAT_NAMES,
    KIND_OF_FORM,
    KIND_WORDS,
    METHOD_OF_KIND,
    Form,
    fits,
    form_of,
)
from drytune_simulator.dataset.question import Question
from drytune_simulator.dataset.rules import Found, Rule, files, whole
from drytune_simulator.dataset.rules import lines as line_rules
from drytune_simulator.dataset.wordings import (
    BAD_EXTENSION,
    PREFIX,
    TOO_FEW,
    TOO_MANY,
    WRONG_FORMAT,
    WRONG_MODEL,
)

__all__ = ["FileQuestion", "JobFailure", "failure_of", "findings_of_file", "suffix_of"]

MOST_OF_A_RULE = 1_000
"""So many findings of one rule that compares examples are kept."""

_INVALID = "The job failed due to an invalid training file. Invalid file format. "


class JobFailure(msgspec.Struct, frozen=True):
    """How a job ends that is given the file: ``error`` of the job object (FACTS.md §4.5)."""

    code: str
    message: str
    param: str = "training_file"


class FileQuestion(msgspec.Struct, frozen=True):
    """What a file is meant for.

    Attributes:
        filename: As the user calls it.
        asked: For which model and method it is meant, and how its lines were looked at.
        is_validation: Whether it is a validation file, which may be short.
        file_id: As the platform calls it, if it has been uploaded.
        partial: Whether only a part of it was looked at.
    """

    filename: str
    asked: Question
    is_validation: bool = False
    file_id: str | None = None
    partial: bool = False

    @property
    def expected(self) -> Form:
        """What its lines should be."""
        return form_of(self.asked.model, self.asked.method)

    @property
    def is_of_wrong_format(self) -> bool:
        """Whether its lines are something else."""
        return not fits(self.asked.kind, self.expected)

    def failure(self, code: str, frame: str, words: str = "", **values: object) -> JobFailure:
        """A failure in the platform's words; those of the `frame` name the file by its part in the job."""
        if self.is_validation:
            frame = frame.replace("training file", "validation file").replace(
                "Training file", "Validation file"
            )
        param = "validation_file" if self.is_validation else "training_file"
        return JobFailure(code, frame.format(**values) + words, param)

    @property
    def least_examples(self) -> int:
        """How many examples it must have."""
        return 0 if self.is_validation else self.asked.lens.limits.least_examples

    @property
    def most_examples(self) -> int | None:
        """How many examples it may have."""
        if self.asked.method != "reinforcement":
            return None
        limits = self.asked.lens.limits
        return limits.validation_examples if self.is_validation else limits.examples


def findings_of_file(
    facts: Facts,
    about: FileQuestion,
    validation: Facts | None = None,
    validation_name: str = "validation.jsonl",
) -> tuple[list[Finding], dict[str, int]]:
    """What is to be said about a file as a whole, by the lens's policy; and how often each rule found something.

    Args:
        facts: Of all its lines.
        about: What it is meant for.
        validation: The facts of its validation file, of which what is trained on is told.
        validation_name: How the user calls that.
    """
    said = _Said(about)
    said.all(_about_the_method(about))
    if not about.partial:
        said.all(_about_the_file(facts, about))
    said.all(_about_images(facts, about))
    prints = facts.fingerprints
    said.each(whole.DUPLICATE_EXAMPLE, whole.duplicate_examples(prints))
    said.each(whole.NEAR_DUPLICATE, whole.near_duplicates(prints))
    if about.asked.lens.form != "preference":
        said.each(whole.CONFLICTING_ANSWERS, whole.conflicting_answers(prints))
    if validation is not None:
        leaked = whole.leaked_validation(prints, validation.fingerprints)
        said.each(whole.LEAKED_VALIDATION, leaked, validation_name)
    base = "/input/messages" if about.asked.lens.form == "preference" else "/messages"
    said.each(whole.INCONSISTENT_SYSTEM_PROMPTS, whole.inconsistent_system_prompts(facts.prompts, base))
    if facts.longest is not None:
        said.each(whole.SKEWED_LENGTHS, whole.skewed_lengths(facts.lengths, facts.longest.line))
    return said.findings, said.codes


class _Said:
    """Findings by the policy of one file: of each rule the first, and how many there are."""

    def __init__(self, about: FileQuestion) -> None:
        self._policy = about.asked.lens.policy
        self.findings: list[Finding] = []
        self.codes: dict[str, int] = {}

    def all(self, found: Iterable[tuple[Rule, Found, int | None]]) -> None:
        """Say all of them."""
        for rule, what, line in found:
            self._say(rule, what, line)

    def each(self, rule: Rule, found: Iterator[whole.At], file: str | None = None) -> None:
        """Say what one rule found; `found` works when it is asked, so what is off costs nothing."""
        if self._policy.get(rule.code) != "off":
            for line, what in found:
                self._say(rule, what, line, file)

    def _say(self, rule: Rule, what: Found, line: int | None, file: str | None = None) -> None:
        severity = self._policy.get(rule.code, rule.severity)
        if severity == "off":
            return
        self.codes[rule.code] = self.codes.get(rule.code, 0) + 1
        if self.codes[rule.code] <= MOST_OF_A_RULE:
            self.findings.append(rule.finding(what, line, file, severity))


def _about_the_file(facts: Facts, about: FileQuestion) -> Iterator[tuple[Rule, Found, int | None]]:
    limits = about.asked.lens.limits
    suffix = suffix_of(about.filename)
    if suffix != ".jsonl":
        yield files.WRONG_EXTENSION, files.wrong_extension(suffix), None
    if facts.size > limits.file_bytes:
        yield files.FILE_TOO_LARGE, files.file_too_large(facts.size, limits.file_bytes), None
    if facts.rows == 0:
        yield files.EMPTY_FILE, files.empty_file, None
    elif facts.rows < about.least_examples:
        yield files.TOO_FEW_EXAMPLES, files.too_few_examples(facts.rows, about.least_examples), None
    most = about.most_examples
    if most is not None and facts.rows > most:
        yield files.TOO_MANY_EXAMPLES, files.too_many_examples(facts.rows, most), None
    if facts.crlf:
        yield line_rules.CRLF, line_rules.crlf(facts.crlf), facts.first_crlf


def _about_the_method(about: FileQuestion) -> Iterator[tuple[Rule, Found, int | None]]:
    if about.asked.method not in about.asked.model.methods:
        found = files.method_not_supported(
            about.asked.model.id, about.asked.method, about.asked.model.methods
        )
        yield files.METHOD_NOT_SUPPORTED, found, None
    if about.is_of_wrong_format and about.asked.kind is not None:
        expected = KIND_WORDS[KIND_OF_FORM[about.expected]][1]
        found = files.wrong_format(about.asked.kind, expected, about.asked.method, about.asked.model.methods)
        yield files.WRONG_FORMAT_RULE, found, None
    if about.asked.grader is not None:
        for pointer, message, hint, *_ in about.asked.grader.faults:
            yield files.WRONG_GRADER, Found(pointer, message, hint), None
        for pointer, message, hint, *_ in about.asked.grader.response_faults:
            yield files.WRONG_RESPONSE_FORMAT, Found(pointer, message, hint), None


def _about_images(facts: Facts, about: FileQuestion) -> Iterator[tuple[Rule, Found, int | None]]:
    limits = about.asked.lens.limits
    if facts.image_examples > limits.image_examples:
        found = files.too_many_image_examples(facts.image_examples, limits.image_examples)
        yield files.TOO_MANY_IMAGE_EXAMPLES, found, None
    if facts.images and not about.asked.model.vision_training:
        yield files.IMAGES_NOT_TRAINED, files.images_not_trained(about.asked.model.id), facts.first_image


def failure_of(facts: Facts, about: FileQuestion) -> JobFailure | None:
    """How a job ends: what the file is first, then errors of format, the earliest line first, then its size."""
    return _failure_of_question(about) or _failure_of_format(facts, about) or _failure_of_size(facts, about)


def _failure_of_question(about: FileQuestion) -> JobFailure | None:
    if suffix_of(about.filename) != ".jsonl":
        return about.failure("invalid_file_format", PREFIX, BAD_EXTENSION.text)
    if about.asked.method not in about.asked.model.methods:
        message = f"Model {about.asked.model.id} is not available for fine-tuning or does not exist."
        return JobFailure("model_not_available", message)
    if about.asked.grader is not None and (about.asked.grader.faults or about.asked.grader.response_faults):
        return JobFailure("invalid_grader", "The job failed due to an invalid grader.", "method")
    return _wrong_format(about) if about.is_of_wrong_format else None


def _failure_of_format(facts: Facts, about: FileQuestion) -> JobFailure | None:
    failure = facts.failure
    if failure is not None:
        words = f"Invalid file format. Example {failure.line}{failure.says}"
        return about.failure("invalid_file_format", PREFIX, words)
    if facts.size > about.asked.lens.limits.file_bytes:
        return about.failure("invalid_file_format", PREFIX, "The file is too large.")
    return None


def _failure_of_size(facts: Facts, about: FileQuestion) -> JobFailure | None:
    limits, most = about.asked.lens.limits, about.most_examples
    rows, images = facts.rows, facts.image_examples
    if rows == 0 or rows < about.least_examples:
        return about.failure(
            "invalid_n_examples", TOO_FEW.text, examples=rows, least=max(1, about.least_examples)
        )
    if most is not None and rows > most:
        return about.failure("invalid_n_examples", TOO_MANY.text, examples=rows, most=most)
    if images > limits.image_examples:
        return about.failure("invalid_n_examples", TOO_MANY.text, examples=images, most=limits.image_examples)
    return None


def _wrong_format(about: FileQuestion) -> JobFailure:
    kind = about.asked.kind or "messages"
    right = METHOD_OF_KIND[kind]
    name = FORMAT_NAMES[kind]
    if right != about.asked.method:
        words = WRONG_FORMAT.text.format(
            file=about.file_id or about.filename, format=name, right=right, method=about.asked.method
        )
    else:
        expected = FORMAT_NAMES[KIND_OF_FORM[about.expected]]
        words = WRONG_MODEL.text.format(
            file=about.file_id or about.filename, format=name, model=about.asked.model.id, right=expected
        )
    return about.failure("invalid_training_file", _INVALID, words)


def suffix_of(filename: str) -> str:
    """The extension of `filename` with its dot, in lower case."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    return name[name.rindex(".") :].lower() if "." in name else ""
