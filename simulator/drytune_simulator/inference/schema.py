"""A small instance of a JSON Schema, for arguments that nothing was taught about.

It reads the keywords that describe what may be there; `not`, `if` and the like only forbid, and are left to
the validator: an instance is a proposal, `arguments` asks for others until one is valid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drytune_simulator.inference.pattern import matching_text
from drytune_simulator.inference.scalars import number_within, text_of_format
from drytune_simulator.inference.schema_parts import InstanceError, merged, resolved, types_of

__all__ = ["Instances"]

_DEEPEST = 24
_MOST_STEPS = 3_000
_FILLER = "simulated"


class Instances:
    """Instances of a schema, by variant: 0 takes defaults and first choices, others choose further on."""

    def __init__(self, root: Any, variant: int = 0) -> None:
        self._root = root
        self._variant = variant
        self._steps = 0

    def of(self, schema: Any, depth: int = 0, turn: int = 0) -> Any:
        """An instance of `schema`, part of the root.

        Args:
            schema: What to satisfy.
            depth: How deep it stands.
            turn: Which of several that must differ (``uniqueItems``).

        Raises:
            InstanceError: None was found.
        """
        self._steps += 1
        if depth > _DEEPEST or self._steps > _MOST_STEPS:
            raise InstanceError("the schema nests too deeply")
        schema = resolved(schema, self._root)
        if schema is False:
            raise InstanceError("the schema allows nothing")
        if not isinstance(schema, dict):
            return _FILLER
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._member(schema["enum"], turn)
        if "default" in schema and self._variant == 0 and turn == 0:
            return schema["default"]
        for key in ("anyOf", "oneOf"):
            if schema.get(key):
                return self._branch(schema, key, depth, turn)
        return self._typed(schema, depth, turn)

    def _member(self, members: Sequence[Any], turn: int) -> Any:
        if not members:
            raise InstanceError("an enum allows nothing")
        return members[(turn + self._variant // 2) % len(members)]

    def _branch(self, schema: Mapping[str, Any], key: str, depth: int, turn: int) -> Any:
        rest = {name: value for name, value in schema.items() if name != key}
        branches = schema[key]
        for number in range(len(branches)):
            branch = branches[(number + self._variant) % len(branches)]
            try:
                return self.of(merged(rest, resolved(branch, self._root)), depth + 1, turn)
            except InstanceError:
                continue
        raise InstanceError(f"no branch of {key} has an instance")

    def _typed(self, schema: Mapping[str, Any], depth: int, turn: int) -> Any:
        types = types_of(schema["type"]) if schema.get("type") else [_guessed(schema)]
        # A value says more than null does.
        types = sorted(types, key=lambda name: name == "null")
        name = types[self._variant % len(types)] if self._variant > 1 else types[0]
        match name:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "integer" | "number":
                return number_within(schema, whole=name == "integer", turn=turn)
            case "boolean" | "null":
                return turn % 2 == 1 if name == "boolean" else None
            case _:
                return self._string(schema, turn)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        others = schema.get("additionalProperties", True)
        wanted = [name for name in properties if name in required]
        wanted += [name for name in required if name not in properties]
        lacking = schema.get("minProperties", 0) - len(wanted)
        if lacking > _MOST_STEPS:
            raise InstanceError("an object must be too large")
        spare = [name for name in properties if name not in required]
        spare += [f"{_FILLER}{number + 1}" for number in range(max(0, int(lacking)))]
        wanted += spare[: max(0, int(lacking))]
        return {name: self.of(properties.get(name, others), depth + 1) for name in wanted}

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        first, rest = schema.get("prefixItems", []), schema.get("items", True)
        count = schema.get("minItems", 1 if "contains" in schema else 0)
        if count > _MOST_STEPS:
            raise InstanceError("an array must be too long")
        rest = schema.get("contains", rest)
        unique = schema.get("uniqueItems") is True
        return [
            self.of(first[n] if n < len(first) else rest, depth + 1, n if unique else 0)
            for n in range(int(count))
        ]

    @staticmethod
    def _string(schema: Mapping[str, Any], turn: int) -> str:
        least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
        if least > 1_000_000:
            raise InstanceError("a string must be too long")
        if "pattern" in schema and (text := matching_text(schema["pattern"], at_least=least)) is not None:
            return text
        text = text_of_format(schema.get("format"), turn)
        if text is not None:
            return text
        text = _FILLER if turn == 0 else f"{turn}{_FILLER}"
        return text.ljust(least, "x")[: None if most is None else int(most)]


def _guessed(schema: Mapping[str, Any]) -> str:
    """The type a schema speaks of without naming it."""
    for name, telling in (
        ("object", ("properties", "required", "additionalProperties", "minProperties")),
        ("array", ("items", "prefixItems", "minItems", "contains", "uniqueItems")),
        ("number", ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")),
    ):
        if any(key in schema for key in telling):
            return name
    return "string"
