"""A live run as Markdown, for a pull request or a wiki: what others wrote stays text in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from drytune.reports.dry_run import sparkline
from drytune.reports.run_figures import curves_of
from drytune.reports.run_html import MAX_EVENTS, events_of, files_of
from drytune.reports.run_marks import marks_of
from drytune.reports.run_words import (
    SIMULATED,
    clean,
    facts_of,
    headline,
    next_step,
    origin_of,
    said_by,
)
from drytune.reports.words import counted
from drytune_simulator.version import __version__

if TYPE_CHECKING:
    from drytune.workflow.plan import Plan
    from drytune.workflow.records import Answer, Run

__all__ = ["run_markdown"]

_MEANING: Final = re.compile(r"([\\`*_\[\]<>#|~&$])|^([-+=]|\d+(?=[.)]))")
"""What may mean something to one Markdown or another: anywhere, and at the beginning of a line."""

_ANSWERS: Final = 50
_ANSWER: Final = 4_000
_TEXT: Final = 1_000


def run_markdown(plan: Plan, run: Run) -> str:
    """The whole text, with a newline at its end."""
    return "\n".join(_lines(plan, run)) + "\n"


def _lines(plan: Plan, run: Run) -> Iterator[str]:
    word, told = headline(run)
    yield f"# drytune report{'' if run.id is None else f' of {_text(run.id)}'}"
    if run.simulated:
        yield from ("", f"> **SIMULATED** {SIMULATED}")
    yield from ("", f"**{word}** {_text(told)}.")
    if (wanted := next_step(run)) is not None:
        yield from ("", f"Go on with `{wanted}`.")
    yield from ("", *_table(("", "", ""), ((one.name, one.value, one.note) for one in facts_of(plan, run))))
    notes = [*run.notes, *(f"planned with a warning: {warning}" for warning in plan.warnings)]
    if notes:
        yield from ("", "## What to know", "", *(f"- {_text(note)}" for note in notes))
    yield from _curves(run)
    if run.answers:
        yield from ("", "## Answers of the tuned model")
        for answer in run.answers[:_ANSWERS]:
            yield from _answer(answer)
        if len(run.answers) > _ANSWERS:
            yield from ("", f"{counted(len(run.answers) - _ANSWERS, 'answer')} more are in the JSON report.")
    yield from _holdout(run)
    if run.checkpoints:
        yield from ("", "## Checkpoints", "")
        rows = ((one.get("step_number"), one.get("fine_tuned_model_checkpoint")) for one in run.checkpoints)
        yield from _table(("step", "model"), rows)
    if events := events_of(run)[-MAX_EVENTS:]:
        yield from (
            "",
            "## Events",
            "",
            *_table(("when (UTC)", "what"), ((e.when, e.message) for e in events)),
        )
    yield from ("", "## Files", "")
    names = ("role", "path", "sha256", "remote")
    yield from _table(
        ("file", "path", "SHA-256", "at the platform"),
        ([file[name] for name in names] for file in files_of(run)),
    )
    yield from ("", f"Made by drytune {__version__}.")


def _curves(run: Run) -> Iterator[str]:
    curves = curves_of(run)
    if not curves:
        return
    yield from ("", "## Curves", "")
    rows = (
        (c.kind, c.of, f"{c.values[0]:.4g}", f"{c.values[-1]:.4g}", f"{len(c.points):,}", sparkline(c.values))
        for c in curves
    )
    yield from _table(("what", "of", "first", "last", "values", ""), rows)


def _holdout(run: Run) -> Iterator[str]:
    if run.holdout is None:
        return
    yield from ("", "## Held-out examples", "")
    yield from _table(("", "tuned", "base", ""), marks_of(run))
    if run.holdout.notes:
        yield from ("", *(f"- {_text(note)}" for note in run.holdout.notes))


def _answer(answer: Answer) -> Iterator[str]:
    title = " ".join(clean(answer.question.prompt, 120).split())
    yield from ("", f"### {_text(title) or '(no words)'}", "", f"{_text(origin_of(answer))}.", "")
    said = clean(said_by(answer.message), _ANSWER)
    if not said:
        yield "It says nothing."
        return
    # a fence is longer than any that is in the text
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`+", said))])
    yield from (f"{fence}text", *said.splitlines(), fence)


def _table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    named = list(heads)
    yield f"| {' | '.join(named)} |"
    yield f"|{'---|' * len(named)}"
    for row in rows:
        yield f"| {' | '.join(_text(str('' if cell is None else cell)) for cell in row)} |"


def _text(text: str) -> str:
    """`text` on a line, meaning nothing."""
    line = " ".join(clean(text, _TEXT).split())
    return _MEANING.sub(lambda found: f"\\{found[0]}" if not found[0].isdigit() else f"{found[0]}\\", line)
