"""A progress bar on standard error, for work that takes long enough to wonder."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

__all__ = ["ProgressBar"]

LONG_BYTES = 16 << 20
"""Less is done before a bar could be read."""


class ProgressBar:
    """Shows how far a work is while the ``with`` block lasts; to be called with bytes done and bytes in all.

    Nothing is shown when the work is short, or nobody looks: standard error is no terminal.
    """

    def __init__(self, what: str = "checking", console: Console | None = None) -> None:
        """Get ready.

        Args:
            what: Is being done, beside the bar.
            console: Where to show it; by default standard error.
        """
        self._what = what
        self._console = console
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def __call__(self, done: int, total: int | None) -> None:
        """Show that `done` bytes are done, of `total`; None when nobody knows."""
        if self._bar is None:
            if (done if total is None else total) <= LONG_BYTES or not self._is_watched():
                return
            self._bar = _bar(self._console)
            self._task = self._bar.add_task(self._what, total=total)
            self._bar.start()
        if self._task is not None:
            self._bar.update(self._task, completed=done, total=total)
            self._bar.refresh()

    def _is_watched(self) -> bool:
        if self._console is not None:
            return self._console.is_terminal
        return sys.stderr is not None and sys.stderr.isatty()


def _bar(console: Console | None) -> Progress:
    """A bar that draws only when it is told to: a thread of its own would be in the way of new processes."""
    from rich import progress
    from rich.console import Console

    return progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
        console=Console(stderr=True) if console is None else console,
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
