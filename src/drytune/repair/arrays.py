"""A JSON array of objects, cut into its elements as it is read; no more than one element is held."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from drytune.repair.commas import is_object, without_trailing_commas
from drytune_simulator.dataset.lens import Limits

__all__ = ["NotAnArray", "elements"]

_MOST_BYTES: Final = Limits().line_bytes
_SPACE: Final = re.compile(rb"[ \t\r\n]*")
_STRING_OR_BRACKET: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(")?|[\[\]{}]', re.DOTALL)


class NotAnArray(ValueError):  # noqa: N818 - reads as the sentence it raises
    """This is not one whole JSON array that holds objects and nothing else."""


def elements(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The elements, each as it is spelled, and the number of the line on which it begins.

    A comma after the last one is forgiven.

    Raises:
        NotAnArray: Only the end of the file may tell; elements may have come before.
    """
    rest = _Rest(chunks)
    if rest.next() != b"[":
        raise NotAnArray
    rest.at += 1
    found = False
    while (byte := rest.next()) == b"{":
        line = rest.line
        yield line, rest.element()
        found = True
        byte = rest.next()
        if byte != b",":
            break
        rest.at += 1
    if byte != b"]" or not found:
        raise NotAnArray
    rest.at += 1
    if rest.next():
        raise NotAnArray


class _Rest:
    """What is not yet read: bytes that are held from `at` on, and chunks to come."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.data = b""
        self.at = 0
        self.line = 1
        self._chunks = iter(chunks)

    def next(self) -> bytes:
        """The next byte that is no white space, still to be read; empty at the end."""
        while True:
            match = _SPACE.match(self.data, self.at)
            if match:
                self.line += match[0].count(b"\n")
                self.at = match.end()
            if self.at < len(self.data):
                return self.data[self.at : self.at + 1]
            if not self._more():
                return b""

    def element(self) -> bytes:
        """The object that begins here."""
        while (end := _end(self.data, self.at)) is None:
            if len(self.data) - self.at > _MOST_BYTES or not self._more():
                raise NotAnArray
        data = self.data[self.at : end]
        if not is_object(data) and not is_object(without_trailing_commas(data)):
            raise NotAnArray
        self.line += data.count(b"\n")
        self.at = end
        return data

    def _more(self) -> bool:
        """Hold about twice as much, so that looking again from the start costs no more in all."""
        held = self.data[self.at :]
        parts, size = [held], 0
        for chunk in self._chunks:
            parts.append(chunk)
            size += len(chunk)
            if size >= len(held):
                break
        self.data, self.at = b"".join(parts), 0
        return len(parts) > 1


def _end(data: bytes, start: int) -> int | None:
    """Where the object that begins at `start` ends, None when it goes on after `data`."""
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(data, start):
        token = match[0]
        if token in b"[{":
            depth += 1
        elif token in b"]}":
            depth -= 1
            if depth == 0:
                return match.end()
        elif match[1] is None:
            return None  # a text that goes on; what it holds must not be taken for brackets
    return None
