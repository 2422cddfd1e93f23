"""What an example's definitions of tools count, how uncertain that is, and what identifies them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from drytune_simulator.dataset.tokens import Counter

__all__ = ["NO_TOOLS", "Toolbox", "toolbox_of"]

# FACTS.md §5.4; the first figure is the only one that depends on the model's generation.
FUNCTION_INIT: Final = {"o200k_base": 7, "cl100k_base": 10}
FUNCTIONS_END: Final = 12
PROPERTIES_INIT: Final = 3
PROPERTY_KEY: Final = 3
ENUM_INIT: Final = -3
ENUM_ITEM: Final = 3

_MOST_KNOWN: Final = 2_000
_DEEPEST: Final = 20


class Toolbox(NamedTuple):
    """Definitions of tools, counted.

    Attributes:
        tokens: By the cookbook's estimate (FACTS.md §5.4).
        low, high: The smaller and the larger of that and of what the definitions count when they are written
            as the platform is thought to show them to a model, as TypeScript (FACTS.md §9, one job).
        digest: Of the definitions, 64 bits; 0 for none.
    """

    tokens: int
    low: int
    high: int
    digest: int


NO_TOOLS: Final = Toolbox(0, 0, 0, 0)

_KNOWN: dict[tuple[str, bytes], Toolbox] = {}


def toolbox_of(tools: object, functions: object, counter: Counter) -> Toolbox:
    """The definitions of an example, of any shape; what is no definition counts nothing.

    Args:
        tools: ``[{"type": "function", "function": {…}}, …]``, or anything.
        functions: ``[{"name": …, "parameters": {…}}, …]``, or anything.
        counter: Of the model's encoding.
    """
    if not tools and not functions:
        return NO_TOOLS
    key = (counter.encoding, msgspec.json.encode([tools, functions], order="deterministic"))
    known = _KNOWN.get(key)
    if known is None:
        known = _counted(tools, functions, counter, key[1])
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = known
    return known


def _counted(tools: object, functions: object, counter: Counter, canonical: bytes) -> Toolbox:
    import xxhash

    digest = xxhash.xxh3_64_intdigest(canonical) or 1
    definitions = [
        definition
        for definition in (*_tool_functions(tools), *(functions if isinstance(functions, list) else ()))
        if isinstance(definition, dict)
    ]
    if not definitions:
        return Toolbox(0, 0, 0, digest)
    fixed, texts = _estimate(definitions, counter.encoding)
    tokens = fixed + sum(counter.count_many(texts))
    shown = counter.count(_namespace(definitions))
    return Toolbox(tokens, min(tokens, shown), max(tokens, shown), digest)


def _tool_functions(tools: object) -> Iterator[object]:
    if isinstance(tools, list):
        for tool in tools:
            if isinstance(tool, dict):
                yield tool.get("function")


def _estimate(definitions: Iterable[Mapping[str, Any]], encoding: str) -> tuple[int, list[str]]:
    """The cookbook's estimate: fixed tokens, and the texts to be counted besides."""
    fixed, texts = FUNCTIONS_END, list[str]()
    for definition in definitions:
        fixed += FUNCTION_INIT.get(encoding, 7)
        texts.append(f"{_text(definition, 'name')}:{_description(definition)}")
        properties = _properties(definition.get("parameters"))
        if properties:
            fixed += PROPERTIES_INIT
        for name, schema in properties.items():
            fixed += PROPERTY_KEY
            if not isinstance(schema, dict):
                texts.append(f"{name}::")
                continue
            texts.append(f"{name}:{_text(schema, 'type')}:{_description(schema)}")
            items = schema.get("enum")
            if isinstance(items, list):
                fixed += ENUM_INIT + ENUM_ITEM * len(items)
                texts += [item if isinstance(item, str) else _json(item) for item in items]
    return fixed, texts


def _namespace(definitions: Iterable[Mapping[str, Any]]) -> str:
    """The definitions as TypeScript types in a namespace."""
    lines = ["# Tools", "", "## functions", "", "namespace functions {", ""]
    for definition in definitions:
        if description := definition.get("description"):
            lines.append(f"// {description if isinstance(description, str) else _json(description)}")
        parameters = definition.get("parameters")
        name = _text(definition, "name")
        if _properties(parameters):
            lines += [f"type {name} = (_: {_type(parameters, 0)}) => any;", ""]
        else:
            lines += [f"type {name} = () => any;", ""]
    return "\n".join([*lines, "} // namespace functions"])


def _type(schema: object, depth: int) -> str:
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return "any"
    if isinstance(schema.get("enum"), list):
        return " | ".join(map(_json, schema["enum"]))
    kind = schema.get("type")
    if kind == "array":
        return f"{_type(schema.get('items'), depth + 1)}[]"
    properties = _properties(schema)
    if properties:
        required = schema.get("required")
        names = required if isinstance(required, list) else []
        lines = []
        for name, inner in properties.items():
            if isinstance(inner, dict) and isinstance(inner.get("description"), str):
                lines.append(f"// {inner['description']}")
            lines.append(f"{name}{'' if name in names else '?'}: {_type(inner, depth + 1)},")
        return "{\n" + "\n".join(lines) + "\n}"
    return {"integer": "number", "object": "object"}.get(kind, kind) if isinstance(kind, str) else "any"


def _properties(schema: object) -> dict[str, Any]:
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return properties if isinstance(properties, dict) else {}


def _text(mapping: Mapping[str, Any], key: str) -> str:
    value = mapping.get(key, "")
    return value if isinstance(value, str) else _json(value)


def _description(mapping: Mapping[str, Any]) -> str:
    return _text(mapping, "description").removesuffix(".")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
