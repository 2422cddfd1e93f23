"""Examples of the rules of a chat example, and of what it offers to call."""

from __future__ import annotations

from typing import Any

from drytune.rule_examples.example import RuleExample, assistant, chat, line, rows, user

__all__ = ["EXAMPLES", "tool"]

_GOOD = chat(user("Hello"), assistant("Good morning!"))
_TALK = (user("Hello"), assistant("Good morning!"))


def tool(name: str = "get_weather", **parameters: object) -> dict[str, Any]:
    """The definition of a tool that takes a city, or other parameters."""
    schema = parameters or {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    }
    return {"type": "function", "function": {"name": name, "parameters": schema}}


_OFFER = tool()
_FUNCTION = _OFFER["function"]

EXAMPLES: dict[str, RuleExample] = {
    "missing-messages": rows(
        b'{"tools": [' + line(_OFFER) + b"]}", _GOOD, 'Add "messages", a list; its name is plural.'
    ),
    "messages-not-list": rows(
        b'{"messages": {"role": "assistant", "content": "Good morning!"}}',
        _GOOD,
        "Put the messages into a list, even if there is only one.",
    ),
    "empty-messages": rows(b'{"messages": []}', _GOOD, "Add messages, or remove the line."),
    "unknown-key": rows(
        chat(*_TALK, id=17),
        _GOOD,
        "Remove the key; keep what you know about an example in another file. `weight` stands in a message.",
    ),
    "malformed-tools": rows(
        chat(*_TALK, tools=[{"type": "function", "name": "get_weather"}]),
        chat(*_TALK, tools=[_OFFER]),
        "Write each tool as the chat endpoint takes it, with its name inside of `function`.",
    ),
    "malformed-functions": rows(
        chat(*_TALK, functions=[{"parameters": {"type": "object"}}]),
        chat(*_TALK, functions=[_FUNCTION]),
        "Give each function a name; leave the key out when there are no functions.",
    ),
    "tool-not-callable": rows(
        chat(*_TALK, tools=[tool("get weather")]),
        chat(*_TALK, tools=[_OFFER]),
        "Use names of letters, digits, `_` and `-`, and at most 128 tools.",
    ),
    "wrong-parallel-tool-calls": rows(
        chat(*_TALK, tools=[_OFFER], parallel_tool_calls="no"),
        chat(*_TALK, tools=[_OFFER], parallel_tool_calls=False),
        "Write true or false, without quotes.",
    ),
    "invalid-tool-schema": rows(
        chat(*_TALK, tools=[tool(type="object", properties={"city": {"type": "text"}})]),
        chat(*_TALK, tools=[tool(type="object", properties={"city": {"type": "string"}})]),
        "Write a JSON Schema: its types are string, number, integer, boolean, array, object and null.",
    ),
    "duplicate-tool": rows(
        chat(*_TALK, tools=[_OFFER, _OFFER]),
        chat(*_TALK, tools=[_OFFER, tool("get_time")]),
        "Remove one of them, or give it another name.",
    ),
}
