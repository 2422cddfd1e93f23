"""Where models are asked, by the paths of requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

__all__ = ["PATHS", "Door", "door_of", "resource_of", "segments_of"]

Door = Literal["chat", "responses", "completions"]

PATHS: Final[Mapping[Door, str]] = {
    "chat": "/chat/completions",
    "responses": "/responses",
    "completions": "/completions",
}
"""Below the base URL."""

_DOORS: Final[Mapping[str, Door]] = {path: door for door, path in PATHS.items()}


def resource_of(segments: Sequence[str]) -> str:
    """The path below ``v1``, or whole if there is no such segment: ``/chat/completions``."""
    parts = list(segments)
    if "v1" in parts:
        parts = parts[parts.index("v1") + 1 :]
    return "/" + "/".join(parts)


def segments_of(uri: str) -> tuple[str, ...]:
    """The decoded segments of an address's path."""
    return tuple(unquote(part) for part in urlsplit(uri).path.split("/")[1:])


def door_of(method: str, segments: Sequence[str]) -> Door | None:
    """At which door a request asks a model; None if it asks for something else."""
    return _DOORS.get(resource_of(segments)) if method == "POST" else None
