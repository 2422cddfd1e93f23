"""The unit of work: some lines of a source, and the facts of them. Any process of any machine can do it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, cast

import msgspec

from drytune.sources import Source, Stream
from drytune_simulator.dataset.facts import Facts, merge
from drytune_simulator.dataset.inspection import facts_of
from drytune_simulator.dataset.lens import Lens
from drytune_simulator.dataset.reader import BLOCK_BYTES, MAX_LINE_BYTES, Block, blocks

__all__ = ["Lines", "Piece", "Range", "facts_of_piece", "facts_of_range", "first_block", "pieces", "ranges"]

RANGE_BYTES = 8 << 20
"""A range is so long if there are enough of them: some tenths of a second of work, few messages."""

_LEAST_RANGE_BYTES = 1 << 20


class Range(msgspec.Struct, frozen=True):
    """The lines of `source` that begin in bytes [`start`, `end`); all from `start` on when `end` is None.

    Attributes:
        weight: Bytes by which the work comes forward, as the source is stored.
        held: Bytes of memory that the piece itself takes.
    """

    source: Source
    start: int
    end: int | None
    lens: Lens
    weight: int
    held: int = 0


class Lines(msgspec.Struct, frozen=True):
    """Lines that somebody has read already; attributes as of `Range`."""

    source: Source
    block: Block
    lens: Lens
    weight: int
    held: int


Piece = Range | Lines


def facts_of_piece(piece: Piece) -> Facts:
    """The facts of a piece; those of all pieces of a source, merged in order, are the facts of the source.

    Raises:
        UsageError: The source cannot be read.
    """
    if isinstance(piece, Lines):
        return facts_of(piece.block, piece.lens)
    return facts_of_range(piece.source, piece.start, piece.end, piece.lens)


def pieces(source: Source, lens: Lens, *, workers: int = 1, read_here: bool = True) -> Iterator[Piece]:
    """The work that `source` makes, in order.

    Args:
        source: To be looked at.
        lens: How to look.
        workers: Who share the work; for few bytes ranges become shorter, so that each has some.
        read_here: Whether a source that cannot be split is read by this process, as the pieces are asked for; else
            it is one piece, read by who works on it.
    """
    if source.splittable and source.size is not None:
        for start, end in ranges(source.size, workers):
            yield Range(source, start, end, lens, end - start)
    elif read_here:
        yield from _read(source, lens)
    else:
        yield Range(source, 0, None, lens, source.size or 0)


def first_block(source: Source, line_bytes: int = MAX_LINE_BYTES) -> Block | None:
    """The first lines of a source, None if it has none; the source can still be opened.

    Args:
        source: To be looked at.
        line_bytes: Of the longest line that is read.

    Raises:
        UsageError: It cannot be read.
    """
    with source.peek(line_bytes + BLOCK_BYTES) as stream:
        return next(blocks(stream, max_line_bytes=line_bytes), None)


def ranges(size: int, workers: int = 1) -> Iterator[tuple[int, int]]:
    """Stretches that together are the bytes [0, `size`), of about 8 MiB each, for a small file less."""
    length = min(RANGE_BYTES, max(_LEAST_RANGE_BYTES, size // (4 * workers)))
    for start in range(0, size, length):
        yield start, min(start + length, size)


def facts_of_range(source: Source, start: int, end: int | None, lens: Lens) -> Facts:
    """The facts of the lines of `source` that begin in bytes [`start`, `end`).

    A line that began before `start` is not looked at; the last one is read to its end, wherever that is. So the
    facts of ranges that follow one another merge to the facts of the source, wherever it is cut.

    Args:
        source: A splittable one, if not all of it is asked for.
        start: From 0.
        end: None means all.
        lens: How to look.

    Raises:
        UsageError: The source cannot be read.
    """
    if start == end:
        return Facts()
    with source.open() as stream:
        if start > 0 and not _skip_to_line(stream, start, end):
            return Facts()
        shown = stream if end is None else cast("BinaryIO", _Lines(stream, end))
        found = blocks(shown, max_line_bytes=lens.limits.line_bytes)
        return merge(facts_of(block if start == 0 else _later(block), lens) for block in found)


_SCAN_BYTES = 1 << 16


def _skip_to_line(stream: Stream, start: int, end: int | None) -> bool:
    """Go to the first line that begins at `start` or later; whether there is one before `end`."""
    at = stream.seek(start - 1)
    while chunk := stream.read(_SCAN_BYTES):
        feed = chunk.find(b"\n")
        if feed >= 0:
            at += feed + 1
            stream.seek(at)
            return end is None or at < end
        at += len(chunk)
        if end is not None and at >= end:
            break
    return False


class _Lines:
    """A stream that ends with the line that holds the byte before `end`; it can seek."""

    def __init__(self, stream: Stream, end: int) -> None:
        self._stream = stream
        self._last = end - 1
        self._at = stream.tell()
        self._stop: int | None = None

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`."""
        if self._stop is not None:
            size = min(size, self._stop - self._at)
        chunk = self._stream.read(size) if size else b""
        if self._stop is None:
            feed = chunk.find(b"\n", max(0, self._last - self._at))
            if feed >= 0:
                chunk = chunk[: feed + 1]
                self._stop = self._at + len(chunk)
        self._at += len(chunk)
        return chunk

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = self._stream.seek(offset, whence)
        return self._at


def _read(source: Source, lens: Lens) -> Iterator[Lines]:
    done = 0
    with source.open() as stream:
        for block in blocks(stream, max_line_bytes=lens.limits.line_bytes):
            stored = stream.stored_bytes()
            yield Lines(source, block, lens, stored - done, sum(map(len, block.lines)))
            done = stored


def _later(block: Block) -> Block:
    """A block that is not the first of its file: only there a byte order mark is none of the data."""
    return msgspec.structs.replace(block, first_line=block.first_line + 1)
