"""The arguments of a call: as trained if they fit the declared schema, else repaired until they do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from drytune_simulator.checks import is_object
from drytune_simulator.dataset.schemas import compiled
from drytune_simulator.dataset.tokens import well_formed
from drytune_simulator.http import ApiError
from drytune_simulator.inference.schema import Instances
from drytune_simulator.inference.schema_parts import InstanceError, resolved

if TYPE_CHECKING:
    import jsonschema_rs

    from drytune_simulator.inference.offer import Function

__all__ = ["check_schema", "fitted"]

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


def check_schema(function: Function) -> None:
    """Refuse a function whose parameters are no valid JSON Schema of an object.

    The words ``array schema missing items`` and the form of ``In context=(…)`` are recorded ones; what else is
    wrong is told in the validator's words.

    Raises:
        ApiError: 400, code ``invalid_function_parameters``.
    """
    schema = function.parameters
    if schema is None:
        return
    if schema.get("type") != "object":
        kind = schema.get("type")
        _refuse(function, f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'.")
    _validator(function)
    for context, part in _parts(schema, ()):
        kinds = part.get("type")
        if (
            "array" in (kinds if isinstance(kinds, list) else [kinds])
            and not {"items", "prefixItems"} & part.keys()
        ):
            _refuse(function, f"In context={context}, array schema missing items.")


def fitted(function: Function, trained: str | None) -> str:
    """Arguments for a call of `function`, a JSON object valid against its parameters.

    Args:
        function: As the request declares it; its schema has been checked.
        trained: The arguments of the training example, kept byte for byte when they are valid.

    Raises:
        ApiError: 501 when no valid arguments could be built.
    """
    value = _decoded(trained)
    if function.parameters is None:
        return trained if trained is not None and is_object(value) else "{}"
    validator = _validator(function)
    if trained is not None and is_object(value) and validator.is_valid(value):
        return trained
    for variant in range(_VARIANTS):
        for start in (value, None) if is_object(value) else (None,):
            proposal = _proposal(function, start, variant)
            if is_object(proposal) and validator.is_valid(proposal):
                return json.dumps(proposal, ensure_ascii=False)
    raise ApiError(
        501,
        f"drytune could not build arguments for function '{function.name}' that are valid against its "
        f"parameters. Teach a call of it in the training file, or simplify the schema at {function.param}.",
        type="drytune_not_simulated",
        param=function.param,
        code="not_simulated",
    )


def _proposal(function: Function, start: Any, variant: int) -> Any:
    """Arguments that may be valid: `start` with what is wrong replaced, or new ones; None if there are none."""
    root = function.parameters
    instances = Instances(root, variant)
    try:
        if start is None:
            return instances.of(root)
        wrong = [tuple(error.instance_path) for error in _validator(function).iter_errors(start)]
        return _mended(start, root, (), wrong, root, instances)
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
    if isinstance(plain, dict) and is_object(value) and "properties" in plain:
        properties, others = plain["properties"], plain.get("additionalProperties", True)
        kept = {
            name: _mended(item, properties.get(name, others), (*path, name), wrong, root, instances)
            for name, item in value.items()
            if name in properties or others is not False
        }
        for name in plain.get("required", []):
            if name not in kept:
                kept[name] = instances.of(properties.get(name, others))
        return kept
    if isinstance(plain, dict) and isinstance(value, list) and isinstance(plain.get("items"), dict):
        return [
            _mended(item, plain["items"], (*path, n), wrong, root, instances) for n, item in enumerate(value)
        ]
    return instances.of(schema)


def _decoded(text: str | None) -> Any:
    try:
        return None if text is None else msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _validator(function: Function) -> jsonschema_rs.Draft202012Validator:
    """The compiled schema.

    Raises:
        ApiError: 400, code ``invalid_function_parameters``.
    """
    try:
        return compiled(json.dumps(function.parameters))
    except RecursionError:
        _refuse(function, "the schema nests too deeply.")
    except ValueError as error:  # the validator's own errors are ValueErrors, which mypy cannot know
        path = tuple(getattr(error, "instance_path", ()))
        words = str(getattr(error, "message", error)).splitlines()[0].rstrip(".")
        if path[-1:] == ("type",):
            path, words = (
                path[:-1],
                f"{getattr(error, 'instance', None)!r} is not valid under any of the given schemas",
            )
        _refuse(function, f"In context={path}, {words}." if path else f"{words}.")


def _refuse(function: Function, words: str) -> NoReturn:
    raise ApiError(
        400,
        f"Invalid schema for function '{function.name}': {well_formed(words)}",
        param=function.param,
        code="invalid_function_parameters",
    )


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
