"""A live run in the terminal: what happens, as it happens, and then the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from rich.cells import cell_len
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from drytune.reports.dry_run import shown
from drytune.reports.run_words import error_of, lasting, settings_of, usd
from drytune.reports.words import counted
from drytune.workflow.records import Run
from drytune_simulator.clock import SystemClock

if TYPE_CHECKING:
    from rich.console import Console

    from drytune.workflow.plan import Plan
    from drytune.workflow.waiting import Progress

__all__ = ["LivePrinter"]

_TENTHS: Final = 10
_NARROW: Final = 20


class LivePrinter:
    """Prints what a live run does on `console`: a line for what happens once, and one that changes for the rest.

    Where there is no terminal, nothing is ever written over: progress is told at tenths of the steps. What else
    is printed, or asked, on the same terminal is preceded by `clear`; ``with`` does so at the end.
    """

    def __init__(self, console: Console, *, now: Callable[[], float] | None = None) -> None:
        """Get ready.

        Args:
            console: Where it is printed.
            now: What time it is for the job, Unix seconds; by default what it is here.
        """
        self._console = console
        self._now = SystemClock().now if now is None else now
        self._is_live = console.is_terminal and not console.is_dumb_terminal
        self._is_dirty = False
        self._last: Run | None = None
        self._tenth = -1
        self._why = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def planned(self, plan: Plan) -> None:
        """The plan is there; nothing has been sent yet."""
        from drytune.reports.plan import print_plan

        self.clear()
        print_plan(plan, self._console)

    def progress(self, run: Run) -> None:
        """Something is known that was not; of a run that is gone on with, all that is known is told once."""
        last, self._last = self._last, run
        self._why = ""
        for step, text, ok in _happened(last, run):
            self._line(step, text, ok=ok)
        if not run.waiting:
            self.clear()
            return
        progress = self._progress(run)
        if self._is_live:
            self._status(progress)
        elif (tenth := _tenth(progress)) is not None and tenth != self._tenth:
            self._tenth = tenth
            self._line("train", " · ".join(_parts(progress, self._now())))

    def waiting(self, seconds: float, why: str) -> None:
        """Something failed, and is tried again after so long; the same reason is told once in a row."""
        if why != self._why:
            self._line("again", f"in {lasting(seconds)}{f': {why}' if why else ''}", ok=False)
        self._why = why

    def clear(self) -> None:
        """Take the line that changes away, so that something else can be printed."""
        if self._is_dirty:
            self._console.control(_over())
            self._is_dirty = False

    def report(self, plan: Plan, run: Run) -> None:
        """All there is to say at the end."""
        from drytune.reports.run_text import print_run

        self.clear()
        self._console.print()
        print_run(plan, run, self._console)

    def _progress(self, run: Run) -> Progress:
        from drytune.workflow.waiting import progress_of

        return progress_of(run, self._now())

    def _line(self, step: str, text: str, *, ok: bool = True) -> None:
        from drytune.reports.run_text import print_line

        self.clear()
        print_line(self._console, f"{step:<9}", text, "green" if ok else "red")

    def _status(self, progress: Progress) -> None:
        """Write the line that changes: as many of its parts as there is room for."""
        text, width = "", max(self._console.width - 1, _NARROW)
        for part in _parts(progress, self._now()):
            longer = f"{text} · {part}" if text else part
            if text and cell_len(longer) > width:
                break
            text = longer
        line = Text(shown(text), "dim")
        line.truncate(width, overflow="ellipsis")
        self._console.control(_over())
        self._console.print(line, end="", soft_wrap=True)
        self._is_dirty = True


def _over() -> Control:
    """Go to the beginning of the line, and wipe it."""
    return Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2))


def _happened(last: Run | None, run: Run) -> Iterator[tuple[str, str, bool]]:
    """What is known now and was not: the step, its words, and whether all is well."""
    if last is None:
        last = Run(task=run.task)
    yield from _uploaded(last, run)
    if run.remote is not None:
        if last.remote is None:
            yield "create", str(run.remote.get("id")), True
        if last.remote is None or last.remote.get("status") != run.remote.get("status"):
            yield "train", _state(run), run.remote.get("status") not in {"failed", "cancelled"}
    yield from _fetched(last, run)
    for note in run.notes[len(last.notes) :]:
        yield "note", note, True
    if run.refusal is not None and run.refusal != last.refusal:
        yield run.refusal.step, f"refused: {run.refusal.status} {run.refusal.message}", False
    if run.stopped is not None and run.stopped != last.stopped:
        yield "stopped", run.stopped, False


def _uploaded(last: Run, run: Run) -> Iterator[tuple[str, str, bool]]:
    for name, what in (("file", ""), ("validation_file", " · validation")):
        file = getattr(run, name)
        if file is not None and getattr(last, name) is None:
            size = file.get("bytes")
            told = f" · {size:,} bytes" if isinstance(size, int) else ""
            yield "upload", f"{file.get('id')}{told}{what}", True


def _fetched(last: Run, run: Run) -> Iterator[tuple[str, str, bool]]:
    """What the job has left, and what its model says."""
    if run.results is not None and last.results is None:
        yield "fetch", f"results of {counted(max(0, len(run.results.splitlines()) - 1), 'step')}", True
    if run.checkpoints and last.checkpoints is None:
        yield "fetch", counted(len(run.checkpoints), "checkpoint"), True
    if len(run.answers) > len(last.answers):
        yield "ask", f"answer {len(run.answers):,} of {len(run.task.questions):,}", True
    if run.holdout is not None and last.holdout is None:
        told = f"{run.holdout.tuned.answered:,} by the tuned model, {run.holdout.base.answered:,} by the base"
        yield "holdout", f"answered: {told}", True


def _state(run: Run) -> str:
    remote = run.remote or {}
    state = str(remote.get("status")).replace("_", " ")
    about = {"running": settings_of(run), "failed": error_of(run)}.get(state, "")
    if state == "succeeded" and run.trained_tokens is not None:
        about = f"{run.trained_tokens:,} tokens trained"
    return f"{state} · {about}" if about else state


def _tenth(progress: Progress) -> int | None:
    return None if progress.share is None else int(_TENTHS * progress.share)


def _parts(progress: Progress, now: float) -> Iterator[str]:
    """The state, and what is known of how far it is: the most wanted first."""
    told = progress.state.replace("_", " ")
    if progress.step is not None:
        of = f"/{progress.total_steps:,}" if progress.total_steps else ""
        told += f" {progress.step:,}{of}"
    yield told
    if progress.loss is not None:
        yield f"loss {progress.loss:.2f}"
    elif progress.reward is not None:
        yield f"reward {progress.reward:.2f}"
    if progress.estimated_end is not None and progress.estimated_end > now:
        yield f"{lasting(progress.estimated_end - now)} left"
    if progress.cost_so_far_usd is not None:
        yield f"{usd(progress.cost_so_far_usd)} so far"
    if progress.valid_loss is not None:
        yield f"validation loss {progress.valid_loss:.2f}"
