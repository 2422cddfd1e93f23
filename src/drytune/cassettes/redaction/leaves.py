"""Where the values of a JSON text stand in it, so that one can be named by its pointer, or replaced alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Leaf", "Path", "leaves", "pointer"]

Path = tuple[str | int, ...]
"""Keys and numbers of places, from the root on."""

_TOKEN = re.compile(r'[\s,:]*(?:(")((?:[^"\\]|\\.)*)"(\s*:)?|([{\[])|([}\]])|([^\s,:"{}\[\]]+))', re.DOTALL)


class Leaf(NamedTuple):
    """A value of a JSON text.

    Attributes:
        path: Where it is in the value.
        start, end: Where it stands in the text; of a string without its quotes, of an array with its brackets.
        is_string: Whether it is one; else it is an array. Other values are not told.
    """

    path: Path
    start: int
    end: int
    is_string: bool


def leaves(text: str, start: int = 0, end: int | None = None) -> Iterator[Leaf]:
    """The strings and the arrays of a JSON text, each when it ends; as far as it is JSON.

    Args:
        text: Which has the JSON in it.
        start: Where it begins.
        end: Where it ends; None for the end of the text.
    """
    stop = len(text) if end is None else end
    path: list[str | int] = []
    opened: list[tuple[int, bool]] = []
    at = start
    while (match := _TOKEN.match(text, at, stop)) is not None:
        at = match.end()
        if match[1] and match[3] is not None and opened and not opened[-1][1]:
            path[-1] = match[2]
            continue
        if match[4]:
            _next(path, opened)
            opened.append((match.start(4), match[4] == "["))
            path.append(-1 if match[4] == "[" else "")
            continue
        if match[5]:
            if not opened:
                return
            begun, is_array = opened.pop()
            path.pop()
            if is_array:
                yield Leaf(tuple(path), begun, match.end(5), is_string=False)
            if not opened:
                return
            continue
        _next(path, opened)
        if match[1]:
            yield Leaf(tuple(path), match.start(2), match.end(2), is_string=True)


def pointer(path: Path) -> str:
    """The JSON pointer of a place; empty for the root."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _next(path: list[str | int], opened: list[tuple[int, bool]]) -> None:
    """A value begins: in an array, the next one."""
    if opened and opened[-1][1]:
        place = path[-1]
        path[-1] = place + 1 if isinstance(place, int) else 0
