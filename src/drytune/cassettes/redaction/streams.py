"""Secrets that a model says in pieces: over the events of a stream, and over the tokens of its log probabilities.

No piece looks like anything. So the pieces of one text are joined and searched, and what is found is replaced in
the first of them and taken out of the others.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import msgspec

from drytune.cassettes.redaction.leaves import Path, leaves
from drytune.cassettes.redaction.searching import Also, Found, Names, edits, search

__all__ = ["Piece", "Spread", "spread", "spread_edits"]

_EVENT = re.compile(r"^data:[ ]?([^\r\n]+)", re.MULTILINE)
_LINE = re.compile(r"^([^\r\n]+)", re.MULTILINE)
_OF_EVENT: Final = ("type", "item_id", "output_index", "content_index", "summary_index", "index")
_NO_TEXT: Final = frozenset({"role", "id", "type", "name", "object", "model", "finish_reason", "obfuscation"})
_TEXTS: Final = frozenset({"text", "content", "response", "thinking"})
_LARGEST_JSON: Final = 64 * 1024 * 1024
_decode = msgspec.json.Decoder().decode


class Piece(NamedTuple):
    """A piece of a text.

    Attributes:
        document: Number of the event (or 0).
        span: Where that event's JSON stands.
        path: Where in it the piece is.
        text: The piece, as it reads.
    """

    document: int
    span: tuple[int, int]
    path: Path
    text: str


class Spread(NamedTuple):
    """A secret that is spread over pieces.

    Attributes:
        found: It, in the joined text.
        pieces: All of that text.
        starts: Where in the joined text each piece begins.
    """

    found: Found
    pieces: list[Piece]
    starts: list[int]

    def touched(self) -> list[int]:
        """Numbers of the pieces in which some of it is."""
        first = bisect_right(self.starts, self.found.start) - 1
        return [
            number
            for number in range(first, len(self.pieces))
            if self.starts[number] < self.found.end and self.pieces[number].text
        ]


def spread(text: str, content_type: str, also: Also) -> Iterator[Spread]:
    """The secrets in the texts that a body says in pieces.

    Some stand in one piece, and only one before it tells that they are secrets: arguments of a call come as
    ``{"password": "`` and then the rest.
    """
    for pieces in _joined(text, content_type):
        if len(pieces) < 2:
            continue
        starts, at = [], 0
        for piece in pieces:
            starts.append(at)
            at += len(piece.text)
        for found in search("".join(piece.text for piece in pieces), also):
            yield Spread(found, pieces, starts)


def spread_edits(text: str, all_spread: Iterable[Spread], names: Names) -> list[tuple[int, int, str]]:
    """What to write where in the body, in order and apart from one another."""
    together: dict[int, list[Spread]] = {}
    for one in all_spread:
        together.setdefault(id(one.pieces), []).append(one)
    written: dict[tuple[int, int], str] = {}
    for group in together.values():
        pieces, starts = group[0].pieces, group[0].starts
        new = [piece.text for piece in pieces]
        # from the last one on, so that the places before it stay
        for start, end, placeholder in reversed(edits((one.found for one in group), names)):
            first = True
            for number in _numbers(starts, pieces, start, end):
                begin = max(0, start - starts[number])
                stop = min(len(pieces[number].text), end - starts[number])
                new[number] = new[number][:begin] + (placeholder if first else "") + new[number][stop:]
                first = False
        for piece, now in zip(pieces, new, strict=True):
            if now != piece.text:
                written.update(_written(text, piece, now))
    return sorted((start, end, now) for (start, end), now in written.items())


def _numbers(starts: list[int], pieces: list[Piece], start: int, end: int) -> list[int]:
    first = bisect_right(starts, start) - 1
    return [
        number
        for number in range(first, len(pieces))
        if starts[number] < end and starts[number] + len(pieces[number].text) > start
    ]


def _written(text: str, piece: Piece, now: str) -> dict[tuple[int, int], str]:
    """The piece anew, and what repeats it beside it: a token's bytes, and the tokens that were as likely."""
    written = {}
    path = piece.path
    beside = {(*path[:-1], "bytes"): _bytes(now), (*path[:-1], "top_logprobs"): "[]"}
    if path[-2:-1] == ("tokens",):
        beside = {(*path[:-2], "top_logprobs"): "[]"}
    elif path[-1] != "token":
        beside = {}
    for leaf in leaves(text, *piece.span):
        if leaf.is_string and leaf.path == path:
            written[leaf.start, leaf.end] = json.dumps(now, ensure_ascii=text.isascii())[1:-1]
        elif not leaf.is_string and leaf.path in beside:
            written[leaf.start, leaf.end] = beside[leaf.path]
    return written


def _bytes(text: str) -> str:
    return json.dumps(list(text.encode("utf-8", "replace")), separators=(",", ":"))


def _joined(text: str, content_type: str) -> Iterator[list[Piece]]:
    groups: dict[tuple[Any, ...], list[Piece]] = {}
    is_stream = "event-stream" in content_type or text.startswith(("data:", "event:"))
    is_lines = "ndjson" in content_type
    if is_stream or is_lines:
        for number, match in enumerate((_EVENT if is_stream else _LINE).finditer(text)):
            _gather(groups, number, match[1], match.span(1))
    elif '"logprobs"' in text and len(text) < _LARGEST_JSON:
        _gather(groups, 0, text, (0, len(text)))
    yield from groups.values()


def _gather(
    groups: dict[tuple[Any, ...], list[Piece]], number: int, text: str, span: tuple[int, int]
) -> None:
    if not text.lstrip().startswith("{"):
        return
    event = _decoded(text)
    if event is None:
        return
    about = tuple(event.get(name) if isinstance(event.get(name), str | int) else None for name in _OF_EVENT)
    for path, key, value in _texts(event, (), ()):
        groups.setdefault((about, key), []).append(Piece(number, span, path, value))


def _decoded(text: str) -> dict[str, Any] | None:
    try:
        event: Any = _decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        try:
            event = json.loads(text)  # which takes half of an emoji as well, and models say that
        except (ValueError, RecursionError):
            return None
    return event if isinstance(event, dict) else None


def _texts(value: Any, path: Path, key: tuple[Any, ...]) -> Iterator[tuple[Path, tuple[Any, ...], str]]:
    """The strings that are pieces of something, and what tells to which text each belongs."""
    if isinstance(value, str):
        if _is_piece(path):
            yield path, key, value
    elif isinstance(value, dict):
        for name, item in value.items():
            if name != "top_logprobs":
                yield from _texts(item, (*path, name), (*key, name))
    elif isinstance(value, list):
        of_logprobs = "logprobs" in path
        for place, item in enumerate(value):
            number = item.get("index", place) if isinstance(item, dict) else place
            yield from _texts(item, (*path, place), key if of_logprobs else (*key, number))


def _is_piece(path: Path) -> bool:
    last = path[-1] if path else ""
    if "logprobs" in path:
        return last == "token" or path[-2:-1] == ("tokens",)
    return ("delta" in path or last in _TEXTS) and last not in _NO_TEXT
