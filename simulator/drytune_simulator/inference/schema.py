"""A small instance of a JSON Schema, for answers that nothing was taught about.

It reads the keywords that describe what may be there; `not`, `if` and the like only forbid, and are left to
the validator: an instance is a proposal, `fitting` asks for others until one is valid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drytune_simulator.inference.filling import Filling
from drytune_simulator.inference.pattern import matching_text
from drytune_simulator.inference.scalars import is_within, number_within, text_of_format
from drytune_simulator.inference.schema_parts import InstanceError, merged, references, resolved, types_of

__all__ = ["Instances"]

_DEPTHS = (12, 6, 24, 48)
"""How deep an instance may be: in a schema that refers to itself twice, deep ones grow beyond all bounds."""
_MOST_STEPS = 3_000
_FILLER = "simulated"


class Instances:
    """Instances of a schema, by variant: 0 takes defaults and first choices, others choose further on.

    Args:
        root: The schema.
        variant: Which instance.
        question: What was asked; variant 0 takes values that stand in it.
    """

    def __init__(self, root: Any, variant: int = 0, question: str = "") -> None:
        self._root = root
        self._variant = variant
        self._question = question
        self._filling = Filling("")
        self._steps = 0
        self._deepest = 0
        self._open: list[str] = []
        self._leads: dict[int, tuple[Any, set[str]]] = {}

    def whole(self) -> Any:
        """An instance of the whole schema.

        Raises:
            InstanceError: None was found.
        """
        return self.of(self._root)

    def of(self, schema: Any, name: str = "") -> Any:
        """An instance of `schema`, part of the root, that is the value of the field `name`.

        Raises:
            InstanceError: None was found.
        """
        for depth in _DEPTHS:
            self._steps, self._deepest, self._open = 0, depth, []
            self._filling = Filling(self._question if self._variant == 0 else "")
            try:
                return self._of(schema, name=name)
            except InstanceError as error:
                last = error
        raise last

    def _of(self, schema: Any, depth: int = 0, turn: int = 0, name: str = "") -> Any:
        """An instance of `schema`.

        Args:
            schema: What to satisfy.
            depth: How deep it stands.
            turn: Which of several that must differ (``uniqueItems``).
            name: Of the field whose value it is.
        """
        self._steps += 1
        if depth > self._deepest or self._steps > _MOST_STEPS:
            raise InstanceError("the schema nests too deeply")
        before = len(self._open)
        if isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
            self._open.append(schema["$ref"])
        try:
            return self._plain(resolved(schema, self._root), depth, turn, name)
        finally:
            del self._open[before:]

    def _plain(self, schema: Any, depth: int, turn: int, name: str) -> Any:
        """An instance of a schema without references and ``allOf``."""
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
                return self._branch(schema, key, depth, turn, name)
        return self._typed(schema, depth, turn, name)

    def _member(self, members: Sequence[Any], turn: int) -> Any:
        if not members:
            raise InstanceError("an enum allows nothing")
        found = self._filling.member(members) if turn == 0 else None
        return members[(turn + self._variant // 2) % len(members)] if found is None else found

    def _branch(self, schema: Mapping[str, Any], key: str, depth: int, turn: int, name: str) -> Any:
        rest = {word: value for word, value in schema.items() if word != key}
        branches = schema[key]
        order = [branches[(number + self._variant) % len(branches)] for number in range(len(branches))]
        if self._open and len(order) > 1:  # what leads into itself comes last, so that it ends
            order.sort(key=lambda branch: not self._references(branch).isdisjoint(self._open))
        for branch in order:
            try:
                return self._of(merged(rest, branch), depth + 1, turn, name)
            except InstanceError:
                if self._steps > _MOST_STEPS:
                    raise
        raise InstanceError(f"no branch of {key} has an instance")

    def _references(self, branch: Any) -> set[str]:
        """Where a branch leads, looked for once; the branch is kept so that its id stays its own."""
        if id(branch) not in self._leads:
            self._leads[id(branch)] = branch, references(branch, self._root)
        return self._leads[id(branch)][1]

    def _typed(self, schema: Mapping[str, Any], depth: int, turn: int, name: str) -> Any:
        types = types_of(schema["type"]) if schema.get("type") else [_guessed(schema)]
        # A value says more than null does.
        types = sorted(types, key=lambda kind: kind == "null")
        kind = types[self._variant % len(types)] if self._variant > 1 else types[0]
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth, name)
            case "integer" | "number":
                whole = kind == "integer"
                found = self._filling.number(name, lambda value: is_within(schema, value, whole=whole))
                return number_within(schema, whole=whole, turn=turn) if found is None else found
            case "boolean" | "null":
                return turn % 2 == 1 if kind == "boolean" else None
            case _:
                return self._string(schema, turn, name)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        others = schema.get("additionalProperties", True)
        wanted = [name for name in properties if name in required or self._is_said(properties[name])]
        wanted += [name for name in required if name not in properties]
        lacking = schema.get("minProperties", 0) - len(wanted)
        if lacking > _MOST_STEPS:
            raise InstanceError("an object must be too large")
        spare = [name for name in properties if name not in wanted]
        spare += [f"{_FILLER}{number + 1}" for number in range(max(0, int(lacking)))]
        wanted += spare[: max(0, int(lacking))]
        return {name: self._of(properties.get(name, others), depth + 1, name=name) for name in wanted}

    def _is_said(self, schema: Any) -> bool:
        """Whether the question has a member of an enum, so that an optional field can be filled."""
        members = schema.get("enum") if isinstance(schema, dict) else None
        return isinstance(members, list) and self._filling.member(members) is not None

    def _array(self, schema: Mapping[str, Any], depth: int, name: str) -> list[Any]:
        first, rest = schema.get("prefixItems", []), schema.get("items", True)
        count = schema.get("minItems", 1 if "contains" in schema else 0)
        if count > _MOST_STEPS:
            raise InstanceError("an array must be too long")
        rest = schema.get("contains", rest)
        unique = schema.get("uniqueItems") is True
        return [
            self._of(first[n] if n < len(first) else rest, depth + 1, n if unique else 0, name)
            for n in range(int(count))
        ]

    def _string(self, schema: Mapping[str, Any], turn: int, name: str) -> str:
        least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
        if least > 1_000_000:
            raise InstanceError("a string must be too long")
        if "pattern" in schema:
            if (text := matching_text(schema["pattern"], at_least=least)) is not None:
                return text
        else:
            longest = 1_000 if most is None else most
            found = self._filling.text(name, schema.get("format"), lambda text: least <= len(text) <= longest)
            if found is not None:
                return found
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
