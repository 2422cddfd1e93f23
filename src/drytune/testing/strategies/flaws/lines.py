"""Lines that are no JSON object, or hide something that decoding does not show."""

from __future__ import annotations

import json

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from drytune.testing.strategies.flaws.registry import Flawed, Good, Line, file_flaw, row_flaw
from drytune.testing.strategies.rows import encoded, jsonl
from drytune.testing.strategies.text import Row
from drytune_simulator.dataset.lens import Limits

_IN_A_TEXT = b'"content": "'
"""What stands before a text of the plain rows."""


def _ascii(row: Row) -> bytes:
    return encoded(row, ascii_only=True)


def _with(row: Row, inserted: bytes) -> bytes:
    """The row as a line with something at the beginning of its last text."""
    before, found, after = _ascii(row).rpartition(_IN_A_TEXT)
    return before + found + inserted + after


@row_flaw("not-utf8")
def not_utf8(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A byte that is none of UTF-8's, as Latin-1 or a cut character leaves."""
    return _with(
        row, draw(st.sampled_from([b"\xff", b"\xe9t\xe9 ", b"\xc3 ", b"\xed\xa0\x80", b"\xf0\x9f\x98"]))
    ), ""


@row_flaw("invalid-json")
def invalid_json(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A line that was cut off, or written by hand or with the tools of another language."""
    line = _ascii(row)
    return draw(
        st.sampled_from(
            [
                line.replace(b'"messages"', b"'messages'"),
                line.replace(b'"messages"', b"messages"),
                line.replace(b'"role": ', b'"role" '),
                line.replace(b'", "content"', b'" "content"'),
                line[:-1] + b', "weight": NaN}',
                line[:-1] + b', "weight": None}',
                line + b" " + line,
                line + b" // done",
                line + b"}",
                _with(row, b'"'),
                _with(row, b"\t"),
                _with(row, b"\\x41"),
            ]
        )
        | st.integers(1, len(line) - 1).map(lambda end: line[:end])
    ), ""


@row_flaw("trailing-comma")
def trailing_comma(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A comma at the end of the line, or before a closing bracket."""
    line = _ascii(row)
    return draw(
        st.sampled_from(
            [line + b",", line + b" , ", line[:-1] + b",}", line[:-2] + b", ]}", line[:-3] + b",}]}"]
        )
    ), ""


@row_flaw("top-level-array")
def top_level_array(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A line that is a list."""
    line = _ascii(row)
    return draw(
        st.sampled_from([b"[" + line + b"]", b"[" + line + b", " + line + b"]", b"[]", b'["messages"]'])
    ), ""


@row_flaw("nul-byte")
def nul_byte(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """NUL in a text, around the line, or instead of it."""
    line, many = _ascii(row), b"\0" * draw(st.integers(1, 4))
    return draw(st.sampled_from([_with(row, many), line + many, many + line, many])), ""


@row_flaw("too-deep")
def too_deep(draw: DrawFn, _row: Row) -> tuple[Line, str]:
    """Lists, or objects, inside one another without reason."""
    depth = draw(st.integers(200, 400))
    if draw(st.booleans()):
        return b'{"messages": ' + b"[" * depth + b"]" * depth + b"}", ""
    return b'{"a":' * depth + b"{}" + b"}" * depth, ""


@row_flaw("not-an-object")
def not_an_object(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A line that is a text, a number, true, false or null."""
    said = st.sampled_from([row["messages"][-1]["content"], "", 5, -1.5, True, False, None])
    return json.dumps(draw(said)).encode(), ""


@file_flaw("line-too-long")
def line_too_long(draw: DrawFn, good: Good) -> Flawed:
    """One line that is longer than is read, where the limit is lowered to the others' length."""
    longest = max(len(encoded(row)) for row in good.rows)
    place = draw(st.integers(0, len(good.rows) - 1))
    line = encoded(good.rows[place]).ljust(longest + draw(st.integers(1, 400)))
    limits = Limits(line_bytes=longest)
    return good.spoilt("line-too-long", good.with_line(place, line), place + 1, limits=limits)


@file_flaw("blank-line")
def blank_line(draw: DrawFn, good: Good) -> Flawed:
    """A line that holds nothing, or white space only."""
    place = draw(st.integers(0, len(good.rows)))
    blank = draw(st.sampled_from([b"", b" ", b"\t \t"]))
    return good.spoilt("blank-line", [*good.rows[:place], blank, *good.rows[place:]], place + 1)


@file_flaw("byte-order-mark")
def byte_order_mark(_draw: DrawFn, good: Good) -> Flawed:
    """The three bytes that some editors put before UTF-8."""
    return good.spoilt("byte-order-mark", b"\xef\xbb\xbf" + jsonl(good.rows), 1)


@file_flaw("crlf")
def crlf(draw: DrawFn, good: Good) -> Flawed:
    """Carriage returns before the line feeds, from some line on."""
    place = draw(st.integers(0, len(good.rows) - 1))
    lines = [*good.rows[:place], *(encoded(row) + b"\r" for row in good.rows[place:])]
    return good.spoilt("crlf", lines, place + 1)


@row_flaw("duplicate-key")
def duplicate_key(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A key that stands twice in one object; readers keep the last."""
    line, last = _ascii(row), len(row["messages"]) - 1
    before, found, after = line.rpartition(_IN_A_TEXT)
    colon = draw(st.sampled_from([b":", b": ", b" : "]))
    cases = [
        (before + b'"content"' + colon + b'"lost", ' + found + after, f"/messages/{last}/content"),
        (before + b'"role"' + colon + b'"assistant", ' + found + after, f"/messages/{last}/role"),
        (b'{"messages"' + colon + b"[], " + line[1:], "/messages"),
    ]
    return draw(st.sampled_from(cases))


@row_flaw("lone-surrogate")
def lone_surrogate(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Half of a character beyond U+FFFF, as a cut in the middle of an emoji leaves."""
    half = st.sampled_from([b"\\ud83d", b"\\uDE00", b"\\ud83d \\ude00", b"\\ude00\\ud83d", b"\\\\\\udbff"])
    return _with(row, draw(half)), ""
