"""A line repaired: it may become none, another, or several."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from drytune.repair.arrays import NotAnArray, elements
from drytune.repair.changes import Log
from drytune.repair.commas import is_object, without_trailing_commas
from drytune.repair.json_text import read, write
from drytune.repair.values import mend
from drytune_simulator.dataset.finding import shown
from drytune_simulator.dataset.lines import BOM, LineError, decode

__all__ = ["array_became_lines", "is_list", "repaired_line", "repaired_object"]

_COMMA: Final = "The comma that nothing follows was removed."


def repaired_line(number: int, data: bytes, log: Log) -> Iterator[bytes]:
    """The lines to write for a line, which is given and written without its line feed."""
    text = data.rstrip(b"\r")
    if text.endswith(b"\0"):  # without the carriage return it might pass for padding
        yield data
        return
    if text.startswith(BOM):  # within a file as well: files with marks were joined
        log.add(number, "byte-order-mark", "The byte order mark was removed.")
    while text.startswith(BOM):
        text = text.removeprefix(BOM)
    if not text.strip(b" \t\r"):
        log.add(number, "blank-line", "The line was removed.")
        return
    if data.endswith(b"\r"):
        log.crlf(number)
    try:
        value = decode(text)
    except LineError as error:
        if error.code == "invalid-json":
            yield from _repaired_text(number, text, log)
        else:
            yield text
        return
    if isinstance(value, dict):
        yield repaired_object(number, text, log)
    elif isinstance(value, list):
        yield from _array(number, text, log)
    else:
        yield text


def repaired_object(number: int, data: bytes, log: Log) -> bytes:
    """A JSON object with its values repaired; the same bytes if there is nothing to repair."""
    if not is_object(data) and is_object(less := without_trailing_commas(data)):
        log.add(number, "trailing-comma", _COMMA)
        data = less
    try:
        value, repeated = read(data)
    except ValueError:  # a key with two values: which one is meant?
        return data
    for key in repeated:
        log.add(number, "duplicate-key", f"The key {shown(key)} was repeated with the same value.")
    mended = mend(value)
    for code, pointer, what in mended:
        log.add(number, code, what, pointer)
    return write(value) if repeated or mended else data


def _array(number: int, text: bytes, log: Log) -> Iterator[bytes]:
    """The elements of a line that is an array of objects; the line if it is none."""
    objects = _objects(text)
    if not objects:
        yield text
        return
    log.add(number, "top-level-array", array_became_lines(len(objects)))
    for element in objects:
        yield repaired_object(number, element, log)


def _objects(text: bytes) -> list[bytes]:
    """The elements of an array of objects, each as it is spelled; none if `text` is something else."""
    try:
        return [element for _, element in elements([text])]
    except NotAnArray:
        return []


def is_list(text: bytes) -> bool:
    """Whether a line that begins a file with a bracket is a list in itself, and begins nothing that goes on."""
    try:
        return isinstance(decode(text), list)
    except LineError:
        return bool(_objects(text))


def array_became_lines(number: int) -> str:
    """What to say about an array of so many elements."""
    many = "1 element" if number == 1 else f"{number:,} elements"
    return f"The array of {many} became one object a line."


def _repaired_text(number: int, text: bytes, log: Log) -> Iterator[bytes]:
    """What is not JSON, but would be without a comma, or cut at its carriage returns."""
    if b"\r" in text:
        pieces = [piece for piece in text.split(b"\r") if piece.strip(b" \t")]
        if all(map(is_object, pieces)):
            log.add(number, "invalid-json", f"The line was cut at its carriage returns into {len(pieces):,}.")
            for piece in pieces:
                yield repaired_object(number, piece, log)
            return
    if is_object(less := without_trailing_commas(text)):
        log.add(number, "trailing-comma", _COMMA)
        yield repaired_object(number, less, log)
    else:
        yield from _array(number, text, log)
