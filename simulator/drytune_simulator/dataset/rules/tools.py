"""Rules of what an example offers the assistant to call: its tools, or the older functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from drytune_simulator.dataset.finding import shown
from drytune_simulator.dataset.formats import FUNCTION_NAME, MAX_FUNCTIONS, pointer_to
from drytune_simulator.dataset.rules.registry import Found, rule
from drytune_simulator.dataset.schemas import fault_of_schema
from drytune_simulator.dataset.wordings import says

__all__ = ["Offer", "definitions_of"]

_LONGEST_NAME = 64
"""Of a function, for the chat endpoint (grade M)."""


class Offer(NamedTuple):
    """The object that holds ``tools`` and ``functions``, and where it stands in the line."""

    value: dict[str, Any]
    base: tuple[str | int, ...] = ()

    def pointer(self, *path: str | int) -> str:
        """JSON pointer to something in it."""
        return pointer_to(*self.base, *path)


def definitions_of(holder: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """The functions that are defined, as far as they are objects with a name, with their paths."""
    for key in ("tools", "functions"):
        offered = holder.get(key)
        for index, item in enumerate(offered if isinstance(offered, list) else ()):
            path: tuple[str | int, ...] = (key, index) if key == "functions" else (key, index, "function")
            function = item.get("function") if key == "tools" and isinstance(item, dict) else item
            if isinstance(function, dict) and isinstance(function.get("name"), str):
                yield path, function


@rule("malformed-tools", "tools")
def malformed_tools(offer: Offer) -> Iterator[Found]:
    """Tools are a list of functions, each with a name."""
    tools = offer.value.get("tools")
    if tools is None:
        return
    hint = 'Write {"type": "function", "function": {"name": …, "parameters": {…}}}.'
    if not isinstance(tools, list):
        yield Found(
            offer.pointer("tools"),
            f'"tools" is {shown(tools)}; it must be a list.',
            hint,
            says("malformed-tools", error="value is not a valid list"),
        )
        return
    for index, tool in enumerate(tools):
        function = tool.get("function") if isinstance(tool, dict) else None
        fault = _function_fault(function)
        if not isinstance(tool, dict) or tool.get("type") != "function":
            fault = 'it must be an object of "type" "function"'
        if fault:
            yield Found(
                offer.pointer("tools", index),
                f"This tool is malformed: {fault}.",
                hint,
                says("malformed-tools", error=f"tool {index + 1} is not valid"),
            )


@rule("malformed-functions", "tools")
def malformed_functions(offer: Offer) -> Iterator[Found]:
    """Functions are a list of 1 to 128, each with a name."""
    functions = offer.value.get("functions")
    if functions is None:
        return
    hint = 'Write {"name": …, "parameters": {…}}.'
    if not isinstance(functions, list) or not 1 <= len(functions) <= MAX_FUNCTIONS:
        size = f"a list of {len(functions)}" if isinstance(functions, list) else shown(functions)
        yield Found(
            offer.pointer("functions"),
            f'"functions" is {size}; it must be a list of 1 to {MAX_FUNCTIONS} functions.',
            hint,
            says("malformed-functions", error="value is not a valid list of functions"),
        )
        return
    for index, function in enumerate(functions):
        if fault := _function_fault(function):
            yield Found(
                offer.pointer("functions", index),
                f"This function is malformed: {fault}.",
                hint,
                says("malformed-functions", error=f"function {index + 1} is not valid"),
            )


@rule(
    "tool-not-callable",
    "tools",
    severity="warning",
    effect="harmful",
    source="FACTS.md §5.1 for the number (O); the names are from memory (M)",
)
def tool_not_callable(offer: Offer) -> Iterator[Found]:
    """Tools are such that the chat endpoint takes them when the tuned model is asked."""
    tools = offer.value.get("tools")
    if not isinstance(tools, list):
        return
    if len(tools) > MAX_FUNCTIONS:
        yield Found(
            offer.pointer("tools"),
            f"There are {len(tools)} tools; the chat endpoint takes {MAX_FUNCTIONS}.",
            "Leave out those that are seldom called.",
        )
    for index, tool in enumerate(tools):
        function = tool.get("function") if isinstance(tool, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(name, str) or not name:
            continue
        if len(name) > _LONGEST_NAME or not re.fullmatch(FUNCTION_NAME, name):
            yield Found(
                offer.pointer("tools", index, "function", "name"),
                f"The chat endpoint takes no function called {shown(name)}.",
                f"Use letters, digits, _ and - only, {_LONGEST_NAME} at most.",
            )


@rule("wrong-parallel-tool-calls", "tools")
def wrong_parallel_tool_calls(offer: Offer) -> Iterator[Found]:
    """parallel_tool_calls is true or false."""
    value = offer.value.get("parallel_tool_calls")
    if value is not None and not isinstance(value, bool):
        yield Found(
            offer.pointer("parallel_tool_calls"),
            f'"parallel_tool_calls" is {shown(value)}; it must be true or false.',
            "Write true or false, or remove it.",
            says("wrong-parallel-tool-calls"),
        )


@rule("invalid-tool-schema", "tools", severity="warning", effect="harmful", source="FACTS.md §5.1 (I)")
def invalid_tool_schema(offer: Offer) -> Iterator[Found]:
    """The parameters of a function are a valid JSON Schema.

    Nobody is known to be refused for it in training; the chat endpoint refuses it when the tuned model is asked.
    """
    for path, function in definitions_of(offer.value):
        parameters = function.get("parameters")
        if isinstance(parameters, dict) and (fault := fault_of_schema(parameters)):
            yield Found(
                offer.pointer(*path, "parameters"),
                f"The parameters of {shown(function['name'])} are no valid JSON Schema: {fault}.",
                'Write for instance {"type": "object", "properties": {"city": {"type": "string"}}}.',
            )


@rule("duplicate-tool", "tools", severity="warning", effect="harmful", source="no source (I)")
def duplicate_tool(offer: Offer) -> Iterator[Found]:
    """No two tools of an example have the same name: a call would not say which is meant."""
    seen = set[tuple[str | int, str]]()
    for path, function in definitions_of(offer.value):
        key = (path[0], function["name"])
        if key in seen:
            yield Found(
                offer.pointer(*path, "name"),
                f"A function called {shown(function['name'])} is defined before.",
                "Remove one, or give it another name.",
            )
        seen.add(key)


def _function_fault(function: object) -> str | None:
    """What is wrong with the definition of a function, or None."""
    if not isinstance(function, dict):
        return "its function must be an object"
    name = function.get("name")
    if not isinstance(name, str) or not name:
        return 'its function must have a "name"'
    if not isinstance(function.get("description", ""), str | None):
        return f"the description of {shown(name)} must be a text"
    if not isinstance(function.get("parameters", {}), dict | None):
        return f"the parameters of {shown(name)} must be a JSON schema"
    return None
