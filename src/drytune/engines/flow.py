"""Work handed out and results taken back in order; what is on its way is bounded, so that memory is."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from drytune.engines.tally import Tally, Task
from drytune_simulator.dataset.facts import Facts

__all__ = ["flow"]

MAX_HELD_BYTES = 32 << 20
"""Lines that are read but not yet looked at take so much memory at most, or are one block."""


def flow(
    tasks: Iterable[Task], submit: Callable[[Task], Callable[[], Facts]], tally: Tally, *, window: int
) -> None:
    """Do all tasks, and add their facts to `tally` in order.

    Args:
        tasks: Asked for one by one, so they may be as many as they like.
        submit: Begins a task and gives a function that waits for its facts.
        tally: Gets the facts.
        window: Tasks that may be on their way at a time.
    """
    waiting: deque[tuple[Task, Callable[[], Facts]]] = deque()
    held = 0

    def take() -> None:
        nonlocal held
        task, result = waiting.popleft()
        tally.add(task, result())
        held -= task.piece.held

    for task in tasks:
        while waiting and (len(waiting) >= window or held + task.piece.held > MAX_HELD_BYTES):
            take()
        waiting.append((task, submit(task)))
        held += task.piece.held
    while waiting:
        take()
