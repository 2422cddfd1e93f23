"""A thread beside an event loop, for a handler that waits: the others are served meanwhile."""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

__all__ = ["Aside"]

_Given = TypeVar("_Given")
_Job = Callable[[], object]


class Aside:
    """Does one thing after the other, in a thread of its own that ends with `last`.

    The thread does not keep the process alive, and nobody who is cancelled waits for it: what was begun comes to
    its end there, and what is to be done last is done behind that.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._pending = 0
        # daemonic, unlike the threads of asyncio and anyio: Ctrl-C does not wait for a platform that is silent
        threading.Thread(target=_work, args=(self._jobs,), name="drytune-aside", daemon=True).start()

    @property
    def is_busy(self) -> bool:
        """Whether it is at something that nobody waits for any more."""
        return self._pending > 0

    async def do(self, job: Callable[[], _Given]) -> _Given:
        """What `job` gives, or raises, in the thread."""
        import anyio

        done = anyio.Event()
        wake = _waker()
        given: list[_Given] = []
        raised: list[BaseException] = []

        def run() -> None:
            try:
                given.append(job())
            except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                raised.append(error)
            self._pending -= 1
            with suppress(RuntimeError):  # the loop is closed, and nobody waits
                wake(done.set)

        self._pending += 1
        self._jobs.put(run)
        await done.wait()
        if raised:
            raise raised.pop()  # kept nowhere: its traceback holds this frame
        return given[0]

    def last(self, job: _Job | None = None) -> None:
        """Do this behind everything else, and end; nobody waits for it."""
        if job is not None:
            self._jobs.put(job)
        self._jobs.put(None)

    def __del__(self) -> None:
        self._jobs.put(None)


def _work(jobs: SimpleQueue[_Job | None]) -> None:
    while (job := jobs.get()) is not None:
        with suppress(Exception):  # of what is done last; nobody is there to be told
            job()
        del job  # it holds what uses the thread, which could never end otherwise


def _waker() -> Callable[[Callable[[], object]], Any]:
    """Has something called in the event loop that runs now; callable from any thread."""
    try:
        return asyncio.get_running_loop().call_soon_threadsafe
    except RuntimeError:
        token = importlib.import_module("trio").lowlevel.current_trio_token()
        wake: Callable[[Callable[[], object]], Any] = token.run_sync_soon
        return wake
