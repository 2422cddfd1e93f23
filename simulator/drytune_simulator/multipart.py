"""Form uploads, sans I/O: where in a ``multipart/form-data`` body its parts are.

Nothing is copied: a part is a window onto the request's own bytes, in memory or in the file that the door made of
them, so that a form of any size takes no memory.
"""

from __future__ import annotations

import io
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote

from drytune_simulator.errors import refuse
from drytune_simulator.http import ApiError, Request

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# what the parser would tell standard error of is answered in words
logging.getLogger("python_multipart").addHandler(logging.NullHandler())

__all__ = ["MAX_FIELD_BYTES", "MAX_HEADER_BYTES", "MAX_PARTS", "Form", "Part", "parse_form", "parts_of"]

MAX_PARTS = 100
"""Parts of one form (ours; the documented forms have at most four)."""

MAX_HEADER_BYTES = 16 * 1024
"""Headers of one part (ours); a file name stands there."""

MAX_FIELD_BYTES = 64 * 1024
"""A part that is read as text (ours)."""

_CHUNK = 1024 * 1024
# as older clients write what is not ASCII: filename*=utf-8''%E7%8C%AB.jsonl
_EXTENDED_NAME = re.compile(rb"; *filename\*=utf-8'[^']*'([^;\s]+)", re.IGNORECASE)
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form: a file if it has a file name, else a plain field.

    Attributes:
        name: Of the field.
        filename: As sent: data, never a path of this machine; None for a plain field.
        size: Bytes of the content.
        source: What the content is in; it must stay open for as long as the part is read.
        start: Where in `source` it begins.
        content_type: As sent; None if nothing was said.
    """

    name: str
    filename: str | None
    size: int
    source: BinaryIO
    start: int
    content_type: str | None = None

    def open(self) -> BinaryIO:
        """The content as a file at its start; closing it does not close `source`."""
        return io.BufferedReader(_Window(self.source, self.start, self.size))

    def chunks(self, size: int = _CHUNK) -> Iterator[bytes]:
        """The content, at most `size` bytes at a time."""
        at = 0
        while at < self.size:
            self.source.seek(self.start + at)
            chunk = self.source.read(min(size, self.size - at))
            if not chunk:  # the source was cut in between
                return
            yield chunk
            at += len(chunk)


@dataclass(frozen=True, slots=True)
class Form:
    """A parsed form; of a repeated name the last part counts."""

    parts: dict[str, Part]

    def part(self, name: str) -> Part | None:
        """The field or file of that name."""
        return self.parts.get(name)

    def file(self, name: str) -> Part | None:
        """The file of that name; a plain field is none."""
        part = self.parts.get(name)
        return None if part is None or part.filename is None else part

    def text(self, name: str) -> str | None:
        """The plain field of that name.

        Raises:
            ApiError: 400, it is longer than any such field has to be.
        """
        part = self.parts.get(name)
        if part is None or part.filename is not None:
            return None
        if part.size > MAX_FIELD_BYTES:
            shown = name[:80]
            raise _malformed(f"the field '{shown}' has more than {MAX_FIELD_BYTES} bytes")
        return part.open().read().decode("utf-8", "replace")


def parse_form(request: Request) -> Form:
    """Find the parts in the body of `request`.

    Raises:
        ApiError: 400, the body is not a well-formed multipart form, or it is one of far too many parts or headers.
    """
    return Form({part.name: part for part in parts_of(request)})


def parts_of(request: Request) -> list[Part]:
    """All parts in the body of `request`, in their order; a name may stand several times.

    Raises:
        ApiError: As `parse_form`.
    """
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import parse_options_header

    content_type, options = parse_options_header(
        request.headers.get("content-type", "").encode("utf-8", "replace")
    )
    boundary = options.get(b"boundary")
    if content_type.lower() != b"multipart/form-data" or not boundary:
        raise _malformed("the content-type is not multipart/form-data with a boundary")
    source = request.stream if request.stream is not None else io.BytesIO(request.body)
    finder = _Finder(source, boundary)
    try:
        for chunk in request.chunks(_CHUNK):
            finder.feed(chunk)
    except (FormParserError, UnicodeDecodeError, ValueError) as error:
        raise _malformed(str(error)) from error
    if not finder.ended:
        raise _malformed("the closing boundary is missing")
    return finder.parts


class _Finder:
    """Notes where the parts are while a parser reads the body.

    The parser tells of content as ranges of the chunk that it is given, and as pieces of its own where what looked
    like a boundary across two chunks was none. A part's content is in one piece in the body, so one range tells
    where all of it is; only content of which no range was told (a few bytes) has to be remembered itself.
    """

    def __init__(self, source: BinaryIO, boundary: bytes) -> None:
        from python_multipart.multipart import MultipartParser

        self.parts: list[Part] = []
        self.ended = False
        self._source = source
        self._chunk = b""
        self._place = 0  # of the chunk in the body
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._header(self._header_name, data[start:end]),
                "on_header_value": lambda data, start, end: self._header(self._header_value, data[start:end]),
                "on_header_end": self._end_header,
                "on_part_data": self._content,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )
        self._begun = 0
        self._filename: str | None
        self._content_type: str | None
        self._start: int | None
        self._begin_anew()

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the body."""
        self._chunk = chunk
        self._parser.write(chunk)
        self._place += len(chunk)

    def _begin_anew(self) -> None:
        self._name, self._filename, self._content_type = "", None, None
        self._header_name, self._header_value, self._header_bytes = bytearray(), bytearray(), 0
        self._start = None
        self._remembered = bytearray()
        self._size = 0

    def _begin(self) -> None:
        self._begun += 1
        if self._begun > MAX_PARTS:
            msg = f"there are more than {MAX_PARTS} parts"
            raise ValueError(msg)
        self._begin_anew()

    def _header(self, kept: bytearray, data: bytes) -> None:
        self._header_bytes += len(data)
        if self._header_bytes > MAX_HEADER_BYTES:
            msg = f"the headers of a part have more than {MAX_HEADER_BYTES} bytes"
            raise ValueError(msg)
        kept += data

    def _end_header(self) -> None:
        from python_multipart.multipart import parse_options_header

        name, value = self._header_name.lower(), bytes(self._header_value)
        if name == b"content-type":
            self._content_type = value.decode("utf-8", "replace")
        elif name == b"content-disposition":
            _, options = parse_options_header(value)
            self._name = options.get(b"name", b"").decode("utf-8", "replace")
            extended = _EXTENDED_NAME.search(_QUOTED.sub(b'""', value))
            if extended is not None:
                self._filename = unquote(extended[1].decode("ascii", "replace"), errors="replace")
            elif b"filename" in options:
                self._filename = options[b"filename"].decode("utf-8", "replace")
        self._header_name.clear()
        self._header_value.clear()

    def _content(self, data: bytes, start: int, end: int) -> None:
        if self._start is None:
            if data is self._chunk:
                self._start = self._place + start - self._size
                self._remembered.clear()
            else:
                self._remembered += data[start:end]
        self._size += end - start

    def _end_part(self) -> None:
        known = self._start is not None
        self.parts.append(
            Part(
                name=self._name,
                filename=self._filename,
                size=self._size,
                source=self._source if known else io.BytesIO(self._remembered),
                start=self._start or 0,
                content_type=self._content_type,
            )
        )

    def _end(self) -> None:
        self.ended = True


class _Window(io.RawIOBase):
    """So many bytes of a file from a place on, as a file of their own."""

    def __init__(self, source: BinaryIO, start: int, size: int) -> None:
        self._source = source
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        into = memoryview(buffer).cast("B")
        self._source.seek(self._start + self._at)
        data = self._source.read(max(0, min(len(into), self._size - self._at)))
        into[: len(data)] = data
        self._at += len(data)
        return len(data)


def _malformed(why: str) -> ApiError:
    return refuse("bad-form", why=why)
