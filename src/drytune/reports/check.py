"""The report of a check on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from drytune_simulator.dataset.finding import printable

if TYPE_CHECKING:
    from rich.console import Console

    from drytune.checking import Report
    from drytune.estimate import Cost
    from drytune_simulator.dataset.finding import Finding

__all__ = ["MAX_SHOWN", "check_lines", "finding_line", "print_report"]

MAX_SHOWN = 50
"""So many findings are shown; how many more there are is told."""

_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def print_report(report: Report, console: Console) -> None:
    """The report on `console`, wrapped between words to its width."""
    for line in check_lines(report):
        console.print(line)


def check_lines(report: Report) -> Iterator[Text]:
    """The report, a line at a time: verdict, findings, tokens, bill.

    Nothing depends on colour or on a width; long lines may be wrapped.
    """
    yield _verdict(report)
    for finding in report.findings[:MAX_SHOWN]:
        yield finding_line(finding)
    more = len(report.findings) - MAX_SHOWN
    if more > 0:
        yield Text(f"… and {more:,} more, which --format json lists.", style="dim")
    if report.omitted:
        yield Text(f"… and {report.omitted:,} that were counted but not kept.", style="dim")
    if len(report.files) > 1:
        for file in report.files:
            state = "ok" if file.ok else _count(len(file.errors), "error")
            yield Text(f"{printable(file.file)}: {state}, {_count(file.examples, 'example')}")
    if not all(file.verdict.judged for file in report.files):
        return
    tokens = report.tokens
    epochs = "each file's own number of epochs" if report.epochs is None else _count(report.epochs, "epoch")
    tools = f", {tokens.tools:,} of tools" if tokens.tools else ""
    yield Text(f"tokens: {tokens.total:,} ({tokens.assistant:,} of the assistant{tools})")
    yield Text(f"billed: {tokens.billed:,} over {epochs}")
    yield from _bill(report.cost)


def finding_line(finding: Finding) -> Text:
    """``cats.jsonl:12: error missing-assistant /messages: what was found → what to do``."""
    line = Text()
    if finding.file is not None:
        line.append(printable(finding.file))
        line.append(f":{finding.line}: " if finding.line is not None else ": ")
    line.append(finding.severity, style=_STYLES[finding.severity])
    line.append(f" {finding.code}")
    line.append(f" {finding.pointer}: " if finding.pointer else ": ")
    line.append(f"{finding.message} → {finding.hint}")
    return line


def _verdict(report: Report) -> Text:
    warnings = sum(finding.severity == "warning" for finding in report.findings)
    about = f"{_count(report.examples, 'example')} for {report.model} ({report.method})"
    if report.ok:
        line = Text("OK", style="bold green")
        line.append(f": {about}", style="not bold default")
    else:
        line = Text("NO", style="bold red")
        errors = sum(file.verdict.facts.error_count for file in report.files)
        listed = len(report.errors)
        line.append(f": {_count(max(errors, listed), 'error')}; {about}", style="not bold default")
    if warnings:
        line.append(f", {_count(warnings, 'warning')}", style="not bold default")
    return line


def _bill(cost: Cost) -> Iterator[Text]:
    if cost.training_usd is None:
        yield Text("bill: no training price is known")
    else:
        yield Text(
            f"bill: {cost.training_usd:,.4f} {cost.currency} at {cost.price_per_million_usd:g} per million tokens"
        )
    if cost.price_source is not None:
        yield Text(f"  price: {cost.price_source}", style="dim")
    if cost.per_1000_calls_usd is not None:
        base = ""
        if cost.base_per_1000_calls_usd is not None:
            base = f" (base model: {cost.base_per_1000_calls_usd:,.4f})"
        yield Text(f"1,000 calls afterwards: about {cost.per_1000_calls_usd:,.4f} {cost.currency}{base}")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
