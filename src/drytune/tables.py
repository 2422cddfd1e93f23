"""Values of a TOML table: what each must be, and the sentence about one that is something else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from drytune.errors import UsageError

__all__ = ["Key", "nearest", "shown", "typed", "unknown_key"]


class Key(msgspec.Struct, frozen=True):
    """What a key's value must be: a type, and the same in words."""

    type: Any
    words: str
    choices: tuple[str, ...] = ()


def typed(file: Path, table: str, name: str, value: object, key: Key) -> Any:
    """`value`, if it is what `key` says.

    Raises:
        UsageError: It is not.
    """
    try:
        good = msgspec.convert(value, key.type, builtin_types=() if isinstance(value, str) else (date,))
    except msgspec.ValidationError:
        good = None
    if good is None or (isinstance(good, float) and not math.isfinite(good)):
        near = nearest(value, key.choices) if isinstance(value, str) and key.choices else ""
        raise UsageError(
            f"{file}: {table} {name} is {shown(value)}; it must be {key.words}{near or '.'}"
        ) from None
    return good


def unknown_key(file: Path, table: str, name: str, known: Iterable[str]) -> UsageError:
    """The error about a key that the table does not have."""
    known = tuple(known)
    near = nearest(name, known) or f"; known are {', '.join(known)}."
    return UsageError(f"{file}: {table} has no key {shown(name)}{near}")


def nearest(name: str, known: Iterable[str]) -> str:
    """What probably was meant, as the end of a sentence: ``; did you mean model?``, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(name.lower().replace("_", "-"), list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else ""


def shown(value: object) -> str:
    """A value of a TOML file in a sentence: short, and safe to print."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else str(value)
    text = f"{text[:59]}…" if len(text) > 60 else text
    return f'"{text}"' if isinstance(value, str) else text
