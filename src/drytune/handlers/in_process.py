"""One exchange between a client of the httpx family and a `Handler` in its process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import IO, Any

from drytune.handlers.upstream import PATIENCE, Unreachable
from drytune_simulator import Chunk, Handler, Headers, Request, Response
from drytune_simulator.http import LARGEST_IN_MEMORY, ConnectionDropped
from drytune_simulator.wrapping import close_body

__all__ = ["InProcess", "is_small", "request_of", "spooled"]


def request_of(request: Any, body: bytes, stream: IO[bytes] | None = None) -> Request:
    """The family's request, with this body, as a handler has it."""
    target = request.url.raw_path.decode("ascii")
    fields = Headers(request.headers.multi_items())
    return Request(request.method, target, fields, body, stream)  # type: ignore[arg-type]


def is_small(request: Any) -> bool:
    """Whether the body fits into memory; one whose length is not announced may not."""
    length = request.headers.get("content-length", "")
    if not length:
        return "transfer-encoding" not in request.headers
    return length.isdigit() and int(length) <= LARGEST_IN_MEMORY


@contextmanager
def spooled() -> Iterator[IO[bytes]]:
    """A place for a large body, in a file from some size on."""
    with tempfile.SpooledTemporaryFile(max_size=LARGEST_IN_MEMORY) as file:
        yield file


class InProcess:
    """One question to a handler, and its answer as the client's family has it.

    Args:
        family: The module `httpx` or `httpx2`.
        handler: Answers.
        request: The family's own.

    Attributes:
        waits: Whether the handler reaches out, and waits for what it asks.
        response: The handler's answer, once it was asked.
    """

    def __init__(self, family: ModuleType, handler: Handler, request: Any) -> None:
        self._family = family
        self._handler = handler
        self._asked = request
        self._timeouts: dict[str, float | None] = request.extensions.get("timeout") or {}
        self._patience = self._timeouts.get("read")
        self.waits = bool(getattr(handler, "waits", False))
        self.response = Response(500)

    def ask_with(self, file: IO[bytes]) -> bool:
        """Ask with the body that was written to `file`; as `ask`."""
        is_large = file.tell() > LARGEST_IN_MEMORY
        file.seek(0)
        return self.ask(
            request_of(self._asked, b"", file) if is_large else request_of(self._asked, file.read())
        )

    def ask(self, request: Request) -> bool:
        """Ask; whether the answer is whole.

        Raises:
            family.RemoteProtocolError: The connection breaks before any byte.
            family.ReadTimeout: The answer would begin too late.
            family.TransportError: What the handler asks cannot be reached.
        """
        try:
            self.response = response = self._answer(request)
        except Unreachable as unreachable:
            raise self._own(unreachable) from unreachable
        except ConnectionDropped as dropped:
            self._check(dropped.delay)
            raise self._broken("Server disconnected without sending a response.") from dropped
        if response.delay:
            try:
                self._check(response.delay)
            except BaseException:
                close_body(response.body)
                raise
        body = response.body
        return isinstance(body, bytes) and int(response.headers.get("content-length", 0)) <= len(body)

    def pieces(self) -> Iterator[Chunk]:
        """The body as it comes.

        Raises:
            family.RemoteProtocolError: It ends too early.
            family.ReadTimeout: Its next piece would come too late.
            family.TransportError: What the handler asks broke off.
        """
        response = self.response
        body = response.body
        expected = response.headers.get("content-length")
        received = 0
        try:
            for chunk in (Chunk(body),) if isinstance(body, bytes) else body:
                self._check(chunk.delay)
                received += len(chunk.data)
                yield chunk
            is_broken = False
        except Unreachable as unreachable:
            raise self._own(unreachable) from unreachable
        except ConnectionDropped as dropped:
            self._check(dropped.delay)
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

    def _answer(self, request: Request) -> Response:
        if not self.waits:
            return self._handler(request)
        token = PATIENCE.set(self._timeouts)
        try:
            return self._handler(request)
        finally:
            PATIENCE.reset(token)

    def _check(self, seconds: float) -> None:
        """Whether the client waits as long as that."""
        if self._patience is not None and seconds > self._patience:
            raise self._family.ReadTimeout("The read operation timed out", request=self._asked)

    def _own(self, unreachable: Unreachable) -> Exception:
        kind = getattr(self._family, unreachable.kind, None)
        if not (isinstance(kind, type) and issubclass(kind, self._family.TransportError)):
            kind = self._family.RemoteProtocolError
        error: Exception = kind(str(unreachable), request=self._asked)
        return error

    def _broken(self, message: str) -> Exception:
        error: Exception = self._family.RemoteProtocolError(message, request=self._asked)
        return error
