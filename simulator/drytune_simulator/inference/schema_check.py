"""Whether a schema of a request is one that the platform takes, in its words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from drytune_simulator.checks import is_object
from drytune_simulator.dataset.schemas import compiled
from drytune_simulator.dataset.tokens import well_formed
from drytune_simulator.inference.strict import fault_of_strict

__all__ = ["fault_of_schema"]


def fault_of_schema(schema: Mapping[str, Any], *, strict: bool, tuned: bool) -> str | None:
    """What is wrong with a schema of a function's arguments or of an answer, or None.

    The words ``array schema missing items`` and the form of ``In context=(…)`` are recorded ones; what else is
    wrong is told in the validator's words.

    Args:
        schema: As sent.
        strict: Whether it has to be of the subset for structured output.
        tuned: Whether a fine-tuned model is to answer, for which that subset is smaller.
    """
    try:
        text = json.dumps(schema)
    except RecursionError:
        return "the schema nests too deeply."
    fault = _fault(text)
    return fault_of_strict(text, tuned=tuned) if fault is None and strict else fault


@lru_cache(maxsize=1024)
def _fault(text: str) -> str | None:
    schema = json.loads(text)
    if schema.get("type") != "object":
        return f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{schema.get('type')}\"'."
    try:
        compiled(text)
    except RecursionError:
        return "the schema nests too deeply."
    except ValueError as error:  # the validator's own errors are ValueErrors, which mypy cannot know
        path = tuple(getattr(error, "instance_path", ()))
        words = str(getattr(error, "message", error)).splitlines()[0].rstrip(".")
        if path[-1:] == ("type",):
            path, words = (
                path[:-1],
                f"{getattr(error, 'instance', None)!r} is not valid under any of the given schemas",
            )
        return well_formed(f"In context={path}, {words}." if path else f"{words}.")
    for context, part in _parts(schema, ()):
        kinds = part.get("type")
        if (
            "array" in (kinds if isinstance(kinds, list) else [kinds])
            and not {"items", "prefixItems"} & part.keys()
        ):
            return well_formed(f"In context={context}, array schema missing items.")
    return None


def _parts(schema: Any, context: tuple[str, ...]) -> list[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """The schema and the schemas within it, each with its path."""
    if not is_object(schema):
        return []
    found: list[tuple[tuple[str, ...], Mapping[str, Any]]] = [(context, schema)]
    for key in ("properties", "$defs", "definitions"):
        for name, part in (schema.get(key) or {}).items():
            found += _parts(part, (*context, key, name))
    for key in ("anyOf", "oneOf", "allOf"):
        for number, part in enumerate(schema.get(key) or ()):
            found += _parts(part, (*context, key, str(number)))
    if "items" in schema:
        found += _parts(schema["items"], (*context, "items"))
    return found
