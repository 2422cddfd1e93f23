"""The server door: a Handler as an ASGI application.

Nothing is decided here: what passes in-process passes on the wire. What only a real connection has is here: bodies
that arrive slowly or are too large, clients that leave, delays, and connections that a fault breaks off.

ASGI has no way to break a connection off. A server that puts a function ``drytune.drop`` into the connection's
state, as `drytune_simulator.serving` does, has one; with another, a fault before the answer shows as its own 500.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Protocol

from drytune_simulator.bodies import EMPTY, Arrived, Bounds, Left, arriving, head_refused
from drytune_simulator.connection import Connection, Exchange, Receive, Scope, Send
from drytune_simulator.errors import refuse
from drytune_simulator.http import ApiError, ConnectionDropped, Handler, Request, Response
from drytune_simulator.store import StoreError

__all__ = ["Bounds", "Exchange", "Watch", "asgi_app"]

_LOG = logging.getLogger("drytune_simulator")
_BODILESS = frozenset({"GET", "HEAD"})


class Watch(Protocol):
    """Is told of every exchange."""

    def began(self) -> None:
        """A request has come."""

    def ended(self, exchange: Exchange, seconds: float) -> None:
        """It has been answered, or not, after so many seconds."""


def asgi_app(
    handler: Handler,
    *,
    bounds: Bounds | None = None,
    pool: Executor | None = None,
    directory: Path | None = None,
    watch: Watch | None = None,
    browsers: bool = False,
) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """An ASGI application that answers with `handler`.

    Args:
        handler: Where it has a method ``blocks(request)`` that says no, it is called in the event loop; else, for
            an upload, a verdict or the first question to a model may take long, in a thread.
        bounds: How much of a request is taken, and how long is waited for it.
        pool: The threads; asyncio's own by default.
        directory: Where large bodies are kept while they arrive; by default the system's place for such.
        watch: Is told of every exchange.
        browsers: Whether a browser's preflight request is granted, so that any web page may call this server.
    """
    return _Door(handler, bounds or Bounds(), pool, directory, watch, browsers)


@dataclass(slots=True)
class _Door:
    handler: Handler
    bounds: Bounds
    pool: Executor | None
    directory: Path | None
    watch: Watch | None
    browsers: bool
    _blocks: Callable[[Request], bool] = field(init=False)
    _waits: bool = field(init=False)

    def __post_init__(self) -> None:
        self._blocks = getattr(self.handler, "blocks", _always)
        self._waits = bool(getattr(self.handler, "waits", False))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await _no_http(scope, receive, send)
            return
        exchange = Exchange(scope["method"], scope["raw_path"].decode("latin-1"), perf_counter())
        if self.watch is not None:
            self.watch.began()
        connection = Connection(scope, receive, send, exchange, self.bounds)
        try:
            await self._answer(connection)
        except ConnectionDropped as dropped:
            await connection.drop(getattr(dropped, "delay", 0.0))
        except asyncio.CancelledError:  # the server stops, and its patience is at an end
            with contextlib.suppress(asyncio.CancelledError):  # once more, when the event loop closes
                await connection.drop()
            await connection.drop()
        finally:
            if self.watch is not None:
                self.watch.ended(exchange, perf_counter() - exchange.began)

    async def _answer(self, connection: Connection) -> None:
        body = EMPTY
        try:
            refusal = head_refused(connection.scope, connection.headers, self.bounds)
            if refusal is not None:
                raise refusal
            if self.browsers and connection.asks_for_a_browser():
                await connection.send(Response(200, connection.preflight()))
                return
            if _has_body(connection):
                body = await self._body(connection)
        except Left:
            return
        except ApiError as refusal:
            await connection.refuse(refusal)
            return
        try:
            request = connection.request(body)
            blocks = self._blocks(request)
            if blocks:
                loop = asyncio.get_running_loop()
                response = await loop.run_in_executor(self.pool, _handled, self.handler, request)
            else:
                response = _handled(self.handler, request)
            await connection.send(response, self.pool, threads=blocks, live=self._waits)
        except asyncio.CancelledError:
            body = EMPTY  # the thread may still be reading it
            raise
        finally:
            body.close()

    async def _body(self, connection: Connection) -> Arrived:
        body = await arriving(connection.receive, connection.headers, self.bounds, self.pool, self.directory)
        connection.exchange.received = body.size
        return body


def _has_body(connection: Connection) -> bool:
    headers = connection.headers
    if "content-length" in headers or "transfer-encoding" in headers:
        return True
    # with HTTP/2 neither is needed
    return connection.exchange.method not in _BODILESS


def _always(request: Request) -> bool:  # noqa: ARG001 - the signature of `blocks`
    return True


def _handled(handler: Handler, request: Request) -> Response:
    try:
        return handler(request)
    except ConnectionDropped:
        raise
    except StoreError as error:  # whatever stands around the simulator may ask the state, too
        _LOG.error("%s", error)
        refusal = refuse("state-unavailable", why=str(error))
    except Exception as error:  # noqa: BLE001 - the simulator never raises; a handler that wraps it might
        _LOG.exception("drytune failed to answer %s %s", request.method, request.path)
        refusal = ApiError(
            500,
            f"drytune itself failed on this request ({type(error).__name__}); its log has the details.",
            type="server_error",
        )
    return refusal.response().with_headers({"x-drytune": "simulated"})


async def _no_http(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "lifespan":
        msg = f"only HTTP is served here, not {scope['type']}"
        raise ValueError(msg)
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
