"""One exchange's side of a socket: what is sent, when, and what becomes of it when the client leaves."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import lru_cache
from time import perf_counter
from typing import Any

from drytune_simulator.bodies import Arrived, Bounds
from drytune_simulator.http import ApiError, Chunk, ConnectionDropped, Headers, Request, Response
from drytune_simulator.layers import Origin, origin_of

__all__ = ["Connection", "Exchange", "Receive", "Scope", "Send"]

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_LOG = logging.getLogger("drytune_simulator")
_CHUNKS_AHEAD = 64
_BYTES_AHEAD = 256 * 1024
_END_OF_EVENT = b"\n\n"
_SECONDS_TO_LINGER = 10.0
_SECONDS_TO_GO_ON = 1.0
_PREFLIGHT = {
    "access-control-allow-methods": "GET, POST, DELETE, OPTIONS",
    "access-control-max-age": "600",
}


@dataclass(slots=True)
class Exchange:
    """One request and what became of it, for logs and metrics.

    Attributes:
        began: `time.perf_counter` when its head was there.
        status: Of the answer; 0 if there was none.
        received, sent: Bytes of the bodies.
        request_id: ``x-request-id`` of the answer.
        origin: The layer that it came from, if it says so.
    """

    method: str
    path: str
    began: float
    status: int = 0
    received: int = 0
    sent: int = 0
    request_id: str = ""
    origin: Origin | None = None


class _Received(Headers):
    """Fields as a server gives them, names in small letters; only those that somebody looks at become text."""

    __slots__ = ("_bytes",)

    def __init__(self, fields: list[tuple[bytes, bytes]]) -> None:
        self._bytes = dict(fields)

    def __getitem__(self, name: str) -> str:
        return self._bytes[name.lower().encode("latin-1", "replace")].decode("latin-1")

    def get(self, name: str, default: Any = None) -> Any:
        value = self._bytes.get(_wire_name(name))
        return default if value is None else value.decode("latin-1")

    def __iter__(self) -> Iterator[str]:
        return (name.decode("latin-1") for name in self._bytes)

    def __len__(self) -> int:
        return len(self._bytes)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower().encode("latin-1", "replace") in self._bytes

    def __repr__(self) -> str:
        """Names only: the values include keys."""
        return f"Headers({sorted(self)})"


@lru_cache(maxsize=256)
def _wire_name(name: str) -> bytes:
    return name.lower().encode("latin-1", "replace")


@dataclass(slots=True)
class Connection:
    """One exchange's side of the socket."""

    scope: Scope
    receive: Receive
    _send: Send
    exchange: Exchange
    bounds: Bounds
    headers: Headers = field(init=False)

    def __post_init__(self) -> None:
        self.headers = _Received(self.scope["headers"])

    def request(self, body: Arrived) -> Request:
        """The request, whose body has arrived."""
        target = self.exchange.path
        if self.scope["query_string"]:
            target += "?" + self.scope["query_string"].decode("latin-1")
        return Request(self.exchange.method, target, self.headers, body.data, body.stream)

    def asks_for_a_browser(self) -> bool:
        """Whether this is a preflight request to the API proper."""
        asked = self.exchange.method == "OPTIONS" and "access-control-request-method" in self.headers
        return asked and self.exchange.path.startswith("/v1/")

    def preflight(self) -> dict[str, str]:
        """What a browser is told that asks whether it may."""
        asked = self.headers.get("access-control-request-headers", "authorization, content-type")
        return {**_PREFLIGHT, "access-control-allow-headers": asked}

    async def refuse(self, refusal: ApiError) -> None:
        """Say no before the body is whole: at once, and what is still on its way is thrown away for a while.

        Were the connection closed at once, the system would throw away the answer as well.
        """
        response = refusal.response().with_headers({"connection": "close", "x-drytune": "simulated"})
        assert isinstance(response.body, bytes)  # noqa: S101 - a refusal is whole
        await self._start(response, len(response.body))
        await self._piece(response.body)
        until = perf_counter() + _SECONDS_TO_LINGER
        with contextlib.suppress(TimeoutError):
            while perf_counter() < until:
                async with asyncio.timeout(_SECONDS_TO_GO_ON):
                    message = await self.receive()
                if message["type"] == "http.disconnect" or not message.get("more_body"):
                    break
        await self._end()

    async def send(
        self, response: Response, pool: Executor | None = None, *, threads: bool = False, live: bool = False
    ) -> None:
        """Send the answer, with all its delays; stop if the client leaves.

        Args:
            response: The answer.
            pool: The threads.
            threads: Whether the body is drawn in one of them.
            live: Whether its pieces come when they come, so that each has to be sent before the next is asked for.
        """
        body = response.body
        if isinstance(body, bytes):
            if response.delay and await self._left_within(response.delay):
                return
            await self._whole(response, body)
            return
        leaving = asyncio.ensure_future(self._until_left())
        try:
            if await _within(leaving, response.delay):
                return
            await self._stream(response.status, response.headers, body, leaving, pool, threads, live)
        finally:
            leaving.cancel()
            close = getattr(body, "close", None)
            if close is not None:
                with contextlib.suppress(ValueError):  # it runs in a thread, and nobody waits for it any more
                    close()

    async def _whole(self, response: Response, body: bytes) -> None:
        declared = response.headers.get("content-length")
        length = len(body) if declared is None else int(declared)
        await self._start(response, length)
        if length == len(body):
            await self._piece(body, more=False)
            return
        await self._piece(body[:length], more=length > len(body))
        if length > len(body):
            raise ConnectionDropped

    async def _stream(
        self,
        status: int,
        headers: Mapping[str, str],
        body: Iterator[Chunk],
        leaving: asyncio.Future[None],
        pool: Executor | None,
        threads: bool,
        live: bool,
    ) -> None:
        declared = headers.get("content-length")
        left = None if declared is None else int(declared)
        await self._start(Response(status, headers), left)
        loop = asyncio.get_running_loop()
        ending: BaseException | None = None
        most = 1 if live else _CHUNKS_AHEAD
        while ending is None:
            # in a thread, for reading a file may take its time; many at once, for a visit to a thread does as well
            if threads:
                chunks, ending = await loop.run_in_executor(pool, _ahead, body, most)
            else:
                chunks, ending = _ahead(body, most)
                await asyncio.sleep(0)  # others want to be served as well
            for delay, whole in _together(chunks):
                if await _within(leaving, delay):
                    return
                data = whole if left is None else whole[:left]
                await self._piece(data, more=True)
                if left is not None:
                    left -= len(data)
        if isinstance(ending, ConnectionDropped):
            raise ending
        if not isinstance(ending, StopIteration):
            _LOG.error("drytune failed in the middle of an answer", exc_info=ending)
            raise ConnectionDropped
        if left:
            raise ConnectionDropped
        await self._end()

    async def _start(self, response: Response, length: int | None) -> None:
        exchange = self.exchange
        exchange.status = response.status
        fields = [(_wire_name(name), value.encode("latin-1")) for name, value in response.headers.items()]
        if length is not None and response.headers.get("content-length") is None:
            fields.append((b"content-length", b"%d" % length))
        if exchange.path.startswith("/v1/"):  # as the platform sends it (FACTS.md §6)
            fields.append((b"access-control-allow-origin", b"*"))
        exchange.request_id = response.headers.get("x-request-id", "")
        exchange.origin = origin_of(response.headers)
        await self._pass_on({"type": "http.response.start", "status": response.status, "headers": fields})

    async def _piece(self, data: bytes, *, more: bool = True) -> None:
        self.exchange.sent += len(data)
        await self._pass_on({"type": "http.response.body", "body": data, "more_body": more})

    async def _pass_on(self, message: Message) -> None:
        """Give the server a message; it takes it when the client has read enough of those before."""
        try:
            async with asyncio.timeout(self.bounds.send_seconds):
                await self._send(message)
        except TimeoutError:
            raise ConnectionDropped from None

    async def _end(self) -> None:
        await self._pass_on({"type": "http.response.body", "body": b""})

    async def _until_left(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def _left_within(self, seconds: float) -> bool:
        leaving = asyncio.ensure_future(self._until_left())
        try:
            return await _within(leaving, seconds)
        finally:
            leaving.cancel()

    async def drop(self, delay: float = 0.0) -> None:
        """Break the connection off; what was sent still arrives."""
        if delay and await self._left_within(delay):
            return
        drop = self.scope.get("state", {}).get("drytune.drop")
        if drop is None:
            raise ConnectionDropped
        drop()
        await self._until_left()


async def _within(leaving: asyncio.Future[None], seconds: float) -> bool:
    """Wait so many seconds; whether the client has left by then."""
    if seconds > 0:
        await asyncio.wait([leaving], timeout=seconds)
    return leaving.done()


def _together(chunks: list[Chunk]) -> Iterator[tuple[float, bytes]]:
    """The chunks and their delays; whole events that are due at the same moment are one piece."""
    delay = 0.0
    data: list[bytes] = []
    for chunk in chunks:
        if data and (chunk.delay > 0 or not data[-1].endswith(_END_OF_EVENT)):
            yield delay, b"".join(data)
            delay, data = 0.0, []
        delay += chunk.delay
        data.append(chunk.data)
    if data:
        yield delay, b"".join(data)


def _ahead(body: Iterator[Chunk], most: int) -> tuple[list[Chunk], BaseException | None]:
    """The next few chunks, at most `most`, and how it ended, if it did."""
    chunks: list[Chunk] = []
    size = 0
    try:
        while len(chunks) < most and size < _BYTES_AHEAD:
            chunk = next(body)
            chunks.append(chunk)
            size += len(chunk.data)
    except (StopIteration, ConnectionDropped) as ending:
        return chunks, ending
    except Exception as error:  # noqa: BLE001 - what was drawn until then is sent all the same
        return chunks, error
    return chunks, None
