"""A dry run in the terminal: what happens, as it happens, and then the report."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drytune.reports.check import print_report

if TYPE_CHECKING:
    from drytune.checking import Report
    from drytune.workflow import Answer, Rehearsal, Run

__all__ = ["Printer", "sparkline"]

_BARS = "▁▂▃▄▅▆▇█"
_MOST_STEPS_TOLD = 8


class Printer:
    """Prints progress line by line, and the report at the end, on `console`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = ""
        self._told = 0
        self._tenth = -1

    def checked(self, report: Report) -> None:
        """The verdict is there; nothing has been sent yet."""
        self._console.print("[bold]drytune dry-run[/] · simulated: nothing is sent, trained or billed\n")
        self._line("validate", "ok" if report.ok else "errors, see below", ok=report.ok)

    def progress(self, run: Run) -> None:
        """A step of the workflow was taken."""
        if run.refusal is not None:
            self._line(run.refusal.step, f"refused: {run.refusal.status} {run.refusal.message}", ok=False)
        elif run.remote is None:
            if run.file is not None:
                self._line("upload", f"{run.file['id']} · {run.file['bytes']:,} bytes")
        elif run.answers:
            self._line("infer", f"answer {len(run.answers)} of {len(run.job.questions)}")
        else:
            changed = run.status != self._status
            if changed and run.waiting:
                self._line("train", self._state(run))
            self._steps(run)
            if changed and not run.waiting:
                self._line("train", self._state(run), ok=run.status == "succeeded")
        self._status = run.status

    def report(self, rehearsal: Rehearsal) -> None:
        """All there is to say."""
        self._console.print()
        print_report(rehearsal.report, self._console)
        if rehearsal.run.remote is not None:
            self._console.print()
            self._console.print(self._job(rehearsal))
        for answer in rehearsal.answers:
            self._answer(answer)
        for warning in rehearsal.warnings:
            self._console.print(f"[yellow]warning[/] {escape(warning)}")
        self._console.print()
        self._console.print(_conclusion(rehearsal))

    def _line(self, step: str, text: str, *, ok: bool = True) -> None:
        colour = "green" if ok else "red"
        self._console.print(f"[{colour}]{step:<9}[/] {escape(text)}")

    def _state(self, run: Run) -> str:
        remote = run.remote or {}
        text = str(run.status)
        if run.status == "running":
            shown = remote["hyperparameters"]
            text += (
                f" · {shown['n_epochs']} epochs, batch size {shown['batch_size']}, "
                f"learning rate multiplier {shown['learning_rate_multiplier']:g}"
            )
        elif run.status == "failed":
            text += f" · {remote['error']['code']}: {remote['error']['message']}"
        elif run.status == "succeeded":
            text += f" · {remote['trained_tokens']:,} tokens trained"
        return text

    def _steps(self, run: Run) -> None:
        for event in run.events[self._told :]:
            data = event.get("data") or {}
            if event["type"] != "metrics":
                continue
            tenth = _MOST_STEPS_TOLD * int(data["step"]) // int(data["total_steps"])
            if tenth != self._tenth:
                self._tenth = tenth
                self._line("train", event["message"])
        self._told = len(run.events)

    def _job(self, rehearsal: Rehearsal) -> Table:
        remote = rehearsal.run.remote or {}
        table = Table.grid(padding=(0, 2))
        table.add_column(style="bold")
        table.add_column(overflow="fold")
        table.add_row("job", escape(f"{remote['id']} · {remote['status']} (simulated)"))
        if remote["status"] == "succeeded":
            minutes = (rehearsal.events[-1]["created_at"] - remote["created_at"]) / 60
            table.add_row("took", f"{minutes:.0f} minutes of simulated time")
            losses = [e["data"]["train_loss"] for e in rehearsal.events if e["type"] == "metrics"]
            curve = f"{losses[0]:.2f} → {losses[-1]:.2f}  {sparkline(losses)} (simulated curve)"
            table.add_row("loss", curve)
            table.add_row("model", escape(f"{rehearsal.model} (simulated)"))
        return table

    def _answer(self, answer: Answer) -> None:
        kinds = {
            "trained": "the dataset's first prompt",
            "greeting": "a greeting that is not in the dataset",
            "asked": "asked",
        }
        told = kinds[answer.question.origin]
        if answer.similarity is not None:
            told += (
                f"; recalled from line {answer.line}"
                if answer.similarity == 1.0
                else f"; nearest is line {answer.line}, similarity {answer.similarity:.2f}"
                if answer.line is not None
                else "; nothing in the dataset is like it"
            )
        # a grid, since rich breaks text that has no spaces, as Japanese, only inside a column
        table = Table.grid(padding=(0, 1))
        table.add_column(style="bold")
        table.add_column(overflow="fold")
        table.add_row("?", escape(answer.question.prompt))
        table.add_row("", f"[dim]{told}[/]")
        table.add_row(">", escape(_said(answer.message)))
        self._console.print()
        self._console.print(table)


def sparkline(values: list[float], width: int = 24) -> str:
    """A line of at most `width` bars; each bar is the mean of its share of `values`."""
    count = min(width, len(values))
    if count == 0:
        return ""
    bounds = [index * len(values) // count for index in range(count + 1)]
    means = [sum(values[a:b]) / (b - a) for a, b in pairwise(bounds)]
    low, high = min(means), max(means)
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(_BARS[round((mean - low) * scale)] for mean in means)


def _said(message: dict[str, Any]) -> str:
    calls = [call["function"] for call in message.get("tool_calls") or []]
    if message.get("function_call"):
        calls.append(message["function_call"])
    told = [f"{call['name']}({_compact(call['arguments'])})" for call in calls]
    return "\n".join([*filter(None, [message.get("content")]), *told])


def _compact(arguments: str) -> str:
    try:
        values = json.loads(arguments)
    except ValueError:
        return arguments
    if not isinstance(values, dict):
        return arguments
    return ", ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in values.items())


def _conclusion(rehearsal: Rehearsal) -> str:
    if rehearsal.ok:
        return (
            "[green]ok[/] the simulated job succeeded. Losses and answers are simulated: they show that the "
            "pipeline works, not how well the model will learn."
        )
    if rehearsal.status == "not sent":
        return (
            "[red]no[/] the dataset has errors, so nothing was sent to the simulator; mend them, or use "
            "--send-anyway to see how the platform would refuse it."
        )
    return f"[red]no[/] the rehearsal ended {rehearsal.status}: the real run would, too."
