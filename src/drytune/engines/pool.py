"""Processes that look at pieces: as many as there are cores, ended with the process that began them.

`concurrent.futures` waits forever for the rest of a result whose worker is killed while it sends it: its workers
write to one pipe, which this process holds open, too. Here each has a connection of its own, whose end is seen.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from drytune.engines.tally import Task
from drytune.engines.worker import Outcome, serve
from drytune.errors import DrytuneError
from drytune_simulator.dataset.facts import Facts
from drytune_simulator.dataset.tokens import counter

__all__ = ["Pool", "may_begin", "start_method"]


class Pool:
    """Worker processes, for a ``with`` block; leaving it by an exception ends them at once."""

    def __init__(self, workers: int, encodings: Iterable[str]) -> None:
        """Get ready.

        Args:
            workers: Their number.
            encodings: Whose tokenizers they need. When they are copies of this process, they share its tables.
        """
        self._size = workers
        self._method = start_method()
        if self._method == "fork":
            for encoding in encodings:
                counter(encoding, threads=1).load()  # `facts_of` counts with one thread
        self._processes: list[Any] = []
        self._sent: dict[Connection, deque[int]] = {}
        self._queue: deque[tuple[int, Task]] = deque()
        self._outcomes: dict[int, Outcome] = {}
        self._names: dict[int, str] = {}
        self._number = 0

    def __enter__(self) -> Self:
        try:
            with _interrupts_held_back():  # a worker that is just beginning does not ignore them yet
                for _ in range(self._size):
                    self._begin()
        except BaseException:
            self._end(kill=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(kill=kind is not None)

    def submit(self, task: Task) -> Callable[[], Facts]:
        """Begin a task when a worker is free; what is returned waits for its facts.

        Raises:
            DrytuneError: Later, when the facts are waited for: a worker has died, or cannot read the source.
        """
        number, self._number = self._number, self._number + 1
        self._names[number] = task.piece.source.name
        self._queue.append((number, task))
        self._hand_out()
        if self._queue:
            self._collect(timeout=0)
        return lambda: self._result(number)

    def _begin(self) -> None:
        context: Any = multiprocessing.get_context(self._method)
        ours, theirs = context.Pipe()
        self._sent[ours] = deque()
        inherited = list(self._sent) if self._method == "fork" else []
        process = context.Process(target=serve, args=(theirs, inherited), daemon=True)
        process.start()
        self._processes.append(process)
        theirs.close()  # so that its end is seen when the worker is gone

    def _end(self, *, kill: bool) -> None:
        for connection in self._sent:
            connection.close()
        for process in self._processes:
            if kill:
                process.kill()
            process.join()

    def _result(self, number: int) -> Facts:
        while number not in self._outcomes:
            self._collect(timeout=None)
        outcome = self._outcomes.pop(number)
        name = self._names.pop(number)
        if isinstance(outcome, MemoryError):
            raise _died(name)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _hand_out(self) -> None:
        """Send queued tasks to workers that have none; lines are sent ahead, as reading them takes time."""
        for depth in (0, 1):
            for connection, sent in self._sent.items():
                if self._queue and len(sent) <= depth and (depth == 0 or self._queue[0][1].piece.held):
                    number, task = self._queue.popleft()
                    sent.append(number)
                    try:
                        connection.send((number, task.piece))
                    except OSError:
                        raise _died(self._names[number]) from None

    def _collect(self, timeout: float | None) -> None:
        """Take what workers have sent, and give them more."""
        busy = [connection for connection, sent in self._sent.items() if sent]
        for ready in wait(busy, timeout):
            connection = cast("Connection", ready)
            try:
                number, outcome = connection.recv()
            except (EOFError, OSError):
                raise _died(self._names[self._sent[connection][0]]) from None
            self._sent[connection].remove(number)
            self._outcomes[number] = outcome
        self._hand_out()


def may_begin() -> bool:
    """Whether this process may begin others; the daemons of `multiprocessing` may not."""
    return not multiprocessing.current_process().daemon


def start_method() -> str:
    """How processes are begun: ``fork`` is quickest, and safe while this process has one thread only."""
    if not sys.platform.startswith("linux"):
        return "spawn"
    tasks = Path("/proc/self/task")
    return "fork" if tasks.is_dir() and len(list(tasks.iterdir())) == 1 else "forkserver"


def _died(name: str) -> DrytuneError:
    return DrytuneError(
        f"A process that was looking at {name} ended before its work was done; if memory was short, try fewer"
        " workers (--workers 1)."
    )


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Ctrl-C comes after the block; processes that begin in it never see one."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
