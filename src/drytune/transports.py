"""Doors of the httpx family: a `Handler` in the place where the network was.

openai 3.x speaks httpx2, 1.x and 2.x speak httpx. The two modules have the same transport interface, so each
class is made once from the module that it is given. Nothing is patched, and nothing can reach the network
through a client that was built on one of these.
"""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Iterator
from functools import lru_cache
from types import ModuleType
from typing import Any

from drytune_simulator import Chunk, Handler, Headers, Request

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


def _request(request: Any, body: bytes) -> Request:
    target = request.url.raw_path.decode("ascii")
    return Request(request.method, target, Headers(request.headers.multi_items()), body)


@lru_cache(maxsize=2)
def _sync_class(family: ModuleType) -> type:
    class Stream(family.SyncByteStream):  # type: ignore[name-defined,misc]
        def __init__(self, chunks: Iterator[Chunk]) -> None:
            self._chunks = chunks

        def __iter__(self) -> Iterator[bytes]:
            for chunk in self._chunks:
                yield chunk.data

    class HandlerTransport(family.BaseTransport):  # type: ignore[name-defined,misc]
        """Asks a Handler instead of the network."""

        def __init__(self, handler: Handler) -> None:
            self.handler = handler

        def handle_request(self, request: Any) -> Any:
            response = self.handler(_request(request, request.read()))
            body = response.body
            if isinstance(body, bytes):
                return family.Response(response.status, headers=response.headers, content=body)
            return family.Response(response.status, headers=response.headers, stream=Stream(body))

    return HandlerTransport


@lru_cache(maxsize=2)
def _async_class(family: ModuleType) -> type:
    class Stream(family.AsyncByteStream):  # type: ignore[name-defined,misc]
        def __init__(self, chunks: Iterator[Chunk]) -> None:
            self._chunks = chunks

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for chunk in self._chunks:
                yield chunk.data

    class AsyncHandlerTransport(family.AsyncBaseTransport):  # type: ignore[name-defined,misc]
        """Asks a Handler instead of the network."""

        def __init__(self, handler: Handler) -> None:
            self.handler = handler

        async def handle_async_request(self, request: Any) -> Any:
            response = self.handler(_request(request, await request.aread()))
            body = response.body
            if isinstance(body, bytes):
                return family.Response(response.status, headers=response.headers, content=body)
            return family.Response(response.status, headers=response.headers, stream=Stream(body))

    return AsyncHandlerTransport
