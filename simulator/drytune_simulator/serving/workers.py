"""Several processes that answer on one socket, on one database; one that dies is replaced."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import threading
from collections.abc import Callable
from multiprocessing import connection, get_context
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import NoReturn

import msgspec

from drytune_simulator.serving.logs import configure
from drytune_simulator.serving.scratch import scratch
from drytune_simulator.serving.settings import BadSetting, Settings

__all__ = ["WorkerFailed", "run_workers"]

_LOG = logging.getLogger("drytune_simulator")
_READY = "ready"
_LONGEST_PAUSE = 5.0


class WorkerFailed(Exception):  # noqa: N818 - what has happened
    """A process ended before it could answer; the text says how."""


class _Stop(Exception):  # noqa: N818 - a signal
    """The server is asked to stop."""


def run_workers(settings: Settings, listener: socket.socket, count: int, ready: Callable[[], None]) -> None:
    """Answer on `listener` with `count` processes until a signal comes.

    Args:
        settings: What is served; its state must be where all processes find it.
        listener: A socket that is bound.
        count: How many processes.
        ready: Called when all of them answer.

    Raises:
        BadSetting: A setting cannot be.
        WorkerFailed: A process could not be started.
    """
    configure(settings, None)
    settings = msgspec.structs.replace(settings, workers=count)
    with scratch("drytune-counts-") as directory, listener:
        supervisor = _Supervisor(settings, listener, count, directory)
        before = signal.signal(signal.SIGTERM, _stop)
        try:
            supervisor.start()
            ready()
            supervisor.watch()
        except _Stop:
            pass
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):  # it stops already
                signal.signal(number, signal.SIG_IGN)
            supervisor.stop()
            signal.signal(signal.SIGTERM, before)
            signal.signal(signal.SIGINT, signal.default_int_handler)


class _Supervisor:
    """Starts the processes, and starts others for those that die."""

    def __init__(self, settings: Settings, listener: socket.socket, count: int, directory: Path) -> None:
        self._settings = settings
        self._listener = listener
        self._directory = directory
        self._context = get_context("spawn")
        self._count = count
        self._workers: dict[int, _Worker] = {}
        self._pause = 0.0

    def start(self) -> None:
        """Start them all, and wait until they answer."""
        for number in range(self._count):
            self._workers[number] = self._new(number)
        for worker in self._workers.values():
            worker.wait_until_ready()

    def watch(self) -> NoReturn:
        """Replace what dies, for ever."""
        while True:
            connection.wait([worker.process.sentinel for worker in self._workers.values()])
            for number, worker in self._workers.items():
                if not worker.process.is_alive():
                    self._replace(number, worker)

    def _replace(self, number: int, worker: _Worker) -> None:
        worker.close()
        _LOG.error(
            "worker %s ended with exit code %s; another takes its place", number, worker.process.exitcode
        )
        if self._pause:
            threading.Event().wait(self._pause)
        self._workers[number] = self._new(number)
        try:
            self._workers[number].wait_until_ready()
            self._pause = 0.0
        except (BadSetting, WorkerFailed) as error:
            self._pause = min(_LONGEST_PAUSE, 2 * self._pause or 0.1)
            _LOG.error("%s", error)

    def stop(self) -> None:
        """Have them finish what they are at; then end those that take too long."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.process.join(2 * self._settings.patience + 2)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.close()

    def _new(self, number: int) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_work,
            args=(self._settings, self._listener, self._directory, number, theirs, gc.get_threshold()),
            name=f"drytune-worker-{number}",
        )
        process.start()
        theirs.close()
        return _Worker(number, process, ours)


class _Worker:
    """One process, and what it says."""

    def __init__(self, number: int, process: SpawnProcess, ours: connection.Connection) -> None:
        self.process = process
        self._number = number
        self._ours = ours

    def wait_until_ready(self) -> None:
        """Wait for its word that it answers.

        Raises:
            BadSetting: It says that a setting cannot be.
            WorkerFailed: It has ended.
        """
        try:
            word = self._ours.recv()
        except (EOFError, OSError):
            self.process.join()
            msg = f"worker {self._number} ended with exit code {self.process.exitcode} before it could answer"
            raise WorkerFailed(msg) from None
        if word != _READY:
            self.process.join()
            raise BadSetting(word)

    def close(self) -> None:
        """Hear nothing more of it."""
        self._ours.close()


def _stop(number: int, frame: object) -> NoReturn:  # noqa: ARG001 - the signature of handlers
    raise _Stop


def _work(
    settings: Settings,
    listener: socket.socket,
    directory: Path,
    number: int,
    supervisor: connection.Connection,
    gc_threshold: tuple[int, int, int],
) -> None:
    """What a process does."""
    from drytune_simulator.serving.server import run

    gc.set_threshold(*gc_threshold)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the supervisor decides

    def ready() -> None:
        supervisor.send(_READY)

    try:
        run(settings, listener, ready, directory=directory, worker=number, parent=supervisor)
    except BadSetting as error:
        supervisor.send(str(error))
