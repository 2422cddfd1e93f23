"""How many tokens an example is: the cookbook's sum (FACTS.md §5.2) and its estimate for tools (§5.4).

Everything here works on decoded JSON of any shape: what is not a message, a tool or a string counts nothing, so a
faulty file is counted as far as it can be.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from drytune_simulator.dataset.tokens import Counter

__all__ = ["Tokens", "count_examples", "example_tokens", "message_tokens", "prompt_tokens"]

PER_MESSAGE = 3
PER_NAME = 1
PER_EXAMPLE = 3

# FACTS.md §5.4; the first figure is the only one that depends on the model's generation.
FUNCTION_INIT = {"o200k_base": 7, "cl100k_base": 10}
FUNCTIONS_END = 12
PROPERTIES_INIT = 3
PROPERTY_KEY = 3
ENUM_INIT = -3
ENUM_ITEM = 3


class Tokens(msgspec.Struct, frozen=True):
    """Token counts of one example or of many.

    Attributes:
        total: Everything: messages, what frames them, and tool definitions.
        assistant: The part of `total` that the assistant says: content, names and arguments of calls.
        tools: The part of `total` that is definitions of tools and functions.
    """

    total: int = 0
    assistant: int = 0
    tools: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.total + other.total, self.assistant + other.assistant, self.tools + other.tools)


class _Load:
    """What is to be counted of one example: texts by what they count as, and a fixed number of tokens."""

    __slots__ = ("assistant", "fixed", "other", "tools", "tools_fixed")

    def __init__(self) -> None:
        self.fixed = 0
        self.tools_fixed = 0
        self.other: list[str] = []
        self.assistant: list[str] = []
        self.tools: list[str] = []

    def add_messages(self, messages: object) -> None:
        if isinstance(messages, list):
            for message in messages:
                if isinstance(message, dict):
                    self.add_message(message)

    def add_message(self, message: Mapping[str, Any]) -> None:
        self.fixed += PER_MESSAGE
        spoken = self.assistant if message.get("role") == "assistant" else self.other
        for key, value in message.items():
            if isinstance(value, str):
                (spoken if key == "content" else self.other).append(value)
                if key == "name":
                    self.fixed += PER_NAME
            elif key == "content" and isinstance(value, list):
                spoken.extend(_part_texts(value))
            elif key == "function_call":
                spoken.extend(_call_texts(value))
            elif key == "tool_calls" and isinstance(value, list):
                for call in value:
                    if isinstance(call, dict):
                        spoken.extend(_call_texts(call.get("function")))

    def add_definitions(self, tools: object, functions: object, encoding: str) -> None:
        definitions = [
            definition
            for definition in (*_tool_functions(tools), *(functions if isinstance(functions, list) else ()))
            if isinstance(definition, dict)
        ]
        if definitions:
            self.tools_fixed += FUNCTIONS_END
        for definition in definitions:
            self.tools_fixed += FUNCTION_INIT.get(encoding, 7)
            self.tools.append(f"{_text(definition, 'name')}:{_description(definition)}")
            parameters = definition.get("parameters")
            properties = parameters.get("properties") if isinstance(parameters, dict) else None
            if isinstance(properties, dict) and properties:
                self.tools_fixed += PROPERTIES_INIT
                for name, schema in properties.items():
                    self._add_property(str(name), schema)

    def _add_property(self, name: str, schema: object) -> None:
        self.tools_fixed += PROPERTY_KEY
        if not isinstance(schema, dict):
            self.tools.append(f"{name}::")
            return
        self.tools.append(f"{name}:{_text(schema, 'type')}:{_description(schema)}")
        items = schema.get("enum")
        if isinstance(items, list):
            self.tools_fixed += ENUM_INIT
            for item in items:
                self.tools_fixed += ENUM_ITEM
                self.tools.append(item if isinstance(item, str) else _json(item))


def _part_texts(parts: Iterable[object]) -> Iterator[str]:
    """The texts of content parts; images and sound count nothing yet."""
    for part in parts:
        if isinstance(part, dict):
            for key in ("text", "refusal"):
                if isinstance(part.get(key), str):
                    yield part[key]


def _call_texts(function: object) -> Iterator[str]:
    """Name and arguments of a call."""
    if isinstance(function, dict):
        for key in ("name", "arguments"):
            if isinstance(function.get(key), str):
                yield function[key]


def _tool_functions(tools: object) -> Iterator[object]:
    if isinstance(tools, list):
        for tool in tools:
            if isinstance(tool, dict):
                yield tool.get("function")


def _text(mapping: Mapping[str, Any], key: str) -> str:
    value = mapping.get(key, "")
    return value if isinstance(value, str) else _json(value)


def _description(mapping: Mapping[str, Any]) -> str:
    return _text(mapping, "description").removesuffix(".")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _load(example: Mapping[str, Any], encoding: str) -> _Load:
    load = _Load()
    load.fixed += PER_EXAMPLE
    load.add_messages(example.get("messages"))
    if len(example) > 1:
        load.add_definitions(example.get("tools"), example.get("functions"), encoding)
    return load


def count_examples(examples: Iterable[Mapping[str, Any]], counter: Counter) -> list[Tokens]:
    """The tokens of each example, in order, counted in one batch.

    Args:
        examples: Decoded lines (``{"messages": […], "tools": […]}``), of any shape.
        counter: Of the model's encoding.
    """
    loads = [_load(example, counter.encoding) for example in examples]
    texts = [text for load in loads for part in (load.other, load.assistant, load.tools) for text in part]
    counts = iter(counter.count_many(texts))
    tokens = []
    for load in loads:
        other = sum(islice(counts, len(load.other)))
        assistant = sum(islice(counts, len(load.assistant)))
        tools = load.tools_fixed + sum(islice(counts, len(load.tools)))
        tokens.append(Tokens(load.fixed + other + assistant + tools, assistant, tools))
    return tokens


def example_tokens(example: Mapping[str, Any], counter: Counter) -> Tokens:
    """The tokens of one example: its messages, 3 that frame it, and its tool definitions."""
    return count_examples([example], counter)[0]


def message_tokens(message: Mapping[str, Any], counter: Counter) -> int:
    """The tokens of one message: 3, its string values, and 1 more when it has a ``name``."""
    load = _Load()
    load.add_message(message)
    return load.fixed + sum(counter.count_many(load.other + load.assistant))


def prompt_tokens(
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]] | None,
    functions: Sequence[Mapping[str, Any]] | None,
    counter: Counter,
) -> int:
    """What ``usage.prompt_tokens`` is for a chat request: its messages, 3 more for the reply, and its tools.

    Args:
        messages: As sent; texts, names, calls and results are counted, images are not yet.
        tools: As sent, or None.
        functions: The older form of `tools`, or None.
        counter: Of the model's encoding.
    """
    request = {
        "messages": list(map(dict, messages)),
        "tools": list(tools or ()),
        "functions": list(functions or ()),
    }
    return example_tokens(request, counter).total
