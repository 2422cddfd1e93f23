"""The values of a call's arguments, each with its path and its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from drytune_simulator.checks import is_object
from drytune_simulator.inference.schema_parts import InstanceError, resolved

__all__ = ["Path", "leaves", "text_lists", "unset_choices", "value_at", "with_value", "without"]

Path = tuple[str | int, ...]


def leaves(
    value: Any, schema: Any, root: Any, path: Path = ()
) -> Iterator[tuple[Path, Any, Mapping[str, Any]]]:
    """The values in `value` that hold no others.

    Args:
        value: Arguments, or a part of them.
        schema: Of that part; anything where it has none.
        root: The schema of all, for its references.
        path: Of that part.
    """
    try:
        part = resolved(schema, root)
    except InstanceError:
        part = {}
    part = part if isinstance(part, dict) else {}
    if is_object(value):
        properties = part.get("properties")
        for name, item in value.items():
            known = properties.get(name) if isinstance(properties, dict) else None
            yield from leaves(item, known, root, (*path, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from leaves(item, part.get("items"), root, (*path, place))
    else:
        yield path, value, part


def text_lists(found: Sequence[tuple[Path, Any, Mapping[str, Any]]]) -> dict[Path, list[str]]:
    """The lists that hold texts alone, none of them of an enum, by their paths.

    Args:
        found: All that `leaves` gives.
    """
    lists: dict[Path, list[str]] = {}
    mixed: set[Path] = set()
    for path, value, part in found:
        if path and isinstance(path[-1], int):
            if isinstance(value, str) and not part.get("enum"):
                lists.setdefault(path[:-1], []).append(value)
            else:
                mixed.add(path[:-1])
        mixed.update(path[:size] for size in range(len(path) - 1))
    return {path: values for path, values in lists.items() if path not in mixed}


def unset_choices(
    value: Mapping[str, Any], schema: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The properties with an enum that `value` has not."""
    properties = schema.get("properties")
    if isinstance(properties, dict):
        for name, part in properties.items():
            if name not in value and isinstance(part, dict) and part.get("enum"):
                yield name, part


def value_at(value: Any, path: Path) -> Any:
    """What is at `path` in `value`."""
    for step in path:
        value = value[step]
    return value


def with_value(value: Any, path: Sequence[str | int], new: Any) -> Any:
    """`value` with `new` at `path`."""
    if not path:
        return new
    step, *rest = path
    if isinstance(value, list):
        return [with_value(item, rest, new) if place == step else item for place, item in enumerate(value)]
    return {name: with_value(item, rest, new) if name == step else item for name, item in value.items()}


def without(value: Any, path: Sequence[str | int]) -> Any:
    """`value` without what is at `path`."""
    step, *rest = path
    if isinstance(value, list):
        return [
            without(item, rest) if place == step else item
            for place, item in enumerate(value)
            if rest or place != step
        ]
    return {
        name: without(item, rest) if name == step else item
        for name, item in value.items()
        if rest or name != step
    }
