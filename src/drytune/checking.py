"""A dataset's verdict and bill, before anything is sent."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from drytune.errors import Refused, UsageError
from drytune.estimate import Cost, estimate, notices
from drytune_simulator.catalog import Model, UnknownModelError, find
from drytune_simulator.dataset.finding import Finding
from drytune_simulator.dataset.verdict import Usage, Verdict, judge

__all__ = ["FileReport", "Report", "StrPath", "check"]

StrPath = str | os.PathLike[str]

MAX_EPOCHS = 50  # FACTS.md §4.1


class FileReport(msgspec.Struct, frozen=True):
    """The verdict on one file.

    Attributes:
        file: As the user called it.
        model: The snapshot.
        cost: Of a training on this file alone.
        findings: In order of lines; those about the whole file come first.
        verdict: All that the simulated platform knows about the file.
    """

    file: str
    model: str
    cost: Cost
    findings: tuple[Finding, ...]
    verdict: Verdict

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not self.errors

    @property
    def method(self) -> str:
        """How the model would be tuned."""
        return self.verdict.method

    @property
    def examples(self) -> int:
        """Lines that hold an example."""
        return self.verdict.examples

    @property
    def tokens(self) -> Usage:
        """Counted with the model's own encoding."""
        return self.verdict.tokens

    @property
    def epochs(self) -> int | None:
        """As asked, else what ``auto`` becomes; None if the file was not judged."""
        return self.verdict.epochs if self.verdict.judged else None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that mean no."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    def to_dict(self) -> dict[str, Any]:
        """The report on this file, as in ``drytune check --format json``."""
        return {"file": self.file, **_contract(self)}


class Report(msgspec.Struct, frozen=True):
    """The verdict on one or more files for one model.

    Attributes:
        model: The snapshot.
        method: How it would be tuned.
        examples: Of all files.
        tokens: Of all files.
        epochs: None when the files differ.
        cost: Of a training on each file.
        findings: Those about the model, then those of the files in their order.
        files: The files one by one.
    """

    model: str
    method: str
    examples: int
    tokens: Usage
    epochs: int | None
    cost: Cost
    findings: tuple[Finding, ...]
    files: tuple[FileReport, ...]

    @property
    def ok(self) -> bool:
        """Whether no file has an error."""
        return not self.errors

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that mean no."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def omitted(self) -> int:
        """Findings that were counted but are not listed, as there are too many."""
        return sum(file.verdict.omitted for file in self.files)

    def to_dict(self) -> dict[str, Any]:
        """The object that ``drytune check --format json`` prints."""
        return {
            **_contract(self),
            "omitted": self.omitted,
            "files": [file.to_dict() for file in self.files],
        }

    def raise_for_errors(self) -> None:
        """Do nothing when all is well.

        Raises:
            Refused: There is an error; the first one is told.
        """
        errors = self.errors
        if errors:
            first = errors[0]
            where = ":".join(str(part) for part in (first.file, first.line) if part is not None)
            more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
            raise Refused(f"{where}: {first.code}: {first.message} {first.hint}{more}")


def check(
    paths: StrPath | Iterable[StrPath],
    model: str = "gpt-4.1-mini",
    *,
    as_of: date | None = None,
    n_epochs: int | None = None,
) -> Report:
    """What the platform would say to training files, and what the training would cost.

    Nothing is sent anywhere, and no clock is read.

    Args:
        paths: One file or several.
        model: A snapshot, a floating name such as ``gpt-4.1-mini``, or a tuned model.
        as_of: The day for which names, prices and retirements are wanted; None means the last known ones and no
            word about retirements.
        n_epochs: 1 to 50; None means ``auto``.

    Raises:
        UsageError: A file cannot be read, the model is unknown, or `n_epochs` is out of range.
    """
    named = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if not named:
        raise UsageError("There is no file to check; name at least one.")
    if n_epochs is not None and not 1 <= n_epochs <= MAX_EPOCHS:
        raise UsageError(f"n_epochs is {n_epochs}; it must be from 1 to {MAX_EPOCHS}.")
    try:
        base = find(model, as_of)
    except UnknownModelError as error:
        raise UsageError(str(error)) from None
    files = tuple(_check_file(path, base, as_of, n_epochs) for path in named)
    epochs = {file.epochs for file in files}
    tokens = _sum([file.tokens for file in files])
    examples = sum(file.examples for file in files)
    return Report(
        model=base.id,
        method=files[0].method,
        examples=examples,
        tokens=tokens,
        epochs=epochs.pop() if len(epochs) == 1 else None,
        cost=estimate(base, tokens, examples, as_of) if files[0].verdict.judged else Cost(),
        findings=(*notices(base, as_of), *(finding for file in files for finding in file.findings)),
        files=files,
    )


def _check_file(path: StrPath, model: Model, as_of: date | None, n_epochs: int | None) -> FileReport:
    name = os.fspath(path)
    try:
        if (refusal := _unfit(name)) is not None:
            raise UsageError(refusal)
        with Path(name).open("rb") as stream:
            verdict = judge(stream, model=model, n_epochs=n_epochs, filename=name)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror or error}.") from None
    cost = estimate(model, verdict.tokens, verdict.examples, as_of) if verdict.judged else Cost()
    return FileReport(name, model.id, cost, verdict.findings, verdict)


def _unfit(name: str) -> str | None:
    """Why `name` is nothing that can be read to its end, or None."""
    if "\0" in name:
        return f"{name!r} is not a file name."
    if not name or not Path(name).exists():
        return f"{name or 'The empty name'} does not exist; check the path."
    mode = Path(name).stat().st_mode
    if stat.S_ISDIR(mode):
        return f"{name} is a directory; name the .jsonl file in it."
    if not stat.S_ISREG(mode):
        return f"{name} is not a regular file; save its content as a .jsonl file first."
    return None


def _sum(many: list[Usage]) -> Usage:
    return Usage(
        total=sum(tokens.total for tokens in many),
        assistant=sum(tokens.assistant for tokens in many),
        tools=sum(tokens.tools for tokens in many),
        billed=sum(tokens.billed for tokens in many),
    )


def _contract(report: Report | FileReport) -> dict[str, Any]:
    """What the reports on all files and on one have in common, as JSON values."""
    return {
        "ok": report.ok,
        "method": report.method,
        "model": report.model,
        "examples": report.examples,
        "tokens": msgspec.to_builtins(report.tokens),
        "epochs": report.epochs,
        "cost": msgspec.to_builtins(report.cost),
        "findings": [finding.to_dict() for finding in report.findings],
    }
