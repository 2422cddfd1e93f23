"""Other readings of a text, in which a secret may be hidden: escapes undone, percent signs undone, base64 decoded.

Each reading knows where its letters stand in the text, so that what is found in it can be replaced there and all
the rest stays as it was written, to the byte.
"""

from __future__ import annotations

import binascii
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

__all__ = ["Encoded", "View", "encoded_in", "is_binary", "views"]

_ESCAPE = re.compile(r"(?:\\u[0-9A-Fa-f]{4})+|\\x[0-9A-Fa-f]{2}|\\(?:.|$)", re.DOTALL)
_ONE_ESCAPE = re.compile(
    r"\\u[dD][89aAbB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\(?:.|$)",
    re.DOTALL,
)
_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ONE_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_NULS = re.compile("\0+")

_CONTROLS: Final = bytes({*range(32), 127} - set(b"\t\n\r\f\x1b"))
_MOST_CONTROLS: Final = 50
"""A text has at most one control character in so many; what is compressed or a picture has six."""
# beginning with what is rare, which is quicker to find
_WIDE = re.compile(r"(?:\0[\t\n\r -~]){6}")
_WIDE_BYTES = re.compile(rb"(?:\0[\t\n\r -~]){6}")
# what is not at least seven characters of text
_SEA = re.compile(r"(?:[^\t\n\r -~]|(?<![\t\n\r -~])[\t\n\r -~]{1,6}+(?![\t\n\r -~]))+")
_ISLANDS = re.compile(rb"[\t\n\r -~]{7,}")

_LONG: Final = 1_000
_LINE: Final = 32
# shorter ones are less than twelve bytes
_RUN = re.compile(rb"[A-Za-z0-9+/]{16,}")
_LINES = re.compile(rb"(?:[A-Za-z0-9+/]{32,}(?:\\r)?(?:\\n|\r?\n)[ \t]*)+[A-Za-z0-9+/]*")
_BREAK = re.compile(rb"(?:\\r)?(?:\\n|\r?\n)[ \t]*")
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_URLSAFE: Final = str.maketrans("+/", "-_")


