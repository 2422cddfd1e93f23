"""A recorder of the smallest kind, and hand-made exchanges."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from drytune.cassettes.bodies import FORM_TYPE, is_form, uploaded
from drytune.cassettes.model import Asked, Cassette, Exchange, Header, Told
from drytune_simulator import Chunk, Handler, Headers, Request, Response

BASE = "https://api.openai.com"


class Taped:
    """A handler in front of another one; what passes is in `exchanges`."""

    def __init__(self, handler: Handler, *, uploads: str = "hashed") -> None:
        self._handler = handler
        self._uploads = uploads
        self.exchanges: list[Exchange] = []

    def __call__(self, request: Request) -> Response:
        place = len(self.exchanges)
        response = self._handler(request)
        body, chunks = response.body, ()
        if not isinstance(body, bytes):
            pieces = list(body)
            response = replace(response, body=iter(pieces))
            body = b"".join(piece.data for piece in pieces)
            chunks = tuple((len(piece.data), piece.delay) for piece in pieces)
        told = Told(
            status=response.status,
            headers=tuple((name.lower(), value) for name, value in response.headers.items()),
            body=body,
            chunks=chunks,
        )
        self.exchanges.append(Exchange(request=self._asked(request), response=told, at=float(place)))
        return response

    def _asked(self, request: Request) -> Asked:
        kind = request.headers.get("content-type", "")
        body, parts = b"".join(request.chunks()), None
        if is_form(kind):
            parts, form = uploaded(kind, body)
            if self._uploads == "hashed":
                body, kind = form, FORM_TYPE
        return Asked(
            method=request.method,
            uri=BASE + request.target,
            headers=(("content-type", kind),),
            body=body,
            parts=parts,
        )

    @property
    def cassette(self) -> Cassette:
        return Cassette(
            header=Header(provenance="simulated", source=BASE + "/v1"), exchanges=tuple(self.exchanges)
        )


def exchange(
    method: str, path: str, asked: Any = None, told: Any = None, *, at: float | None = None, **more: Any
):
    """An exchange; `asked` and `told` are JSON values, or bytes."""
    body = b"" if asked is None else asked if isinstance(asked, bytes) else json.dumps(asked).encode()
    answer = told if isinstance(told, bytes) else json.dumps({} if told is None else told).encode()
    parts = more.pop("parts", None)
    kind = more.pop("kind", "application/json" if body else "")
    more.setdefault("headers", (("content-type", "application/json"),))
    uri = path if "://" in path else BASE + path
    return Exchange(
        request=Asked(
            method=method, uri=uri, headers=(("content-type", kind),) if kind else (), body=body, parts=parts
        ),
        response=Told(body=answer, **{"status": 200, **more}),
        at=at,
    )


def asking(method: str, path: str, value: Any = None, kind: str = "application/json") -> Request:
    body = b"" if value is None else value if isinstance(value, bytes) else json.dumps(value).encode()
    return Request(method, path, Headers({"content-type": kind} if body else {}), body)


def whole(response: Response) -> bytes:
    body = response.body
    return body if isinstance(body, bytes) else b"".join(piece.data for piece in body)


@pytest.fixture(scope="session")
def make_exchange() -> Callable[..., Exchange]:
    return exchange


@pytest.fixture(scope="session")
def make_cassette():
    def make(*exchanges: Exchange, **header: Any) -> Cassette:
        return Cassette(header=Header(**header), exchanges=exchanges)

    return make


@pytest.fixture(scope="session")
def ask():
    """Ask a handler; gives the status and the JSON value (or the bytes) of the answer."""

    def asked(handler: Handler, method: str, path: str, value: Any = None, **more: Any) -> tuple[int, Any]:
        response = handler(asking(method, path, value, **more))
        data = whole(response)
        is_json = data[:1] in {b"{", b"["}
        return response.status, json.loads(data) if is_json else data

    return asked


@pytest.fixture(scope="session")
def refused(ask):
    """Ask what is not recorded; gives the sentence."""

    def why(handler: Handler, method: str, path: str, value: Any = None, **more: Any) -> str:
        response = handler(asking(method, path, value, **more))
        assert response.status == 501, whole(response)
        assert response.headers["x-should-retry"] == "false"
        error = json.loads(whole(response))["error"]
        assert (error["type"], error["code"]) == ("drytune_error", "no_recording")
        return error["message"]

    return why


@pytest.fixture(scope="session")
def taped() -> type[Taped]:
    return Taped


@pytest.fixture(scope="session")
def chunk() -> type[Chunk]:
    return Chunk


@pytest.fixture(scope="session")
def read_all() -> Callable[[Response], bytes]:
    return whole


@pytest.fixture(scope="session")
def asking_stream():
    """Ask a handler; gives the pieces of its answer."""

    def asked(handler: Handler, path: str, value: Any) -> list[bytes]:
        response = handler(asking("POST", path, value))
        assert not isinstance(response.body, bytes)
        return [piece.data for piece in response.body]

    return asked
