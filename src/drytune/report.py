"""What a check found out: the verdict and the bill of files, and the object that is printed of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from drytune.errors import Refused
from drytune.estimate import Cost
from drytune_simulator.dataset.finding import Finding
from drytune_simulator.dataset.verdict import Usage, Verdict

if TYPE_CHECKING:
    from drytune_simulator.dataset.facts import Facts

__all__ = ["FileReport", "Report"]


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
        """As asked, else what ``auto`` becomes."""
        return self.verdict.epochs

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that mean no."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    def to_dict(self) -> dict[str, Any]:
        """The report on this file, as in ``drytune check --format json``."""
        verdict = self.verdict
        return {
            "file": self.file,
            **_contract(self),
            "form": verdict.form,
            "accepted": verdict.accepted,
            "job_failure": None if verdict.job_failure is None else msgspec.to_builtins(verdict.job_failure),
            "hyperparameters": {
                "n_epochs": verdict.epochs,
                "batch_size": verdict.batch_size,
                "learning_rate_multiplier": verdict.learning_rate_multiplier,
            },
            "statistics": _statistics(verdict.facts),
        }


class Report(msgspec.Struct, frozen=True):
    """The verdict on one or more files for one model.

    Attributes:
        model: The snapshot.
        method: How it would be tuned; of several files that differ, how with the first. `methods` are all.
        examples: Of all files.
        tokens: Of all files.
        epochs: None when the files differ.
        cost: Of a training on each file, all together.
        findings: Those about the model, then those of the files in their order.
        files: The files one by one.
        validation: The validation file, if one was named; it is not billed.
    """

    model: str
    method: str
    examples: int
    tokens: Usage
    epochs: int | None
    cost: Cost
    findings: tuple[Finding, ...]
    files: tuple[FileReport, ...]
    validation: FileReport | None = None

    @property
    def ok(self) -> bool:
        """Whether no file has an error."""
        return not self.errors

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that mean no."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def methods(self) -> tuple[str, ...]:
        """How the model would be tuned with the files, each method once."""
        return tuple(dict.fromkeys(file.method for file in self.files))

    @property
    def inspected(self) -> tuple[FileReport, ...]:
        """The files, and the validation file, if there is one."""
        return self.files if self.validation is None else (*self.files, self.validation)

    @property
    def omitted(self) -> int:
        """Findings that were counted but are not listed, as there are too many."""
        return sum(file.verdict.omitted for file in self.inspected)

    @property
    def partial(self) -> bool:
        """Whether the work was interrupted, so that this is the verdict on a part of the lines."""
        return any(file.verdict.partial for file in self.files)

    def to_dict(self) -> dict[str, Any]:
        """The object that ``drytune check --format json`` prints."""
        return {
            **_contract(self),
            "method": self.method if len(self.methods) == 1 else None,  # what is true of no file is not told
            "omitted": self.omitted,
            "partial": self.partial,
            "files": [file.to_dict() for file in self.files],
            "validation": None if self.validation is None else self.validation.to_dict(),
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
            place = f"{where}: " if where else ""
            raise Refused(f"{place}{first.code}: {first.message} {first.hint}{more}")


def _statistics(facts: Facts) -> dict[str, Any]:
    """Distributions in a few figures, by name; `p10` and `p90` are the 10th and the 90th percentiles."""
    spread = {
        "tokens": facts.lengths,
        "assistant_tokens": facts.replies,
        "messages": facts.message_counts,
        "turns": facts.turns,
    }
    return {
        **{
            name: {
                "min": counts.minimum,
                "mean": round(counts.mean, 2),
                "median": counts.median,
                "max": counts.maximum,
                "p10": round(counts.quantile(0.1), 2),
                "p90": round(counts.quantile(0.9), 2),
            }
            for name, counts in spread.items()
        },
        "roles": facts.roles,
        "images": facts.images,
        "compared": len(facts.fingerprints),
        "findings": dict(sorted(facts.codes.items())),
    }


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
