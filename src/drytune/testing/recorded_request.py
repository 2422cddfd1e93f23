"""One exchange as it was: the request, its answer, and what can be read in both."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import msgspec

from drytune.keeping.doors import Door, door_of, resource_of
from drytune.keeping.streamed import joined
from drytune.testing.questions import system_in, text_in
from drytune_simulator.http import (
    LARGEST_IN_MEMORY,
    ApiError,
    ConnectionDropped,
    Headers,
    Request,
    Response,
)
from drytune_simulator.layers import FAULT, LAYER, origin_of
from drytune_simulator.multipart import parts_of
from drytune_simulator.routes import Route, match

__all__ = ["Form", "RecordedRequest", "Stream", "Upload", "form_of"]

_EVENTS: Final = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a form.

    Attributes:
        filename: As sent.
        size: In bytes.
        sha256: Of the content, hexadecimal.
        content: Itself; None where the form was too large to be kept in memory.
    """

    filename: str
    size: int
    sha256: str
    content: bytes | None

    def __repr__(self) -> str:
        """Without the content."""
        return f"Upload({self.filename!r}, {self.size:,} bytes, sha256={self.sha256[:12]}…)"


class RecordedRequest:
    """One request and its answer.

    Args:
        number: From 1 on, in the order in which they came.
        at: When it came, by the simulator's clock, in Unix seconds; None where there is none.
        sent: As it came; without its body if that came as a stream.
        form: Of a body that came as a stream: its fields.

    Attributes:
        got: The answer as it was given; None as long as there is none, and if there never was.
        error: What was raised instead of an answer, or in it: a connection that broke, a request that nothing
            answers.
    """

    def __init__(self, number: int, at: float | None, sent: Request, form: Form | None = None) -> None:
        self.number = number
        self.at = at
        self.sent = sent
        self.got: Response | None = None
        self.error: BaseException | None = None
        self._streamed_form = form
        self.stream_kept: Stream | None = None

    @property
    def method(self) -> str:
        """In capitals."""
        return self.sent.method

    @property
    def path(self) -> str:
        """As sent, without the query."""
        return self.sent.path

    @property
    def query(self) -> dict[str, str]:
        """Of a name that stands several times, the last value."""
        return dict(self.sent.query)

    @property
    def headers(self) -> Headers:
        """Those of the request; shown without their values, for the key is among them."""
        return self.sent.headers

    @property
    def operation(self) -> str | None:
        """As the official SDK calls it, ``fine_tuning.jobs.create``; None if it is none that is known."""
        return None if self._route is None else self._route[0].name

    @property
    def variables(self) -> dict[str, str]:
        """What the path is about, by the names of its variables: ``{"file_id": "file-…"}``."""
        if self._route is None:
            return {}
        route, values = self._route
        return dict(zip(route.variables, values, strict=True))

    @cached_property
    def _route(self) -> tuple[Route, tuple[str, ...]] | None:
        with suppress(ApiError):
            return match(self.sent)
        with suppress(ApiError):  # below another base URL
            return match(Request(self.method, "/v1" + resource_of(self.sent.segments)))
        return None

    @property
    def door(self) -> Door | None:
        """Where a model is asked: ``chat``, ``responses`` or ``completions``; None of any other request."""
        return door_of(self.method, self.sent.segments)

    @cached_property
    def json(self) -> Any:
        """The body, decoded; None if it is no JSON."""
        return _decoded(self.sent.body)

    @cached_property
    def form(self) -> dict[str, str | Upload]:
        """The fields of an uploaded form by name, its files among them; empty if it is none."""
        return dict(form_of(self.sent) if self._streamed_form is None else self._streamed_form)

    @property
    def file(self) -> Upload | None:
        """The file of an uploaded form; None without one."""
        return next((field for field in self.form.values() if isinstance(field, Upload)), None)

    @property
    def model(self) -> str | None:
        """The model that the request names, in its body or its path."""
        asked = self.json
        name = asked.get("model") if isinstance(asked, dict) else self.variables.get("model")
        return name if isinstance(name, str) else None

    @property
    def text(self) -> str | None:
        """What a model is asked: the last message of the user, or the prompt; None where none is asked."""
        return None if self.door is None else text_in(self.json)

    @property
    def system(self) -> str | None:
        """What a model is told beforehand: the messages of the system and the developer, and instructions."""
        return None if self.door is None else system_in(self.json)

    @property
    def stream(self) -> bool:
        """Whether the answer was to come in pieces."""
        return isinstance(self.json, dict) and self.json.get("stream") is True

    @property
    def key_hint(self) -> str | None:
        """By which keys can be told from one another, and that opens nothing: ``sk-…#1f3a``; None without one."""
        _, _, key = self.headers.get("authorization", "").strip().partition(" ")
        return f"{key[:3]}…#{hashlib.sha256(key.encode()).hexdigest()[:4]}" if key else None

    @property
    def status(self) -> int | None:
        """Of the answer; None if there is none."""
        return None if self.got is None else self.got.status

    @property
    def answer_headers(self) -> Headers:
        """Those of the answer; where the connection broke before it, what they would have told of its origin."""
        if self.got is not None:
            return Headers(self.got.headers)
        return Headers(self.error.headers if isinstance(self.error, ConnectionDropped) else {})

    @property
    def layer(self) -> str | None:
        """Where the answer came from: ``fault``, ``scripted``, ``recorded``, ``taught``, ``base``; else None."""
        origin = origin_of(self.answer_headers)
        return origin.layer if origin is not None else FAULT[LAYER] if self.fault else None

    @property
    def script(self) -> str | None:
        """Name or number of the script that answered."""
        told = self.answer_headers.get("x-drytune-script")
        return None if told is None else str(told)

    @property
    def fault(self) -> str | None:
        """Name or number of the fault that struck."""
        told = self.answer_headers.get("x-drytune-fault")
        dropped = self.error
        if told is None and isinstance(dropped, ConnectionDropped) and origin_of(dropped.headers) is None:
            told = str(dropped).removeprefix("fault ") or None
        return None if told is None else str(told)

    @property
    def answer_bytes(self) -> bytes:
        """The body of the answer, of a stream what was read; of one that is very large, nothing."""
        if self.stream_kept is not None:
            return self.stream_kept.data
        return self.got.body if self.got is not None and isinstance(self.got.body, bytes) else b""

    @property
    def answer_size(self) -> int:
        """Bytes of the answer's body, of a stream those that were read."""
        return len(self.answer_bytes) if self.stream_kept is None else self.stream_kept.size

    @property
    def answer(self) -> Any:
        """The answer, decoded, a stream of events put together as if it had come whole; None if it is no JSON."""
        if self.door is not None and self.is_events:
            return joined(self.answer_bytes, self.door)
        return _decoded(self.answer_bytes)

    @property
    def is_events(self) -> bool:
        """Whether the answer came as server-sent events."""
        return str(self.answer_headers.get("content-type", "")).startswith(_EVENTS)

    def __repr__(self) -> str:
        """Without what may hold a secret."""
        what = self.operation or f"{self.method} {self.path}"
        end = type(self.error).__name__ if self.error is not None else self.status
        return f"<request {self.number}: {what}, {end}>"


