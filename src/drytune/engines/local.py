"""The engine of one machine: this process for small work, all cores for more."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from drytune.engines.flow import flow
from drytune.engines.tally import Progress, Tally, Task
from drytune.engines.work import Lines, facts_of_piece, pieces
from drytune.sources import Source
from drytune_simulator.dataset.facts import Facts
from drytune_simulator.dataset.lens import Lens

__all__ = ["cores", "run"]

SMALL_BYTES = 24 << 20
"""So much is looked at sooner than processes are started and have told what they found."""


def run(
    sources: Sequence[Source], lenses: Sequence[Lens], *, workers: int | None, progress: Progress | None
) -> list[Facts]:
    """The facts of each source; see `drytune.engines.inspect_many`."""
    workers = cores() if workers is None else workers
    tally = Tally(sources, progress)
    tasks = (
        Task(place, piece)
        for place, (source, lens) in enumerate(zip(sources, lenses, strict=True))
        for piece in pieces(source, lens, workers=workers)
    )
    first: list[Task] = []
    try:
        if workers == 1 or not _take(first, tasks, SMALL_BYTES):
            flow(chain(first, tasks), _here, tally, window=1)
        else:
            _share(chain(first, tasks), tally, workers, {lens.encoding for lens in lenses})
    except KeyboardInterrupt:
        if tally.done == 0:  # what cannot be read again was read only to see whether there is more
            flow([task for task in first if isinstance(task.piece, Lines)], _here, tally, window=1)
        raise tally.interrupted() from None
    return tally.facts()


def _share(tasks: Iterator[Task], tally: Tally, workers: int, encodings: set[str]) -> None:
    from drytune.engines.pool import Pool, may_begin  # small files have not the time to import it

    if not may_begin():
        flow(tasks, _here, tally, window=1)
        return
    with Pool(workers, encodings) as pool:
        flow(tasks, pool.submit, tally, window=2 * workers)


def cores() -> int:
    """The processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _here(task: Task) -> Callable[[], Facts]:
    return lambda: facts_of_piece(task.piece)


def _take(first: list[Task], tasks: Iterator[Task], size: int) -> bool:
    """Move tasks of `size` bytes to `first`; whether there are so many, or more."""
    for task in tasks:
        first.append(task)
        size -= task.piece.held or task.piece.weight
        if size <= 0:
            return True
    return False
