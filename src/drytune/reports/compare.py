"""A comparison in the terminal: side by side where there is room, one below the other where there is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rich.text import Text

from drytune.reports.compare_words import (
    SHADES,
    Row,
    Saying,
    clean,
    prompt_words,
    rows_of,
    sayings,
    side_words,
    style_lines,
    summary,
    verdict_meanings,
)
from drytune.reports.words import counted

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from drytune.keeping.comparison import Compared, Comparison

__all__ = ["MOST_PROMPTS", "print_comparison"]

MOST_PROMPTS: Final = 20
"""So many prompts are shown one by one, the worst; the others are counted."""

_SIDE_BY_SIDE: Final = 72
"""Columns from which on two answers stand side by side."""

_AGREEMENT: Final = "agreement: of recorded answers with one another, and of new ones with recorded ones"
_PROMPT: Final = 300
_ANSWER: Final = 600
_ANSWERS: Final = 3
_STYLES: Final = {"error": "red", "warning": "yellow", "info": "cyan", "ok": "green", "soft": "dim"}


def print_comparison(comparison: Comparison, console: Console, most: int | None = MOST_PROMPTS) -> None:
    """All there is to say about `comparison`.

    Args:
        comparison: What was found.
        console: Where to; where it is no terminal, everything stands one below the other.
        most: So many prompts are shown one by one, the worst; None for all.
    """
    wide = console.is_terminal and console.width >= _SIDE_BY_SIDE
    _say(console, Text("drytune compare ", "bold"), clean(comparison.archive, 200))
    for name, side in (("recorded", comparison.recorded), ("new", comparison.new)):
        _say(console, Text(f"{name:<9}", "bold"), clean(side.model, 200))
        _say(console, Text(f"         {side_words(side)}", "dim"))
    shown = comparison.prompts if most is None else comparison.worst(most)
    for prompt in shown:
        _print_prompt(prompt, console, wide=wide)
    if len(shown) < len(comparison.prompts):
        _say(console)
        left = counted(len(comparison.prompts) - len(shown), "prompt")
        _say(console, Text(f"{left} more, no worse than these: see --all, or the other reports", "dim"))
    _say(console)
    _print_figures(list(rows_of(comparison.measures, comparison.near)), console, wide=wide)
    for line in style_lines(comparison.style):
        _say(console, line)
    _say(console)
    for note in comparison.notes:
        _say(console, Text("note ", "yellow"), clean(note, 500))
    if comparison.stopped is not None:
        _say(console, Text("stopped ", "red"), clean(comparison.stopped, 500))
    if comparison.spent_usd is not None:
        _say(console, f"asking cost {comparison.spent_usd:.4f} USD")
    for verdict, meaning in verdict_meanings(comparison):
        _say(console, Text(f"{verdict}: ", _STYLES[SHADES[verdict]]), Text(meaning, "dim"))
    _say(console, Text(summary(comparison), "bold"))


def _say(console: Console, *parts: str | Text) -> None:
    """One line, which the terminal wraps anywhere, as text without spaces needs."""
    console.print(Text.assemble(*parts), soft_wrap=True)


def _print_prompt(prompt: Compared, console: Console, *, wide: bool) -> None:
    _say(console)
    style = _STYLES[SHADES[prompt.verdict]]
    asked = " ".join(clean(prompt.prompt, _PROMPT).split())
    _say(console, Text(f"{prompt.number} ", "bold"), Text(f"{prompt.verdict} ", style), Text(asked, "bold"))
    figures = prompt_words(prompt.measures)
    if figures:
        _say(console, Text(f"  {figures}", "dim"))
    recorded, new = (_answers(sayings(side, _ANSWERS, _ANSWER)) for side in (prompt.recorded, prompt.new))
    if wide:
        console.print(_beside(recorded, new))
        return
    for name, texts in (("recorded", recorded), ("new", new)):
        _say(console, Text(f"  {name}", "dim"))
        for text in texts:
            for line in text.split("\n"):
                _say(console, Text("    "), line)


def _answers(said: Sequence[Saying]) -> list[Text]:
    """Each answer, with what it is where it is no text."""
    if not said:
        return [Text("not asked", "dim")]
    return [_answer(saying) for saying in said]


def _answer(saying: Saying) -> Text:
    times = "" if saying.times == 1 else f"×{saying.times:,} "
    if saying.kind == "empty":
        return Text.assemble((times, "dim"), ("says nothing", "yellow"))
    if saying.kind == "more":
        return Text(f"and {saying.text}", "dim")
    words = {"refusal": ("refuses: ", "yellow"), "error": ("error: ", "red")}
    return Text.assemble((times, "dim"), words.get(saying.kind, ""), saying.text)


def _beside(recorded: Sequence[Text], new: Sequence[Text]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, expand=True, pad_edge=False, padding=(0, 1))
    for name in ("recorded", "new"):
        table.add_column(Text(name, "dim"), ratio=1, overflow="fold")
    for place in range(max(len(recorded), len(new))):
        table.add_row(*(side[place] if place < len(side) else Text() for side in (recorded, new)))
    return table


def _print_figures(rows: Sequence[Row], console: Console, *, wide: bool) -> None:
    if not wide:
        for row in rows:
            line = f"{row.name}: recorded {row.recorded}, new {row.new}"
            _say(console, line, Text(f" ({row.meaning})", "dim"))
        return
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    table.add_column("all prompts", no_wrap=True)
    table.add_column("recorded", justify="right")
    table.add_column("new", justify="right")
    table.add_column(Text("what it is", "dim"))
    for row in rows:
        table.add_row(row.name, row.recorded, row.new, Text(row.meaning, "dim"))
    console.print(table)
    if any(row.name == "exact" for row in rows):
        _say(
            console,
            Text(_AGREEMENT, "dim"),
        )
