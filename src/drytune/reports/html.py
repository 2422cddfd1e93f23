"""The report of a check as one page that needs nothing else: no script, no request, light or dark, any width."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from drytune.errors import MissingExtra
from drytune.reports.bill import account_lines, epochs_of, file_bill, money, parts_of, range_of, reason
from drytune.reports.excerpts import readable, withheld
from drytune.reports.figures import SEVERITIES, Figures, figures_of, per_rule, selected
from drytune.reports.pages import environment
from drytune.reports.plots import NEEDED, plots_of
from drytune.reports.words import EFFECTS, counted, error_count, number, verdict_words
from drytune_simulator.dataset.finding import printable
from drytune_simulator.version import __version__

if TYPE_CHECKING:
    from drytune.checking import Report
    from drytune.estimate import Cost
    from drytune_simulator.dataset.finding import Finding

__all__ = ["MAX_ROWS", "html_page", "require_libraries"]

MAX_ROWS = 1000
"""So many findings are on the page; how many more there are is told."""


def require_libraries() -> None:
    """Say early that a page cannot be made; nothing is imported.

    Raises:
        MissingExtra: matplotlib or jinja2 is not installed.
    """
    for library in ("jinja2", "matplotlib"):
        if find_spec(library) is None:
            raise MissingExtra(NEEDED.format(library=library))


class _Row(NamedTuple):
    """A finding, what the platform does about it, and the line's text, None if there is none to show."""

    finding: Finding
    effect: str
    excerpt: str | None
    private: bool


class _Card(NamedTuple):
    """A figure with its name and some words about it."""

    name: str
    value: str
    notes: tuple[str, ...] = ()


def html_page(report: Report, excerpts: Mapping[tuple[str, int], str]) -> str:
    """The whole page.

    Args:
        report: What is told.
        excerpts: The text of lines by file and number, as `excerpts_of` gives them; those of lines with
            something private are not shown, whatever they are.

    Raises:
        MissingExtra: matplotlib or jinja2 is not installed.
    """
    templates = environment(NEEDED.format(library="jinja2"))
    templates.filters.update(safe_text=printable, count=counted, errors=error_count, job_bill=file_bill)
    word, rest = verdict_words(report)
    rows = _rows(report, excerpts)
    figures = figures_of(report)
    return templates.get_template("check.html.j2").render(
        report=report,
        word=word,
        rest=rest,
        version=__version__,
        cards=_cards(report),
        bill=[line.strip() for line in account_lines(report)],
        rules=per_rule(report.findings, report.inspected),
        severities={name: sum(row.finding.severity == name for row in rows) for name in SEVERITIES},
        rows=rows,
        more=len(report.findings) - len(rows),
        plots=plots_of(figures),
        statistics=_statistics(figures),
    )


def _rows(report: Report, excerpts: Mapping[tuple[str, int], str]) -> list[_Row]:
    private = withheld(report.findings)
    rows = []
    for finding in selected(report.findings, MAX_ROWS):
        place = (finding.file, finding.line)
        text = None
        if finding.file is not None and finding.line is not None and place not in private:
            text = excerpts.get((finding.file, finding.line))
        effect = EFFECTS.get(finding.effect, finding.effect)
        rows.append(
            _Row(finding, effect, readable(text) if text and text.strip() else None, place in private)
        )
    return rows


def _cards(report: Report) -> list[_Card]:
    """The figures that most people look for: tokens, bill, what calls cost afterwards."""
    tokens, cost = report.tokens, report.cost
    cards = [
        _Card("Examples", f"{report.examples:,}"),
        _Card("Tokens", f"{tokens.total:,}", (parts_of(tokens),)),
        _Card("Billed tokens", f"{tokens.billed:,}", (f"over {epochs_of(report)}",)),
        _training(cost),
    ]
    if cost.per_1000_calls_usd is not None:
        base = cost.base_per_1000_calls_usd
        notes = () if base is None else (f"of the base model: {money(base, cost.currency)}",)
        calls = f"≈ {money(cost.per_1000_calls_usd, cost.currency)}"
        cards.append(_Card("1,000 calls afterwards", calls, notes))
    return cards


def _training(cost: Cost) -> _Card:
    if cost.training_usd is None:
        return _Card("Training", "unknown", (f"{reason(cost)}.",))
    notes = [f"at {cost.price_per_million_usd:g} {cost.currency} per million tokens"]
    if (between := range_of(cost)) is not None:
        notes.append(between)
    return _Card("Training", money(cost.training_usd, cost.currency), tuple(notes))


def _statistics(figures: Figures) -> list[dict[str, Any]]:
    """A row for each distribution of which something is known."""
    named = {
        "Tokens": figures.lengths,
        "Assistant tokens": figures.replies,
        "Messages": figures.message_counts,
        "User turns": figures.turns,
    }
    return [
        {
            "name": name,
            "values": [
                number(value)
                for value in (
                    values.minimum, values.quantile(0.1), values.mean, values.median, values.quantile(0.9),
                    values.maximum,
                )
            ],
        }
        for name, values in named.items()
        if values.count
    ]  # fmt: skip
