"""A file as blocks of whole lines, in bounded memory whatever the file holds."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

__all__ = ["MAX_LINE_BYTES", "Block", "blocks"]

BLOCK_BYTES = 1 << 20

MAX_LINE_BYTES = 160 * 2**20
"""The longest line that is read: 10 images of 10 MB in base64 (FACTS.md §5.1) and some text fit in."""

_SCAN_BYTES = 8 * BLOCK_BYTES
"""A line longer than this is measured before it is held."""


class Block(msgspec.Struct, frozen=True):
    """Some whole lines that follow one another.

    Attributes:
        first_line: Number of the first one in the file, from 1.
        lines: Without their line feeds. A line that is too long is empty here.
        too_long: Places in `lines` (from 0) of lines over the limit, with their lengths in bytes.
        open_end: Whether the file ends without a line feed, and these are its last lines.
    """

    first_line: int
    lines: tuple[bytes, ...]
    too_long: dict[int, int] = {}
    open_end: bool = False


def blocks(
    stream: BinaryIO | bytes, *, block_bytes: int = BLOCK_BYTES, max_line_bytes: int = MAX_LINE_BYTES
) -> Iterator[Block]:
    """The lines of `stream` in blocks of about `block_bytes`.

    Lines end with a line feed, the last one may also end with the file. Lines of more than `max_line_bytes` bytes
    are passed over; when `stream` can seek, they are never held in memory.
    """
    if isinstance(stream, bytes | bytearray | memoryview):
        stream = io.BytesIO(stream)
    scan_bytes = min(_SCAN_BYTES, max_line_bytes)
    number = 1
    rest = b""
    while chunk := stream.read(block_bytes):
        end = chunk.rfind(b"\n")
        if end >= 0:
            lines = tuple((rest + chunk[:end]).split(b"\n"))
            rest = chunk[end + 1 :]
            yield _block(number, lines, max_line_bytes)
            number += len(lines)
        else:
            rest += chunk
        if len(rest) > scan_bytes:
            line, length, tail = _long_line(stream, rest, block_bytes, max_line_bytes)
            yield Block(
                number, (line,), {0: length} if length > max_line_bytes else {}, open_end=tail is None
            )
            tail = tail or b""
            number += 1
            rest = tail
            if rest.count(b"\n"):
                *whole, rest = rest.split(b"\n")
                yield _block(number, tuple(whole), max_line_bytes)
                number += len(whole)
    if rest:
        yield msgspec.structs.replace(_block(number, (rest,), max_line_bytes), open_end=True)


def _block(number: int, lines: tuple[bytes, ...], limit: int) -> Block:
    if max(map(len, lines)) <= limit:
        return Block(number, lines)
    too_long = {place: len(line) for place, line in enumerate(lines) if len(line) > limit}
    return Block(number, tuple(b"" if len(line) > limit else line for line in lines), too_long)


def _long_line(stream: BinaryIO, head: bytes, size: int, limit: int) -> tuple[bytes, int, bytes | None]:
    """The line that begins with `head` (empty when over `limit`), its length, and what was read beyond it.

    The last is None when the file ends with the line.
    """
    seekable = stream.seekable()
    start = stream.tell() if seekable else 0
    kept = [] if seekable else [head]
    length, tail = len(head), None
    while chunk := stream.read(size):
        end = chunk.find(b"\n")
        length += len(chunk) if end < 0 else end
        if not seekable and length <= limit:
            kept.append(chunk if end < 0 else chunk[:end])
        elif length > limit:
            kept.clear()
        if end >= 0:
            tail = chunk[end + 1 :]
            break
    if length > limit:
        return b"", length, tail
    if seekable:
        after = stream.tell()
        stream.seek(start)
        kept = [head, stream.read(length - len(head))]
        stream.seek(after)
    return b"".join(kept), length, tail
