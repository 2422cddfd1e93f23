"""The engine of a Ray cluster: the same work, done on other machines, which read the sources themselves."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from drytune.engines.flow import flow
from drytune.engines.tally import Progress, Tally, Task
from drytune.engines.work import facts_of_piece, pieces
from drytune.errors import DrytuneError, MissingExtra, UsageError
from drytune.sources import LocalFile, Source
from drytune_simulator.dataset.facts import Facts
from drytune_simulator.dataset.lens import Lens

__all__ = ["Cluster", "run"]

OBJECT_STORE_BYTES = 256 << 20
"""Of a cluster begun here: facts are small, and of lines little is on its way at a time."""

PATIENCE_SECONDS = 10


def run(
    sources: Sequence[Source], lenses: Sequence[Lens], *, workers: int | None, progress: Progress | None
) -> list[Facts]:
    """The facts of each source; see `drytune.engines.inspect_many`.

    The nodes need drytune, and must be able to open the sources: URLs, or files on a disk that all share. Standard
    input, and what else only this process can open, is read here.
    """
    with Cluster(workers) as cluster:
        tally = Tally(sources, progress)
        tasks = (
            Task(place, piece)
            for place, (source, lens) in enumerate(zip(sources, lenses, strict=True))
            for piece in pieces(source, lens, workers=cluster.processors, read_here=not source.shared)
        )
        try:
            flow(tasks, cluster.submit, tally, window=workers or 2 * cluster.processors)
        except KeyboardInterrupt:
            raise tally.interrupted() from None
        return tally.facts()


class Cluster:
    """The cluster at ``RAY_ADDRESS``, or one begun here; leaving the ``with`` block ends what was begun in it."""

    def __init__(self, workers: int | None = None) -> None:
        """Get ready.

        Args:
            workers: Processors of a cluster that is begun here; None means those of this machine.

        Raises:
            MissingExtra: Ray is not installed.
        """
        try:
            import ray
        except ImportError:
            raise MissingExtra("The engine ray needs Ray; pip install 'drytune[ray]'.") from None
        self._ray: Any = ray
        self._workers = workers
        self._joined = False
        self._begun: set[Any] = set()

    def __enter__(self) -> Self:
        if not self._ray.is_initialized():
            self._join()
            self._joined = True
        # a node may die, and then its tasks are done once more elsewhere; an error of ours is final
        self._remote = self._ray.remote(facts_of_piece).options(num_cpus=1, scheduling_strategy="SPREAD")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for reference in self._begun:
            self._ray.cancel(reference, force=True)
        if self._joined:
            self._ray.shutdown()

    @property
    def processors(self) -> int:
        """Of all nodes."""
        return max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def submit(self, task: Task) -> Callable[[], Facts]:
        """Begin a task; what is returned waits for its facts.

        Raises:
            DrytuneError: Later, when the facts are waited for.
        """
        reference = self._remote.remote(task.piece)
        self._begun.add(reference)
        return lambda: self._result(reference, task.piece.source)

    def _join(self) -> None:
        quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
        address = os.environ.get("RAY_ADDRESS")
        try:
            if address:
                _knock(address)
                self._ray.init(address=address, **quiet)
            else:
                os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
                self._ray.init(
                    address="local",
                    num_cpus=self._workers,
                    include_dashboard=False,
                    object_store_memory=OBJECT_STORE_BYTES,
                    **quiet,
                )
        except (OSError, RuntimeError, ValueError) as error:
            what = (
                f"The Ray cluster at {address} does not answer" if address else "Ray cannot be started here"
            )
            raise UsageError(f"{what}: {_short(error)}.") from None

    def _result(self, reference: Any, source: Source) -> Facts:
        self._begun.discard(reference)
        errors = self._ray.exceptions
        try:
            facts: Facts = self._ray.get(reference)
        except errors.RayTaskError as error:
            if isinstance(error.cause, UsageError) and isinstance(source, LocalFile):
                raise UsageError(
                    f"{error.cause} Every node of the cluster must be able to open it."
                ) from None
            raise error.cause from None
        except errors.RayError as error:
            what = f"A Ray task that was looking at {source.name} was lost"
            raise DrytuneError(f"{what}: {_short(error)}.") from None
        return facts


def _knock(address: str) -> None:
    """Connect to the cluster once, as Ray itself tries for minutes; any OSError means that nobody is there."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE_SECONDS).close()


def _short(error: Exception) -> str:
    """The first sentence of an error of Ray, which says much."""
    return " ".join(str(error).split()).partition(". ")[0].removesuffix(".")
