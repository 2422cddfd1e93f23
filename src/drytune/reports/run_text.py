"""A live run as lines in a terminal, wide or narrow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.text import Text

from drytune.reports.dry_run import shown, sparkline
from drytune.reports.run_figures import curves_of
from drytune.reports.run_marks import marks_of
from drytune.reports.run_words import (
    SIMULATED,
    Fact,
    facts_of,
    headline,
    next_step,
    origin_of,
    said_by,
)

if TYPE_CHECKING:
    from rich.console import Console

    from drytune.workflow.plan import Plan
    from drytune.workflow.records import Answer, Run

__all__ = ["print_line", "print_marks", "print_run"]

_COLOURS: Final = {"ok": "green", "no": "red", "…": "yellow"}
_NAME: Final = 15
_NARROW: Final = 60
_INDENT: Final = 2
_LEAST: Final = 8
_MOST_ANSWERS: Final = 20
_SPARKS: Final = 24


def print_run(plan: Plan, run: Run, console: Console) -> None:
    """All there is to say about `run`."""
    if run.simulated:
        print_line(console, "SIMULATED", SIMULATED, "bold yellow")
    for fact in facts_of(plan, run):
        _fact(console, fact)
    _curves(console, run)
    print_marks(console, run)
    for answer in run.answers[:_MOST_ANSWERS]:
        _answer(console, answer)
    if len(run.answers) > _MOST_ANSWERS:
        _row(console, "", f"{len(run.answers) - _MOST_ANSWERS:,} more answers are in the other formats.")
    console.print()
    for note in run.notes:
        print_line(console, "note", note, "yellow")
    word, told = headline(run)
    print_line(console, word, f"{told}.", _COLOURS[word])
    if (wanted := next_step(run)) is not None:
        print_line(console, "", f"Go on with `{wanted}`.")


def print_line(console: Console, name: str, text: str, style: str = "") -> None:
    """A name and what there is to say; on a terminal it breaks between words, and goes on indented.

    Elsewhere a line stays a line, for those who grep. Words that are longer than a terminal is wide, ids that is,
    are left to the terminal: there they can be copied in one piece.
    """
    _print(console, Text.assemble(Text(name, style), " " if name else "", shown(text)))


def _print(console: Console, line: Text) -> None:
    if not console.is_terminal:
        console.print(line, soft_wrap=True)
        return
    for part in line.split("\n", allow_blank=True):
        part.rstrip()
        for place, one in enumerate(part.divide(_breaks(part.plain, max(_LEAST, console.width)))):
            one.rstrip()
            console.print(Text.assemble(" " * _INDENT if place else "", one), soft_wrap=True)


def _breaks(text: str, width: int) -> list[int]:
    """Where lines after the first begin: before a word, so that none is longer than `width` unless a word is."""
    breaks, used = [], 0
    for word in re.finditer(r"\s*\S+", text):
        size = cell_len(word[0])
        if used and used + size > width:
            breaks.append(word.end() - len(word[0].lstrip()))
            used, size = _INDENT, cell_len(word[0].lstrip())
        used += size
    return breaks


def _row(console: Console, name: str, text: str) -> None:
    """A name and a value below one another's, or behind a colon where there is no room for columns."""
    head = f"{name}:" if name and console.width < _NARROW else f"{name:<{_NAME}}"
    print_line(console, head, text, "bold")


def _fact(console: Console, fact: Fact) -> None:
    _row(console, fact.name, f"{fact.value} · {fact.note}" if fact.note else fact.value)


def _curves(console: Console, run: Run) -> None:
    width = min(_SPARKS, max(_LEAST, console.width - 32))
    for curve in curves_of(run):
        values = curve.values
        told = f"{values[0]:.2f} → {values[-1]:.2f}" if len(values) > 1 else f"{values[0]:.2f}"
        line = f" {sparkline(values, width)}" if len(values) > 1 else ""
        _row(console, curve.kind.capitalize(), f"{told}{line} {curve.of}")


def print_marks(console: Console, run: Run) -> None:
    """On held-out examples: a table, or where it is narrow a line for each row."""
    rows = marks_of(run)
    if not rows or run.holdout is None:
        return
    console.print()
    _print(console, Text("Held-out examples", "bold"))
    if console.is_terminal and console.width < _NARROW:
        for row in rows:
            print_line(console, f"{row.name}:", f"tuned {row.tuned}, base {row.base}")
    else:
        print_line(console, "", f"{'':<{_NAME}} {'tuned':>14} {'base':>14}")
        for row in rows:
            print_line(console, f"{row.name:<{_NAME}}", f"{row.tuned:>14} {row.base:>14}")
    for note in run.holdout.notes:
        print_line(console, "note", note, "yellow")


def _answer(console: Console, answer: Answer) -> None:
    console.print()
    print_line(console, "?", answer.question.prompt, "bold")
    _print(console, Text(f"  {origin_of(answer)}", "dim"))
    print_line(console, ">", said_by(answer.message), "bold")
