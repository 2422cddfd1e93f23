"""The runs of a journal on a terminal: a table, a line each where a program reads it, or one run and its steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

import msgspec
from rich.text import Text

from drytune.reports.run_json import run_dict
from drytune.reports.run_words import clean, facts_of, headline, next_step, state_of, usd
from drytune.reports.words import counted
from drytune.workflow.remains import things_of

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from drytune.workflow.journal import Entry
    from drytune.workflow.log import Attempt

__all__ = ["entry_dict", "print_entry", "print_runs", "shown_dict"]

_COLOURS: Final = {"ok": "green", "no": "red", "…": "yellow"}
_ENDINGS: Final = {"done": "green", "refused": "red", "lost": "yellow", None: "yellow"}
_MOST_ATTEMPTS: Final = 40
_LONGEST: Final = 200
_UNBOUNDED: Final = 1_000


def print_runs(entries: Sequence[Entry], console: Console) -> None:
    """The runs as a table, or a line each where the reader is no terminal; the oldest first."""
    if not console.is_terminal:
        for entry in entries:
            console.print(Text("  ".join(_cells(entry))))
        return
    from rich.measure import Measurement

    table = _table(entries)
    unbounded = console.options.update(max_width=_UNBOUNDED)
    if Measurement.get(console, unbounded, table).maximum <= console.width:
        console.print(table)
    else:
        for entry in entries:
            name, *others = _cells(entry)
            console.print(Text(name, "bold"))
            for words in others:
                console.print(Text(f"  {words}", _colour(entry) if words == others[1] else ""))
    left = [entry.id for entry in entries if not entry.is_finished]
    if left:
        not_finished = f"{counted(len(left), 'run')} not finished"
        console.print(Text(f"{not_finished}: drytune resume {left[-1] if len(left) == 1 else 'RUN'}", "dim"))


def print_entry(entry: Entry, console: Console) -> None:
    """What a run is, each thing that was tried, and what it has left at the platform."""
    word, told = headline(entry.run)
    console.print(Text(entry.id, "bold"))
    for name, value in _facts(entry):
        console.print(Text(f"  {name:<14}  {value}"))
    console.print(Text("Tried" if entry.attempts else "Nothing was tried yet", "bold"))
    hidden = len(entry.attempts) - _MOST_ATTEMPTS
    if hidden > 0:
        console.print(Text(f"  {counted(hidden, 'attempt')} before these: --format json has all", "dim"))
    for attempt in entry.attempts[-_MOST_ATTEMPTS:]:
        console.print(Text(f"  {_attempt(attempt)}", _ENDINGS[attempt.ending]))
    things = things_of(entry.run, entry.attempts)
    if things:
        console.print(Text("At the platform", "bold"))
        for thing in things:
            console.print(Text(f"  {clean(str(thing), _LONGEST)}"))
        console.print(Text(f"  drytune clean {entry.id} deletes what you choose", "dim"))
    for note in entry.run.notes:
        console.print(Text(f"note {clean(note, _LONGEST)}", "yellow"))
    console.print(Text(f"{word} {clean(told, _LONGEST)}.", _COLOURS[word]))
    if (then := next_step(entry.run)) is not None:
        console.print(Text(f"Go on with `{then}`."))


def entry_dict(entry: Entry) -> dict[str, Any]:
    """A run in a list, as ``drytune runs --format json`` prints it."""
    run, plan = entry.run, entry.plan
    word, told = headline(run)
    return {
        "id": entry.id,
        "created_at": _iso(entry.created_at),
        "updated_at": _iso(entry.updated_at),
        "status": entry.status,
        "finished": entry.is_finished,
        "ok": word == "ok",
        "headline": told,
        "simulated": run.simulated,
        "endpoint": plan.endpoint.name,
        "model": plan.task.model,
        "method": plan.task.method,
        "training": plan.task.training.path,
        "job": (run.remote or {}).get("id"),
        "tuned_model": run.model,
        "spent_usd": run.bill.spent_usd,
        "max_usd": plan.max_usd,
        "next": next_step(run),
    }


def shown_dict(entry: Entry) -> dict[str, Any]:
    """One run, as ``drytune runs show --format json`` prints it: its report, and what was tried."""
    return {
        **run_dict(entry.plan, entry.run),
        "created_at": _iso(entry.created_at),
        "updated_at": _iso(entry.updated_at),
        "attempts": [
            {**msgspec.to_builtins(one), "at": _iso(one.at), "ended_at": _iso(one.ended_at), "usd": one.usd}
            for one in entry.attempts
        ],
        "at_platform": [
            {"kind": thing.kind, "id": thing.id} for thing in things_of(entry.run, entry.attempts)
        ],
    }


def _cells(entry: Entry) -> list[str]:
    run, task = entry.run, entry.plan.task
    return [
        entry.id,
        _minute(entry.created_at),
        state_of(run) + (" (simulated)" if run.simulated else ""),
        task.model,
        clean(PurePath(task.training.path).name, _LONGEST),
        usd(run.bill.spent_usd),
        *([run.model] if run.model is not None else []),
    ]


def _table(entries: Sequence[Entry]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False)
    for name in ("run", "began (UTC)", "state", "base model", "file"):
        table.add_column(name, no_wrap=True)
    table.add_column("spent", justify="right", no_wrap=True)
    for entry in entries:
        name, began, state, model, file, spent, *_ = _cells(entry)
        table.add_row(Text(name), began, Text(state, _colour(entry)), Text(model), Text(file), spent)
    return table


def _colour(entry: Entry) -> str:
    return _COLOURS[headline(entry.run)[0]]


def _facts(entry: Entry) -> Iterator[tuple[str, str]]:
    yield "Began", _second(entry.created_at)
    yield "Last written", _second(entry.updated_at)
    for fact in facts_of(entry.plan, entry.run):
        if fact.name != "Run":
            yield fact.name, f"{fact.value} ({fact.note})" if fact.note else fact.value
    for file in (*entry.plan.task.uploads, entry.plan.task.holdout):
        if file is not None:
            yield f"{file.role.capitalize()} file", f"{clean(file.path, _LONGEST)} ({file.sha256[:12]}…)"


def _attempt(attempt: Attempt) -> str:
    words = {
        "done": "done",
        "refused": "refused",
        "lost": "no answer: it may have been done",
        None: "cut off: it may have been done",
    }[attempt.ending]
    cost = ""
    if attempt.usd:
        cost = f", {'at most ' if attempt.is_open else ''}{usd(attempt.usd)}"
    kept_for = attempt.data.get("kept_for")
    if kept_for:
        words = f"left to {', '.join(map(str, kept_for))}"
    why = attempt.data.get("why")
    said = f" ({clean(str(why), _LONGEST)})" if why else ""
    return f"{_second(attempt.at)}  {attempt.step:<18}  {words}{said}{cost}"


def _iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def _minute(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"


def _second(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}"
