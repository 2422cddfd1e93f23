"""Clients that the code under test builds for itself, answered in this process.

A client that is given to the code under test is bound to the simulator from the beginning
(`OpenAISimulator.client`). One that the code builds itself finds it by the environment; but not if it names its
address itself, or was built before the test began. So for the time of a test, what is asked at that address is
answered here: the method with which every transport of httpx and httpx2 answers (``handle_request``, and
``handle_async_request`` of the asynchronous ones) looks first whether the request is for the simulator. It is the
public seam of both families, the same in all their versions. Other transports (aiohttp's, one's own) are reached
through the environment.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Container, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from functools import lru_cache
from types import ModuleType
from typing import Any, Final
from unittest import mock
from urllib.parse import urlsplit

from drytune.transports import async_transport, family_of_openai, sync_transport
from drytune_simulator import Handler, Request, Response
from drytune_simulator.wrapping import Wrapper

__all__ = ["API", "Addresses", "Behind", "intercepting", "is_asking"]

_FAMILIES: Final = ("httpx", "httpx2")
_PLATFORM: Final = ("api.openai.com", "drytune.invalid")
_REGIONS: Final = ".api.openai.com"
API: Final = "/v1"

_ASKING = threading.local()
"""``now`` while a handler is asked: what it asks itself, a real API that is recorded, is not for the simulator."""


def is_asking() -> bool:
    """Whether a handler is being asked in this thread."""
    return bool(getattr(_ASKING, "now", False))


class Addresses:
    """Which URLs are the simulator's, and which path they have there.

    Args:
        own: Base URLs of the simulator beside the platform's: its server's, the one that a test names.
    """

    def __init__(self, own: Iterable[str]) -> None:
        self._paths: dict[tuple[str, int | None], str] = {}
        for url in own:
            parts = urlsplit(url)
            self._paths[parts.hostname or "", _port(parts.scheme, parts.port)] = parts.path.rstrip("/")

    def path_of(self, url: Any) -> str | None:
        """Where the API begins at the address of a request; None if that is not the simulator's.

        Args:
            url: A ``URL`` of httpx or httpx2.
        """
        path = self._paths.get((url.host, _port(url.scheme, url.port)))
        if path is None:
            return API if url.host in _PLATFORM or url.host.endswith(_REGIONS) else None
        asked = url.path
        return path if asked == path or asked.startswith(f"{path}/") else None


def _port(scheme: str, port: int | None) -> int | None:
    return {"http": 80, "https": 443}.get(scheme) if port is None else port


class Behind(Wrapper):
    """A handler whose API begins elsewhere, and which may reach out itself."""

    def __init__(self, handler: Handler, path: str) -> None:
        super().__init__(handler)
        self._path = path

    def __call__(self, request: Request) -> Response:
        """Ask by the path that the handler knows."""
        if self._path != API:
            request = replace(request, target=API + request.target[len(self._path) :])
        _ASKING.now = True
        try:
            return self._handler(request)
        finally:
            _ASKING.now = False


@contextmanager
def intercepting(handler: Handler, addresses: Addresses, aside: Container[str] = ()) -> Iterator[None]:
    """Answer by `handler` what clients of this process ask at `addresses`, for the time of the context.

    Reaches the families that are imported by then, and the one that the SDK is built on.

    Args:
        handler: Answers.
        addresses: Where the API is.
        aside: Families that are left alone, looked at anew for each request.
    """
    families = [importlib.import_module(name) for name in _FAMILIES if name in sys.modules]
    if (own := family_of_openai()) not in families:
        families.append(own)
    with ExitStack() as replaced:
        for family in families:
            replaced.enter_context(_sync(family, handler, addresses, aside))
            replaced.enter_context(_async(family, handler, addresses, aside))
        yield


def _sync(
    family: ModuleType, handler: Handler, addresses: Addresses, aside: Container[str]
) -> AbstractContextManager[object]:
    original = family.HTTPTransport.handle_request
    ours = lru_cache(lambda path: sync_transport(Behind(handler, path), family))

    def handle_request(self: Any, request: Any) -> Any:
        is_ours = family.__name__ not in aside and not is_asking()
        path = addresses.path_of(request.url) if is_ours else None
        return original(self, request) if path is None else ours(path).handle_request(request)

    return mock.patch.object(family.HTTPTransport, "handle_request", handle_request)


def _async(
    family: ModuleType, handler: Handler, addresses: Addresses, aside: Container[str]
) -> AbstractContextManager[object]:
    original = family.AsyncHTTPTransport.handle_async_request
    ours = lru_cache(lambda path: async_transport(Behind(handler, path), family))

    async def handle_async_request(self: Any, request: Any) -> Any:
        path = None if family.__name__ in aside else addresses.path_of(request.url)
        if path is None:
            return await original(self, request)
        return await ours(path).handle_async_request(request)

    return mock.patch.object(family.AsyncHTTPTransport, "handle_async_request", handle_async_request)
