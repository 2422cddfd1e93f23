"""Who looks at the lines: this process, all cores, or a Ray cluster. The facts are the same whoever does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from drytune.engines.tally import Interrupted, Progress
from drytune.engines.work import first_block
from drytune.errors import UsageError
from drytune.sources import Source
from drytune_simulator.dataset.facts import Facts
from drytune_simulator.dataset.lens import Lens

__all__ = ["ENGINES", "Engine", "Interrupted", "Progress", "first_block", "inspect", "inspect_many"]

Engine = Literal["local", "ray"]

ENGINES: tuple[Engine, ...] = ("local", "ray")


def inspect(
    source: Source,
    lens: Lens,
    *,
    engine: Engine = "local",
    workers: int | None = None,
    progress: Progress | None = None,
) -> Facts:
    """The facts of one source; see `inspect_many`."""
    (facts,) = inspect_many([source], [lens], engine=engine, workers=workers, progress=progress)
    return facts


def inspect_many(
    sources: Sequence[Source],
    lenses: Sequence[Lens],
    *,
    engine: Engine = "local",
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Facts]:
    """The facts of each source. Memory is bounded whatever their sizes.

    Args:
        sources: To be looked at.
        lenses: How to look, one for each source.
        engine: ``local`` is this machine; ``ray`` is the cluster at ``RAY_ADDRESS``, or else one begun here.
        workers: Processes (of a cluster: tasks at a time); None means as many as there are cores.
        progress: Is told how far the work is, first when nothing is done.

    Raises:
        UsageError: A source cannot be read, or `engine` or `workers` is none.
        MissingExtra: A package that the engine or a URL needs is not installed.
        DrytuneError: A worker died.
        Interrupted: Ctrl-C; it carries the facts so far.
    """
    if workers is not None and workers < 1:
        raise UsageError(f"workers is {workers}; it must be at least 1.")
    if engine == "local":
        from drytune.engines.local import run
    elif engine == "ray":
        from drytune.engines.ray import run
    else:
        raise UsageError(f"There is no engine {engine!r}; there are {' and '.join(ENGINES)}.")
    return run(sources, lenses, workers=workers, progress=progress)
