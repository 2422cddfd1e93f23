"""How a tuned and a base model did on held-out examples, as rows of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drytune.reports.run_words import usd

if TYPE_CHECKING:
    from drytune.workflow.records import Marks, Run

__all__ = ["Mark", "marks_of"]


class Mark(NamedTuple):
    """A row of the comparison on held-out examples: what it is, of the tuned and of the base model."""

    name: str
    tuned: str
    base: str
    meaning: str


def marks_of(run: Run) -> list[Mark]:
    """How the tuned and the base model did on held-out examples; nothing if they were not asked."""
    if run.holdout is None:
        return []
    from drytune.keeping.agreeing import NEAR

    sides = (run.holdout.tuned, run.holdout.base)

    def row(name: str, values: list[str], meaning: str) -> Mark:
        return Mark(name, values[0], values[1], meaning)

    def shares(name: str) -> list[str]:
        return [_share(getattr(side, name)) for side in sides]

    rows = [
        row("answered", [_answered(side) for side in sides], "examples that were answered, of those asked"),
        row("exact", shares("exact"), "is what was wanted, blanks at the ends aside"),
        row(
            "near", shares("near"), f"exact, equal as JSON, or {NEAR:.0%} of the character n-grams in common"
        ),
        row("likeness", shares("likeness"), "mean share of character n-grams in common"),
        row("functions", shares("calls"), "calls the functions that were wanted"),
        row("arguments", shares("arguments"), "with the same arguments"),
        row("cost", ["—" if side.usd is None else usd(side.usd) for side in sides], "of the answers"),
    ]
    return [one for one in rows if {one.tuned, one.base} != {"—"}]


def _answered(marks: Marks) -> str:
    return f"{marks.answered:,} of {marks.asked:,}"


def _share(share: float | None) -> str:
    return "—" if share is None else f"{100 * share:.1f} %"
