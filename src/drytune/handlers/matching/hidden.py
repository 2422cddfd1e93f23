"""Recorded texts in which secrets were hidden: a placeholder stands for any text."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from typing import Final, NamedTuple

from drytune.cassettes.redaction.kinds import PLACEHOLDER

__all__ = ["MARKS", "fits", "is_hidden"]

_MARK: Final = b"REDACTED"
# in base64 the same word looks in three ways, by where it begins; its first and last characters hang on others
_ENCODED: Final = tuple(
    b64encode(b"\0" * before + _MARK)[before + (before > 0) : (before + len(_MARK)) * 8 // 6]
    for before in range(3)
)

MARKS: Final = (_MARK, *_ENCODED)
"""One of them is in each text in which a secret was hidden."""

_ANY_ENCODED: Final = "|".join(one.decode() for one in _ENCODED)
_HOLE: Final = re.compile(
    rf"(?P<plain>{PLACEHOLDER.pattern})|[A-Za-z0-9+/_-]*(?:{_ANY_ENCODED})[A-Za-z0-9+/_=-]*"
)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")


class _Holes(NamedTuple):
    """A text with holes: what stands before, between and behind them, and their placeholders, if they are some."""

    solid: tuple[str, ...]
    names: tuple[str | None, ...]


def is_hidden(recorded: str) -> bool:
    """Whether a recorded text has a placeholder in it, plain or in base64."""
    return bool(_holes(recorded).names)


def fits(recorded: str, asked: str) -> dict[str, str] | None:
    """What a client has where a recorded text has placeholders; None if the rest of the two is not equal.

    Each hole is as short as it can be, and takes time in proportion to the text: no pattern goes back and forth.
    """
    solid, names = _holes(recorded)
    if not names or not asked.startswith(solid[0]) or not asked.endswith(solid[-1]):
        return None
    end = len(asked) - len(solid[-1])
    at = len(solid[0])
    found: dict[str, str] = {}
    for place, name in enumerate(names, 1):
        following = solid[place]
        stop = end if place == len(names) else asked.find(following, at + 1, end)
        if stop <= at:
            return None
        text = asked[at:stop]
        if name is not None:
            found[name] = text
        elif not _BASE64.fullmatch(text):
            return None
        at = stop + len(following)
    return found


@lru_cache(maxsize=1024)
def _holes(recorded: str) -> _Holes:
    if not any(mark.decode() in recorded for mark in MARKS):
        return _Holes((recorded,), ())
    solid: list[str] = []
    names: list[str | None] = []
    end = 0
    for found in _HOLE.finditer(recorded):
        solid.append(recorded[end : found.start()])
        names.append(found["plain"])
        end = found.end()
    return _Holes((*solid, recorded[end:]), tuple(names))
