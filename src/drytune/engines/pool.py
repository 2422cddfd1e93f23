"""Processes that look at pieces: as many as there are cores, ended with the process that began them."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self

from drytune.engines.tally import Task
from drytune.engines.work import facts_of_piece
from drytune.errors import DrytuneError
from drytune_simulator.dataset.facts import Facts
from drytune_simulator.dataset.tokens import counter

__all__ = ["Pool", "may_begin", "start_method"]


class Pool:
    """Worker processes; leaving its ``with`` block by an exception ends them at once.

    Each holds one end of a pipe, its lifeline: when nobody holds the other end any more, because it was closed or
    because this process is gone, the worker ends itself.
    """

    def __init__(self, workers: int, encodings: Iterable[str]) -> None:
        """Get ready; the processes begin with the first task.

        Args:
            workers: Their number.
            encodings: Whose tokenizers they need. When they are copies of this process, they share its tables.
        """
        method = start_method()
        if method == "fork":
            for encoding in encodings:
                counter(encoding, threads=1).load()  # `facts_of` counts with one thread
        context = multiprocessing.get_context(method)
        theirs, ours = context.Pipe(duplex=False)
        self._lifeline = (theirs, ours)
        self._executor = ProcessPoolExecutor(
            workers, context, initializer=_begin, initargs=(theirs, ours if method == "fork" else None)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._cut()
        self._executor.shutdown(cancel_futures=True)
        self._cut()

    def submit(self, task: Task) -> Callable[[], Facts]:
        """Begin a task; what is returned waits for its facts.

        Raises:
            DrytuneError: Later, when the facts are waited for: a worker has died.
        """
        name = task.piece.source.name
        try:
            with _interrupts_held_back():  # a worker that is just beginning does not ignore them yet
                future = self._executor.submit(facts_of_piece, task.piece)
        except BrokenProcessPool:
            raise _died(name) from None
        return lambda: _result(future, name)

    def _cut(self) -> None:
        for end in self._lifeline:
            end.close()


def may_begin() -> bool:
    """Whether this process may begin others; the daemons of `multiprocessing` may not."""
    return not multiprocessing.current_process().daemon


def start_method() -> str:
    """How processes are begun: ``fork`` is quickest, and safe while this process has one thread only."""
    if not sys.platform.startswith("linux"):
        return "spawn"
    tasks = Path("/proc/self/task")
    return "fork" if tasks.is_dir() and len(list(tasks.iterdir())) == 1 else "forkserver"


def _result(future: Future[Facts], name: str) -> Facts:
    try:
        return future.result()
    except (BrokenProcessPool, MemoryError):
        raise _died(name) from None


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


def _begin(theirs: Connection, ours: Connection | None) -> None:
    """What a worker does first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that began this one
    if ours is not None:
        ours.close()
    gc.freeze()  # what is shared with that process shall not be copied by being looked at
    threading.Thread(target=_live, args=(theirs,), daemon=True).start()


def _live(theirs: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        theirs.recv_bytes()
    os._exit(1)
