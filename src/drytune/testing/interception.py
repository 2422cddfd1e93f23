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
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import lru_cache, wraps
from types import ModuleType
from typing import Any, Final
from urllib.parse import urlsplit

from drytune.testing.replacing import Replacement
from drytune.transports import async_transport, family_of_openai, sync_transport
from drytune_simulator import Handler, Request, Response
from drytune_simulator.wrapping import Wrapper

__all__ = ["API", "Addresses", "Behind", "asking", "intercepting", "is_asking"]

_FAMILIES: Final = ("httpx", "httpx2")
_PLATFORM: Final = ("api.openai.com", "drytune.invalid")
_REGIONS: Final = ".api.openai.com"
API: Final = "/v1"

_ASKING = threading.local()
"""``now`` while a handler is asked: what it asks itself, a real API that is recorded, is not for the simulator."""


@contextmanager
def asking() -> Iterator[None]:
    """What this thread asks inside of it is not for a simulator."""
    before = is_asking()
    _ASKING.now = True
    try:
        yield
    finally:
        _ASKING.now = before


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
        with asking():
            return self._handler(request)


class _Answering:
    """A handler that answers at some addresses, while it is among `_ANSWERING`."""

    def __init__(self, handler: Handler, addresses: Addresses, aside: Container[str]) -> None:
        self._addresses = addresses
        self._aside = aside
        self.sync = lru_cache(lambda family, path: sync_transport(Behind(handler, path), family))
        self.asynchronous = lru_cache(lambda family, path: async_transport(Behind(handler, path), family))

    def path_of(self, family: ModuleType, url: Any) -> str | None:
        """Where the API begins at `url`, if it is this handler's."""
        return None if family.__name__ in self._aside else self._addresses.path_of(url)


_ANSWERING: Final[list[_Answering]] = []
"""The innermost last."""


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
    one = _Answering(handler, addresses, aside)
    with ExitStack() as replaced:
        for family in families:
            for replacement in _replacements(family):
                replaced.enter_context(replacement())
        _ANSWERING.append(one)
        try:
            yield
        finally:
            _ANSWERING.remove(one)


@lru_cache
def _replacements(family: ModuleType) -> tuple[Replacement, Replacement]:
    return (
        Replacement(family.HTTPTransport, "handle_request", lambda original: _sync(family, original)),
        Replacement(
            family.AsyncHTTPTransport, "handle_async_request", lambda original: _async(family, original)
        ),
    )


def _answering(family: ModuleType, url: Any) -> tuple[_Answering, str] | None:
    """Who answers at `url`, and where the API begins there."""
    if is_asking():
        return None
    for one in reversed(_ANSWERING):
        path = one.path_of(family, url)
        if path is not None:
            return one, path
    return None


def _sync(family: ModuleType, original: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    @wraps(original)
    def handle_request(self: Any, request: Any) -> Any:
        found = _answering(family, request.url)
        if found is None:
            return original(self, request)
        one, path = found
        return one.sync(family, path).handle_request(request)

    return handle_request


def _async(family: ModuleType, original: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    @wraps(original)
    async def handle_async_request(self: Any, request: Any) -> Any:
        found = _answering(family, request.url)
        if found is None:
            return await original(self, request)
        one, path = found
        return await one.asynchronous(family, path).handle_async_request(request)

    return handle_async_request
