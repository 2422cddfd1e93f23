"""What clients make up: ids and times that are new in each run."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

from drytune.handlers.matching.hidden import MARKS
from drytune.handlers.matching.operations import PLATFORM_ID

__all__ = ["CORES", "WORDS", "Made", "looks_made", "may_be_loose"]

_UUID: Final = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_HEX: Final = r"(?:[0-9a-f]{16,}|[0-9A-F]{16,})"
_ULID: Final = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
_TEMPORARY: Final = r"tmp[a-z0-9_]{8}"
_CORE: Final = rf"(?<![0-9A-Za-z])(?:{_UUID}|{_ULID}|{_HEX}|{_TEMPORARY})(?![0-9A-Za-z])"

CORES: Final = re.compile(_CORE.encode())
"""Ids that a client made up, anywhere."""

WORDS: Final = re.compile(
    rb"(?<![0-9A-Za-z])"
    rb"(?:\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d[0-9:.]*(?:Z|[+-]\d\d:?\d\d)?)?|\d{10}(?:\d{3})?)"
    rb"(?![0-9A-Za-z])"
)
"""Times, anywhere."""

_LOOSE: Final = re.compile(
    rb"[0-9a-fA-F]{16}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-|\d{4}-\d\d-\d\d|\d{10}|[0-7][0-9A-Z]{25}|tmp[a-z0-9_]{8}"
)
_SHAPED: Final = re.compile(rf"([A-Za-z0-9_.:/@+-]*?)({_CORE})([A-Za-z0-9_.-]{{0,40}})")
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:([T ])(\d\d:\d\d)(:\d\d)?(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?)?")
_LONGEST: Final = 200
_EARLIEST, _LATEST = 1_400_000_000, 2_300_000_000  # 2014 to 2042: what a clock of today may show


class Made(NamedTuple):
    """What a value looks like that a client made up.

    Attributes:
        kind: Values of the same kind may stand for each other: ``uuid run-<>``.
        core: The part that was made up.
        lasts: Whether it names something, and means the same thing each time that it comes.
    """

    kind: str
    core: str
    lasts: bool


def looks_made(value: Any) -> Made | None:
    """What a leaf looks like; None if no client made it up."""
    if type(value) is str:
        return _text(value) if 8 <= len(value) <= _LONGEST else None
    if type(value) is int or type(value) is float:
        return _moment(value)
    return None


def may_be_loose(text: bytes) -> bool:
    """Whether anything in it may stand for something else; if not, only an equal request is like it."""
    return _LOOSE.search(text) is not None or any(mark in text for mark in MARKS)


@lru_cache(maxsize=4096)
def _text(value: str) -> Made | None:
    time = _TIME.fullmatch(value)
    if time is not None:
        shape = "".join("-" if part is None else part if part in "TZ " else "+" for part in time.groups()[1:])
        return Made(f"time {shape}", value, lasts=False)
    if value.isdigit():
        moment = _moment(int(value)) if value.isascii() and len(value) <= 13 else None
        return None if moment is None else moment._replace(kind=f"{moment.kind} in words", core=value)
    if PLATFORM_ID.match(value):
        return None
    shaped = _SHAPED.fullmatch(value)
    if shaped is None:
        return None
    core = shaped[2]
    kind = _kind_of(core)
    return None if kind is None else Made(f"{kind} {shaped[1]}<>{shaped[3]}", core, lasts=True)


def _kind_of(core: str) -> str | None:
    if "-" in core:
        return "uuid"
    if core.startswith("tmp"):
        return "temporary"
    if re.fullmatch(_ULID, core):
        return "ulid"
    if core.isdigit() or core.isalpha():  # a number that means something, or a word
        return None
    return f"hex {len(core)}"


def _moment(value: float) -> Made | None:
    for unit in (1, 1000):
        if _EARLIEST * unit <= value <= _LATEST * unit:
            return Made(f"moment {unit}", str(value), lasts=False)
    return None
