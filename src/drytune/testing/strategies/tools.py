"""Conversations that call tools: declared, called with arguments that match, and answered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from drytune.testing.strategies.arguments import check_bool, check_range
from drytune.testing.strategies.chat import contents, text_message
from drytune.testing.strategies.text import Message, Row, names, texts

__all__ = ["arguments_for", "calls_of", "function_definitions", "tool_conversations"]

_SCALARS: Final[tuple[dict[str, Any], ...]] = (
    {"type": "string"},
    {"type": "integer", "minimum": 0, "maximum": 100},
    {"type": "number"},
    {"type": "boolean"},
    {"type": "string", "enum": ["celsius", "fahrenheit"]},
    {"type": "array", "items": {"type": "string"}, "maxItems": 3},
    {"type": ["string", "null"]},
)


def tool_conversations(
    *, max_tools: int = 3, max_calls: int = 3, older: bool | None = None
) -> SearchStrategy[Row]:
    """Examples in which the assistant calls what the example declares.

    Every call has an id of its own and arguments that match the declared schema. Either the calls are answered,
    each by a tool message, and the assistant concludes, or the example ends with the calls. With the older
    ``functions`` there is one ``function_call``, answered by a function message.

    Args:
        max_tools: Tools declared at most, from 1.
        max_calls: Calls at once at most, from 1; more than one is a parallel call.
        older: True for ``functions`` and ``function_call`` only, False for ``tools`` only, None for both kinds.

    Raises:
        InvalidArgument: A number is no number or less than 1, or `older` is neither true, false nor None.
    """
    check_range("max_tools", max_tools, "max_tools", max_tools, least=1)
    check_range("max_calls", max_calls, "max_calls", max_calls, least=1)
    if older is not None:
        check_bool(older=older)
    newer = _tool_conversations(max_tools, max_calls)
    if older is None:
        return newer | _function_conversations(max_tools)
    return _function_conversations(max_tools) if older else newer


def function_definitions(*, max_size: int) -> SearchStrategy[list[dict[str, Any]]]:
    """From 1 to `max_size` functions with names of their own, a description, and a schema of their arguments."""
    return st.lists(
        _function(), min_size=1, max_size=max_size, unique_by=lambda function: str(function["name"])
    )


@st.composite
def _function(draw: DrawFn) -> dict[str, Any]:
    function: dict[str, Any] = {"name": draw(names())}
    if draw(st.booleans()):
        function["description"] = draw(texts())
    kinds: SearchStrategy[dict[str, Any]] = st.sampled_from(_SCALARS)
    properties = draw(st.dictionaries(names(max_size=6), kinds, max_size=3))
    required = [name for name in properties if draw(st.booleans())]
    if draw(st.booleans()) or properties:
        function["parameters"] = {"type": "object", "properties": properties, "required": required}
        if draw(st.booleans()):
            function["parameters"]["additionalProperties"] = False
    return function


@st.composite
def arguments_for(draw: DrawFn, function: dict[str, Any]) -> str:
    """Arguments that match the schema of `function`, as the string of JSON that a call carries."""
    schema = function.get("parameters") or {"properties": {}, "required": []}
    given = {
        name: draw(_value(kind))
        for name, kind in schema["properties"].items()
        if name in schema["required"] or draw(st.booleans())
    }
    return json.dumps(given, ensure_ascii=draw(st.booleans()))


def _value(schema: dict[str, Any]) -> SearchStrategy[Any]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema["type"]
    return {
        "string": texts(max_size=12),
        "integer": st.integers(0, 100),
        "number": st.floats(-1000, 1000, width=32),
        "boolean": st.booleans(),
        "array": st.lists(texts(max_size=8), max_size=3),
    }.get(kind if isinstance(kind, str) else "", st.none() | texts(max_size=12))


def calls_of(draw: DrawFn, functions: Sequence[dict[str, Any]], at_once: int) -> list[dict[str, Any]]:
    """From 1 to `at_once` tool calls of the declared `functions`, with ids that differ."""
    chosen = draw(st.lists(st.sampled_from(list(functions)), min_size=1, max_size=at_once))
    prefix = draw(st.sampled_from(["call_", "c", "", "toolu-"]))
    return [
        {
            "id": f"{prefix}{number}",
            "type": "function",
            "function": {"name": function["name"], "arguments": draw(arguments_for(function))},
        }
        for number, function in enumerate(chosen, 1)
    ]


@st.composite
def _tool_conversations(draw: DrawFn, max_tools: int, max_calls: int) -> Row:
    functions = draw(function_definitions(max_size=max_tools))
    row: Row = {
        "messages": _opening(draw),
        "tools": [{"type": "function", "function": one} for one in functions],
    }
    forbidden = draw(st.integers(0, 4)) == 4
    if forbidden or draw(st.booleans()):
        row["parallel_tool_calls"] = not forbidden
    calls = calls_of(draw, functions, 1 if forbidden else max_calls)
    row["messages"].append(_calling(draw, {"tool_calls": calls}))
    if draw(st.booleans()):
        answers = [
            {"role": "tool", "tool_call_id": call["id"], "content": draw(contents())}
            for call in draw(st.permutations(calls))
        ]
        row["messages"] += [*answers, draw(text_message("assistant"))]
    return row


@st.composite
def _function_conversations(draw: DrawFn, max_tools: int) -> Row:
    functions = draw(function_definitions(max_size=max_tools))
    called = draw(st.sampled_from(functions))
    call = {"name": called["name"], "arguments": draw(arguments_for(called))}
    row: Row = {
        "messages": [*_opening(draw), _calling(draw, {"function_call": call})],
        "functions": functions,
    }
    if draw(st.booleans()):
        answer = {"role": "function", "name": called["name"], "content": draw(texts() | st.just("{}"))}
        row["messages"] += [answer, draw(text_message("assistant"))]
    return row


def _opening(draw: DrawFn) -> list[Message]:
    return [*draw(st.lists(text_message("system"), max_size=1)), draw(text_message("user"))]


def _calling(draw: DrawFn, calls: dict[str, Any]) -> Message:
    """The assistant's message with `calls`: content is absent, null, or says what is being done."""
    beside = draw(st.sampled_from(["absent", "null", "text"]))
    if beside == "absent":
        return {"role": "assistant", **calls}
    return {"role": "assistant", "content": None if beside == "null" else draw(texts()), **calls}
