"""How many tokens an example is: the cookbook's sum (FACTS.md §5.2), tools (§5.4) and images (§1.6).

Everything here works on decoded JSON of any shape: what is not a message, a tool or a string counts nothing, so a
faulty file is counted as far as it can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from drytune_simulator.catalog import ImageTokens
from drytune_simulator.dataset.images import image_tokens
from drytune_simulator.dataset.tokens import Counter
from drytune_simulator.dataset.toolbox import NO_TOOLS, Toolbox, toolbox_of

__all__ = [
    "PER_EXAMPLE",
    "Columns",
    "Load",
    "Tokens",
    "count_examples",
    "example_tokens",
    "load_of",
    "message_tokens",
    "prompt_tokens",
    "weigh",
]

PER_MESSAGE: Final = 3
PER_NAME: Final = 1
PER_EXAMPLE: Final = 3
RECORDED_LESS: Final = 2
"""So many tokens an example less were billed in recorded jobs (FACTS.md §5.3)."""


class Tokens(msgspec.Struct, frozen=True):
    """Token counts of one example or of many.

    Attributes:
        total: Everything: messages, what frames them, tool definitions, images at high detail.
        assistant: The part of `total` that the assistant says: content, names and arguments of calls.
        tools: The part of `total` that is definitions of tools and functions.
        images: The part of `total` that is images.
        recorded: As the platform was recorded to count: 2 an example less than `total` for chat examples.
        low, high: Between these the truth is thought to be.
    """

    total: int = 0
    assistant: int = 0
    tools: int = 0
    images: int = 0
    recorded: int = 0
    low: int = 0
    high: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(
            self.total + other.total,
            self.assistant + other.assistant,
            self.tools + other.tools,
            self.images + other.images,
            self.recorded + other.recorded,
            self.low + other.low,
            self.high + other.high,
        )


class Load:
    """What is to be counted of one example: texts by what they count as, and fixed numbers of tokens.

    Attributes:
        fixed: Tokens that frame messages and example.
        other, spoken: Texts; the latter are the assistant's.
        toolbox: Definitions of tools.
        images_low, images_high: Tokens of the images.
        less: How many tokens fewer the platform was recorded to count.
    """

    __slots__ = ("fixed", "images_high", "images_low", "less", "other", "spoken", "toolbox")

    def __init__(self, fixed: int = 0, less: int = 0) -> None:
        self.fixed = fixed
        self.less = less
        self.other: list[str] = []
        self.spoken: list[str] = []
        self.toolbox: Toolbox = NO_TOOLS
        self.images_low = self.images_high = 0

    def add_messages(self, messages: object, scheme: ImageTokens | None = None) -> None:
        """Add everything that is a message in a list; anything else counts nothing."""
        if isinstance(messages, list):
            for message in messages:
                if isinstance(message, dict):
                    self.add_message(message, scheme)

    def add_message(self, message: Mapping[str, Any], scheme: ImageTokens | None = None) -> None:
        """Add a message: 3, its string values, 1 for a name, its images."""
        self.fixed += PER_MESSAGE
        spoken = self.spoken if message.get("role") == "assistant" else self.other
        for key, value in message.items():
            if isinstance(value, str):
                (spoken if key == "content" else self.other).append(value)
                if key == "name":
                    self.fixed += PER_NAME
            elif key == "content" and isinstance(value, list):
                spoken.extend(_part_texts(value))
                self._add_images(value, scheme)
            elif key == "function_call":
                spoken.extend(_call_texts(value))
            elif key == "tool_calls" and isinstance(value, list):
                for call in value:
                    if isinstance(call, dict):
                        spoken.extend(_call_texts(call.get("function")))

    def _add_images(self, parts: Iterable[object], scheme: ImageTokens | None) -> None:
        for part in parts:
            if isinstance(part, dict) and part.get("type") == "image_url":
                low, high = image_tokens(part, scheme)
                self.images_low += low
                self.images_high += high


def _part_texts(parts: Iterable[object]) -> Iterator[str]:
    """The texts of content parts."""
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


def load_of(example: Mapping[str, Any], counter: Counter, scheme: ImageTokens | None = None) -> Load:
    """What is to be counted of a decoded line of any form.

    A preference pair counts its input and both outputs; of a prompt with its completion both count, and
    nothing else.
    """
    if "messages" not in example and ("prompt" in example or "completion" in example):
        load = Load()
        load.other += [text for text in [example.get("prompt")] if isinstance(text, str)]
        load.spoken += [text for text in [example.get("completion")] if isinstance(text, str)]
        return load
    load = Load(PER_EXAMPLE, RECORDED_LESS)
    load.add_messages(example.get("messages"), scheme)
    if len(example) > 1:
        holder = example
        given = example.get("input")
        if isinstance(given, dict) and "messages" not in example:
            holder = given
            load.add_messages(given.get("messages"), scheme)
            load.add_messages(example.get("preferred_output"), scheme)
            load.add_messages(example.get("non_preferred_output"), scheme)
        load.toolbox = toolbox_of(holder.get("tools"), holder.get("functions"), counter)
    return load


class Columns(NamedTuple):
    """The fields of `Tokens`, each as a list of one figure an example."""

    total: list[int]
    assistant: list[int]
    tools: list[int]
    images: list[int]
    recorded: list[int]
    low: list[int]
    high: list[int]


def weigh(loads: Sequence[Load], counter: Counter) -> Columns:
    """The tokens of each load, in order, counted in one batch."""
    texts = [text for load in loads for part in (load.other, load.spoken) for text in part]
    counts = counter.count_many(texts)
    columns = Columns([], [], [], [], [], [], [])
    place = 0
    for load in loads:
        middle = place + len(load.other)
        end = middle + len(load.spoken)
        spoken = sum(counts[middle:end])
        said = load.fixed + sum(counts[place:middle]) + spoken
        place = end
        tools, low_tools, high_tools, _ = load.toolbox
        total = said + tools + load.images_high
        columns.total.append(total)
        columns.assistant.append(spoken)
        columns.tools.append(tools)
        columns.images.append(load.images_high)
        columns.recorded.append(total - load.less)
        columns.low.append(said - load.less + low_tools + load.images_low)
        columns.high.append(said + high_tools + load.images_high)
    return columns


def count_examples(
    examples: Iterable[Mapping[str, Any]], counter: Counter, scheme: ImageTokens | None = None
) -> list[Tokens]:
    """The tokens of each example, in order, counted in one batch.

    Args:
        examples: Decoded lines (``{"messages": […], "tools": […]}``), of any shape.
        counter: Of the model's encoding.
        scheme: How the model counts images; without it they count nothing.
    """
    columns = weigh([load_of(example, counter, scheme) for example in examples], counter)
    return [Tokens(*row) for row in zip(*columns, strict=True)]


def example_tokens(example: Mapping[str, Any], counter: Counter) -> Tokens:
    """The tokens of one example: its messages, 3 that frame it, and its tool definitions."""
    return count_examples([example], counter)[0]


def message_tokens(message: Mapping[str, Any], counter: Counter) -> int:
    """The tokens of one message: 3, its string values, and 1 more when it has a ``name``."""
    load = Load()
    load.add_message(message)
    return load.fixed + sum(counter.count_many(load.other + load.spoken))


def prompt_tokens(
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]] | None,
    functions: Sequence[Mapping[str, Any]] | None,
    counter: Counter,
    scheme: ImageTokens | None = None,
) -> int:
    """What ``usage.prompt_tokens`` is for a chat request: its messages, 3 more for the reply, and its tools.

    Args:
        messages: As sent; texts, names, calls and results are counted, and images.
        tools: As sent, or None.
        functions: The older form of `tools`, or None.
        counter: Of the model's encoding.
        scheme: How the model counts images; without it they count nothing.
    """
    request = {
        "messages": list(map(dict, messages)),
        "tools": list(tools or ()),
        "functions": list(functions or ()),
    }
    return count_examples([request], counter, scheme)[0].total
