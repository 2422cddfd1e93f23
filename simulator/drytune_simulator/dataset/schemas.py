"""JSON Schemas of function parameters, compiled; nothing outside a schema is ever fetched."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn
from urllib.parse import unquote

if TYPE_CHECKING:
    import jsonschema_rs

__all__ = ["Schema", "compiled", "fault_of_schema"]

_MAX_FAULTS = 5
"""So many faults of one call are told."""

_MOST_PATHS = 10_000
"""References that a schema leads through, each as often as it is come to; a validator may go through them all."""

_MOST_STEPS = 4_000
"""The like of arguments, where a schema refers to itself, and leads through it again for each of their levels."""

_LONGEST_CHAIN = 100
"""References one behind the other."""

_KEPT_APART = ("$defs", "definitions")
"""What holds schemas that count only where they are referred to."""


@lru_cache(maxsize=1024)
def compiled(text: str) -> jsonschema_rs.Draft202012Validator:
    """The validator of a schema.

    Args:
        text: The schema as JSON.

    Raises:
        ValueError: It is no valid schema; the library's own errors are ValueErrors.
    """
    import jsonschema_rs  # late: only datasets and requests with functions need it

    if _reach(text).paths > _MOST_PATHS:
        raise ValueError("references branch too often to be checked")
    return jsonschema_rs.Draft202012Validator(json.loads(text), retriever=_never_fetched)


class _Reach(NamedTuple):
    """How far the references of a schema lead.

    Attributes:
        paths: References, each as often as it is come to; no more is counted than is needed to refuse them.
        returns: How many of them lead to where they came from.
    """

    paths: int = 0
    returns: int = 0

    def levels(self) -> int | None:
        """How many levels arguments may have to be checked; None if it does not matter."""
        if self.returns < 2:
            return None
        return max(0, int(math.log(_MOST_STEPS / self.paths, self.returns)))


@lru_cache(maxsize=1024)
def _reach(text: str) -> _Reach:
    if '"$ref"' not in text and '"$dynamicRef"' not in text:
        return _Reach()
    schema = json.loads(text)
    known: dict[str, _Reach] = {}
    behind: list[str] = []  # the references on the way

    def count(place: str, value: object) -> _Reach:
        if place in behind:
            return _Reach(0, 1)
        if place not in known:
            if len(behind) >= _LONGEST_CHAIN:
                return _Reach(_MOST_PATHS + 1)
            behind.append(place)
            paths = returns = 0
            for target in _references(value):
                # what is not found, such as an anchor, is taken for the worst: the whole schema
                found = _resolved(schema, target)
                step = count("#", schema) if found is None else count(target, found)
                paths, returns = paths + 1 + step.paths, returns + step.returns
                if paths > _MOST_PATHS:
                    break
            behind.pop()
            known[place] = _Reach(paths, returns)
        return known[place]

    return count("#", schema)


def _references(schema: object) -> Iterator[str]:
    """Where the references of a schema lead, leaving out those of definitions in it."""
    stack = [schema]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            for key, item in value.items():
                if key in ("$ref", "$dynamicRef") and isinstance(item, str):
                    yield item
                elif key not in _KEPT_APART:
                    stack.append(item)
        elif isinstance(value, list):
            stack.extend(value)


def _resolved(schema: object, target: str) -> object:
    """What a reference within the schema means (``#/$defs/city``); None if it is not found so."""
    if target == "#" or not target.startswith("#/"):
        return None
    value: Any = schema
    for part in unquote(target[2:]).split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and len(key) < 9 and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def _never_fetched(address: str) -> NoReturn:
    raise ValueError(f"references outside the schema are not followed ({address})")


@lru_cache(maxsize=1024)
def _fault(text: str) -> str | None:
    try:
        compiled(text)
    except (ValueError, RecursionError) as error:
        return str(getattr(error, "message", error)).splitlines()[0].rstrip(".")
    return None


def fault_of_schema(parameters: dict[str, Any]) -> str | None:
    """What is wrong with a schema, in a few words, or None."""
    return _fault(json.dumps(parameters))


class Schema:
    """A function's parameters, of any shape; compiled when the first arguments are looked at."""

    __slots__ = ("_levels", "_parameters", "_validator")

    def __init__(self, parameters: object) -> None:
        self._parameters = parameters
        self._validator: jsonschema_rs.Draft202012Validator | None = None
        self._levels: int | None = None

    def allows(self, arguments: object) -> bool:
        """Whether arguments match; what is no schema, or an invalid one, forbids nothing.

        Nor does one that refers to itself in several places forbid arguments of many levels: to check them would
        take time that doubles with each level.
        """
        if self._validator is None:
            text = json.dumps(self._parameters) if isinstance(self._parameters, dict) else "true"
            text = "true" if _fault(text) is not None else text
            self._validator, self._levels = compiled(text), _reach(text).levels()
        if self._levels is not None and _has_levels(arguments, self._levels + 1):
            return True
        return self._validator.is_valid(arguments)

    def faults(self, arguments: object) -> list[tuple[list[str | int], str]]:
        """Where and how arguments do not match, the first few."""
        if self.allows(arguments) or self._validator is None:
            return []
        return [
            (list(error.instance_path), error.message)
            for error in islice(self._validator.iter_errors(arguments), _MAX_FAULTS)
        ]


def _has_levels(value: object, levels: int) -> bool:
    """Whether lists and objects are inside one another so many times in `value`."""
    level: list[Any] = [value]
    for _ in range(levels):
        level = [item for item in level if isinstance(item, list | dict)]
        if not level:
            return False
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return True
