"""Requests that may be made again: what only looks, and what changes nothing the second time."""

from __future__ import annotations

from typing import Final

from drytune.keeping.retrying import wanted_pause
from drytune.workflow.context import Context, Stopped
from drytune.workflow.effects import Call, Pause, Reply, Script
from drytune_simulator.ids import noise

__all__ = ["ATTEMPTS", "asked", "rest"]

ATTEMPTS: Final = 8
"""So often a request is tried that gets no final answer."""

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_JITTER: Final = 0.2
_LONGEST_WANTED: Final = 24 * 3600.0
"""Who is told to wait for longer than a day had better come back."""


def asked(call: Call, context: Context) -> Script[Reply]:
    """The final answer to `call`, which is made again after failures that say nothing about it.

    Raises:
        Stopped: The API stays away, or asks to come back much later.
    """
    for attempt in range(1, ATTEMPTS + 1):
        reply: Reply = yield call
        if reply.is_final:
            return reply
        if attempt < ATTEMPTS:
            yield from rest(reply, attempt, context)
    raise away(call, reply)


def away(call: Call, reply: Reply) -> Stopped:
    """The error about an API that gives no final answer."""
    said = "" if reply.problem is None else f" ({reply.problem.message})"
    status = f" {reply.status}" if reply.status else ""
    words = f"the API gave no answer to {call.method} {call.path}, {ATTEMPTS} times{status}{said}"
    return Stopped(words, answered=reply.status != 0)


def rest(reply: Reply, attempt: int, context: Context) -> Script[None]:
    """Wait before the next attempt: as long as the platform asks for, or twice as long each time.

    Raises:
        Stopped: The platform asks to come back after more than a day.
    """
    wanted = wanted_pause(reply.headers, context.now())
    words = "" if reply.problem is None else reply.problem.message
    if wanted is not None and wanted > _LONGEST_WANTED:
        raise Stopped(f"the API asks to wait for {wanted:.0f} s ({words})")
    growing = min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE)
    growing *= 1 + _JITTER * noise("rest", *context.marker.values(), attempt)
    # the first time it knows best; if that did not help, it does not
    seconds = growing if wanted is None else wanted if attempt == 1 else max(wanted, growing / 2)
    why = f"{reply.status} {words}" if reply.status else words
    left = context.left()
    if left:  # once the time is up, what is still to be told is waited for as ever
        seconds = min(seconds, left)
    if context.hooks.waiting is not None:
        context.hooks.waiting(seconds, why)
    yield Pause(seconds, why)
