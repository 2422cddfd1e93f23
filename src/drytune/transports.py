"""Doors of the httpx family: a `Handler` in the place where the network was.

openai 3.x speaks httpx2, 1.x and 2.x speak httpx. The two modules have the same transport interface, so each
class is made once from the module that it is given. Nothing is patched, and nothing can reach the network
through a client that was built on one of these.

What goes wrong with a real connection goes wrong here in the same way. A broken connection, or a body that ends
before its announced length, is the family's `RemoteProtocolError`. Nobody waits: where an answer, or the next
piece of one, would come later than the client's read timeout allows, it is a `ReadTimeout` at once; else it is
there at once. (A handler that was asked has done its work all the same, as a server has.)
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import IO, Any

from drytune_simulator import Chunk, Handler, Headers, Request, Response
from drytune_simulator.http import LARGEST_IN_MEMORY, ConnectionDropped
from drytune_simulator.wrapping import close_body

__all__ = ["async_transport", "family_of_openai", "sync_transport"]


@lru_cache(maxsize=1)
def family_of_openai() -> ModuleType:
    """The module, `httpx` or `httpx2`, that the installed openai SDK is built on."""
    import openai

    for base in openai.DefaultHttpxClient.__mro__:
        name = base.__module__.partition(".")[0]
        if name in {"httpx", "httpx2"}:
            return importlib.import_module(name)
    msg = f"openai {openai.__version__} is built on neither httpx nor httpx2"
    raise RuntimeError(msg)


def sync_transport(handler: Handler, family: ModuleType | None = None) -> Any:
    """A transport for ``httpx.Client(transport=…)`` that asks `handler`.

    Args:
        handler: Answers every request.
        family: The module `httpx` or `httpx2`; by default the one openai is built on.
    """
    return _sync_class(family or family_of_openai())(handler)


def async_transport(handler: Handler, family: ModuleType | None = None) -> Any:
    """The same for ``httpx.AsyncClient(transport=…)``."""
    return _async_class(family or family_of_openai())(handler)


def _request(request: Any, body: bytes, stream: IO[bytes] | None = None) -> Request:
    target = request.url.raw_path.decode("ascii")
    fields = Headers(request.headers.multi_items())
    return Request(request.method, target, fields, body, stream)  # type: ignore[arg-type]


def _is_small(request: Any) -> bool:
    """Whether the body fits into memory; one whose length is not announced may not."""
    length = request.headers.get("content-length", "")
    if not length:
        return "transfer-encoding" not in request.headers
    return length.isdigit() and int(length) <= LARGEST_IN_MEMORY


@contextmanager
def _spooled() -> Iterator[IO[bytes]]:
    """A place for a large body, in a file from some size on."""
    with tempfile.SpooledTemporaryFile(max_size=LARGEST_IN_MEMORY) as file:
        yield file


class _Exchange:
    """One question to a handler, and its answer as the client's family has it."""

    def __init__(self, family: ModuleType, handler: Handler, request: Any) -> None:
        self._family = family
        self._handler = handler
        self._asked = request
        self._patience: float | None = request.extensions.get("timeout", {}).get("read")
        self.response = Response(500)

    def ask_with(self, file: IO[bytes]) -> bool:
        """Ask with the body that was written to `file`; as `ask`."""
        is_large = file.tell() > LARGEST_IN_MEMORY
        file.seek(0)
        return self.ask(_request(self._asked, b"", file) if is_large else _request(self._asked, file.read()))

    def ask(self, request: Request) -> bool:
        """Ask; whether the answer is whole, and there at once.

        Raises:
            family.RemoteProtocolError: The connection breaks before any byte.
            family.ReadTimeout: The answer would begin too late.
        """
        try:
            self.response = response = self._handler(request)
        except ConnectionDropped as dropped:
            self._wait(dropped.delay)
            raise self._broken("Server disconnected without sending a response.") from dropped
        if response.delay:
            try:
                self._wait(response.delay)
            except BaseException:
                close_body(response.body)
                raise
        body = response.body
        return isinstance(body, bytes) and int(response.headers.get("content-length", 0)) <= len(body)

    def pieces(self) -> Iterator[bytes]:
        """The body as it comes.

        Raises:
            family.RemoteProtocolError: It ends too early.
            family.ReadTimeout: Its next piece would come too late.
        """
        response = self.response
        body = response.body
        expected = response.headers.get("content-length")
        received = 0
        try:
            for chunk in (Chunk(body),) if isinstance(body, bytes) else body:
                self._wait(chunk.delay)
                received += len(chunk.data)
                yield chunk.data
            is_broken = False
        except ConnectionDropped as dropped:
            self._wait(dropped.delay)
            is_broken = True
        finally:
            close_body(body)
        if expected is not None and received < int(expected):
            what = f"received {received} bytes, expected {expected}"
        elif is_broken and expected is None:
            what = "incomplete chunked read"
        else:
            return  # a connection that breaks behind the whole body is none of the client's business
        raise self._broken(f"peer closed connection without sending complete message body ({what})")

    def close(self) -> None:
        """Let go of a body that is not read to its end."""
        close_body(self.response.body)

    def _wait(self, seconds: float) -> None:
        if self._patience is not None and seconds > self._patience:
            raise self._family.ReadTimeout("The read operation timed out", request=self._asked)

    def _broken(self, message: str) -> Exception:
        error: Exception = self._family.RemoteProtocolError(message, request=self._asked)
        return error


