"""One process that answers: uvicorn, the door, and what has to be done now and then."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uvicorn.config import Config
from uvicorn.server import Server

from drytune_simulator.asgi import Exchange, asgi_app
from drytune_simulator.serving.about import Served
from drytune_simulator.serving.assembly import assemble
from drytune_simulator.serving.logs import configure, log_exchange
from drytune_simulator.serving.measures import Measures
from drytune_simulator.serving.operations import Operations, route_of
from drytune_simulator.serving.protocol import config_of
from drytune_simulator.serving.settings import Settings
from drytune_simulator.store import StoreError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

__all__ = ["run"]

_LOG = logging.getLogger("drytune_simulator")
_SECONDS_BETWEEN_ROUNDS = 0.2
_LONGEST_PAUSE = 30.0
_KEEP_ALIVE = 75


def run(
    settings: Settings,
    listener: socket.socket,
    ready: Callable[[], None],
    *,
    directory: Path | None = None,
    worker: int | None = None,
    parent: Connection | None = None,
    made: Callable[[Settings], Served] = assemble,
) -> None:
    """Answer on `listener` until a signal comes: SIGTERM leaves with exit code 0, SIGINT raises KeyboardInterrupt.

    Args:
        settings: What is served.
        listener: A socket that is bound; it is closed at the end.
        ready: Called when requests are answered.
        directory: Where the processes of one server leave each other their counts.
        worker: The number of this process among them.
        parent: Ends when the process that started this one does.
        made: Makes what is served; by default a simulated platform.

    Raises:
        BadSetting: A setting cannot be.
    """
    configure(settings, worker)
    _on_sigterm(lambda: sys.exit(0))
    _allow_many_connections()
    served = made(settings)
    pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="drytune")
    try:
        server = _Server(settings, served, pool, Measures(directory), ready)
        # uvicorn raises the signal once more when it has stopped; being asked to stop is no failure
        _on_sigterm(server.stop)
        if parent is not None:
            _end_with(parent, server.stop)
        gc.freeze()  # what is there by now stays: no need to look through it for garbage again and again
        server.run(sockets=[listener])
    finally:
        _finish(pool, settings.patience)
        served.close()


class _Server(Server):
    """uvicorn's server, with what is done now and then."""

    def __init__(
        self,
        settings: Settings,
        served: Served,
        pool: ThreadPoolExecutor,
        measures: Measures,
        ready: Callable[[], None],
    ) -> None:
        self._served = served
        self._pool = pool
        self._measures = measures
        self._ready = ready
        self._rounds: asyncio.Task[None] | None = None
        app = asgi_app(
            Operations(served, measures, lambda: not self.should_exit),
            bounds=settings.bounds,
            pool=pool,
            directory=settings.data,
            watch=_Watch(measures, log=settings.verbose),
            browsers=settings.browsers,
        )
        super().__init__(_config(app, settings))

    def stop(self) -> None:
        """Answer what has been asked, and no more."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._rounds = asyncio.create_task(self._go_round())
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self._rounds is not None:
            self._rounds.cancel()
        with contextlib.suppress(OSError):  # if the directory is gone, nobody is left who would ask
            self._measures.publish()

    async def _go_round(self) -> None:
        """Send the webhooks that are due, and leave the counts to the other processes."""
        loop = asyncio.get_running_loop()
        webhooks = bool(self._served.settings.profile.webhooks)
        pause, told = _SECONDS_BETWEEN_ROUNDS, ""
        while True:
            await asyncio.sleep(pause)
            try:
                if self._measures.unpublished:
                    await loop.run_in_executor(self._pool, self._measures.publish, self._measures.snapshot())
                if webhooks:
                    await loop.run_in_executor(self._pool, self._served.deliver)
            except Exception as error:  # noqa: BLE001 - a later round may do better, and the server lives on
                pause = min(_LONGEST_PAUSE, 2 * pause)
                if told != (told := f"{type(error).__name__}: {error}"):
                    expected = isinstance(error, OSError | StoreError)
                    _LOG.error(
                        "drytune could not do what is due, and tries again: %s",
                        told,
                        exc_info=None if expected else error,
                    )
            else:
                pause, told = _SECONDS_BETWEEN_ROUNDS, ""


class _Watch:
    def __init__(self, measures: Measures, *, log: bool) -> None:
        self.began = measures.began
        self._measures = measures
        self._log = log

    def ended(self, exchange: Exchange, seconds: float) -> None:
        """Count it, and log it if that is asked for."""
        route = route_of(exchange.path)
        self._measures.ended(exchange, route, seconds)
        if self._log:
            log_exchange(exchange, route, seconds)


def _config(app: Any, settings: Settings) -> Config:
    return config_of(
        app,
        settings.bounds,
        timeout_keep_alive=_KEEP_ALIVE,
        # uvicorn waits in steps of 0.1 s; whole seconds are its type
        timeout_graceful_shutdown=max(1, round(settings.patience)),
        backlog=2048,
    )


def _on_sigterm(act: Callable[[], object]) -> None:
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: act() and None)


def _allow_many_connections() -> None:
    """As many open files as the system lets this process have: each connection is one."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    with contextlib.suppress(OSError, ValueError):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _end_with(parent: Connection, stop: Callable[[], None]) -> None:
    """Stop when `parent` ends: a process whose supervisor was killed serves nobody."""

    def wait() -> None:
        with contextlib.suppress(OSError, EOFError):
            parent.recv()
        stop()

    threading.Thread(target=wait, daemon=True, name="drytune-parent").start()


def _finish(pool: ThreadPoolExecutor, patience: float) -> None:
    """Let the threads come to their end; what takes too long is cut off, and was acknowledged to nobody."""
    finishing = threading.Thread(target=pool.shutdown, kwargs={"cancel_futures": True}, daemon=True)
    finishing.start()
    finishing.join(patience)
    if finishing.is_alive():
        code = 130 if sys.exc_info()[0] is KeyboardInterrupt else 0
        _LOG.warning("drytune stopped in the middle of an answer that took longer than %s s", patience)
        logging.shutdown()
        os._exit(code)
