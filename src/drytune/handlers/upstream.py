"""The real API, or any that is like it, as a `Handler`: what is asked here is asked there, over the network.

This is the only handler that reaches out, and it waits for what it asks. Its attribute `waits` tells the doors:
the async ones then ask it in a thread. A piece of a stream comes when it has come; its delay is 0, for it has been
waited for already (`drytune.handlers.recording` measures how long that took).
"""

from __future__ import annotations

import importlib
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from contextvars import ContextVar
from types import ModuleType
from typing import Any, BinaryIO, Final

from drytune.errors import UsageError
from drytune.handlers.addresses import address, checked_base_url
from drytune_simulator import Chunk, Request, Response
from drytune_simulator.http import ApiError, ConnectionDropped
from drytune_simulator.wrapping import Wrapper

__all__ = [
    "HOP_BY_HOP",
    "PATIENCE",
    "Gateway",
    "Unreachable",
    "Upstream",
]

HOP_BY_HOP: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Header fields that are about one connection, and not about what goes over it (RFC 9110 §7.6.1)."""

PATIENCE: ContextVar[Mapping[str, float | None] | None] = ContextVar("drytune_patience", default=None)
"""How long the client that asks waits, as httpx has it: seconds or None for ``connect``, ``read``, ``write`` and
``pool``. The in-process transports set it, so that an `Upstream` waits as long as its client would have."""

# made anew for the connection to the platform
_NOT_ASKED = HOP_BY_HOP | {"host", "content-length", "accept-encoding"}
_NOT_TOLD = HOP_BY_HOP | {"content-length"}
# what httpx undoes without further packages
_UNDONE = frozenset({"gzip", "x-gzip", "deflate", "identity"})
_MOST_CONNECTIONS = 1000  # as the SDK allows
_SECONDS_TO_CONNECT = 10.0


class Unreachable(ConnectionDropped):
    """The platform cannot be reached, or its answer broke off; the text says where and why, and shows no key.

    Attributes:
        kind: The name of httpx's exception, e.g. ``ConnectError``, ``ReadTimeout``, ``RemoteProtocolError``.
    """

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind

    @property
    def is_late(self) -> bool:
        """Whether it took too long, rather than broke."""
        return self.kind.endswith("Timeout")


class Upstream:
    """Asks a real server; safe to share between threads.

    Args:
        base_url: As the SDK has it, e.g. ``https://api.openai.com/v1``. ``/v1/x`` is asked for there as ``/x``
            behind its path; a target that begins with its path already stays as it is.
        api_key: Sent instead of the client's own; by default that one passes.
        family: The module `httpx2` or `httpx`; by default the first of them that is installed.
        client: A ``family.Client`` to ask with, for proxies and certificates of one's own; it is not closed here.
        timeout: Seconds to wait for each next byte, unless a client in this process has its own patience.

    Raises:
        UsageError: `base_url` is no address of a server.
    """

    waits = True

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        family: ModuleType | None = None,
        client: Any = None,
        timeout: float = 600.0,
    ) -> None:
        self.base_url = checked_base_url(base_url)
        self._api_key = api_key
        self._family = family or (_family_of(client) if client is not None else _installed())
        self._patience = self._family.Timeout(timeout, connect=min(timeout, _SECONDS_TO_CONNECT))
        self._is_own = client is None
        self._client = self._made() if client is None else client

    def __call__(self, request: Request) -> Response:
        """Ask, and give the answer when its head is there: whole, or, of a stream, as it comes.

        Raises:
            Unreachable: There is no answer.
        """
        asked = self._request(request)
        try:
            response = self._client.send(asked, stream=True, follow_redirects=False)
            headers, is_encoded = _told(response.headers)
            if _is_stream(response.headers):
                return Response(response.status_code, headers, _Arriving(self, response, is_encoded))
            try:
                body = b"".join(_pieces(response, is_encoded))
            finally:
                response.close()
        except self._family.TransportError as error:
            raise self.failure(error) from error
        except self._family.DecodingError as error:
            raise self.failure(error) from error
        return Response(response.status_code, headers, body)

    def blocks(self, request: Request) -> bool:  # noqa: ARG002 - the signature of `blocks`
        """It waits for the network, always."""
        return True

    def close(self) -> None:
        """Let go of the connections."""
        if self._is_own:
            self._client.close()

    def failure(self, error: Exception) -> Unreachable:
        """What is raised for an error of the family's."""
        kind = type(error).__name__
        if isinstance(error, self._family.TimeoutException):
            what = "did not answer in time"
        elif isinstance(error, self._family.ConnectError):
            what = "cannot be reached"
        else:
            what = "broke the connection off"
        return Unreachable(f"{self.base_url} {what} ({kind}: {str(error) or 'no reason was given'})", kind)

    def _made(self) -> Any:
        limits = self._family.Limits(max_connections=_MOST_CONNECTIONS, max_keepalive_connections=100)
        return self._family.Client(timeout=self._patience, limits=limits)

    def _request(self, request: Request) -> Any:
        headers = {name: value for name, value in request.headers.items() if name not in _NOT_ASKED}
        headers["accept-encoding"] = "identity"
        if self._api_key is not None:
            headers["authorization"] = f"Bearer {self._api_key}"
        content: bytes | Iterator[bytes] | None = request.body or None
        if request.stream is not None:
            content = request.chunks()
            headers["content-length"] = str(_size(request.stream))
        patience = PATIENCE.get()
        return self._client.build_request(
            request.method,
            address(self.base_url, request.target),
            headers=headers,
            content=content,
            timeout=self._patience if patience is None else self._family.Timeout(**patience),
        )


