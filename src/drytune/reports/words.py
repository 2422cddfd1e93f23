"""Words that several reports have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drytune.checking import FileReport, Report
    from drytune_simulator.dataset.distribution import Distribution

__all__ = ["EFFECTS", "counted", "error_count", "number", "percentiles", "spread", "verdict_words"]

EFFECTS = {
    "refused-at-upload": "refused at upload",
    "job-fails": "the job fails",
    "example-skipped": "the example is skipped",
    "truncated": "what is too long is cut off",
    "billed": "taken and billed",
    "harmful": "taken, and the model suffers",
    "none": "nothing",
}
"""What the platform does about a finding, in words."""


def counted(times: int, noun: str) -> str:
    """``1 error``, ``2,000 errors``."""
    return f"{times:,} {noun}" if times == 1 else f"{times:,} {noun}s"


def verdict_words(report: Report) -> tuple[str, str]:
    """``OK`` or ``NO``, and the rest of that line: how many errors, of what, how many warnings."""
    files = "" if len(report.files) == 1 else f" in {len(report.files):,} files, each a job of its own,"
    methods = ", ".join(report.methods)
    about = f"{counted(report.examples, 'example')}{files} for {report.model} ({methods})"
    warnings = sum(finding.severity == "warning" for finding in report.findings)
    more = f", {counted(warnings, 'warning')}" if warnings else ""
    if report.partial:
        more += "; not all lines were read"
    if report.ok:
        return "OK", f": {about}{more}"
    errors = max(len(report.errors), sum(map(error_count, report.inspected)))
    return "NO", f": {counted(errors, 'error')}; {about}{more}"


def error_count(file: FileReport) -> int:
    """The errors of a file, kept or not."""
    return max(len(file.errors), file.verdict.facts.error_count)


def number(value: float) -> str:
    """A figure of a statistic: whole, or with one decimal."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def spread(values: Distribution) -> str:
    """``min 3, mean 4.5, median 4, max 9``."""
    return (
        f"min {number(values.minimum)}, mean {number(values.mean)}, "
        f"median {number(values.median)}, max {number(values.maximum)}"
    )


def percentiles(values: Distribution) -> str:
    """``10th percentile 3, 90th percentile 8.2``."""
    low, high = values.quantile(0.1), values.quantile(0.9)
    return f"10th percentile {number(low)}, 90th percentile {number(high)}"
