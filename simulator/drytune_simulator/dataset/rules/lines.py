"""Rules of lines that are no JSON object; the platform refuses such files at upload (FACTS.md §3.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from drytune_simulator.dataset.finding import shown
from drytune_simulator.dataset.lines import LineError, decode
from drytune_simulator.dataset.rules.registry import Found, declare, rule
from drytune_simulator.dataset.wordings import says

__all__ = [
    "BLANK_LINE",
    "BYTE_ORDER_MARK",
    "CRLF",
    "LINE_TOO_LONG",
    "Line",
    "blank_line",
    "byte_order_mark",
    "crlf",
    "line_too_long",
]

_LONG = 1 << 20
"""Longer lines are not searched for what a small repair would make of them."""

_STRING_OR_COMMA = re.compile(rb'("(?:[^"\\]++|\\.)*+"?)|,(?=\s*[}\]])', re.DOTALL)


class Line(NamedTuple):
    """A line and what became of it: a value that is no object, or an error.

    A rule of lines is given only lines of which `fault` is its code, and does not ask again.
    """

    data: bytes
    value: Any = None
    error: LineError | None = None

    @property
    def words(self) -> str:
        """What the platform's own decoder says."""
        return "" if self.error is None else self.error.words

    @property
    def fault(self) -> str:
        """The code of the one rule that it breaks, what is most to the point; it is looked for each time."""
        if self.error is None:
            return "top-level-array" if isinstance(self.value, list) else "not-an-object"
        if self.error.code == "invalid-json":
            if 0 in self.data:
                return "nul-byte"
            if _is_array_opening(self.data):
                return "top-level-array"
            if _has_trailing_comma(self.data):
                return "trailing-comma"
        return self.error.code


def _is_array_opening(data: bytes) -> bool:
    """Whether `data` looks like the first line of one JSON array that is spread over lines."""
    text = data.strip()
    return text == b"[" or (text.startswith(b"[") and text.endswith((b",", b"{")))


def _has_trailing_comma(data: bytes) -> bool:
    """Whether nothing but a comma before a closing bracket, or at the end, is wrong with `data`."""
    text = data.strip()
    if len(text) > _LONG or b"," not in text:
        return False
    text = _STRING_OR_COMMA.sub(rb"\1", text).removesuffix(b",")
    try:
        return isinstance(decode(text), dict)
    except LineError:
        return False


def _hint(data: bytes) -> str:
    """What to do about a line that cannot be read, by what it looks like."""
    text, head = data.strip(), data[:200]
    nuls = head.count(0) / max(1, len(head))  # of plain English half in UTF-16, three quarters in UTF-32
    looks = {
        "The file is compressed with gzip; unpack it first.": text.startswith(b"\x1f\x8b"),
        "The file looks like UTF-32; save it as UTF-8.": head.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff"))
        or 0.6 < nuls < 0.9,
        "The file looks like UTF-16; save it as UTF-8.": text.startswith((b"\xff\xfe", b"\xfe\xff"))
        or 0.33 < nuls <= 0.6,
        "Save the file as UTF-8.": not _is_utf8(data),
        "Lines end with carriage returns; save the file with line feeds.": b"\r" in text,
        "Remove the NUL bytes; the file may have been cut off, or copied badly.": 0 in text,
        "The file looks like one JSON array; write each element on a line of its own.": text.startswith(b"["),
        "The file looks pretty-printed; write each example as one JSON object on one line.": text
        in (b"}", b"},", b"]", b"],")
        or text.endswith((b"{", b"[", b",")),
    }
    return next(
        (hint for hint, so in looks.items() if so), "Write each example as one JSON object on one line."
    )


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@rule("not-utf8", "line", effect="refused-at-upload")
def not_utf8(line: Line) -> Iterator[Found]:
    """Every line is UTF-8."""
    yield Found(
        "", f"The line is not UTF-8: {line.error}.", _hint(line.data), says("not-utf8", error=line.error)
    )


