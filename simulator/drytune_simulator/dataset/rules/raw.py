"""Rules of the bytes of a line that is a JSON object all the same: what decoding it would hide."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from drytune_simulator.dataset.finding import shown
from drytune_simulator.dataset.formats import escape
from drytune_simulator.dataset.lines import parse_int
from drytune_simulator.dataset.rules.registry import Found, rule

__all__ = ["Raw", "count_keys", "may_repeat_keys"]

_SURROGATES = re.compile(
    rb"\\\\"  # a backslash of the text
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair
    rb"|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


class Raw(NamedTuple):
    """A line, and the object that it is."""

    data: bytes
    value: dict[str, Any]


class _Repeated(dict[str, Any]):
    """An object in which keys were repeated."""

    repeated: tuple[str, ...] = ()


@rule(
    "duplicate-key",
    "raw",
    severity="warning",
    effect="harmful",
    source="no source; JSON's common reading (I)",
)
def duplicate_key(raw: Raw) -> Iterator[Found]:
    """No object has the same key twice.

    JSON readers keep the last value and drop the others without a word, so a message may lose its text.
    """
    if not may_repeat_keys(raw.data, count_keys(raw.value)):
        return
    try:
        value = json.loads(raw.data, object_pairs_hook=_marking, parse_int=parse_int)
    except (ValueError, RecursionError):
        return
    for pointer, key in _repeated(value):
        yield Found(
            f"{pointer}/{escape(key)}",
            f"The key {shown(key)} stands more than once in this object; the last one counts.",
            "Keep one.",
        )


def may_repeat_keys(data: bytes, keys: int) -> bool:
    """Whether an object of `data`, in which decoding found `keys` keys in all, may have lost some.

    Every key is a quote followed by a colon, and a quote inside a text has a backslash before it; white space
    between quote and colon, or a key that ends with a backslash, makes the answer yes.
    """
    if data.count(b'":') - data.count(b'\\":') != keys:
        return True
    return b'" :' in data or b'"  ' in data or b"\t" in data or b"\r" in data.rstrip() or b'\\\\":' in data


def count_keys(value: object) -> int:
    """How many keys all objects in a decoded value have."""
    count, stack = 0, [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            count += len(item)
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return count


def _marking(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = _Repeated(pairs)
    if len(value) < len(pairs):
        value.repeated = tuple(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
    return value


def _repeated(value: object, pointer: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, _Repeated):
        for key in value.repeated:
            yield pointer, key
        for key, item in value.items():
            if isinstance(item, dict | list):
                yield from _repeated(item, f"{pointer}/{escape(key)}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict | list):
                yield from _repeated(item, f"{pointer}/{index}")


@rule("lone-surrogate", "raw", severity="warning", effect="harmful", source="no source; UTF-8 has none (I)")
def lone_surrogate(raw: Raw) -> Iterator[Found]:
    r"""No text holds half of a surrogate pair.

    JSON can spell one (``\ud83d`` alone), UTF-8 cannot: it is read as U+FFFD, the replacement character.
    """
    data = raw.data
    if b"\\ud" not in data and b"\\uD" not in data:
        return
    half = next((match["half"] for match in _SURROGATES.finditer(data) if match["half"]), None)
    if half is not None:
        yield Found(
            "",
            f"The line holds half of a surrogate pair ({half.decode()}); it is read as U+FFFD.",
            "Write the whole character, or remove the half.",
        )
