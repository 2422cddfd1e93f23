"""A real server on a free port, for what is not served in-process: other HTTP libraries, other processes.

The port is there from the beginning, so that its URL can stand in the environment. What answers on it begins with
the first connection: until then it is a socket that one thread of the process looks at, beside all others.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from drytune_simulator import Handler

__all__ = ["Listener"]

_SECONDS_TO_CLOSE: Final = 5.0


class Listener:
    """A free port of this machine on which a handler answers.

    Args:
        handler: Answers.

    Attributes:
        url: The base URL, ``http://127.0.0.1:PORT/v1``.
    """

    def __init__(self, handler: Handler) -> None:
        self._process = os.getpid()
        self._handler = handler
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._socket.setblocking(False)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._server: asyncio.Server | None = None
        self._connections: set[Any] = set()
        self._doorman = _doorman()
        self._doorman.loop.call_soon_threadsafe(self._doorman.loop.add_reader, self._socket, self._begin)

    def close(self) -> None:
        """Stop answering; connections that are open break. In a forked process only its copy is closed."""
        loop = self._doorman.loop
        if os.getpid() != self._process:
            self._socket.close()
            return
        if loop.is_closed():
            return
        done = threading.Event()
        loop.call_soon_threadsafe(self._end)
        loop.call_soon_threadsafe(done.set)
        done.wait(_SECONDS_TO_CLOSE)

    def _begin(self) -> None:
        """The first connection has come (in the thread)."""
        from uvicorn.server import ServerState

        from drytune_simulator.asgi import asgi_app
        from drytune_simulator.bodies import Bounds
        from drytune_simulator.serving.protocol import config_of

        loop = self._doorman.loop
        loop.remove_reader(self._socket)
        bounds = Bounds()
        app = asgi_app(self._handler, bounds=bounds, pool=self._doorman.pool)
        config = config_of(app, bounds)
        config.load()
        state = ServerState()
        self._connections = state.connections

        made: Any = config.http_protocol_class  # its type says only that it is some protocol of asyncio

        def connected() -> Any:
            return made(config=config, server_state=state, app_state={}, _loop=loop)

        async def begin() -> None:
            self._server = await loop.create_server(connected, sock=self._socket)

        self._beginning = loop.create_task(begin())

    def _end(self) -> None:
        self._doorman.loop.remove_reader(self._socket)
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.transport.abort()
        self._socket.close()


class _Doorman:
    """The thread that looks at all listeners of this process."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self.loop = asyncio.SelectorEventLoop()
        self.pool = ThreadPoolExecutor(8, thread_name_prefix="drytune")
        self._thread = threading.Thread(target=self._run, name="drytune-listener", daemon=True)
        self._thread.start()
        atexit.register(self.end)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def end(self) -> None:
        """Stop, and let go of everything."""
        if os.getpid() != self._process:
            return
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(_SECONDS_TO_CLOSE)
        self.pool.shutdown(wait=False, cancel_futures=True)
        if not self._thread.is_alive():
            self.loop.close()


@lru_cache(maxsize=1)
def _doorman() -> _Doorman:
    return _Doorman()


# a forked process has no thread of its parent's
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_doorman.cache_clear)
