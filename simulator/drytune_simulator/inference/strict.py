"""The subset of JSON Schema that structured output and strict functions take (structured outputs guide, 2025-26).

What a schema must have, and what it must not, is documented; the words are recorded ones (grade R) unless a
comment says otherwise. Of several faults the first in the order of the schema is told, as the platform does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from drytune_simulator.inference.schema_parts import InstanceError, resolved

__all__ = ["fault_of_strict"]

_MOST_PROPERTIES = 5_000
_MOST_LEVELS = 10
_MOST_ENUM_VALUES = 1_000
_MOST_CHARACTERS = 120_000
_MANY_VALUES, _MOST_VALUE_CHARACTERS = 250, 15_000

_NEVER = (
    "allOf",
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "maxContains",
    "maxProperties",
    "minContains",
    "minProperties",
    "not",
    "oneOf",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
)
_NOT_OF_TUNED = (
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "multipleOf",
    "pattern",
)
"""Of fine-tuned models the guide excludes these as well."""

_FORMATS = ("date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uuid")

_REFERENCE = re.compile(r"#(/(\$defs|definitions)/[^/]+)?")

_Context = tuple[str, ...]


@lru_cache(maxsize=1024)
def fault_of_strict(text: str, *, tuned: bool) -> str | None:
    """What the platform says against a schema, or None if it is of the subset.

    Args:
        text: The schema as JSON, valid as such, of an object.
        tuned: Whether a fine-tuned model is to answer.
    """
    schema: Any = msgspec.json.decode(text)
    if "anyOf" in schema:
        return "schema must be a JSON Schema of 'type: \"object\"', got 'anyOf'."  # words: D
    for context, part in _parts(schema, ()):
        if (fault := _fault(context, part, schema, tuned=tuned)) is not None:
            return fault
    return _too_much(schema)


def _parts(schema: Any, context: _Context) -> Iterator[tuple[_Context, Any]]:
    """The schema and the schemas within it, each with its path; definitions too, referred to or not."""
    yield context, schema
    if not isinstance(schema, dict) or "$ref" in schema:
        schema = {
            key: schema[key] for key in ("$defs", "definitions") if isinstance(schema, dict) and key in schema
        }
    for key in ("properties", "$defs", "definitions"):
        inner = schema.get(key)
        for name, part in inner.items() if isinstance(inner, dict) else ():
            yield from _parts(part, (*context, key, name))
    for number, part in enumerate(schema.get("anyOf") or ()):
        yield from _parts(part, (*context, "anyOf", str(number)))
    if "items" in schema:
        yield from _parts(schema["items"], (*context, "items"))


def _fault(context: _Context, part: Any, root: Any, *, tuned: bool) -> str | None:
    """What is wrong with one part, apart from the parts in it."""
    if not isinstance(part, dict):
        return f"In context={context}, schema must be an object."  # words: D
    if "$ref" in part:
        return _fault_of_reference(context, part, root)
    never = next((key for key in (*_NEVER, *(_NOT_OF_TUNED if tuned else ())) if key in part), None)
    if never is not None:
        return f"In context={context}, '{never}' is not permitted."
    return None if "anyOf" in part else _fault_of_typed(context, part)


def _fault_of_reference(context: _Context, part: Mapping[str, Any], root: Any) -> str | None:
    others = sorted(part.keys() - {"$ref", "$defs", "definitions", "$schema"})
    if others:
        return f"context={context}, $ref cannot have keywords {{{', '.join(map(repr, others))}}}."
    if _is_definition(part["$ref"], root):
        return None
    words = "reference can only point to definitions defined at the top level of the schema."  # grade M
    return f"In context={context}, {words}"


def _fault_of_typed(context: _Context, part: Mapping[str, Any]) -> str | None:
    if "type" not in part:
        return f"In context={context}, schema must have a 'type' key."
    types = part["type"] if isinstance(part["type"], list) else [part["type"]]
    if "format" in part and part["format"] not in _FORMATS:
        return f"In context={context}, '{part['format']}' is not a valid format."
    if "array" in types and "items" not in part:
        return f"In context={context}, array schema missing items."
    return _fault_of_object(context, part) if "object" in types else None


def _is_definition(reference: object, root: Any) -> bool:
    """Whether a reference leads to a definition, or to the whole schema."""
    if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
        return False
    try:
        return isinstance(resolved({"$ref": reference}, root), dict)
    except InstanceError:
        return False


def _fault_of_object(context: _Context, part: Mapping[str, Any]) -> str | None:
    if part.get("additionalProperties") is not False:
        return f"In context={context}, 'additionalProperties' is required to be supplied and to be false."
    properties, required = part.get("properties", {}), part.get("required", [])
    words = (
        f"In context={context}, 'required' is required to be supplied and to be an array including every key in "
        "properties. "
    )
    for name in properties:
        if name not in required:
            return f"{words}Missing '{name}'."
    for name in required:
        if name not in properties:
            return f"{words}Extra required key '{name}' supplied."
    return None


def _too_much(schema: Any) -> str | None:
    """What of a schema is over a limit; the words for properties and levels are recorded, the others are D."""
    properties = values = characters = 0
    for _, part in _parts(schema, ()):
        for key in ("properties", "$defs", "definitions"):
            names = part.get(key, {})
            properties += len(names) if key == "properties" else 0
            characters += sum(map(len, names))
        members = part.get("enum", [])
        texts = sum(len(member) for member in [*members, part.get("const")] if isinstance(member, str))
        values += len(members)
        characters += texts
        if len(members) > _MANY_VALUES and texts > _MOST_VALUE_CHARACTERS:
            what = f"characters in one enum of {len(members)} values"
            return f"{texts} {what} exceeds limit of {_MOST_VALUE_CHARACTERS}."
    levels = _levels(schema, schema, ())
    for number, what, limit in (
        (properties, "parameters", _MOST_PROPERTIES),
        (levels, "levels of nesting", _MOST_LEVELS),
        (values, "enum values", _MOST_ENUM_VALUES),
        (characters, "characters of names and values", _MOST_CHARACTERS),
    ):
        if number > limit:
            return f"{number} {what} exceeds limit of {limit}."
    return None


def _levels(part: Any, root: Any, behind: tuple[str, ...]) -> int:
    """How many objects and arrays stand in each other below `part`; what leads back counts once.

    Ten levels and a little more are followed: definitions that use each other many times would take for ever.
    """
    if "$ref" in part:
        if part["$ref"] in behind or len(behind) > _MOST_LEVELS:
            return 0
        behind, part = (*behind, part["$ref"]), resolved(part, root)
    inner = [*part.get("properties", {}).values(), *part.get("anyOf", ())]
    inner += [part["items"]] if "items" in part else []
    return max(((_is_container(each, root) + _levels(each, root, behind)) for each in inner), default=0)


def _is_container(part: Any, root: Any) -> bool:
    kinds = resolved(part, root).get("type", ())
    return bool({"object", "array"} & set([kinds] if isinstance(kinds, str) else kinds))