@lru_cache(maxsize=2)
def _sync_class(family: ModuleType) -> type:
    class Stream(family.SyncByteStream):  # type: ignore[name-defined,misc]
        def __init__(self, exchange: _Exchange) -> None:
            self._exchange = exchange

        def __iter__(self) -> Iterator[bytes]:
            return self._exchange.pieces()

        def close(self) -> None:
            self._exchange.close()

    class HandlerTransport(family.BaseTransport):  # type: ignore[name-defined,misc]
        """Asks a Handler instead of the network."""

        def __init__(self, handler: Handler) -> None:
            self.handler = handler

        def handle_request(self, request: Any) -> Any:
            exchange = _Exchange(family, self.handler, request)
            if _is_small(request):
                is_whole = exchange.ask(_request(request, request.read()))
            else:
                with _spooled() as file:
                    for piece in request.stream:
                        file.write(piece)
                    is_whole = exchange.ask_with(file)
            response = exchange.response
            if is_whole:
                return family.Response(response.status, headers=response.headers, content=response.body)
            return family.Response(response.status, headers=response.headers, stream=Stream(exchange))

    return HandlerTransport


@lru_cache(maxsize=2)
def _async_class(family: ModuleType) -> type:
    class Stream(family.AsyncByteStream):  # type: ignore[name-defined,misc]
        def __init__(self, exchange: _Exchange) -> None:
            self._exchange = exchange

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in self._exchange.pieces():
                yield piece

        async def aclose(self) -> None:
            self._exchange.close()

    class AsyncHandlerTransport(family.AsyncBaseTransport):  # type: ignore[name-defined,misc]
        """Asks a Handler instead of the network."""

        def __init__(self, handler: Handler) -> None:
            self.handler = handler

        async def handle_async_request(self, request: Any) -> Any:
            exchange = _Exchange(family, self.handler, request)
            if _is_small(request):
                is_whole = exchange.ask(_request(request, await request.aread()))
            else:
                with _spooled() as file:
                    async for piece in request.stream:
                        file.write(piece)
                    is_whole = exchange.ask_with(file)
            response = exchange.response
            if is_whole:
                return family.Response(response.status, headers=response.headers, content=response.body)
            return family.Response(response.status, headers=response.headers, stream=Stream(exchange))

    return AsyncHandlerTransport
