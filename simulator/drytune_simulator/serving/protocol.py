"""Bounds on what comes before a request is whole, and a way to break a connection off: what uvicorn has not."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from uvicorn.config import Config

from drytune_simulator.bodies import Bounds
from drytune_simulator.errors import refuse
from drytune_simulator.http import ApiError

__all__ = ["config_of", "protocol"]

_SECONDS_TO_LINGER = 2.0


def config_of(app: Any, bounds: Bounds, **more: Any) -> Config:
    """What uvicorn is told by every server of ours: `bounds`, and to add nothing of its own to answers and logs.

    Args:
        app: The ASGI application.
        bounds: How much of a request is taken.
        more: Settings of uvicorn's `Config` beside these.
    """
    return Config(
        app,
        http=protocol(bounds),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=bounds.head + bounds.target,
        **more,
    )


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
    _aborting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)  # type: ignore[misc]
        self.app_state = {**self.app_state, "drytune.drop": self._drop}
        self.wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self.head_is_there()
        if self._aborting is not None:
            self._aborting.cancel()
        super().connection_lost(exc)  # type: ignore[misc]

    def _drop(self) -> None:
        """Close; what was sent still arrives, if the client reads it in time."""
        self.transport.close()
        if self._aborting is None:
            self._aborting = self.loop.call_later(self.bounds.send_seconds, self.transport.abort)

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

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words say no more
        """What uvicorn calls when this is no HTTP."""
        in_body = _in_body(getattr(self, "cycle", None))
        why = "its body is not in chunks as it says" if in_body else "its head cannot be read"
        self.refuse(refuse("bad-http", why=why))

    def refuse(self, refusal: ApiError) -> None:
        """Answer, and close; what still comes in is thrown away for a moment, or the answer might be lost."""
        if self.refused or self.transport.is_closing():
            return
        self.refused = True
        self.head_is_there()
        cycle = getattr(self, "cycle", None)
        if cycle is not None and not cycle.response_complete:
            if not _in_body(cycle) or cycle.response_started or getattr(self, "pipeline", None):
                self.transport.close()  # this or an earlier request is being answered: nothing may come between
                return
            # whoever waits for the rest of this request learns that it does not come
            cycle.disconnected = True
            cycle.message_event.set()
        response = refusal.response()
        body = msgspec.json.encode(refusal.body())
        head = [f"HTTP/1.1 {response.status} {_PHRASES.get(response.status, '')}"]
        head += [f"{name}: {value}" for name, value in response.headers.items()]
        head += [f"content-length: {len(body)}", "x-drytune: simulated", "connection: close"]
        self.transport.write("\r\n".join([*head, "", ""]).encode("latin-1") + body)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_SECONDS_TO_LINGER, self.transport.close)


_PHRASES = {
    400: "Bad Request",
    408: "Request Timeout",
    414: "URI Too Long",
    431: "Request Header Fields Too Large",
}


def _in_body(cycle: Any) -> bool:
    """Whether an exchange's head has come, and the end of its body has not."""
    return cycle is not None and cycle.more_body and not cycle.response_complete


class _BoundedHttpTools(_Bounded):
    """llhttp takes a head of any size, and trailers, which uvicorn takes for headers.

    Once the request is refused, nothing that is parsed counts any more.
    """

    url: bytes
    cycle: Any
    _in_head = False
    _head_bytes = 0
    _trailer_bytes = 0
    _silent_bytes = 0

    def data_received(self, data: bytes) -> None:
        if self.refused:
            return
        body = self._silent_bytes = self._silent_bytes + len(data)
        super().data_received(data)  # type: ignore[misc]
        if self._in_head:
            self._head_bytes += len(data)
            self.wait_for_head()
            if len(self.url) > self.bounds.target + 1:  # the question mark is in neither part
                self._target_too_long()
            elif self._head_bytes > self.bounds.head + self.bounds.target:
                self._too_many()
        elif self._silent_bytes == body > self.bounds.head + self.bounds.target and _in_body(self.cycle):
            self._too_many()  # a trailer without an end

    def _too_many(self) -> None:
        self.refuse(refuse("too-many-headers", limit=f"{self.bounds.head} bytes"))

    def _target_too_long(self) -> None:
        self.refuse(refuse("target-too-long", limit=self.bounds.target))

    def on_message_begin(self) -> None:
        if self.refused:
            return
        self._in_head = True
        super().on_message_begin()  # type: ignore[misc]

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.refused:
            return
        if self._in_head:
            super().on_header(name, value)  # type: ignore[misc]
            return
        # a trailer says nothing that is asked for here, and is no header
        self._trailer_bytes += len(name) + len(value)
        if self._trailer_bytes > self.bounds.head:
            self._too_many()

    def on_headers_complete(self) -> None:
        if self.refused:
            return
        self._in_head = False
        self._head_bytes = self._trailer_bytes = self._silent_bytes = 0
        if self._patience is not None:
            self.head_is_there()
        if len(self.url) > self.bounds.target + 1:
            # before uvicorn takes it apart, which it cannot above 64 KiB
            self._target_too_long()
            return
        super().on_headers_complete()  # type: ignore[misc]

    def on_body(self, body: bytes) -> None:
        if self.refused:
            return
        self._silent_bytes = 0
        super().on_body(body)  # type: ignore[misc]

    def on_message_complete(self) -> None:
        if self.refused:
            return
        self._silent_bytes = 0
        super().on_message_complete()  # type: ignore[misc]


def _with_httptools(parent: type[Any], bounds: Bounds) -> type[asyncio.Protocol]:
    class BoundedHttpTools(_BoundedHttpTools, parent):  # type: ignore[misc]
        pass

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
            waiting = self.conn.trailing_data[0]
            line = waiting.partition(b"\n")[0]
            if len(line) > bounds.target and not _in_body(self.cycle):
                self.refuse(refuse("target-too-long", limit=bounds.target))
            elif len(waiting) > bounds.head:
                self.refuse(refuse("too-many-headers", limit=f"{bounds.head} bytes"))
            else:
                super().send_400_response(msg)

    BoundedH11.bounds = bounds
    return BoundedH11
