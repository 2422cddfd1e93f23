"""The report of a check on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from drytune.reports.bars import bar_chart, histogram
from drytune.reports.bill import account_lines, file_bill
from drytune.reports.figures import figures_of, per_rule, selected
from drytune.reports.words import counted, error_count, percentiles, spread, verdict_words
from drytune_simulator.dataset.finding import printable

if TYPE_CHECKING:
    from rich.console import Console

    from drytune.checking import Report
    from drytune_simulator.dataset.distribution import Distribution
    from drytune_simulator.dataset.finding import Finding

__all__ = ["MAX_SHOWN", "check_lines", "finding_line", "print_report"]

MAX_SHOWN = 50
"""So many findings are shown; how many more there are is told."""

MANY = 10
"""From so many findings on, they are also counted by rule."""

_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def print_report(report: Report, console: Console, *, charts: bool = True) -> None:
    """The report on `console`, wrapped between words to its width.

    Args:
        report: What is told.
        console: Where; bars are of ``#`` if it can show ASCII only.
        charts: Whether distributions are drawn.
    """
    for line in check_lines(report, charts=charts, ascii_only=console.options.ascii_only):
        console.print(line)


def check_lines(report: Report, *, charts: bool = True, ascii_only: bool = False) -> Iterator[Text]:
    """The report, a line at a time: verdict, findings, distributions, tokens, bill.

    Nothing depends on colour or on a width; long lines may be wrapped.
    """
    word, rest = verdict_words(report)
    line = Text(word, style="bold green" if report.ok else "bold red")
    yield line.append(rest, style="not bold default")
    yield from _findings(report)
    if len(report.files) > 1:
        for file in report.files:
            state = "ok" if file.ok else counted(error_count(file), "error")
            job = f"{file.method}, {counted(file.examples, 'example')}, {file_bill(file)}"
            yield Text(f"{printable(file.file)}: {state}; {job}")
    for file in report.files:
        compared = len(file.verdict.facts.fingerprints)
        if compared < file.examples:
            told = f"{compared:,} of {file.examples:,} examples were compared with each other"
            yield Text(f"{printable(file.file)}: {told}, chosen by what they say.", style="dim")
    if charts and report.examples:
        yield from _charts(report, ascii_only=ascii_only)
    for told in account_lines(report):
        yield Text(told, style="dim" if told.startswith(" ") else "")


def finding_line(finding: Finding) -> Text:
    """``cats.jsonl:12: error missing-assistant /messages: what was found → what to do``."""
    line = Text()
    if finding.file is not None:
        line.append(printable(finding.file))
        line.append(f":{finding.line}: " if finding.line is not None else ": ")
    line.append(finding.severity, style=_STYLES[finding.severity])
    line.append(f" {finding.code}")
    line.append(f" {printable(finding.pointer)}: " if finding.pointer else ": ")
    line.append(f"{finding.message} → {finding.hint}")
    return line


def _findings(report: Report) -> Iterator[Text]:
    """The findings, errors first; what is not shown is counted, and so is every rule's share of many."""
    for finding in selected(report.findings, MAX_SHOWN):
        yield finding_line(finding)
    more = len(report.findings) - MAX_SHOWN
    if more > 0:
        yield Text(f"… and {more:,} more, which --format json lists.", style="dim")
    if report.omitted:
        yield Text(f"… and {report.omitted:,} that were counted but not kept.", style="dim")
    if len(report.findings) < MANY:
        return
    counts = per_rule(report.findings, report.inspected)
    width = max(len(f"{one.times:,}") for one in counts)
    yield Text("by rule:")
    for one in counts:
        line = Text(f"  {one.times:>{width},} ")
        yield line.append(f"{one.severity:<7}", style=_STYLES[one.severity]).append(f" {one.code}")


def _charts(report: Report, *, ascii_only: bool) -> Iterator[Text]:
    """How long examples and replies are, how many turns they have, who speaks."""
    figures = figures_of(report)
    yield from _distribution("tokens per example", figures.lengths, ascii_only=ascii_only)
    yield from _distribution("assistant tokens per example", figures.replies, ascii_only=ascii_only)
    yield from _distribution("user turns per example", figures.turns, ascii_only=ascii_only)
    if figures.roles:
        yield Text("messages by role:")
        for bar in bar_chart(list(figures.roles.items()), ascii_only=ascii_only):
            yield Text(bar)


def _distribution(name: str, values: Distribution, *, ascii_only: bool) -> Iterator[Text]:
    """One distribution: a line if all values are the same, otherwise statistics and bars."""
    if not values.count:
        return
    if values.minimum == values.maximum:
        yield Text(f"{name}: {values.minimum:,} each")
        return
    yield Text(f"{name}:")
    yield Text(f"  {spread(values)}")
    yield Text(f"  {percentiles(values)}")
    for bar in histogram(values, ascii_only=ascii_only):
        yield Text(bar)
