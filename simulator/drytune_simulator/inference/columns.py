"""Columns of numbers and bytes in one file: written once, then read where they lie, by any number of processes.

A file is ``DRYTUNE1``, the columns, each at a multiple of 8 bytes, a description as JSON, and the size of that.
Numbers are as this machine writes them.
"""

from __future__ import annotations

import io
import mmap
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from drytune_simulator.inference.shelf import DamagedError

__all__ = ["Columns", "Writer"]

_MAGIC = b"DRYTUNE1"
_ALIGNED = 8


class _Column(msgspec.Struct, frozen=True):
    """Where a column lies: its items' type as `array` has it (B for bytes), its first byte, its size in bytes."""

    code: str
    start: int
    size: int


class _Description(msgspec.Struct, frozen=True):
    """What stands at the end of the file."""

    columns: dict[str, _Column]
    meta: dict[str, Any]


class Writer:
    """Writes columns one after the other.

    Args:
        file: Empty, open for writing.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._columns: dict[str, _Column] = {}
        self._at = 0
        self.write(_MAGIC)

    def write(self, data: bytes | bytearray | array[int]) -> int:
        """More bytes; gives where they begin."""
        begin = self._at
        self._file.write(data)
        self._at += memoryview(data).nbytes
        return begin

    def column(
        self, name: str, data: array[int] | bytes | bytearray | None = None, *, since: int = 0
    ) -> None:
        """Name a column: `data`, or all the bytes that were written from `since` on."""
        code = "B"
        if data is not None:
            self.write(bytes(-self._at % _ALIGNED))
            since = self.write(data)
            code = data.typecode if isinstance(data, array) else code
        self._columns[name] = _Column(code, since, self._at - since)

    def finish(self, **meta: Any) -> None:
        """Write what tells where the columns are, and `meta` with it."""
        described = msgspec.json.encode(_Description(self._columns, meta))
        self.write(described + len(described).to_bytes(8, "little"))
        self._file.flush()


class Columns:
    """What a `Writer` has written.

    Attributes:
        meta: What `Writer.finish` was given.

    Raises:
        DamagedError: It is something else.
    """

    def __init__(self, data: memoryview) -> None:
        size = len(data) - 8
        start = size - int.from_bytes(data[max(0, size) :], "little")
        if start < len(_MAGIC) or data[: len(_MAGIC)] != _MAGIC:
            raise DamagedError("these are no columns")
        try:
            description = msgspec.json.decode(data[start:size], type=_Description)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise DamagedError("the columns are not described") from error
        self._data = data
        self._columns = description.columns
        self.meta = description.meta

    @classmethod
    def open(cls, path: Path) -> Columns:
        """Those in the file at `path`, which stay on the disk.

        Raises:
            DamagedError: There are none that can be read.
        """
        try:
            with path.open("rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:  # an empty file cannot be mapped
            raise DamagedError(str(error)) from error
        return cls(memoryview(mapped))

    @classmethod
    def in_memory(cls, write: Callable[[BinaryIO], object]) -> Columns:
        """Those that `write` writes into a file that is only in memory."""
        file = io.BytesIO()
        write(file)
        return cls(file.getbuffer())

    def bytes(self, name: str) -> memoryview:
        """A column of bytes."""
        column = self._columns[name]
        return self._data[column.start : column.start + column.size]

    def numbers(self, name: str) -> memoryview:
        """A column of numbers."""
        return self.bytes(name).cast(self._columns[name].code)  # type: ignore[call-overload, no-any-return]