@dataclass(frozen=True, slots=True)
class View:
    """A reading of a text.

    Attributes:
        text: As it reads.
        units: Finds what is written otherwise in the text of which it is a reading, one after the other.
        read: How one of them reads.
        write: How something new is written in the text.
        source: That text.
    """

    text: str
    source: str
    units: re.Pattern[str]
    read: Callable[[str], str]
    write: Callable[[str], str]
    _map: list[tuple[int, int, int, int]] = field(default_factory=list)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where what stands here from `start` to `end` stands in the source."""
        if not self._map:
            here = there = 0
            self._map.append((0, 0, 0, 0))
            for match in self.units.finditer(self.source):
                here += match.start() - there
                there = match.end()
                length = len(self.read(match[0]))
                self._map.append((here, here + length, match.start(), match.end()))
                here += length
        return self._place(start, is_end=False), self._place(end, is_end=True)

    def _place(self, place: int, *, is_end: bool) -> int:
        # of units that read as nothing the last one counts for a start, so that they stay before it
        key = (place, -1, -1, -1) if is_end else (place, len(self.text) + 1, 0, 0)
        index = max(0, bisect_right(self._map, key) - 1)
        here, here_end, there, there_end = self._map[index]
        if place >= here_end:
            return there_end + place - here_end
        return there if place == here or not is_end else there_end


def views(text: str) -> Iterator[View]:
    """The readings of `text` that differ from it; of what is no text, only those of the texts that are in it."""
    if is_binary(text):
        if _WIDE.search(text):  # UTF-16
            yield View(text.replace("\0", ""), text, _NULS, _nothing, "\0".join)
        islands = _SEA.sub("\n", text)
        if islands.strip("\n"):
            yield View(islands, text, _SEA, _line_break, _as_it_is)
        return
    if "\\" in text:
        yield View(_ESCAPE.sub(_unescaped_match, text), text, _ONE_ESCAPE, _unescaped, _as_it_is)
    if "%" in text and _ONE_PERCENT.search(text):
        yield View(_PERCENT.sub(_unquoted_match, text), text, _PERCENT_UNIT, _unquoted, _quoted)


def is_binary(text: str) -> bool:
    """Whether a text has more control characters than a text has."""
    return _is_binary(text.encode("latin-1", "replace"))


def _is_binary(data: bytes) -> bool:
    return len(data) - len(data.translate(None, _CONTROLS)) > len(data) // _MOST_CONTROLS


# bytes of letters one by one, so that what stands beside a secret stays; those of a longer character in one piece
_PERCENT_UNIT = re.compile(r"%[0-7][0-9A-Fa-f]|(?:%[89A-Fa-f][0-9A-Fa-f])+")


def _unescaped_match(match: re.Match[str]) -> str:
    return _unescaped(match[0])


def _unescaped(escape: str) -> str:
    letter = escape[1:2]
    if letter == "u" and len(escape) >= 6:
        if len(escape) == 6:
            return chr(int(escape.removeprefix("\\u"), 16))
        units = bytes.fromhex(escape.replace("\\u", ""))
        return units.decode("utf-16-be", "surrogatepass")
    if letter == "x" and len(escape) == 4:
        return chr(int(escape.removeprefix("\\x"), 16))
    return _LETTERS.get(letter, letter)


def _unquoted_match(match: re.Match[str]) -> str:
    return _unquoted(match[0])


def _unquoted(escapes: str) -> str:
    return bytes.fromhex(escapes.replace("%", "")).decode("utf-8", "surrogateescape")


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _nothing(_: str) -> str:
    return ""


def _line_break(_: str) -> str:
    return "\n"


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Encoded:
    """A run of base64, from one of the four letters at which it may begin.

    Attributes:
        start, end: Where it stands.
        text: What it says, a letter for a byte (Latin-1).
        written: As it stands.
    """

    start: int
    end: int
    text: str
    written: str

    def rewritten(self, text: str) -> str:
        """`text` (Latin-1) as base64, in the alphabet, the padding and the lines of what stands there."""
        code = binascii.b2a_base64(text.encode("latin-1"), newline=False).decode("ascii")
        urlsafe = "-" in self.written or "_" in self.written
        if urlsafe:
            code = code.translate(_URLSAFE)
        # without any, it may have needed none
        letters = len(re.findall(r"[A-Za-z0-9+/_-]", self.written))
        if not self.written.endswith("=") and (urlsafe or letters % 4 or "\n" in self.written):
            code = code.rstrip("=")
        lines = re.match(r"([A-Za-z0-9+/_-]+)((?:\\r)?(?:\\n|\r?\n)[ \t]*)", self.written)
        if lines is None:
            return code
        width = len(lines[1])
        return lines[2].join(code[at : at + width] for at in range(0, len(code), width))


def encoded_in(text: str, worth: Callable[[bytes], bool]) -> Iterator[Encoded]:
    """What of `text` may be base64 and, decoded, is `worth` a look.

    Nobody knows where a run begins, because a slash before it may be of a path; so each is read from its first
    four letters on.
    """
    data = text.encode("ascii", "replace").translate(_STANDARD)
    # digits alone, of a number, are no text in base64: of three letters the first makes one
    runs = [match.span() for match in _RUN.finditer(data) if not match[0].isdigit()]
    line_end = 0
    short = [(start, end) for start, end in runs if end - start <= _LONG]
    # most texts have many short runs that are only words: one look at all of them
    pieces = b"\n".join(piece for start, end in short for piece in _decoded(data[start:end]))
    if pieces and (worth(pieces) or (_WIDE_BYTES.search(pieces) and worth(pieces.replace(b"\0", b"")))):
        for start, end in short:
            yield from _worthy(text, data, start, end, worth)
    for start, end in runs:
        if end - start > _LONG:
            yield from _worthy(text, data, start, end, worth)
        if end - start >= _LINE and _BREAK.match(data, end) is not None:
            lines = _LINES.match(data, start)
            if lines is not None and lines.start() >= line_end:
                line_end = lines.end()
                yield from _worthy(text, data, start, line_end, worth)


def _worthy(
    text: str, data: bytes, start: int, end: int, worth: Callable[[bytes], bool]
) -> Iterator[Encoded]:
    run = data[start:end]
    in_lines = b"\n" in run or b"\\" in run
    if in_lines:
        run = _BREAK.sub(b"", run)
    for offset in (0,) if in_lines else (0, 1, 2, 3):
        piece = _decode(run[offset:])
        if not worth(_texts_of(piece)):
            continue
        stop = end
        if (len(run) - offset) % 4 == 1:  # the last letter says nothing
            stop -= 1
        while stop < len(text) and text[stop] == "=" and stop - end < 2:
            stop += 1
        yield Encoded(start + offset, stop, piece.decode("latin-1"), text[start + offset : stop])


def _texts_of(data: bytes) -> bytes:
    """What of decoded data may be text."""
    if not _is_binary(data):
        return data
    wide = data.replace(b"\0", b"") if _WIDE_BYTES.search(data) else b""
    return b"\n".join([wide, *_ISLANDS.findall(data)])


def _decoded(run: bytes) -> Iterator[bytes]:
    for offset in range(4):
        yield _decode(run[offset:])


def _decode(run: bytes) -> bytes:
    rest = len(run) % 4
    if rest == 1:
        run = run[:-1]
    elif rest:
        run += b"=="[: 4 - rest]
    return binascii.a2b_base64(run)
