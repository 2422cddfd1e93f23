"""Time that a program would sleep away, given to the simulator's clock instead."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final

from drytune.testing.replacing import Replacement

__all__ = ["skipping_sleeps"]


def _nowhere(seconds: float) -> None:
    """A clock that cannot be moved stays where it is."""


@contextmanager
def skipping_sleeps(clock: object) -> Iterator[None]:
    """Inside of it nobody sleeps: ``time.sleep`` and ``asyncio.sleep`` move `clock` on, and return at once.

    So a poll loop with its own pauses takes no time, and sees the states that it would have seen after so long;
    the SDK's pauses between its retries are skipped, too. What has imported ``sleep`` by name is not reached. A
    time limit of asyncio over a sleep does not strike, for no real time passes.

    Args:
        clock: Of the simulator: `ManualClock` to have the pauses alone move jobs. One that cannot be moved stays.
    """
    advance = getattr(clock, "advance", _nowhere)
    with _TIME(), _ASYNCIO():
        _SLEEPERS.append(advance)
        try:
            yield
        finally:
            _SLEEPERS.remove(advance)


_SLEEPERS: Final[list[Callable[[float], None]]] = []
"""What is moved instead, the innermost last."""


def _sync(original: Callable[[float], None]) -> Callable[[float], None]:
    @wraps(original)
    def sleep(seconds: float, /) -> None:
        if not _SLEEPERS:
            original(seconds)
        elif seconds >= 0:
            _SLEEPERS[-1](seconds)
        else:  # nan, too
            raise ValueError("sleep length must be non-negative")

    return sleep


def _async(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @wraps(original)
    async def sleep(delay: float, result: Any = None) -> Any:
        if not _SLEEPERS:
            return await original(delay, result)
        _SLEEPERS[-1](max(0.0, delay))
        return await original(0, result)  # others get their turn, as they would have

    return sleep


_TIME: Final = Replacement(time, "sleep", _sync)
_ASYNCIO: Final = Replacement(asyncio, "sleep", _async)
