"""The spine: `Handler = (Request) -> Response`, sans I/O.

The simulator is a Handler; faults, recordings and servers wrap one or call one. Nothing here opens a socket.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, BinaryIO, Final
from urllib.parse import parse_qsl, unquote

import msgspec

__all__ = [
    "EVENTS",
    "LARGEST_IN_MEMORY",
    "ApiError",
    "Chunk",
    "ConnectionDropped",
    "Handler",
    "Headers",
    "Request",
    "Response",
    "header_text",
]

EVENTS: Final = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
"""Headers of an answer that comes as server-sent events."""

LARGEST_IN_MEMORY = 8 * 1024 * 1024
"""A door gives a body of more bytes than this as a stream."""

# a proxy's form of a target begins with the server's address
_ORIGIN = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")


class Headers(Mapping[str, str]):
    """HTTP header fields, looked up without regard to case; of a repeated field, the last one counts."""

    __slots__ = ("_fields", "_index")

    def __init__(self, fields: Mapping[str, str] | list[tuple[str, str]] | None = None) -> None:
        pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields or [])
        self._fields: list[tuple[str, str]] = [(name.lower(), value) for name, value in pairs]
        self._index = dict(self._fields)

    def __getitem__(self, name: str) -> str:
        return self._index[name.lower()]

    def get(self, name: str, default: Any = None) -> Any:
        """The value, or `default`; asked several times in a request, so without an exception in between."""
        return self._index.get(name.lower(), default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)

    def __repr__(self) -> str:
        """Names only: the values include keys."""
        return f"Headers({sorted(self._index)})"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, whole.

    Attributes:
        method: In capitals.
        target: Path and query as sent, e.g. ``/v1/files?limit=2``.
        headers: Case-insensitive.
        body: The bytes, already de-chunked; empty if they come as a stream.
        stream: A large body as a file that is open for reading; whoever made the request closes it.
    """

    method: str
    target: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    stream: BinaryIO | None = None

    def chunks(self, size: int = 1024 * 1024) -> Iterator[bytes]:
        """The body from its beginning, at most `size` bytes at a time, wherever it is."""
        if self.stream is None:
            if self.body:
                yield self.body
            return
        self.stream.seek(0)
        while chunk := self.stream.read(size):
            yield chunk

    @property
    def path(self) -> str:
        """The path as sent, still percent-encoded (so that an encoded slash does not split a segment)."""
        return _path(self.target)

    @property
    def segments(self) -> tuple[str, ...]:
        """The decoded path segments: ``/v1/models/ft%3Ax`` is ``("v1", "models", "ft:x")``."""
        return _segments(self.target)

    @property
    def query(self) -> list[tuple[str, str]]:
        """The decoded query, in order."""
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True)


# asked for by whoever wraps a Handler and by the Handler; a server bounds how long a target can be
@lru_cache(maxsize=256)
def _path(target: str) -> str:
    return _ORIGIN.sub("", target).partition("?")[0]


@lru_cache(maxsize=256)
def _segments(target: str) -> tuple[str, ...]:
    return tuple(unquote(part) for part in _path(target).split("/")[1:])


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a streamed body, due `delay` seconds after the one before it."""

    data: bytes
    delay: float = 0.0


class ConnectionDropped(Exception):  # noqa: N818 - what has happened
    """The connection breaks off here: a Handler raises it instead of answering, or a body's iterator in between.

    A door passes it on as what its client would see: a closed socket, or the client library's own exception.

    Attributes:
        delay: Seconds until then.
        headers: What an answer's headers would have told of where it came from; nobody is sent them.
    """

    def __init__(self, *args: object, delay: float = 0.0, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(*args)
        self.delay = delay
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response; its body is whole (bytes) or comes in timed chunks.

    Attributes:
        status: HTTP status.
        headers: Fields; a door adds ``content-length`` where the body is whole and it is not among them.
        body: The body; its iterator may raise `ConnectionDropped`.
        delay: Seconds until the first byte, over a real connection.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterator[Chunk] = b""
    delay: float = 0.0

    @classmethod
    def json(
        cls,
        value: object,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        delay: float = 0.0,
    ) -> Response:
        """A JSON answer, UTF-8, compact."""
        told = {"content-type": "application/json", **(headers or {})}
        return cls(status, told, msgspec.json.encode(value), delay)

    def with_headers(self, headers: Mapping[str, str]) -> Response:
        """The same response with `headers` added (those it has already win)."""
        return Response(self.status, {**headers, **self.headers}, self.body, self.delay)


Handler = Callable[[Request], Response]
"""What answers requests: the simulator, a replay, the real API, or a wrapper of one."""


class ApiError(Exception):
    """A refusal by the platform; on the wire ``{"error": {"message", "type", "param", "code"}}``.

    Attributes:
        status: HTTP status.
        message: The platform's words where they are known (FACTS.md), else ours.
        reason: drytune's own explanation, where the platform's words give none; sent as ``x-drytune-reason``.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = "invalid_request_error",  # noqa: A002 - the name on the wire
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        reason: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.type = type
        self.param = param
        self.code = code
        self.headers = dict(headers or {})
        self.reason = reason

    def body(self) -> dict[str, Any]:
        """The envelope; all four keys are always present."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}

    def response(self) -> Response:
        """The refusal as a response."""
        headers = dict(self.headers)
        if self.status >= 500:
            # the SDK would wait, try again, and get the same answer
            headers.setdefault("x-should-retry", "false")
        if self.reason is not None:
            headers["x-drytune-reason"] = header_text(self.reason)
        return Response.json(self.body(), self.status, headers)


def header_text(text: str) -> str:
    """`text` as a header can carry it: printable ASCII, at most 500 characters."""
    return re.sub(r"[^ -~]", lambda match: ascii(match[0])[1:-1], text[:500])
