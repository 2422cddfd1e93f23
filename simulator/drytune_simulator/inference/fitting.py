"""JSON that is valid against a schema: as trained if it is, else repaired, else built."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from drytune_simulator.checks import is_object
from drytune_simulator.dataset.schemas import compiled
from drytune_simulator.inference.schema import Instances
from drytune_simulator.inference.schema_parts import InstanceError, resolved

if TYPE_CHECKING:
    import jsonschema_rs

__all__ = ["decoded", "fitted_json"]

_VARIANTS = 6  # proposals tried before giving up
# A part of a schema that only a reference reaches is not checked as a schema, and may hold anything.
_NO_PROPOSAL = (
    InstanceError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


def fitted_json(schema: Any, trained: str | None, question: str = "") -> str | None:
    """A JSON object that is valid against `schema`, or None if none was found.

    Args:
        schema: Of an object; it compiles.
        trained: JSON that may be valid, and is then kept byte for byte; if it is an object, what is wrong in it
            is replaced. None, or what is no JSON, builds a new one.
        question: What is built takes values from it where the schema allows them.
    """
    value = decoded(trained)
    validator = compiled(json.dumps(schema))
    if trained is not None and is_object(value) and validator.is_valid(value):
        return trained
    for variant in range(_VARIANTS):
        for start in (value, None) if is_object(value) else (None,):
            proposal = _proposal(schema, validator, start, Instances(schema, variant, question))
            if is_object(proposal) and validator.is_valid(proposal):
                return json.dumps(proposal, ensure_ascii=False)
    return None


def decoded(text: str | None) -> Any:
    """The value of a JSON text; None if it is none."""
    try:
        return None if text is None else msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _proposal(
    schema: Any, validator: jsonschema_rs.Draft202012Validator, start: Any, instances: Instances
) -> Any:
    """A value that may be valid: `start` with what is wrong replaced, or a new one; None if there is none."""
    try:
        if start is None:
            return instances.whole()
        wrong = [tuple(error.instance_path) for error in validator.iter_errors(start)]
        return _mended(start, schema, (), wrong, schema, instances)
    except _NO_PROPOSAL:
        return None


def _mended(
    value: Any,
    schema: Any,
    path: tuple[str | int, ...],
    wrong: list[tuple[str | int, ...]],
    root: Any,
    instances: Instances,
) -> Any:
    if not any(each[: len(path)] == path for each in wrong):
        return value
    plain = resolved(schema, root)
    name = path[-1] if path and isinstance(path[-1], str) else ""
    if isinstance(plain, dict) and is_object(value) and "properties" in plain:
        properties, others = plain["properties"], plain.get("additionalProperties", True)
        kept = {
            key: _mended(item, properties.get(key, others), (*path, key), wrong, root, instances)
            for key, item in value.items()
            if key in properties or others is not False
        }
        for key in plain.get("required", []):
            if key not in kept:
                kept[key] = instances.of(properties.get(key, others), key)
        return kept
    if isinstance(plain, dict) and isinstance(value, list) and isinstance(plain.get("items"), dict):
        return [
            _mended(item, plain["items"], (*path, n), wrong, root, instances) for n, item in enumerate(value)
        ]
    return instances.of(schema, name)
