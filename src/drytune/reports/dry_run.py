"""A dry run in the terminal: what happens, as it happens, and then the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from rich.text import Text

from drytune.reports.check import print_report
from drytune.reports.run_words import origin_of, said_by

if TYPE_CHECKING:
    from rich.console import Console

    from drytune.checking import Report
    from drytune.workflow import Answer, Rehearsal, Run

__all__ = ["Printer", "shown", "sparkline"]

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
        self._say(Text("drytune dry-run", "bold"), " · simulated: nothing is sent, trained or billed\n")
        self._line("validate", "ok" if report.ok else "errors, see below", ok=report.ok)

    def progress(self, run: Run) -> None:
        """A step of the workflow was taken."""
        if run.refusal is not None:
            self._line(run.refusal.step, f"refused: {run.refusal.status} {run.refusal.message}", ok=False)
        elif run.remote is None:
            if run.file is not None:
                self._line("upload", f"{run.file['id']} · {run.file['bytes']:,} bytes")
        elif run.answers:
            self._line("infer", f"answer {len(run.answers)} of {len(run.task.questions)}")
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
        print_report(rehearsal.report, self._console, charts=False)
        if rehearsal.run.remote is not None:
            self._say()
            self._job(rehearsal)
        for answer in rehearsal.answers:
            self._answer(answer)
        if rehearsal.run.holdout is not None:
            from drytune.reports.run_text import print_marks

            print_marks(self._console, rehearsal.run)
        for warning in rehearsal.warnings:
            self._say(Text("warning ", "yellow"), warning)
        self._say()
        self._say(*_conclusion(rehearsal))

    def _say(self, *parts: str | Text) -> None:
        """One line, not wrapped here: a terminal wraps it anywhere, as text without spaces needs."""
        self._console.print(Text.assemble(*parts), soft_wrap=True)

    def _line(self, step: str, text: str, *, ok: bool = True) -> None:
        self._say(Text(f"{step:<9} ", "green" if ok else "red"), shown(text))

    def _state(self, run: Run) -> str:
        remote = run.remote or {}
        text = str(run.status)
        if run.status == "running":
            method = remote["method"]
            shown = method[method["type"]]["hyperparameters"]
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

    def _job(self, rehearsal: Rehearsal) -> None:
        remote = rehearsal.run.remote or {}

        def row(name: str, text: str) -> None:
            self._say(Text(f"{name:<6} ", "bold"), shown(text))

        row("job", f"{remote['id']} · {remote['status']} (simulated)")
        if remote["status"] == "succeeded":
            minutes = (rehearsal.events[-1]["created_at"] - remote["created_at"]) / 60
            row("took", f"{minutes:.0f} minutes of simulated time")
            for name, values in _curves(rehearsal.events):
                row(name, f"{values[0]:.2f} → {values[-1]:.2f}  {sparkline(values)} (simulated curve)")
            row("model", f"{rehearsal.model} (simulated)")

    def _answer(self, answer: Answer) -> None:
        self._say()
        self._say(Text("? ", "bold"), shown(answer.question.prompt))
        self._say(Text(f"  {origin_of(answer)}", "dim"))
        self._say(Text("> ", "bold"), shown(said_by(answer.message)))


def _curves(events: Sequence[dict[str, Any]]) -> Iterator[tuple[str, list[float]]]:
    """What the steps tell: a loss, or of reinforcement a reward."""
    data = [event["data"] for event in events if event["type"] == "metrics"]
    for name, field in (("loss", "train_loss"), ("reward", "train_mean_reward")):
        values = [float(step[field]) for step in data if field in step]
        if values:
            yield name, values


def shown(text: str, most: int = 1000) -> str:
    """`text` as a terminal may show it: no control characters, continued lines indented, not endless."""
    if len(text) > most:
        text = f"{text[:most]}… ({len(text) - most:,} more characters)"
    lines = text.splitlines() or [""]
    return "\n  ".join("".join(c if c.isprintable() else "�" for c in line) for line in lines)


def sparkline(values: list[float], width: int = 24) -> str:
    """A line of at most `width` bars; each bar is the mean of its share of `values`."""
    count = min(width, len(values))
    bounds = [index * len(values) // count for index in range(count + 1)] if count else []
    means = [sum(values[a:b]) / (b - a) for a, b in pairwise(bounds)]
    low, high = min(means, default=0.0), max(means, default=0.0)
    heights = [(mean - low) / (high - low) if high > low else 0.0 for mean in means]
    return "".join(_BARS[round(height * (len(_BARS) - 1))] for height in heights)


def _conclusion(rehearsal: Rehearsal) -> tuple[Text, str]:
    """The last word."""
    refusal = rehearsal.run.refusal
    if rehearsal.ok:
        words = (
            "the simulated job succeeded. Losses and answers are simulated: they show that the pipeline works, "
            "not how well the model will learn."
        )
    elif rehearsal.status == "not sent":
        words = (
            "nothing was sent to the simulator; mend the errors first, or use --send-anyway to see how the "
            "platform would refuse them."
        )
    elif refusal is not None and refusal.step == "infer":
        words = f"the simulated job succeeded, but a question was refused: {refusal.message}"
    elif refusal is not None:
        words = f"the step `{refusal.step}` was refused, as the platform would: {refusal.message}"
    elif rehearsal.status == "succeeded":
        words = "the simulated job succeeded, but the dataset has errors that the platform may not see."
    else:
        words = f"the simulated job ended {rehearsal.status}, as the real one would."
    return Text("ok ", "green") if rehearsal.ok else Text("no ", "red"), shown(words)
