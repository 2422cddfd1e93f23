"""Findings as annotations of a GitHub workflow: lines that its runner reads from a step's output.

The form is GitHub's "Workflow commands for GitHub Actions": ``::error file=…,line=…,title=…::message``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from drytune.reports.words import verdict_words
from drytune_simulator.dataset.finding import printable

if TYPE_CHECKING:
    from drytune.checking import Report
    from drytune_simulator.dataset.finding import Finding

__all__ = ["annotation", "github_lines"]

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}

_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def github_lines(report: Report) -> Iterator[str]:
    """A line for every finding, and the verdict, which is no command and only shows in the log."""
    for finding in report.findings:
        yield annotation(finding)
    yield "".join(verdict_words(report))


def annotation(finding: Finding) -> str:
    """The workflow command for one finding; GitHub shows it at line 1 if it is about a whole file."""
    properties = {}
    if finding.file is not None:
        properties["file"] = finding.file
        if finding.line is not None:
            properties["line"] = str(finding.line)
    properties["title"] = f"{finding.code} {finding.pointer}".rstrip()
    told = ",".join(f"{name}={_escaped(value, _PROPERTY)}" for name, value in properties.items())
    message = _escaped(" ".join(filter(None, (finding.message, finding.hint))), _DATA)
    return f"::{_COMMANDS[finding.severity]} {told}::{message}"


def _escaped(text: str, table: dict[int, str]) -> str:
    """`text` as GitHub decodes it, in one line that any output can show."""
    return printable(text.translate(table))
