"""Time that a program would sleep away, given to the simulator's clock instead."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from unittest import mock

__all__ = ["skipping_sleeps"]


class _Movable(Protocol):
    def advance(self, seconds: float) -> None: ...


def _nowhere(seconds: float) -> None:
    """A clock that cannot be moved stays where it is."""


@contextmanager
def skipping_sleeps(clock: _Movable | object) -> Iterator[None]:
    """Inside of it nobody sleeps: ``time.sleep`` and ``asyncio.sleep`` move `clock` on, and return at once.

    So a poll loop with its own pauses takes no time, and sees the states that it would have seen after so long;
    the SDK's pauses between its retries are skipped, too. What has imported ``sleep`` by name is not reached.

    Args:
        clock: Of the simulator: `ManualClock` to have the pauses alone move jobs. One that cannot be moved stays.
    """
    real = asyncio.sleep
    advance = getattr(clock, "advance", _nowhere)

    def sleep(seconds: float) -> None:
        advance(max(0.0, seconds))

    async def async_sleep(delay: float, result: Any = None) -> Any:
        advance(max(0.0, delay))
        return await real(0, result)  # others get their turn, as they would have

    with mock.patch.object(time, "sleep", sleep), mock.patch.object(asyncio, "sleep", async_sleep):
        yield
