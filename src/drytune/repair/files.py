"""A repaired copy of a file, whole or not at all; the input is never touched."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from drytune.errors import UsageError
from drytune.repair.arrays import NotAnArray, elements
from drytune.repair.changes import Log, Repairs
from drytune.repair.json_text import read, write
from drytune.repair.lines import array_became_lines, is_list, repaired_line, repaired_object
from drytune.repair.streams import CHUNK_BYTES, Untouchable, chunks_of, lines_of, raw_chunks
from drytune.repair.targets import add_file, beside, new_copy
from drytune.sources import find_sources

__all__ = ["repair_file"]

StrPath = str | os.PathLike[str]


def repair_file(source: StrPath | BinaryIO, out: StrPath, *, path: StrPath | None = None) -> Repairs:
    """Write a copy of `source` to `out` in which what has exactly one safe repair is repaired.

    All other bytes are kept. Memory is bounded whatever the file holds. `out` appears when it is complete; after
    an error or an interruption there is nothing.

    Args:
        source: A file, compressed or not, ``-`` for standard input, or a binary stream (of JSON Lines,
            not compressed). What cannot seek is put into a temporary file first.
        out: The copy, a new file whose name ends in ``.jsonl``.
        path: Of the file behind a stream, if there is one.

    Raises:
        UsageError: `source` cannot be read, or `out` exists, is no name for it, or cannot be
            written.
    """
    if isinstance(source, str | os.PathLike):
        found = find_sources([source])
        if len(found) != 1:
            raise UsageError(f"{os.fspath(source)} is {len(found)} files; --fix repairs one at a time.")
        name = found[0].name
        target = new_copy(os.fspath(out), [name])
        with found[0].open() as stream:
            return _repair(cast(BinaryIO, stream), name, target)
    name = "-" if path is None else os.fspath(path)
    return _repair(source, name, new_copy(os.fspath(out), [name]))


def _repair(stream: BinaryIO, name: str, target: Path) -> Repairs:
    with contextlib.ExitStack() as stack:
        if not stream.seekable():
            stream = stack.enter_context(_spooled(stream))
        temporary, path = stack.enter_context(beside(target))
        log = _copy(stream, temporary)
        temporary.flush()
        os.fsync(temporary.fileno())
        add_file(path, target)
        return log.repairs(name, os.fspath(target))


@contextlib.contextmanager
def _spooled(stream: BinaryIO) -> Iterator[BinaryIO]:
    """What `stream` gives, in a file without a name: to find out what a file is takes more than one look."""
    with tempfile.TemporaryFile() as spool:
        while chunk := stream.read(CHUNK_BYTES):
            spool.write(chunk)
        spool.seek(0)
        yield spool


def _copy(stream: BinaryIO, out: BinaryIO) -> Log:
    """Write the repaired copy; what a file seems to be at its beginning is taken back if it does not go on so."""
    start = stream.tell()
    for attempt in (_copy_array, _copy_lines):
        log = Log()
        try:
            attempt(stream, out, log)
        except NotAnArray:
            _rewind(stream, start, out)
        except Untouchable:
            _rewind(stream, start, out)
            break
        else:
            return log
    out.writelines(raw_chunks(stream))
    return Log()


def _rewind(stream: BinaryIO, start: int, out: BinaryIO) -> None:
    stream.seek(start)
    out.seek(0)
    out.truncate()


def _copy_array(stream: BinaryIO, out: BinaryIO, log: Log) -> None:
    """Write the elements of a file that is one array of objects.

    Raises:
        NotAnArray: The file is none.
        Untouchable: The file is neither of one encoding nor of another.
    """
    number = 0
    first = 1
    for line, element in elements(chunks_of(stream, log)):
        number += 1
        first = line if number == 1 else first
        out.write(_on_one_line(repaired_object(line, element, log)) + b"\n")
    log.add(first, "top-level-array", array_became_lines(number))


def _on_one_line(data: bytes) -> bytes:
    if b"\n" not in data and b"\r" not in data:
        return data
    try:
        return write(read(data)[0])
    except ValueError:  # a key with two values; line ends are between its tokens, never inside them
        return data.translate(None, b"\r\n")


def _copy_lines(stream: BinaryIO, out: BinaryIO, log: Log) -> None:
    """Write the lines.

    Raises:
        Untouchable: The file begins an array over several lines that is none as a whole.
    """
    started = False
    for line in lines_of(chunks_of(stream, log)):
        if not started and line.data.strip():
            started = True
            if line.data.lstrip().startswith(b"[") and not (line.whole and is_list(line.data)):
                raise Untouchable
        if not line.whole:
            out.write(line.data + line.end)
            continue
        repaired = list(repaired_line(line.number, line.data, log))
        if repaired:
            out.write(b"\n".join(repaired) + line.end)
