"""Finding secrets in a text, however they are written there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple, Protocol

from drytune.cassettes.redaction.fields import WORDS, named
from drytune.cassettes.redaction.kinds import KINDS, Kind, shaped, without_placeholders
from drytune.cassettes.redaction.views import Encoded, View, encoded_in, is_binary, views

__all__ = ["NOTHING_ELSE", "Also", "Found", "Names", "changed", "edits", "search"]

Names = Callable[[Kind, str], str]
"""Gives the placeholder of a secret."""

_DEEPEST: Final = 5
"""Readings of readings: base64 in JSON in a string in a form."""

_MARKS: Final = tuple({mark.encode() for kind in KINDS for mark in kind.marks})
_WORDS: Final = tuple(word.encode() for word in WORDS)
# what is in percent, escaped, or base64 once more
_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}%[0-9A-Fa-f]{2}")
_ESCAPE = re.compile(rb"\\(?:u00|x)[0-9A-Fa-f]{2}")
_IN_BASE64: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
_RUNS: Final = bytes(ord("A") if byte in _IN_BASE64 else ord(".") for byte in range(256))
_RUN: Final = b"A" * 24
_FEWEST_LEFT: Final = 4
_ESCAPED = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))|%([0-9A-Fa-f]{2})", re.DOTALL)


class Found(NamedTuple):
    """A secret in a text.

    Attributes:
        start, end: Where it stands, as it is written.
        kind: What it is.
        secret: Itself, as it reads.
        rewritten: Writes this place anew, of base64 that has the secret in it; None if a placeholder goes there.
    """

    start: int
    end: int
    kind: Kind
    secret: str
    rewritten: Callable[[Names], str] | None = None


class Also(Protocol):
    """What else is a secret, beside the kinds that everyone knows."""

    def spans(self, text: str, *, decoded: bool) -> Iterable[tuple[int, int, Kind]]:
        """Where it stands; `decoded` says that `text` was base64, and may be no text at all."""

    def worth(self, data: bytes) -> bool:
        """Whether a closer look at decoded `data` is worth it."""


class _NothingElse:
    def spans(self, text: str, *, decoded: bool) -> Iterable[tuple[int, int, Kind]]:  # noqa: ARG002
        return ()

    def worth(self, data: bytes) -> bool:  # noqa: ARG002
        return False


NOTHING_ELSE: Final[Also] = _NothingElse()


def search(text: str, also: Also = NOTHING_ELSE, *, depth: int = 0, decoded: bool = False) -> Iterator[Found]:
    """Every secret in `text`, in no order; one may be found in several ways.

    Args:
        text: In which it is looked for.
        also: What else is a secret.
        depth: How many readings `text` is from what is written.
        decoded: Whether it was base64.
    """
    is_data = is_binary(text)
    for start, end, kind in () if is_data and depth else _plain(text, also, decoded=decoded):
        secret = text[start:end]
        rest = without_placeholders(secret)
        if rest == secret or sum(map(str.isalnum, rest)) >= _FEWEST_LEFT:
            yield Found(
                start, end, kind, _ESCAPED.sub(_read, secret) if "\\" in secret or "%" in secret else secret
            )
    if depth >= _DEEPEST:
        return
    for view in views(text):
        for found in search(view.text, also, depth=depth + 1, decoded=decoded):
            yield _in_source(found, view)

    def worth(data: bytes) -> bool:
        return _worth(data) or also.worth(data)

    if is_data:
        return
    for code in encoded_in(text, worth):
        inner = list(search(code.text, also, depth=depth + 1, decoded=True))
        if inner:
            first = min(inner, key=lambda one: (one.start, -one.end))
            yield Found(code.start, code.end, first.kind, first.secret, _writer(code, inner))


def edits(found: Iterable[Found], names: Names) -> list[tuple[int, int, str]]:
    """What to write where, in order and apart from one another.

    Of secrets that overlap, one placeholder takes the place of all. Base64 is written anew only where nothing in
    it or around it is a secret as it stands.
    """
    ordered = sorted(found, key=lambda one: (one.start, -one.end))
    written: list[tuple[int, int, str]] = []
    index = 0
    while index < len(ordered):
        end = ordered[index].end
        group = [ordered[index]]
        while index + len(group) < len(ordered) and ordered[index + len(group)].start < end:
            group.append(ordered[index + len(group)])
            end = max(end, group[-1].end)
        index += len(group)
        whole = [one for one in group if one.rewritten is None]
        if whole:
            longest = max(whole, key=lambda one: one.end - one.start)
            start, end = min(one.start for one in whole), max(one.end for one in whole)
            written.append((start, end, names(longest.kind, longest.secret)))
        else:
            one = group[0]
            written.append((one.start, one.end, one.rewritten(names) if one.rewritten else ""))
    return written


def changed(text: str, written: Iterable[tuple[int, int, str]]) -> str:
    """`text` with these places written anew."""
    pieces, at = [], 0
    for start, end, new in written:
        pieces += [text[at:start], new]
        at = end
    return "".join([*pieces, text[at:]])


def _plain(text: str, also: Also, *, decoded: bool) -> Iterator[tuple[int, int, Kind]]:
    yield from shaped(text)
    yield from named(text)
    yield from also.spans(text, decoded=decoded)


def _worth(data: bytes) -> bool:
    if any(mark in data for mark in _MARKS):
        return True
    small = data.lower()
    if any(word in small for word in _WORDS) or _PERCENT.search(data) or _ESCAPE.search(data):
        return True
    return _RUN in data.translate(_RUNS)


def _in_source(found: Found, view: View) -> Found:
    start, end = view.span(found.start, found.end)
    rewritten = found.rewritten
    if rewritten is None:
        return Found(start, end, found.kind, found.secret)
    return Found(start, end, found.kind, found.secret, lambda names: view.write(rewritten(names)))


def _writer(code: Encoded, inner: list[Found]) -> Callable[[Names], str]:
    return lambda names: code.rewritten(changed(code.text, edits(inner, names)))


def _read(match: re.Match[str]) -> str:
    digits = match[1] or match[3]
    return chr(int(digits, 16)) if digits else match[2]
