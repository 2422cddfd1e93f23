"""A user's own secrets: literal ones that are known, and regular expressions.

Expressions run on an engine that takes time in proportion to the text (that of the search index), so that none can
stop a recording. It has neither look-arounds nor backward references.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Final
from urllib.parse import quote_plus

from drytune.cassettes.redaction.kinds import PLACEHOLDER, Kind
from drytune.errors import UsageError

__all__ = ["KNOWN", "PATTERN", "Own"]

_NEVER = re.compile(r"(?!)")
KNOWN: Final = Kind("a secret that was named", "REDACTED", _NEVER, ())
PATTERN: Final = Kind("what a pattern of yours matches", "REDACTED-custom", _NEVER, ())

_LONGEST_PATTERN: Final = 1_000
_SHORTEST_KNOWN: Final = 4
_SHORTEST_LEARNT: Final = 8
_PROBE: Final = "a Z0_-é猫\n\n  x1:=/\"'.,\\\t!a a"
_PRINTABLE: Final = bytes(range(32, 127)) + b"\t\r\n"
_FEWEST_PRINTABLE: Final = 0.9

Finder = Callable[[str], list[str]]


class Own:
    """What a user calls a secret.

    Args:
        patterns: Regular expressions.
        known: Literal secrets.

    Raises:
        UsageError: A pattern is none, is too long, needs what a linear engine has not, or matches nothing at all;
            a literal secret has fewer than four characters.
    """

    def __init__(self, patterns: Iterable[str] = (), known: Iterable[str] = ()) -> None:
        self._finders = [(pattern, _compiled(pattern)) for pattern in patterns]
        self._lock = threading.Lock()
        self._known: tuple[str, ...] = ()
        self._forms: tuple[bytes, ...] = ()
        self._written: dict[str, str] = {}
        for secret in known:
            if len(secret) < _SHORTEST_KNOWN:
                msg = (
                    f"A known secret has {len(secret)} characters; with fewer than {_SHORTEST_KNOWN} it cannot be "
                    "told from other text: leave it out."
                )
                raise UsageError(msg)
            self._add(secret)

    def learn(self, secret: str) -> None:
        """Take one more literal secret; what is short or a placeholder is none (``EMPTY``, ``none``)."""
        if len(secret) >= _SHORTEST_LEARNT and not PLACEHOLDER.fullmatch(secret):
            self._add(secret)

    def secret(self, written: str) -> str:
        """The known secret that is written so; what is none comes back as it is."""
        return self._written.get(written, written)

    def _add(self, secret: str) -> None:
        with self._lock:
            if secret in self._known:
                return
            # the longest first: one may be the beginning of another
            forms = {secret, quote_plus(secret)} - set(self._known)
            self._written |= dict.fromkeys((form for one in forms for form in _spellings(one)), secret)
            self._known = tuple(sorted({*self._known, *forms}, key=len, reverse=True))
            self._forms = tuple(one.encode("utf-8", "surrogateescape") for one in self._known)

    def spans(self, text: str, *, decoded: bool) -> Iterator[tuple[int, int, Kind]]:
        """Where one of them stands in `text`."""
        yield from self._spans_of_known(text)
        # what base64 says in bytes that are no text is nothing for a pattern
        if self._finders and (not decoded or (text.isascii() and _is_printable(text))):
            yield from self._spans_of_patterns(text)

    def _spans_of_known(self, text: str) -> Iterator[tuple[int, int, Kind]]:
        for secret in self._known:
            for wanted in _spellings(secret):
                at = text.find(wanted)
                while at >= 0:
                    yield at, at + len(wanted), KNOWN
                    at = text.find(wanted, at + len(wanted))

    def _spans_of_patterns(self, text: str) -> Iterator[tuple[int, int, Kind]]:
        sound = text.encode("utf-8", "replace").decode("utf-8")  # the engine takes no lone surrogates
        pieces = _between_placeholders(sound)
        for _, finder in self._finders:
            for start, piece in pieces:
                at = 0
                for match in finder(piece):
                    place = piece.find(match, at)
                    if place < 0:
                        break
                    at = place + len(match)
                    if match.strip():
                        yield start + place, start + at, PATTERN

    def worth(self, data: bytes) -> bool:
        """Whether decoded base64 may hold one of them."""
        return bool(self._finders) or any(form in data for form in self._forms)


@lru_cache(maxsize=4096)
def _spellings(secret: str) -> tuple[str, ...]:
    """How it reads in a text, in decoded bytes (a letter for a byte), and in bytes that are no UTF-8."""
    if secret.isascii():
        return (secret,)
    spellings = [secret, secret.encode("utf-8", "surrogateescape").decode("latin-1")]
    with suppress(UnicodeEncodeError):
        spellings.append(secret.encode("latin-1").decode("utf-8", "surrogateescape"))
    return tuple(spellings)


def _between_placeholders(text: str) -> list[tuple[int, str]]:
    if "REDACTED" not in text:
        return [(0, text)]
    pieces, at = [], 0
    for match in PLACEHOLDER.finditer(text):
        pieces.append((at, text[at : match.start()]))
        at = match.end()
    return [*pieces, (at, text[at:])]


def _is_printable(text: str) -> bool:
    data = text.encode("latin-1", "replace")
    return len(data.translate(None, _PRINTABLE)) <= len(data) * (1 - _FEWEST_PRINTABLE)


def _compiled(pattern: str) -> Finder:
    import tantivy  # late: few have a pattern

    if len(pattern) > _LONGEST_PATTERN:
        msg = f"A pattern to redact has {len(pattern)} characters; at most {_LONGEST_PATTERN} may be."
        raise UsageError(msg)
    shown = json.dumps(pattern[:80], ensure_ascii=False)
    try:
        finder: Finder = _analyzer(tantivy, pattern)
        probe = _analyzer(tantivy, f"(?:{pattern}\n)|(?s:.)" if "(?x" in pattern else f"(?:{pattern})|(?s:.)")
    except (ValueError, UnicodeEncodeError):
        raise UsageError(f"The pattern to redact {shown} cannot be used: {_why(pattern)}.") from None
    # the engine stops where a match is empty, and what comes behind would stay
    if sum(map(len, probe(_PROBE))) != len(_PROBE):
        msg = f"The pattern to redact {shown} also matches nothing at all; make it match one character at least."
        raise UsageError(msg)
    return finder


def _analyzer(tantivy: object, pattern: str) -> Finder:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(pattern))  # type: ignore[attr-defined]
    analyze: Finder = builder.build().analyze
    return analyze


def _why(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"it is no regular expression ({error})"
    return "it must do without look-arounds, backward references and very many repetitions"
