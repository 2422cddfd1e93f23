"""A request as a tree of leaves, to be compared place by place.

The pointer of a leaf is a tuple: ``("?", "limit")`` in the query, ``("path", 2)`` in the path, ``("body", …)`` in
the body. `named` writes it as a JSON pointer.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from drytune.handlers.matching.forms import FormPart
from drytune.handlers.matching.normal import Hashed, Normal

__all__ = ["ABSENT", "Difference", "Pointer", "differences", "leaves_of", "named", "tree_of"]

Pointer = tuple[str | int, ...]

ABSENT: Final[Any] = type("Absent", (), {"__repr__": lambda _: "nothing"})()
"""Stands where one of two requests has nothing."""

_DEEPEST: Final = 200


class Difference(NamedTuple):
    """A place at which two requests differ; a value may be `ABSENT`."""

    pointer: Pointer
    recorded: Any
    asked: Any


def tree_of(normal: Normal) -> dict[str, Any]:
    """Path, query and body of a request in one value."""
    return {"path": normal.path.split("/"), "?": _grouped(normal.query), "body": _body(normal)}


def leaves_of(value: Any, pointer: Pointer = ()) -> Iterator[tuple[Pointer, Any]]:
    """All leaves, and where they are."""
    if len(pointer) < _DEEPEST:
        if isinstance(value, dict) and value:
            for key, one in value.items():
                yield from leaves_of(one, (*pointer, key))
            return
        if isinstance(value, list) and value:
            for place, one in enumerate(value):
                yield from leaves_of(one, (*pointer, place))
            return
    yield pointer, value


def differences(recorded: Any, asked: Any, most: int, pointer: Pointer = ()) -> list[Difference]:
    """Where two trees differ, at most so many places."""
    found: list[Difference] = []
    try:
        _differ(recorded, asked, pointer, found, most)
    except RecursionError:  # nested so far that no value can be compared whole
        found.append(Difference(pointer, recorded, asked))
    return found


def named(pointer: Pointer) -> str:
    """A pointer in words: ``/messages/1/content``, ``?limit``; ``""`` for all of the body."""
    if pointer[:1] == ("?",):
        return "?" + "/".join(map(str, pointer[1:]))
    rest = pointer[1:] if pointer[:1] == ("body",) else pointer
    return "".join("/" + str(one).replace("~", "~0").replace("/", "~1") for one in rest)


def _differ(recorded: Any, asked: Any, pointer: Pointer, found: list[Difference], most: int) -> None:
    if len(found) >= most:
        return
    kind = type(recorded)
    is_deep = len(pointer) >= _DEEPEST
    if kind is not type(asked):
        found.append(Difference(pointer, recorded, asked))
    elif kind is dict and not is_deep:
        for key in recorded | asked:
            one, other = recorded.get(key, ABSENT), asked.get(key, ABSENT)
            if one is not other and not (type(one) is type(other) is str and one == other):
                _differ(one, other, (*pointer, key), found, most)
    elif kind is list and not is_deep:
        for place, (one, other) in enumerate(zip_longest(recorded, asked, fillvalue=ABSENT)):
            _differ(one, other, (*pointer, place), found, most)
    elif recorded != asked:
        found.append(Difference(pointer, recorded, asked))


def _body(normal: Normal) -> Any:
    if normal.kind == "form":
        return _grouped(normal.value)
    if normal.kind == "parts":
        parts = sorted(normal.value, key=lambda part: (part.name, part.sha256, part.filename or ""))
        return _grouped((part.name, _part(part)) for part in parts)
    if normal.kind == "bytes" and not isinstance(normal.value, Hashed):
        try:
            return normal.value.decode()
        except UnicodeDecodeError:
            return normal.value
    return normal.value


def _part(part: FormPart) -> Any:
    if part.text is not None:
        return part.text
    return {"filename": part.filename, "sha256": part.sha256, "size": part.size}


def _grouped(pairs: Any) -> dict[str, Any]:
    """Pairs as an object; a name that stands once has its value, and not a list of one."""
    grouped: dict[str, list[Any]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in grouped.items()}
