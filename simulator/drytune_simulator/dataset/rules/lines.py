"""Rules of lines that are no JSON object; the platform refuses such files at upload (FACTS.md §3.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from drytune_simulator.dataset.finding import shown
from drytune_simulator.dataset.lines import LineError
from drytune_simulator.dataset.reader import MAX_LINE_BYTES
from drytune_simulator.dataset.rules.registry import Found, declare, rule
from drytune_simulator.dataset.wordings import says

__all__ = [
    "BLANK_LINE",
    "BYTE_ORDER_MARK",
    "LINE_TOO_LONG",
    "Line",
    "blank_line",
    "byte_order_mark",
    "line_too_long",
]


class Line(NamedTuple):
    """A line and what became of it: a value that is no object, or an error."""

    data: bytes
    value: Any = None
    error: LineError | None = None


def _hint(data: bytes) -> str:
    """What to do about a line that cannot be read, by what it looks like."""
    text, head = data.strip(), data[:200]
    looks = {
        "The file is compressed with gzip; unpack it first.": text.startswith(b"\x1f\x8b"),
        "The file looks like UTF-16; save it as UTF-8.": text.startswith((b"\xff\xfe", b"\xfe\xff"))
        or head.count(0) > len(head) // 3,
        "Save the file as UTF-8.": not _is_utf8(data),
        "Lines end with carriage returns; save the file with line feeds.": b"\r" in text,
        "The file looks like one JSON array; write each element on a line of its own.": text.startswith(b"["),
        "Remove the comma at the end of the line.": text.startswith(b"{")
        and text.endswith(b"},")
        and len(text) > 2,
        "The file looks pretty-printed; write each example as one JSON object on one line.": text
        in (b"}", b"},")
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
    if line.error is not None and line.error.code == "not-utf8":
        yield Found(
            "", f"The line is not UTF-8: {line.error}.", _hint(line.data), says("not-utf8", error=line.error)
        )


@rule("invalid-json", "line", effect="refused-at-upload")
def invalid_json(line: Line) -> Iterator[Found]:
    """Every line is valid JSON, whole, on its own."""
    if line.error is not None and line.error.code == "invalid-json":
        yield Found(
            "",
            f"The line is not valid JSON: {line.error}.",
            _hint(line.data),
            says("invalid-json", error=line.error.words),
        )


@rule("too-deep", "line", effect="refused-at-upload")
def too_deep(line: Line) -> Iterator[Found]:
    """Lists and objects are inside one another only so deep."""
    if line.error is not None and line.error.code == "too-deep":
        yield Found("", f"The line cannot be read: {line.error}.", "Flatten the example.", says("too-deep"))


@rule("not-an-object", "line", effect="refused-at-upload")
def not_an_object(line: Line) -> Iterator[Found]:
    """Every line is a JSON object."""
    if line.error is None:
        hint = "Write each example as one JSON object on one line."
        if isinstance(line.value, list):
            hint = "Write each element of the list on a line of its own."
        yield Found(
            "",
            f"The line is {shown(line.value)}; each line must be a JSON object.",
            hint,
            says("not-an-object"),
        )


BLANK_LINE = declare(
    "blank-line",
    "line",
    "warning",
    "none",
    "FACTS.md §4.5 (I)",
    "No line is blank; the platform is thought to skip it.",
)
BYTE_ORDER_MARK = declare(
    "byte-order-mark",
    "line",
    "warning",
    "none",
    "FACTS.md §7 (I)",
    "The file does not begin with a byte order mark.",
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


def line_too_long(length: int) -> Found:
    """What to say about a line of `length` bytes."""
    return Found(
        "",
        f"The line is {length / 2**20:.0f} MiB long; at most {MAX_LINE_BYTES // 2**20} MiB are read.",
        "Check that the file has line feeds between examples; split or shorten the example.",
        says("line-too-long"),
    )
