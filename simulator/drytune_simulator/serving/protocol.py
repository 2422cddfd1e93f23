"""Bounds on what comes before a request is whole, and a way to break a connection off: what uvicorn has not."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from drytune_simulator.bodies import Bounds
from drytune_simulator.errors import refuse
from drytune_simulator.http import ApiError

__all__ = ["protocol"]

_SECONDS_TO_LINGER = 2.0


def protocol(bounds: Bounds) -> type[asyncio.Protocol]:
    """The HTTP protocol of uvicorn with `bounds`: on httptools where it is installed, else on h11."""
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:
        return _with_h11(bounds)
    return _with_httptools(HttpToolsProtocol, bounds)


class _Bounded:
    """Shared by both: patience with a request's head, refusals in the platform's envelope, `drytune.drop`."""

    bounds: Bounds
    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    app_state: dict[str, Any]
    refused = False
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)  # type: ignore[misc]
        self.app_state = {**self.app_state, "drytune.drop": transport.close}
        self.wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self.head_is_there()
        super().connection_lost(exc)  # type: ignore[misc]

    def wait_for_head(self) -> None:
        """From now on the head has to come within its time."""
        if self._patience is None:
            self._patience = self.loop.call_later(self.bounds.head_seconds, self._too_slow)

    def head_is_there(self) -> None:
        """It has come."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _too_slow(self) -> None:
        self._patience = None
        self.refuse(refuse("too-slow", seconds=f"{self.bounds.head_seconds:.0f}"))

    def send_400_response(self, msg: str) -> None:
        """What uvicorn calls when this is no HTTP."""
        self.refuse(refuse("bad-http", why=msg.removesuffix(".").lower()))

    def refuse(self, refusal: ApiError) -> None:
        """Answer, and close; what still comes in is thrown away for a moment, or the answer might be lost."""
        if self.refused or self.transport.is_closing():
            return
        self.refused = True
        self.head_is_there()
        cycle = getattr(self, "cycle", None)
        if cycle is not None and not cycle.response_complete:
            self.transport.close()  # an answer to an earlier request is on its way: nothing may come between
            return
        response = refusal.response()
        body = msgspec.json.encode(refusal.body())
        head = [f"HTTP/1.1 {response.status} {_PHRASES.get(response.status, '')}"]
        head += [f"{name}: {value}" for name, value in response.headers.items()]
        head += [f"content-length: {len(body)}", "x-drytune: simulated", "connection: close"]
        self.transport.write("\r\n".join([*head, "", ""]).encode("latin-1") + body)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_SECONDS_TO_LINGER, self.transport.close)


_PHRASES = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large"}


def _with_httptools(parent: type[Any], bounds: Bounds) -> type[asyncio.Protocol]:
    class BoundedHttpTools(_Bounded, parent):  # type: ignore[misc]
        """llhttp takes a head of any size, and so would uvicorn."""

        _in_head = False
        _head_bytes = 0

        def data_received(self, data: bytes) -> None:
            if self.refused:
                return
            super().data_received(data)
            if self._in_head:
                self._head_bytes += len(data)
                self.wait_for_head()
                if self._head_bytes > bounds.head + bounds.target:
                    self.refuse(refuse("too-many-headers", limit=f"{bounds.head} bytes"))

        def on_message_begin(self) -> None:
            self._in_head = True
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            self._in_head = False
            self._head_bytes = 0
            if self._patience is not None:
                self.head_is_there()
            super().on_headers_complete()

    BoundedHttpTools.bounds = bounds
    return BoundedHttpTools


def _with_h11(bounds: Bounds) -> type[asyncio.Protocol]:
    import h11
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class BoundedH11(_Bounded, H11Protocol):  # type: ignore[misc]
        """h11 bounds a head's size itself (`Config.h11_max_incomplete_event_size`)."""

        def data_received(self, data: bytes) -> None:
            if self.refused:
                return
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE:
                self.head_is_there()
            elif self.conn.trailing_data[0]:
                self.wait_for_head()

        def send_400_response(self, msg: str) -> None:
            waiting = len(self.conn.trailing_data[0])
            if waiting > bounds.head:
                self.refuse(refuse("too-many-headers", limit=f"{bounds.head} bytes"))
            else:
                super().send_400_response(msg)

    BoundedH11.bounds = bounds
    return BoundedH11
