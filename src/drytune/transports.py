"""Doors of the httpx family: a `Handler` in the place where the network was.

openai 3.x speaks httpx2, 1.x and 2.x speak httpx. The two modules have the same transport interface, so each
class is made once from the module that it is given. Nothing is patched, and nothing can reach the network
through a client that was built on one of these.

What goes wrong with a real connection goes wrong here in the same way. A broken connection, or a body that ends
before its announced length, is the family's `RemoteProtocolError`. Nobody waits: where an answer, or the next
piece of one, would come later than the client's read timeout allows, it is a `ReadTimeout` at once; else it is
there at once, unless the transport is given a `sleep`. (A handler that was asked has done its work all the same,
as a server has.)

A handler with a true attribute `waits` reaches out itself (`drytune.handlers.upstream`). It is told how long the
client waits, and what it cannot reach is the family's own error; an async client asks it in a thread.
"""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from functools import lru_cache
from types import ModuleType
from typing import Any, TypeVar

from drytune.handlers.aside import Aside
from drytune.handlers.in_process import InProcess, is_small, request_of, spooled
from drytune_simulator import Handler

__all__ = ["async_transport", "family_of_openai", "sync_transport"]

Sleep = Callable[[float], object]
AsyncSleep = Callable[[float], Awaitable[object]]
Close = Callable[[], object]
_Given = TypeVar("_Given")


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


def sync_transport(
    handler: Handler,
    family: ModuleType | None = None,
    *,
    sleep: Sleep | None = None,
    on_close: Close | None = None,
) -> Any:
    """A transport for ``httpx.Client(transport=…)`` that asks `handler`.

    Args:
        handler: Answers every request.
        family: The module `httpx` or `httpx2`; by default the one openai is built on.
        sleep: Called with the seconds until an answer, or the next piece of one, is due; None waits for nothing.
        on_close: Called when the client is closed; what it raises is raised there.
    """
    return _sync_class(family or family_of_openai())(handler, sleep, on_close)


def async_transport(
    handler: Handler,
    family: ModuleType | None = None,
    *,
    sleep: AsyncSleep | None = None,
    on_close: Close | None = None,
) -> Any:
    """The same for ``httpx.AsyncClient(transport=…)``; `on_close` may write files, so it is called in a thread."""
    return _async_class(family or family_of_openai())(handler, sleep, on_close)


@lru_cache(maxsize=2)
def _sync_stream(family: ModuleType) -> type:
    class Stream(family.SyncByteStream):  # type: ignore[name-defined,misc]
        def __init__(self, exchange: InProcess, sleep: Sleep | None) -> None:
            self._exchange = exchange
            self._sleep = sleep

        def __iter__(self) -> Iterator[bytes]:
            for chunk in self._exchange.pieces():
                if chunk.delay and self._sleep is not None:
                    self._sleep(chunk.delay)
                yield chunk.data

        def close(self) -> None:
            self._exchange.close()

    return Stream


@lru_cache(maxsize=2)
def _sync_class(family: ModuleType) -> type:
    stream_of = _sync_stream(family)

    class HandlerTransport(family.BaseTransport):  # type: ignore[name-defined,misc]
        """Asks a Handler instead of the network."""

        def __init__(self, handler: Handler, sleep: Sleep | None, on_close: Close | None) -> None:
            self.handler = handler
            self._sleep = sleep
            self._on_close = on_close

        def handle_request(self, request: Any) -> Any:
            exchange = InProcess(family, self.handler, request)
            if is_small(request):
                is_whole = exchange.ask(request_of(request, request.read()))
            else:
                with spooled() as file:
                    for piece in request.stream:
                        file.write(piece)
                    is_whole = exchange.ask_with(file)
            response = exchange.response
            if response.delay and self._sleep is not None:
                self._sleep(response.delay)
            if is_whole:
                return family.Response(response.status, headers=response.headers, content=response.body)
            stream = stream_of(exchange, self._sleep)
            return family.Response(response.status, headers=response.headers, stream=stream)

        def close(self) -> None:
            if self._on_close is not None:
                self._on_close()

    return HandlerTransport


@lru_cache(maxsize=2)
def _async_stream(family: ModuleType) -> type:
    class Stream(family.AsyncByteStream):  # type: ignore[name-defined,misc]
        def __init__(self, exchange: InProcess, sleep: AsyncSleep | None, aside: Aside | None) -> None:
            self._exchange = exchange
            self._sleep = sleep
            self._aside = aside

        async def __aiter__(self) -> AsyncIterator[bytes]:
            pieces = self._exchange.pieces()
            while (chunk := await _result(self._aside, lambda: next(pieces, None))) is not None:
                if chunk.delay and self._sleep is not None:
                    await self._sleep(chunk.delay)
                yield chunk.data

        async def aclose(self) -> None:
            aside, self._aside = self._aside, None
            if aside is None:
                self._exchange.close()
            elif aside.is_busy:  # the client was cancelled while it waited for the next piece
                aside.last(self._exchange.close)
            else:
                await aside.do(self._exchange.close)
                aside.last()

    return Stream


@lru_cache(maxsize=2)
def _async_class(family: ModuleType) -> type:
    stream_of = _async_stream(family)

    class AsyncHandlerTransport(family.AsyncBaseTransport):  # type: ignore[name-defined,misc]
        """Asks a Handler instead of the network."""

        def __init__(self, handler: Handler, sleep: AsyncSleep | None, on_close: Close | None) -> None:
            self.handler = handler
            self._sleep = sleep
            self._on_close = on_close

        async def handle_async_request(self, request: Any) -> Any:
            exchange = InProcess(family, self.handler, request)
            aside = Aside() if exchange.waits else None
            try:
                is_whole = await _asked(exchange, request, aside)
            except BaseException:
                if aside is not None:
                    aside.last(exchange.close)  # there may be an answer yet, which nobody will read
                raise
            response = exchange.response
            if response.delay and self._sleep is not None:
                await self._sleep(response.delay)
            if is_whole:
                if aside is not None:
                    aside.last()
                return family.Response(response.status, headers=response.headers, content=response.body)
            stream = stream_of(exchange, self._sleep, aside)
            return family.Response(response.status, headers=response.headers, stream=stream)

        async def aclose(self) -> None:
            if self._on_close is None:
                return
            aside = Aside()
            try:
                await aside.do(self._on_close)
            finally:
                aside.last()

    return AsyncHandlerTransport


async def _asked(exchange: InProcess, request: Any, aside: Aside | None) -> bool:
    """Ask; whether the answer is whole."""
    if is_small(request):
        asked = request_of(request, await request.aread())
        return await _result(aside, lambda: exchange.ask(asked))
    with ExitStack() as files:
        file = files.enter_context(spooled())
        async for piece in request.stream:
            file.write(piece)
        if aside is None:
            return exchange.ask_with(file)
        # closed in the thread, which may still read it when the client has been cancelled
        closing = files.pop_all()
        return await aside.do(lambda: _closing(closing, lambda: exchange.ask_with(file)))


async def _result(aside: Aside | None, job: Callable[[], _Given]) -> _Given:
    """What `job` gives: in the thread, if there is one."""
    return job() if aside is None else await aside.do(job)


def _closing(files: ExitStack, job: Callable[[], _Given]) -> _Given:
    with files:
        return job()
