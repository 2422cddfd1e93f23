"""JSON that comes out as it went in: numbers digit for digit, keys in their order, no character lost."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import msgspec

__all__ = ["Ambiguous", "Number", "read", "write"]


class Number(msgspec.Struct, frozen=True):
    """A number as it is spelled; it equals nothing that is spelled otherwise."""

    text: str


class Ambiguous(ValueError):  # noqa: N818 - reads as the sentence it raises
    """An object has the same key with different values."""


def read(data: bytes) -> tuple[Any, list[str]]:
    """The value of `data`, numbers as `Number`, and the keys that were repeated with the same value.

    Raises:
        Ambiguous: A key was repeated with another value.
        ValueError: It is not UTF-8 or not JSON.
    """
    repeated: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            seen = set[str]()
            for key, item in pairs:
                if item != value[key]:
                    raise Ambiguous(key)
                if key in seen:
                    repeated.append(key)
                seen.add(key)
        return value

    value = json.loads(
        data.decode(), object_pairs_hook=members, parse_int=Number, parse_float=Number, parse_constant=_refuse
    )
    return value, repeated


def write(value: Any) -> bytes:
    """`value` as compact JSON in UTF-8; half a surrogate pair, which UTF-8 cannot spell, stays an escape."""
    return _text(value).encode("utf-8", "backslashreplace")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{_text(key)}:{_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_text, value)) + "]"
    return json.dumps(value)  # true, false, null


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
