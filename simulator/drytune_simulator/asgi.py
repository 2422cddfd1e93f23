"""The server door: any Handler as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from drytune_simulator.errors import refuse
from drytune_simulator.http import Chunk, Handler, Headers, Request, Response

__all__ = ["asgi_app"]

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# the platform's largest file (FACTS.md §3.1) and room for the form around it
MAX_BODY_BYTES = 512 * 1024 * 1024 + 64 * 1024


def asgi_app(handler: Handler) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """An ASGI application that answers with `handler`."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            msg = f"only HTTP is served here, not {scope['type']}"
            raise ValueError(msg)
        try:
            body = await _body(receive)
        except _Left:
            return
        if body is None:
            response = refuse("body-too-large", limit=MAX_BODY_BYTES).response()
            # what is still on its way is not read
            response = response.with_headers({"connection": "close"})
        else:
            # an upload, a verdict or the first question to a model may take long: nobody else should wait
            response = await asyncio.to_thread(handler, _request(scope, body))
        await _send(response, send)

    return app


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _request(scope: Scope, body: bytes) -> Request:
    target = scope["raw_path"].decode("latin-1")
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("latin-1")
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    return Request(scope["method"], target, Headers(fields), body)


class _Left(Exception):  # noqa: N818 - not an error
    """The client has left before its request was whole."""


async def _body(receive: Receive) -> bytes | None:
    """The body, or None if it is too large."""
    parts = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Left
        parts += message.get("body", b"")
        if len(parts) > MAX_BODY_BYTES:
            return None
        if not message.get("more_body"):
            return bytes(parts)


async def _send(response: Response, send: Send) -> None:
    body = response.body
    headers = dict(response.headers)
    if isinstance(body, bytes):
        headers["content-length"] = str(len(body))
    fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": fields})
    if isinstance(body, bytes):
        await send({"type": "http.response.body", "body": body})
        return
    await _stream(body, send)


async def _stream(chunks: Iterator[Chunk], send: Send) -> None:
    for chunk in chunks:
        if chunk.delay:
            await asyncio.sleep(chunk.delay)
        await send({"type": "http.response.body", "body": chunk.data, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
