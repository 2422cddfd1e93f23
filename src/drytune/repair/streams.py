"""A file as chunks of UTF-8 without padding, and these as lines; in bounded memory whatever the file holds."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final, NamedTuple

from drytune.repair.changes import Log
from drytune_simulator.dataset.lens import Limits
from drytune_simulator.dataset.lines import BOM

__all__ = ["CHUNK_BYTES", "MAX_LINE_BYTES", "Line", "Untouchable", "chunks_of", "lines_of", "raw_chunks"]

CHUNK_BYTES: Final = 1 << 20

MAX_LINE_BYTES: Final = Limits().line_bytes
"""A longer line is not read, so it is not repaired."""

_WIDE: Final = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_BEGINNING: Final = re.compile(rb"(?:[ \t\r\n]|\xef\xbb\xbf)*+")


class Untouchable(ValueError):  # noqa: N818 - reads as the sentence it raises
    """The file begins as one thing (UTF-16, an array over several lines) and goes on as another.

    What a line of it means nobody can say, so none is repaired.
    """


class Line(NamedTuple):
    """A line, or a piece of one that is too long to be held.

    Attributes:
        number: From 1.
        data: Without its line feed.
        end: The line feed; empty at the end of the file, and of a piece that goes on.
        whole: False for a piece.
    """

    number: int
    data: bytes
    end: bytes
    whole: bool


def chunks_of(stream: BinaryIO, log: Log) -> Iterator[bytes]:
    """The content of `stream` as UTF-8: recoded if need be, without byte order mark and without padding.

    Raises:
        Untouchable: It begins as UTF-16 or UTF-32 does and goes on otherwise; chunks may have come before.
    """
    return _without_padding(_without_mark(_utf8(stream, log), log), log)


def raw_chunks(stream: BinaryIO) -> Iterator[bytes]:
    """The content of `stream` as it is, in chunks that are not tiny: pipes give what they have."""
    while chunk := _read(stream):
        yield chunk


def _utf8(stream: BinaryIO, log: Log) -> Iterator[bytes]:
    head = _read(stream)
    beginning = _beginning(head)
    name = next((name for mark, name in _WIDE if head.startswith(mark, len(beginning))), None)
    if name is None:
        yield head
        yield from raw_chunks(stream)
        return
    if beginning:
        raise Untouchable  # bytes of one encoding before the mark of another
    log.add(1, "not-utf8", f"{name.upper()} became UTF-8.")
    decoder = codecs.getincrementaldecoder(name)()
    started = False
    try:
        while head:
            text = decoder.decode(head)
            if not started and text.strip():
                started = True
                _require_json(text)
            yield text.encode()
            head = _read(stream)
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError:
        raise Untouchable from None


def _require_json(text: str) -> None:
    """Refuse bytes that only happen to begin with a mark: nearly all of them are letters of UTF-16."""
    if not text.strip("\ufeff \t\r\n").startswith(("{", "[")):
        raise Untouchable


def _read(stream: BinaryIO) -> bytes:
    parts: list[bytes] = []
    missing = CHUNK_BYTES
    while missing > 0 and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _beginning(head: bytes) -> bytes:
    """White space and byte order marks, in any order, before anything else."""
    match = _BEGINNING.match(head)
    return match[0] if match else b""


def _without_mark(chunks: Iterator[bytes], log: Log) -> Iterator[bytes]:
    """Leave out marks at the beginning, also several, or one after blank lines."""
    head = next(chunks, b"")
    beginning = _beginning(head)
    blank = beginning.replace(BOM, b"")
    if len(blank) < len(beginning):
        log.add(1, "byte-order-mark", "The byte order mark was removed.")
    yield blank + head[len(beginning) :]
    yield from chunks


def _without_padding(chunks: Iterable[bytes], log: Log) -> Iterator[bytes]:
    """Leave out the NUL bytes at the end, unless there are others: UTF-16 without a mark is full of them."""
    line, padding, others = 1, 0, False
    for chunk in chunks:
        text = chunk.rstrip(b"\0")
        if text:
            others = others or padding > 0 or b"\0" in text
            yield from _nul_bytes(padding)
            yield text
            line += text.count(b"\n")
            padding = 0
        padding += len(chunk) - len(text)
    if others:
        yield from _nul_bytes(padding)
    elif padding:
        many = "1 NUL byte was" if padding == 1 else f"{padding:,} NUL bytes were"
        log.add(line, "nul-byte", f"{many} removed at the end of the file.")


def _nul_bytes(number: int) -> Iterator[bytes]:
    while number:
        piece = min(number, CHUNK_BYTES)
        yield bytes(piece)
        number -= piece


def lines_of(chunks: Iterable[bytes], limit: int = MAX_LINE_BYTES) -> Iterator[Line]:
    """The lines; one of more than `limit` bytes comes in pieces."""
    number, held, size, is_long = 1, list[bytes](), 0, False
    for chunk in chunks:
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            held.append(chunk[start:end])
            size += end - start
            yield Line(number, b"".join(held), b"\n", not is_long and size <= limit)
            number, size, is_long, start = number + 1, 0, False, end + 1
            held.clear()
        held.append(chunk[start:])
        size += len(chunk) - start
        if size > limit:
            yield Line(number, b"".join(held), b"", whole=False)
            is_long = True
            held.clear()
    if size:
        yield Line(number, b"".join(held), b"", not is_long)
