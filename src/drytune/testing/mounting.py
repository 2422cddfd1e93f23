"""The simulator behind libraries that mock httpx and httpx2: for suites that use one of them already.

Routes of respx, callbacks of pytest-httpx and httpx2-pytest, and ``MockTransport`` all come down to the same: a
function from the family's request to the family's response, which is not told whether the client that waits for it
is an async one. `answers` makes that function of a Handler; `mount` gives it to a library, for the addresses of
the API. None of these libraries is imported here: what is given is recognized by what it is.

=================  ==========================  ====================================================
fixture            of                          what it is
=================  ==========================  ====================================================
``respx_mock``     respx                       a router of respx, before httpx
``httpx2_mock``    pytest-httpx2               a router of respx, before httpx2
``httpx_mock``     pytest-httpx                callbacks, before httpx
``httpx2_mock``    httpx2-pytest               callbacks, before httpx2
=================  ==========================  ====================================================
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from functools import lru_cache
from types import ModuleType
from typing import Any, Final
from urllib.parse import urlsplit

from drytune.errors import UsageError
from drytune.handlers.addresses import checked_base_url
from drytune.handlers.in_process import InProcess, request_of, spooled
from drytune.testing.interception import API, Addresses, Behind, is_asking
from drytune_simulator import Handler
from drytune_simulator.http import LARGEST_IN_MEMORY

__all__ = ["Answers", "answers", "mount"]

_PLATFORM: Final = r"https://(?:[^/?#@]+\.)?api\.openai\.com/v1"
_TAKEN: Final = (
    "a router of respx (respx_mock, or httpx2_mock of pytest-httpx2), httpx_mock of pytest-httpx, or "
    "httpx2_mock of httpx2-pytest"
)
# the modules whose classes tell what was given, and the family whose clients they answer
_CALLBACKS: Final = {"pytest_httpx": "httpx", "pytest_httpx2": "httpx2"}


class Answers:
    """What answers a request of httpx or httpx2, of a sync client or of an async one.

    Args:
        handler: Answers.
        base_urls: Where its API begins, beside the platform's own address; elsewhere it begins with ``/v1``.
        errors: The module `httpx` or `httpx2` whose exceptions the client expects; by default the request's.
    """

    def __init__(
        self, handler: Handler, base_urls: tuple[str, ...] = (), errors: ModuleType | None = None
    ) -> None:
        # an OpenAISimulator's door also raises at once what nothing answers
        self._handler: Handler = getattr(handler, "door", handler)
        self._addresses = Addresses(base_urls)
        self._errors = errors

    def __repr__(self) -> str:
        return f"answers({self._handler!r})"

    def __call__(self, request: Any) -> Any:
        """The family's response.

        Args:
            request: A ``Request`` of httpx or httpx2 whose body has been read, as all these libraries do.

        Raises:
            TransportError: The family's own, of the kind that a broken connection or a late answer would raise.
            UsageError: It is a request of the handler itself.
        """
        if is_asking():
            msg = (
                "what answers here records a real API, and its own request to it came back to it: record without "
                "mount, or with respx, where that request passes through"
            )
            raise UsageError(msg)
        family = _family_of(request)
        path = self._addresses.path_of(request.url)
        handler = Behind(self._handler, API if path is None else path)
        exchange = InProcess(self._errors or family, handler, request)
        is_whole = _asked(exchange, request)
        response = exchange.response
        if is_whole:
            return family.Response(
                response.status, headers=response.headers, content=response.body, request=request
            )
        stream = _stream_class(family)(exchange)
        return family.Response(response.status, headers=response.headers, stream=stream, request=request)


def answers(simulator: Handler, *, base_url: str | None = None) -> Answers:
    """What ``httpx.MockTransport`` and ``httpx2.MockTransport`` take, for sync clients and for async ones.

    ::

        client = OpenAI(http_client=httpx2.Client(transport=httpx2.MockTransport(answers(simulator))))

    Args:
        simulator: Answers everything.
        base_url: Where the API begins, if its path is not ``/v1``.

    Raises:
        UsageError: `base_url` is no address of a server.
    """
    return Answers(simulator, () if base_url is None else (checked_base_url(base_url),))


def mount(router: Any, simulator: Handler, *, base_url: str | None = None) -> Any:
    """Have `simulator` answer what is asked at the API's address, behind a library that mocks httpx or httpx2.

    With respx, what any other route of the router matches is that route's, also if it comes later. With
    pytest-httpx and httpx2-pytest, mount behind your own responses: they go by the order in which they were given.

    Args:
        router: A router of respx (``respx_mock``, or ``httpx2_mock`` of pytest-httpx2), ``httpx_mock`` of
            pytest-httpx, or ``httpx2_mock`` of httpx2-pytest.
        simulator: Answers.
        base_url: Where the API is; by default at ``https://api.openai.com/v1``, at ``OPENAI_BASE_URL``, and at
            the ``base_url`` that the simulator has.

    Returns:
        With respx the route, whose ``calls`` are those of the API; the others have nothing to give.

    Raises:
        UsageError: `router` is none, or `base_url` is no address of a server.
    """
    if isinstance(router, ModuleType) and router.__name__ == "respx":
        router = router.mock  # the global router, which the module stands for
    own = _base_urls(base_url, simulator)
    pattern = _pattern(own, with_platform=base_url is None)
    if _is_of("respx", router):
        return _routed(router, simulator, own, pattern)
    for module, family in _CALLBACKS.items():
        if _is_of(module, router):
            _step_aside(simulator, family)
            router.add_callback(Answers(simulator, own), url=pattern, is_optional=True, is_reusable=True)
            return None
    told = f"{type(router).__module__}.{type(router).__qualname__}"
    if told.endswith(".MockTransport"):
        msg = "a MockTransport is given what answers when it is made: MockTransport(answers(simulator))"
    else:
        msg = f"cannot mount on a {told}; expected {_TAKEN}"
    raise UsageError(msg)


def _routed(router: Any, simulator: Handler, own: tuple[str, ...], pattern: re.Pattern[str]) -> Any:
    """A route that answers what no other one does."""
    # httpx2 is mocked one floor down, by routes that are made for httpx: its clients expect its exceptions
    family = "httpx2" if str(getattr(router, "using", "")) in {"httpcore2", "httpx2"} else "httpx"
    answering = Answers(simulator, own, errors=importlib.import_module(family))

    def answer(request: Any, route: Any) -> Any:
        if is_asking():
            return request  # of the handler itself, which records a real API: it passes through
        if _is_for_others(router, route, request):
            return None
        try:
            return answering(request)
        except Exception:
            raise
        except (
            BaseException
        ):  # what ends a test; respx does not count the call, and would complain of that, too
            router.record(request, response=None, route=route)
            raise

    _step_aside(simulator, family)
    route = router.route(url__regex=pattern)
    return route.mock(side_effect=answer)


def _is_for_others(router: Any, own: Any, request: Any) -> bool:
    """Whether a route behind `own` matches; those before it have been tried."""
    routes = iter(router.routes)
    for route in routes:
        if route is own:
            break
    return any(not route.pattern or route.pattern.match(request) for route in routes)


def _base_urls(base_url: str | None, simulator: Handler) -> tuple[str, ...]:
    """The given one; else those that the environment and the simulator name."""
    if base_url is not None:
        return (checked_base_url(base_url),)
    named = (os.environ.get("OPENAI_BASE_URL"), getattr(simulator, "base_url", None))
    return tuple(checked_base_url(url) for url in named if url)


def _pattern(base_urls: tuple[str, ...], *, with_platform: bool) -> re.Pattern[str]:
    """What the URLs of the API look like, as httpx writes them."""
    begins = [_PLATFORM] if with_platform else []
    for url in base_urls:
        parts = urlsplit(url)
        port = "" if parts.port in {None, {"http": 80, "https": 443}[parts.scheme]} else f":{parts.port}"
        host = parts.netloc.rpartition("]")[0] + "]" if "]" in parts.netloc else parts.hostname or ""
        begins.append(re.escape(f"{parts.scheme}://{host}{port}{parts.path}"))
    return re.compile(rf"^(?:{'|'.join(begins)})(?=[/?#]|$)")


def _is_of(module: str, given: object) -> bool:
    """Whether it is an object of that library, or of a class that is made from one of its classes."""
    return any(kind.__module__.partition(".")[0] == module for kind in type(given).__mro__) and (
        hasattr(given, "routes") or hasattr(given, "add_callback")
    )


def _step_aside(simulator: Handler, family: str) -> None:
    """An `OpenAISimulator` answers clients of this process before any library does; now it is not to."""
    stepping: Callable[[str], object] | None = getattr(simulator, "step_aside", None)
    if stepping is not None:
        stepping(family)


def _family_of(request: Any) -> ModuleType:
    for kind in type(request).__mro__:
        name = kind.__module__.partition(".")[0]
        if name in {"httpx", "httpx2"}:
            return importlib.import_module(name)
    msg = f"{type(request).__module__}.{type(request).__qualname__} is no request of httpx or httpx2"
    raise UsageError(msg)


def _asked(exchange: InProcess, request: Any) -> bool:
    """Ask; whether the answer is whole."""
    body = request.read()
    if len(body) <= LARGEST_IN_MEMORY:
        return exchange.ask(request_of(request, body))
    with spooled() as file:
        file.write(body)
        return exchange.ask_with(file)


@lru_cache(maxsize=2)
def _stream_class(family: ModuleType) -> type:
    class Stream(family.SyncByteStream, family.AsyncByteStream):  # type: ignore[name-defined,misc]
        """A body that comes in pieces, for a client of either kind."""

        def __init__(self, exchange: InProcess) -> None:
            self._exchange = exchange

        def __iter__(self) -> Iterator[bytes]:
            for piece in self._exchange.pieces():
                yield piece.data

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in self._exchange.pieces():
                yield piece.data

        def close(self) -> None:
            self._exchange.close()

        async def aclose(self) -> None:
            self._exchange.close()

    return Stream
