"""Which requests a fault is about: a method, a pattern of a path, a pattern of a model."""

from __future__ import annotations

import re
from functools import cached_property

import msgspec

from drytune_simulator.faults.words import FaultError, shown
from drytune_simulator.http import LARGEST_IN_MEMORY, Request

__all__ = ["Asked", "Where"]

_METHODS = ("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS")
_HEALTH = (("v1", "health"),)


class _Body(msgspec.Struct):
    """What of a request's body a fault may look at."""

    model: object = None
    stream: object = None


class Asked:
    """A request, and what faults look at, worked out when one does."""

    def __init__(self, request: Request) -> None:
        self.request = request

    @cached_property
    def path(self) -> str:
        """The path, decoded but for slashes inside a segment."""
        return "/" + "/".join(part.replace("/", "%2F") for part in self.request.segments)

    @cached_property
    def _body(self) -> _Body:
        body = self.request.body
        if len(body) <= LARGEST_IN_MEMORY and body[:64].lstrip()[:1] == b"{":
            try:
                return msgspec.json.decode(body, type=_Body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                pass  # the simulator will say so
        return _Body()

    @cached_property
    def model(self) -> str | None:
        """The model that is asked for, in the body or in the path."""
        segments = self.request.segments
        if segments[:2] == ("v1", "models") and len(segments) > 2:
            return segments[2]
        return self._body.model if isinstance(self._body.model, str) else None

    @property
    def is_stream(self) -> bool:
        """Whether a stream of events is asked for."""
        return self._body.stream is True


class Where:
    """A route such as ``POST /v1/fine_tuning/jobs``, ``/v1/files/*`` or ``*``.

    ``*`` and ``{…}`` stand for one segment or a part of one, ``**`` at the end for all that follows, and ``*``
    alone for everything below ``/v1`` but its health.

    Raises:
        FaultError: It is none.
    """

    def __init__(self, route: str) -> None:
        method, _, path = route.strip().rpartition(" ")
        self._method = method.strip().upper()
        if self._method not in ("", "*", *_METHODS) or not (path == "*" or path.startswith("/")):
            msg = (
                f"route is {shown(route)}; it must be a path such as /v1/files/*, with a method before it if only "
                "that is meant, or *"
            )
            raise FaultError(msg)
        self._everything = path == "*"
        self._path = _expression(path)

    def fits(self, asked: Asked) -> bool:
        """Whether the request is one of these."""
        request = asked.request
        if self._method not in ("", "*", request.method):
            return False
        if self._everything:
            return request.segments[:1] == ("v1",) and request.segments not in _HEALTH
        return self._path.fullmatch(asked.path) is not None


def _expression(path: str) -> re.Pattern[str]:
    parts = path.split("/")[1:]
    rest = ""
    if parts and parts[-1] == "**":
        parts.pop()
        rest = "(?:/.*)?"
    return re.compile("".join(f"/{_segment(part)}" for part in parts) + rest, re.DOTALL)


def _segment(part: str) -> str:
    pieces = re.split(r"(\*+|\{[^{}]*\})", part)
    found = "".join("[^/]*" if piece[:1] in ("*", "{") else re.escape(piece) for piece in pieces)
    return f"(?=[^/]){found}" if len(pieces) > 1 else found
