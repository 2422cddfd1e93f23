"""A part of a JSON Schema made plain: references followed, what must hold together merged into one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

__all__ = ["InstanceError", "merged", "references", "resolved", "types_of"]

_MOST_HOPS = 24
_MOST_BRANCHES = 64


class InstanceError(ValueError):
    """No instance was found: nothing satisfies the schema, or it is too deep."""


def types_of(value: Any) -> list[str]:
    """The keyword ``type`` as a list."""
    return [value] if isinstance(value, str) else list(value)


def resolved(schema: Any, root: Any) -> Any:
    """`schema` with its local ``$ref`` followed and its ``allOf`` merged into it.

    Raises:
        InstanceError: A reference leads nowhere, in a circle, or outside the schema.
    """
    for _ in range(_MOST_HOPS):
        if not isinstance(schema, dict) or not ("$ref" in schema or "allOf" in schema):
            return schema
        rest: Any = {key: value for key, value in schema.items() if key not in {"$ref", "allOf"}}
        if "$ref" in schema:
            rest = merged(_target(schema["$ref"], root), rest)
        for part in schema.get("allOf", ()):
            rest = merged(rest, part)
        schema = rest
    raise InstanceError("references lead in a circle")


def merged(one: Any, other: Any) -> Any:
    """What satisfies both schemas, where their keywords say it simply; else the second one's word counts."""
    if one is True or other is False:
        return other
    if other is True or one is False:
        return one
    both = {**one, **other}
    for key in one.keys() & other.keys():
        if key in _TOGETHER:
            both[key] = _TOGETHER[key](one[key], other[key])
    return both


def _target(reference: object, root: Any) -> Any:
    if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
        raise InstanceError(f"the reference {reference!r} leads outside the schema")
    found = root
    for raw in reference.split("/")[1:]:
        token = unquote(raw).replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping) and token in found:
            found = found[token]
        elif isinstance(found, list) and token.isdecimal() and int(token) < len(found):
            found = found[int(token)]
        else:
            raise InstanceError(f"the reference {reference!r} leads nowhere")
    return found


def references(schema: Any, root: Any) -> set[str]:
    """All references that a schema has or leads to, but for those of definitions that it holds."""
    found: set[str] = set()
    stack = [schema]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            target = value.get("$ref")
            if isinstance(target, str) and target not in found:
                found.add(target)
                with suppress(InstanceError):
                    stack.append(_target(target, root))
            stack.extend(item for key, item in value.items() if key not in {"$defs", "definitions"})
        elif isinstance(value, list):
            stack.extend(value)
    return found


def _properties(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    shared = one.keys() & other.keys()
    return {**one, **other, **{name: {"allOf": [one[name], other[name]]} for name in sorted(shared)}}


def _types(one: Any, other: Any) -> Any:
    allowed = types_of(other)
    # Every whole number is a number: of the two the narrower stays.
    return [
        name for name in types_of(one) if name in allowed or (name == "integer" and "number" in allowed)
    ] or other


def _branches(one: list[Any], other: list[Any]) -> list[Any]:
    # Of very many combinations the first will do: one of them is wanted, and they multiply.
    return [{"allOf": [left, right]} for left in one for right in other][:_MOST_BRANCHES]


_TOGETHER: dict[str, Callable[[Any, Any], Any]] = {
    "$defs": _properties,
    "allOf": lambda one, other: [*one, *other],
    "anyOf": _branches,
    "definitions": _properties,
    "enum": lambda one, other: [value for value in one if value in other],
    "oneOf": _branches,
    "properties": _properties,
    "required": lambda one, other: list(dict.fromkeys([*one, *other])),
    "type": _types,
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
}