class Stream:
    """A body that is passed on and kept; of a large one, its size and digest."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._digest: Any = None
        self.size = 0

    def add(self, data: bytes) -> None:
        """Keep one piece more."""
        self.size += len(data)
        if self._digest is not None:
            self._digest.update(data)
            return
        self._pieces.append(data)
        if self.size > LARGEST_IN_MEMORY:
            self._digest = hashlib.sha256(b"".join(self._pieces))
            self._pieces.clear()

    @property
    def data(self) -> bytes:
        """All of it; empty where it was too much."""
        return b"".join(self._pieces)

    @property
    def sha256(self) -> str:
        """Of all of it, hexadecimal."""
        digest = hashlib.sha256(self.data) if self._digest is None else self._digest
        return str(digest.hexdigest())


Form = Mapping[str, str | Upload]
"""The fields of a form by name."""


def form_of(request: Request, *, keep: bool = True) -> dict[str, str | Upload]:
    """The fields of an uploaded form; none if it is none, and of a broken one none.

    Args:
        request: Its body is read.
        keep: Whether the contents of files are to be kept.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/"):
        return {}
    fields: dict[str, str | Upload] = {}
    with suppress(ApiError):
        for part in parts_of(request):
            if part.filename is None:
                fields[part.name] = part.open().read().decode("utf-8", "replace")
                continue
            digest, content = hashlib.sha256(), bytearray()
            for chunk in part.chunks():
                digest.update(chunk)
                if keep:
                    content += chunk
            kept = bytes(content) if keep else None
            fields[part.name] = Upload(part.filename, part.size, digest.hexdigest(), kept)
    return fields


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body) if body else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
