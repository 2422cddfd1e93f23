"""What a cassette holds: where it comes from, and exchanges in the order in which they were asked."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

__all__ = [
    "FORMAT",
    "Asked",
    "Cassette",
    "Exchange",
    "Fields",
    "Header",
    "Part",
    "Provenance",
    "Told",
    "content_type_of",
]

FORMAT: Final = 1
"""The version of what stands under the key ``drytune`` of a cassette."""

Provenance = Literal["documented", "recorded", "simulated"]
"""Where answers come from: documentation and reports, a real platform, or a simulator."""

Fields = tuple[tuple[str, str], ...]
"""Header fields: names in small letters, in the order in which they came."""


def content_type_of(fields: Fields) -> str:
    """What the fields say of the body; empty if they do not say."""
    return next((value for name, value in fields if name.lower() == "content-type"), "")


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a cassette comes from.

    Attributes:
        provenance: Of its answers; None if nobody said so (a cassette of vcrpy, a HAR file).
        source: The base URL that was asked, or what was read.
        recorded_at: When it was begun, ISO 8601 in UTC, e.g. ``2026-11-25T10:00:00Z``.
        sdk: What asked, e.g. ``openai-python 3.54.0``.
        drytune: The version of drytune that wrote it.
        title: One line: which scenario this is.
        note: Anything that a reader has to know.
        uploads: Whether the contents of uploaded files are kept, or only their hashes.
        archive: What is known of a kept model (`drytune.keeping`); None for any other cassette.
    """

    provenance: Provenance | None = None
    source: str | None = None
    recorded_at: str | None = None
    sdk: str | None = None
    drytune: str | None = None
    title: str | None = None
    note: str | None = None
    uploads: Literal["hashed", "kept"] = "hashed"
    archive: dict[str, Any] | None = None


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One part of an uploaded form, by which uploads are told apart whatever their boundary.

    Attributes:
        name: Of the field.
        filename: Of a file; None for a plain field.
        size: Bytes of its content as it was sent.
        sha256: Of its content as it was sent, hexadecimal.
    """

    name: str
    filename: str | None = None
    size: int
    sha256: str


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request, as it may be kept.

    Attributes:
        method: In capitals.
        uri: Absolute, with its query.
        headers: Those that matter; no key among them.
        body: Its bytes; of an upload whose contents are not kept, the same form with a line about each file in
            the place of its content.
        parts: Of an upload, what was sent; None for any other body.
    """

    method: str
    uri: str
    headers: Fields = ()
    body: bytes = b""
    parts: tuple[Part, ...] | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, as it may be kept.

    Attributes:
        status: HTTP status.
        reason: Its phrase, e.g. ``OK``.
        headers: Those that matter; without ``content-length``, ``content-encoding`` and ``transfer-encoding``.
        body: Its bytes, decompressed; of a stream, all of it.
        wait: Seconds until its headers were there.
        chunks: Of a stream, the pieces in which it came: bytes, and seconds since the one before. Their bytes add
            up to those of `body`. Empty if the body came whole.
        interrupted: Whether the connection broke, or the client left, before the end of the body.
    """

    status: int
    reason: str = ""
    headers: Fields = ()
    body: bytes = b""
    wait: float = 0.0
    chunks: tuple[tuple[int, float], ...] = ()
    interrupted: bool = False


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A request and its answer.

    Attributes:
        request: What was asked.
        response: What was answered.
        at: Seconds from the beginning of the recording until it was asked; None if nobody knows.
    """

    request: Asked
    response: Told
    at: float | None = None


class Cassette(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded scenario.

    Attributes:
        header: Where it comes from.
        exchanges: In the order in which they were asked.
        name: Of the file, for messages.
    """

    header: Header = Header()
    exchanges: tuple[Exchange, ...] = ()
    name: str = "cassette"
