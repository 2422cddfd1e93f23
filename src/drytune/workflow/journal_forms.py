"""How a journal writes things down: JSON that reads back as the same, without a key in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeVar

import msgspec

from drytune.cassettes.redaction.views import encoded_in, is_binary, views

__all__ = ["Keys", "dumps", "loads"]

_T = TypeVar("_T")

_SHORTEST: Final = 8
"""``none`` and ``EMPTY`` are no keys, and stand in many texts."""

_DEEPEST: Final = 5
"""Readings of readings: base64 in JSON in a string in a form."""

_ROUNDS: Final = 6
"""What was replaced may lay another one bare."""

_HIDDEN: Final = "REDACTED-1"


def dumps(value: object) -> str:
    """`value` as JSON.

    What a platform answers may hold half a character (a lone surrogate), which JSON can spell and UTF-8 cannot.
    """
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value), separators=(",", ":"))


def loads(text: str, kind: type[_T]) -> _T:
    """What `dumps` has made of a value of that type."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:  # half a character
        return msgspec.convert(json.loads(text), kind)


class Keys:
    """The keys in use, which must not get into a file.

    All else stays as it is, whatever it looks like: prompts are sent again after a resume, and must be the same.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(known)

    def add(self, known: Iterable[str]) -> None:
        """Further ones; what has fewer than eight characters is none."""
        self._known |= {key.strip().lower() for key in known if len(key.strip()) >= _SHORTEST}
        if self._known:
            # the longest first: one may be the beginning of another
            wanted = sorted(self._known, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, wanted)), re.IGNORECASE)

    def hidden(self, value: Any) -> Any:
        """A value of JSON without them, in any case and however they are written; most often the value itself."""
        if self._pattern is None or not _is_in(self._pattern, dumps(value)):
            return value
        return _without(value, self._pattern)

    def __repr__(self) -> str:
        return f"<{len(self._known)} keys>"


def _without(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return _text_without(value, pattern)
    if isinstance(value, dict):
        return {_without(name, pattern): _without(one, pattern) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without(one, pattern) for one in value]
    return value


def _text_without(text: str, pattern: re.Pattern[str]) -> str:
    """`text` without keys; a placeholder takes the place of all of a run of base64 that has one in it."""
    for _ in range(_ROUNDS):
        found = sorted(_spans(pattern, text))
        if not found:
            return text
        pieces, at = [], 0
        for start, end in found:
            if start >= at:
                pieces += [text[at:start], _HIDDEN]
            at = max(at, end)
        text = "".join([*pieces, text[at:]])
    return text if not _is_in(pattern, text) else _HIDDEN


def _is_in(pattern: re.Pattern[str], text: str, depth: int = 0) -> bool:
    return next(_spans(pattern, text, depth), None) is not None


def _spans(pattern: re.Pattern[str], text: str, depth: int = 0) -> Iterator[tuple[int, int]]:
    """Where one stands in `text`: as it is, escaped, in percent, in base64, or several of these."""
    yield from (match.span() for match in pattern.finditer(text))
    if depth >= _DEEPEST:
        return
    for view in views(text):
        yield from (view.span(start, end) for start, end in _spans(pattern, view.text, depth + 1))
    if is_binary(text):
        return

    def worth(data: bytes) -> bool:
        return _is_in(pattern, data.decode("latin-1"), depth + 1)

    yield from ((code.start, code.end) for code in encoded_in(text, worth))
