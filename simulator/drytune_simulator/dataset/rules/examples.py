"""Rules of an example as a whole: its keys, its messages as a list, its definitions of tools."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from drytune_simulator.dataset.finding import shown
from drytune_simulator.dataset.formats import EXAMPLE_KEYS, FUNCTION_NAME, MAX_FUNCTIONS, escape
from drytune_simulator.dataset.rules.registry import Found, rule
from drytune_simulator.dataset.wordings import says

Example = dict[str, Any]


@rule("missing-messages", "example")
def missing_messages(example: Example) -> Iterator[Found]:
    """An example has messages."""
    if "messages" not in example:
        hint = 'Add "messages": a list of {"role": …, "content": …}.'
        if {"prompt", "completion"} <= example.keys():
            hint = "Prompt and completion are for base models; make a user and an assistant message of them."
        yield Found("", 'The key "messages" is missing.', hint, says("missing-messages"))


@rule("messages-not-list", "example")
def messages_not_list(example: Example) -> Iterator[Found]:
    """The messages are a list."""
    if "messages" in example and not isinstance(example["messages"], list):
        yield Found(
            "/messages",
            f'"messages" is {shown(example["messages"])}; it must be a list of messages.',
            'Write "messages": [{"role": …, "content": …}, …].',
            says("messages-not-list"),
        )


@rule("empty-messages", "example")
def empty_messages(example: Example) -> Iterator[Found]:
    """There is at least one message."""
    if example.get("messages") == []:
        yield Found(
            "/messages", '"messages" is empty.', "Add messages, or remove the line.", says("empty-messages")
        )


def _hint(key: str) -> str:
    if key == "weight":
        return "`weight` belongs into an assistant message."
    if key in {"input", "preferred_output", "non_preferred_output"}:
        return "This looks like preference data, which this version does not judge: leave it as it is."
    return "Remove it."


@rule("unknown-key", "example")
def unknown_key(example: Example) -> Iterator[Found]:
    """An example has no other keys than messages, tools, parallel_tool_calls and functions."""
    for key in example:
        if key not in EXAMPLE_KEYS:
            yield Found(
                f"/{escape(key)}",
                f"The key {shown(key)} is not allowed here; allowed are {', '.join(EXAMPLE_KEYS)}.",
                _hint(key),
                says("unknown-key", key=key),
            )


@rule("malformed-tools", "example")
def malformed_tools(example: Example) -> Iterator[Found]:
    """Tools are a list of functions, each with a name."""
    tools = example.get("tools")
    if tools is None:
        return
    hint = 'Write {"type": "function", "function": {"name": …, "parameters": {…}}}.'
    if not isinstance(tools, list):
        yield Found(
            "/tools",
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
                f"/tools/{index}",
                f"This tool is malformed: {fault}.",
                hint,
                says("malformed-tools", error=f"tool {index + 1} is not valid"),
            )


@rule("malformed-functions", "example")
def malformed_functions(example: Example) -> Iterator[Found]:
    """Functions are a list of 1 to 128, each with a name."""
    functions = example.get("functions")
    if functions is None:
        return
    hint = 'Write {"name": …, "parameters": {…}}.'
    if not isinstance(functions, list) or not 1 <= len(functions) <= MAX_FUNCTIONS:
        size = f"a list of {len(functions)}" if isinstance(functions, list) else shown(functions)
        yield Found(
            "/functions",
            f'"functions" is {size}; it must be a list of 1 to {MAX_FUNCTIONS} functions.',
            hint,
            says("malformed-functions", error="value is not a valid list of functions"),
        )
        return
    for index, function in enumerate(functions):
        if fault := _function_fault(function):
            yield Found(
                f"/functions/{index}",
                f"This function is malformed: {fault}.",
                hint,
                says("malformed-functions", error=f"function {index + 1} is not valid"),
            )


@rule(
    "tool-not-callable",
    "example",
    severity="warning",
    effect="harmful",
    source="FACTS.md §5.1 for the number (O); the names are from memory (M)",
)
def tool_not_callable(example: Example) -> Iterator[Found]:
    """Tools are such that the chat endpoint takes them when the tuned model is asked."""
    tools = example.get("tools")
    if not isinstance(tools, list):
        return
    if len(tools) > MAX_FUNCTIONS:
        yield Found(
            "/tools",
            f"There are {len(tools)} tools; the chat endpoint takes {MAX_FUNCTIONS}.",
            "Leave out those that are seldom called.",
        )
    for index, tool in enumerate(tools):
        function = tool.get("function") if isinstance(tool, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        if isinstance(name, str) and name and not re.fullmatch(FUNCTION_NAME, name):
            yield Found(
                f"/tools/{index}/function/name",
                f"The chat endpoint takes no function called {shown(name)}.",
                "Use letters, digits, _ and - only.",
            )


@rule("wrong-parallel-tool-calls", "example")
def wrong_parallel_tool_calls(example: Example) -> Iterator[Found]:
    """parallel_tool_calls is true or false."""
    value = example.get("parallel_tool_calls")
    if value is not None and not isinstance(value, bool):
        yield Found(
            "/parallel_tool_calls",
            f'"parallel_tool_calls" is {shown(value)}; it must be true or false.',
            "Write true or false, or remove it.",
            says("wrong-parallel-tool-calls"),
        )


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