@rule("nul-byte", "line", effect="refused-at-upload")
def nul_byte(line: Line) -> Iterator[Found]:
    """No line holds a NUL byte.

    They come from UTF-16, from files that were cut off by a crash, and from padding; JSON allows none.
    """
    place = line.data.index(0) + 1
    many = line.data.count(0)
    found = f"Byte {place} of the line is NUL" + (f", and {many - 1} more are" if many > 1 else "")
    yield Found("", f"{found}.", _hint(line.data), says("nul-byte", error=line.words))


@rule("trailing-comma", "line", effect="refused-at-upload")
def trailing_comma(line: Line) -> Iterator[Found]:
    """No comma stands at the end of a line, or before a closing bracket."""
    at_end = line.data.rstrip().endswith(b",")
    where = "at the end of the line" if at_end else "before a closing bracket"
    yield Found(
        "",
        f"A comma stands {where}, where JSON allows none: {line.error}.",
        "Remove the comma.",
        says("trailing-comma", error=line.words),
    )


@rule("top-level-array", "line", effect="refused-at-upload")
def top_level_array(line: Line) -> Iterator[Found]:
    """A file is no JSON array: each example is an object on a line of its own."""
    if line.error is None:
        found, hint = "The line is a list", "Write each element of the list on a line of its own."
    else:
        found, hint = "The line begins a JSON array that is spread over lines", _hint(line.data)
    yield Found("", f"{found}; each line must be a JSON object.", hint, says("top-level-array"))


@rule("invalid-json", "line", effect="refused-at-upload")
def invalid_json(line: Line) -> Iterator[Found]:
    """Every line is valid JSON, whole, on its own."""
    yield Found(
        "",
        f"The line is not valid JSON: {line.error}.",
        _hint(line.data),
        says("invalid-json", error=line.words),
    )


@rule("too-deep", "line", effect="refused-at-upload")
def too_deep(line: Line) -> Iterator[Found]:
    """Lists and objects are inside one another only so deep."""
    yield Found("", f"The line cannot be read: {line.error}.", "Flatten the example.", says("too-deep"))


@rule("not-an-object", "line", effect="refused-at-upload")
def not_an_object(line: Line) -> Iterator[Found]:
    """Every line is a JSON object."""
    yield Found(
        "",
        f"The line is {shown(line.value)}; each line must be a JSON object.",
        "Write each example as one JSON object on one line.",
        says("not-an-object"),
    )


BLANK_LINE = declare(
    "blank-line",
    "line",
    "warning",
    "none",
    "FACTS.md §4.5 (I)",
    "No line is blank; the platform is thought to skip it.",
    "Whether the platform counts blank lines when it names an example is not known.",
)
BYTE_ORDER_MARK = declare(
    "byte-order-mark",
    "line",
    "warning",
    "none",
    "FACTS.md §7 (I)",
    "The file does not begin with a byte order mark.",
    "Azure's documentation asks for one (FACTS.md §7); OpenAI's does not.",
)
CRLF = declare(
    "crlf",
    "line",
    "warning",
    "none",
    "no source; JSON takes the carriage return as white space (I)",
    "Lines end with a line feed alone.",
)
LINE_TOO_LONG = declare(
    "line-too-long",
    "line",
    "error",
    "refused-at-upload",
    "FACTS.md §5.1 (I)",
    "No line is longer than the largest possible example.",
)

blank_line = Found(
    "", "The line is blank.", "Remove it; the platform's line numbers may differ from the file's after it."
)
byte_order_mark = Found(
    "", "The file begins with a byte order mark (BOM).", "Save the file as UTF-8 without BOM."
)


def crlf(lines: int) -> Found:
    """What to say about so many lines that end with a carriage return."""
    many = "1 line ends" if lines == 1 else f"{lines:,} lines end"
    return Found("", f"{many} with a carriage return.", "Save the file with line feeds alone.")


def line_too_long(length: int, limit: int) -> Found:
    """What to say about a line of `length` bytes."""
    return Found(
        "",
        f"The line is {_size(length)} long; at most {_size(limit)} are read.",
        "Check that the file has line feeds between examples; split or shorten the example.",
        says("line-too-long"),
    )


def _size(length: int) -> str:
    return f"{length / 2**20:.0f} MiB" if length >= 2**20 else f"{length:,} bytes"