class _Arriving(Iterator[Chunk]):
    """The body of a stream, as it comes."""

    def __init__(self, upstream: Upstream, response: Any, is_encoded: bool) -> None:
        self._upstream = upstream
        self._response = response
        self._pieces = _pieces(response, is_encoded)
        self._is_over = False

    def __next__(self) -> Chunk:
        try:
            return Chunk(next(self._pieces))
        except StopIteration:
            self._is_over = True
            raise
        except Exception as error:
            # httpx raises its own; its decoders and a socket that another thread closed raise others
            self._is_over = True
            raise self._upstream.failure(error) from error

    def close(self) -> None:
        """Leave it there; whoever waits for the next piece in another thread is woken."""
        if not self._is_over:
            network = self._response.extensions.get("network_stream")
            talking = None if network is None else network.get_extra_info("socket")
            if talking is not None:
                with suppress(OSError):
                    talking.shutdown(socket.SHUT_RDWR)
        self._response.close()


class Gateway(Wrapper):
    """For doors over HTTP: where the platform cannot be reached, the client is told so, as by a gateway.

    A stream that breaks off in the middle breaks off here as well.
    """

    def __call__(self, request: Request) -> Response:
        """The answer; 502 or 504 where there is none."""
        try:
            return self._handler(request)
        except Unreachable as error:
            return ApiError(
                504 if error.is_late else 502,
                f"drytune asked for you, but {error}",
                type="drytune_error",
                code="upstream_timeout" if error.is_late else "upstream_unreachable",
                headers={"x-should-retry": "true"},  # as the SDK does when a connection fails
            ).response()


def _installed() -> ModuleType:
    try:
        return importlib.import_module("httpx2")
    except ImportError:
        return importlib.import_module("httpx")


def _family_of(client: Any) -> ModuleType:
    for base in type(client).__mro__:
        name = base.__module__.partition(".")[0]
        if name in {"httpx", "httpx2"}:
            return importlib.import_module(name)
    msg = f"the client of an Upstream must be one of httpx or httpx2, but it is a {type(client).__name__}"
    raise UsageError(msg)


def _size(stream: BinaryIO) -> int:
    stream.seek(0, 2)
    return stream.tell()


def _told(headers: Any) -> tuple[dict[str, str], bool]:
    """The fields that go to the client, and whether the body is to stay encoded."""
    told = {name: value for name, value in headers.items() if name not in _NOT_TOLD}
    encodings = [one.strip().lower() for one in headers.get("content-encoding", "").split(",") if one.strip()]
    is_encoded = not _UNDONE.issuperset(encodings)
    if not is_encoded:
        told.pop("content-encoding", None)
    return told, is_encoded


def _pieces(response: Any, is_encoded: bool) -> Iterator[bytes]:
    pieces: Iterator[bytes] = response.iter_raw() if is_encoded else response.iter_bytes()
    return pieces


def _is_stream(headers: Any) -> bool:
    """Whether the answer is to be passed on as it comes."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "text/event-stream":
        return True
    return "content-length" not in headers and not (kind == "application/json" or kind.endswith("+json"))
