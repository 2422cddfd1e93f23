"""Standard input, which can be read only once."""

from __future__ import annotations

import sys
import weakref
from typing import Any

import msgspec

from drytune.errors import UsageError
from drytune.sources.compressed import compression_of_bytes, decompressed
from drytune.sources.stream import Stream, cannot_be_read

__all__ = ["StandardInput"]

_TITLE = "Standard input (-)"


class StandardInput(msgspec.Struct, frozen=True):
    """What is piped into the process; compressed data is known by its first bytes."""

    @property
    def name(self) -> str:
        """``-``, as the user called it."""
        return "-"

    @property
    def filename(self) -> str:
        """A name with the right extension: a stream has none that could be wrong."""
        return "stdin.jsonl"

    @property
    def size(self) -> int | None:
        """Nobody knows."""
        return None

    @property
    def shared(self) -> bool:
        """It is of this process."""
        return False

    @property
    def splittable(self) -> bool:
        """It is not."""
        return False

    def open(self) -> Stream:
        """Its bytes, decompressed.

        Raises:
            UsageError: There is no standard input, or it has been opened before.
        """
        piped = _piped()
        piped.taken = True
        return Stream(_Joined(piped.head, piped.stream), _TITLE, piped.stored)

    def peek(self, most: int) -> Stream:
        """Its first bytes, at most `most`; they are kept for whoever opens it.

        Raises:
            UsageError: There is no standard input, or it has been opened before.
        """
        return Stream(_Peek(_piped(), most), _TITLE)


class _Joined:
    """Some bytes and then those of a stream, which stays open."""

    def __init__(self, head: bytes, rest: Any) -> None:
        self._head = head
        self._rest = rest
        self._given = 0

    def read(self, size: int) -> bytes:
        data = self._head if size < 0 else self._head[:size]
        self._head = self._head[len(data) :]
        if size < 0 or len(data) < size:
            data += self._rest.read(size if size < 0 else size - len(data))
        self._given += len(data)
        return data

    def tell(self) -> int:
        return self._given

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        """Standard input is not ours to close."""


class _Piped:
    """What has been read of one standard input."""

    def __init__(self, standard_input: Any) -> None:
        first = standard_input.read(4)
        self.stored = _Joined(first, standard_input)
        compression = compression_of_bytes(first)
        inner = self.stored if compression is None else decompressed(self.stored, compression, _TITLE)
        self.stream = Stream(inner, _TITLE, self.stored)
        self.head = b""
        self.taken = False


class _Peek:
    """The first bytes of what is piped in, which keeps them."""

    def __init__(self, piped: _Piped, most: int) -> None:
        self._piped = piped
        self._most = most
        self._at = 0

    def read(self, size: int) -> bytes:
        end = self._most if size < 0 else min(self._most, self._at + size)
        missing = end - len(self._piped.head)
        if missing > 0:
            self._piped.head += self._piped.stream.read(missing)
        data = self._piped.head[self._at : end]
        self._at += len(data)
        return data

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        """What was seen is kept."""


_PIPED: weakref.WeakKeyDictionary[Any, _Piped] = weakref.WeakKeyDictionary()
"""By stream, so that a program (or a test) that replaces `sys.stdin` has a new one to read."""


def _piped() -> _Piped:
    standard_input = getattr(sys.stdin, "buffer", None)
    if standard_input is None or standard_input.closed:
        raise UsageError("There is no standard input (-) to read; pipe a file into the command.")
    if standard_input not in _PIPED:
        try:
            _PIPED[standard_input] = _Piped(standard_input)
        except OSError as error:
            raise cannot_be_read(_TITLE, error) from None
    piped = _PIPED[standard_input]
    if piped.taken:
        raise UsageError(f"{_TITLE} can be read only once; save it as a file to read it again.")
    return piped
