"""Bodies that are forms: the parts of an upload with their hashes, and pairs of names and values."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from drytune.cassettes.model import Part
from drytune_simulator import Headers, Request
from drytune_simulator.http import ApiError
from drytune_simulator.multipart import MAX_FIELD_BYTES, parts_of
from drytune_simulator.multipart import Part as Found

__all__ = ["UNKNOWN", "FormPart", "parts_of_body", "parts_of_request", "urlencoded"]

UNKNOWN = ""
"""In the place of a hash that nobody knows: a HAR file may tell of an upload without its content."""

_OPENING = re.compile(rb"\A--([^\r\n]{1,200}?)[ \t]*\r?\n")


class FormPart(NamedTuple):
    """One part of an upload.

    Attributes:
        name: Of the field.
        filename: Of a file; None for a plain field.
        size: Bytes of its content; less than 1 where nobody knows and the hash is not known either.
        sha256: Of its content, hexadecimal; `UNKNOWN` where nobody knows.
        text: Of a plain field; None for a file, or where nobody knows.
    """

    name: str
    filename: str | None
    size: int
    sha256: str
    text: str | None = None

    @property
    def identity(self) -> tuple[str, str, str]:
        """What tells it from others; can be sorted (a plain field is none with an empty file name)."""
        return (self.name, "\0" if self.filename is None else self.filename, self.sha256)


def parts_of_request(request: Request) -> list[FormPart]:
    """The parts of a request that comes in.

    Of a body that is no form: one part without a name that stands for all of it, as recordings have it.
    """
    try:
        return [_hashed(found) for found in parts_of(request)]
    except ApiError:
        return [_whole(request.chunks())]


def parts_of_body(content_type: str, body: bytes, parts: Iterable[Part] | None) -> list[FormPart]:
    """The parts of a recorded upload.

    Args:
        content_type: Of the request, as recorded; of no use where its boundary is not that of the body.
        body: As it was kept.
        parts: What was noted when it was sent; None if nothing was, then the body tells.
    """
    opening = _OPENING.match(body)
    kind = content_type
    if opening is not None:  # whoever kept it may have changed one of the two
        kind = f'multipart/form-data; boundary="{opening[1].decode("latin-1")}"'
    request = Request("POST", "/", Headers({"content-type": kind}), body)
    if parts is None:
        return parts_of_request(request)
    texts: dict[str, list[str | None]] = {}
    for found in parts_of_request(request) if body else ():
        if found.filename is None:
            texts.setdefault(found.name, []).append(found.text)
    return [_noted(part, texts) for part in parts]


def urlencoded(body: bytes) -> list[tuple[str, str]]:
    """The pairs of ``a=1&b=2``, sorted."""
    return sorted(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _noted(part: Part, texts: dict[str, list[str | None]]) -> FormPart:
    text = None
    if part.filename is None and texts.get(part.name):
        text = texts[part.name].pop(0)
    return FormPart(part.name, part.filename, part.size, part.sha256.lower(), text)


def _hashed(found: Found) -> FormPart:
    hashed = hashlib.sha256()
    kept: Any = io.BytesIO() if found.filename is None and found.size <= MAX_FIELD_BYTES else None
    for chunk in found.chunks():
        hashed.update(chunk)
        if kept is not None:
            kept.write(chunk)
    text = None if kept is None else kept.getvalue().decode("utf-8", "replace")
    return FormPart(found.name, found.filename, found.size, hashed.hexdigest(), text)


def _whole(chunks: Iterable[bytes]) -> FormPart:
    hashed = hashlib.sha256()
    size = 0
    for chunk in chunks:
        hashed.update(chunk)
        size += len(chunk)
    return FormPart("", None, size, hashed.hexdigest())
