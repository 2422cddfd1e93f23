"""The bodies of requests as they arrive: small ones stay in memory, large ones go to a temporary file."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from io import FileIO
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import Any, BinaryIO, cast

import msgspec

from drytune_simulator.errors import refuse
from drytune_simulator.http import LARGEST_IN_MEMORY, ApiError

__all__ = ["EMPTY", "Arrived", "Bounds", "Left", "arriving", "head_refused", "limit_of"]

Receive = Callable[[], Awaitable[dict[str, Any]]]

_AT_ONCE = 1024 * 1024
"""Bytes that are written in one go: one visit to a thread for so many."""

_SLOWEST = 256
"""Bytes a second that a body has to arrive with, once its patience has been used up once."""


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a request a server takes, and how long it waits for it.

    Attributes:
        body: Bytes of a form: the platform's largest file (FACTS.md §3.1) and room for what is around it.
        head: Bytes of all header fields together.
        fields: Header fields.
        target: Bytes of path and query.
        head_seconds: Within which a request's head has to be whole.
        body_seconds: Within which more of a body has to arrive.
        send_seconds: Within which a client has to read what it was sent.
    """

    body: int = 512 * 1024 * 1024 + 64 * 1024
    head: int = 64 * 1024
    fields: int = 128
    target: int = 16 * 1024
    head_seconds: float = 20.0
    body_seconds: float = 60.0
    send_seconds: float = 120.0


class Left(Exception):  # noqa: N818 - what has happened
    """The client has left before its request was whole."""


class Arrived:
    """A body that is whole; one that went to a file must be closed, and the file is gone then.

    Attributes:
        data: The bytes, unless they are in `stream`.
        stream: The file, at its beginning.
        size: Bytes in all.
    """

    __slots__ = ("data", "size", "stream")

    def __init__(self, data: bytes = b"", stream: BinaryIO | None = None, size: int = 0) -> None:
        self.data = data
        self.stream = stream
        self.size = size or len(data)

    def close(self) -> None:
        """Let go of the file, if there is one."""
        if self.stream is not None:
            self.stream.close()


EMPTY = Arrived()


def head_refused(scope: dict[str, Any], headers: Mapping[str, str], bounds: Bounds) -> ApiError | None:
    """Why a request is refused before its body is looked at: 414, 431, 400, 413; or None."""
    target = len(scope["raw_path"]) + len(scope["query_string"])
    if target > bounds.target:
        return refuse("target-too-long", limit=bounds.target)
    fields = scope["headers"]
    if len(fields) > bounds.fields:
        return refuse("too-many-headers", limit=f"{bounds.fields} fields")
    if sum(map(len, chain.from_iterable(fields))) > bounds.head:
        return refuse("too-many-headers", limit=f"{bounds.head} bytes")
    return _length_refused(headers, bounds)


def _length_refused(headers: Mapping[str, str], bounds: Bounds) -> ApiError | None:
    declared = headers.get("content-length")
    if declared is None:
        return None
    if not (declared.isascii() and declared.isdigit()):
        return refuse("bad-content-length")
    limit = limit_of(headers, bounds)
    return refuse("body-too-large", limit=limit) if int(declared[:20]) > limit else None


def limit_of(headers: Mapping[str, str], bounds: Bounds) -> int:
    """How many bytes the body may have: only forms carry files."""
    if headers.get("content-type", "")[:10].lower() == "multipart/":
        return bounds.body
    return min(bounds.body, LARGEST_IN_MEMORY)


async def arriving(
    receive: Receive,
    headers: Mapping[str, str],
    bounds: Bounds,
    pool: Executor | None,
    directory: Path | None,
) -> Arrived:
    """The body, when it is whole.

    Args:
        receive: ASGI's.
        headers: Of the request; by their content type it is seen how large the body may be.
        bounds: The limits.
        pool: Threads that write large bodies.
        directory: Where they are written; None for the system's place.

    Raises:
        Left: The client has left before.
        ApiError: 413, it is too large; 408, it does not go on; 507, there is no room to keep it.
    """
    message = await _next(receive, bounds)
    if not message.get("more_body"):
        data = message.get("body", b"")
        if len(data) > (limit := limit_of(headers, bounds)):
            raise refuse("body-too-large", limit=limit)
        return Arrived(data)
    body = _Body(pool, directory)
    try:
        await _rest(body, message, receive, headers, bounds)
        return await body.whole()
    except BaseException as error:
        body.close()
        if isinstance(error, OSError):
            raise refuse("no-room", why=error.strerror or str(error)) from error
        raise


async def _rest(
    body: _Body, message: dict[str, Any], receive: Receive, headers: Mapping[str, str], bounds: Bounds
) -> None:
    limit = limit_of(headers, bounds)
    began = perf_counter()
    while True:
        await body.add(message.get("body", b""))
        if body.size > limit:
            raise refuse("body-too-large", limit=limit)
        if not message.get("more_body"):
            return
        message = await _next(receive, bounds)
        took = perf_counter() - began
        if took > bounds.body_seconds and body.size < took * _SLOWEST:
            raise refuse("too-slow", seconds=f"{took:.0f}")


async def _next(receive: Receive, bounds: Bounds) -> dict[str, Any]:
    try:
        async with asyncio.timeout(bounds.body_seconds):
            message = await receive()
    except TimeoutError:
        raise refuse("too-slow", seconds=f"{bounds.body_seconds:.0f}") from None
    if message["type"] == "http.disconnect":
        raise Left
    return message


class _Body:
    """What has arrived so far."""

    def __init__(self, pool: Executor | None, directory: Path | None) -> None:
        self.size = 0
        self._parts = bytearray()
        self._file: FileIO | None = None
        self._pool = pool
        self._directory = directory

    async def add(self, data: bytes) -> None:
        """Keep `data`; what is too much for memory is written before more is asked for."""
        self._parts += data
        self.size += len(data)
        if len(self._parts) > (LARGEST_IN_MEMORY if self._file is None else _AT_ONCE):
            await self._write()

    async def whole(self) -> Arrived:
        """The body; nothing more may be added."""
        if self._file is None:
            return Arrived(bytes(self._parts))
        await self._write()
        self._file.seek(0)
        return Arrived(stream=cast("BinaryIO", self._file), size=self.size)

    def close(self) -> None:
        """Forget it."""
        if self._file is not None:
            self._file.close()

    async def _write(self) -> None:
        parts, self._parts = self._parts, bytearray()
        # not given up in the middle: the thread would go on with a file that is closed
        writing = asyncio.get_running_loop().run_in_executor(self._pool, self._write_now, parts)
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait([writing])
            raise

    def _write_now(self, parts: bytearray) -> None:
        if self._file is None:
            # without a name wherever the system can do that, so that even a killed process leaves nothing behind
            file = tempfile.TemporaryFile(buffering=0, dir=self._directory)  # noqa: SIM115 - closed by `close`
            self._file = cast("FileIO", getattr(file, "file", file))
        view = memoryview(parts)
        while view:
            view = view[self._file.write(view) :]
