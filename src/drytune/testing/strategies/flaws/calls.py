"""Calls: malformed, with arguments that do not fit, unanswered, or never asked for."""

from __future__ import annotations

import json
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from drytune.testing.strategies.flaws.registry import Line, row_flaw
from drytune.testing.strategies.text import Message, Row

_WEATHER: Final[dict[str, Any]] = {
    "name": "weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
        "required": ["city"],
        "additionalProperties": False,
    },
}

_FITTING: Final = ('{"city": "Osaka"}', '{"city": "Kyōto", "days": 3}')

_BROKEN_CALLS: Final[tuple[tuple[dict[str, Any], str], ...]] = (
    ({"id": 1}, "/id"),
    ({"id": None}, "/id"),
    ({"type": "tool"}, "/type"),
    ({"type": None}, "/type"),
    ({"function": None}, "/function"),
    ({"function": "weather"}, "/function"),
    ({"function": {"arguments": "{}"}}, "/function"),
    ({"function": {"name": "", "arguments": "{}"}}, "/function/name"),
    ({"function": {"name": "weather"}}, "/function"),
    ({"function": {"name": "weather", "arguments": {"city": "Osaka"}}}, "/function/arguments"),
    ({"function": {"name": "weather", "arguments": None}}, "/function/arguments"),
)
"""Changes of a good call, and where the fault is."""


def _call(number: int = 1, arguments: str = _FITTING[0], name: str = "weather") -> dict[str, Any]:
    return {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}


def _answers(calls: list[dict[str, Any]]) -> list[Message]:
    return [{"role": "tool", "tool_call_id": call["id"], "content": f"{call['id']}: sunny"} for call in calls]


def _calling(row: Row, *calls: dict[str, Any], answered: bool = True, **more: Any) -> tuple[Row, int]:
    """`row` with these calls before the last reply, answered or not, and the place of the message that calls."""
    *asked, reply = row["messages"]
    calls_message = {"role": "assistant", "content": None, "tool_calls": list(calls)}
    messages = [*asked, calls_message, *(_answers(list(calls)) if answered else []), reply]
    return {"messages": messages, "tools": [{"type": "function", "function": _WEATHER}], **more}, len(asked)


def _ending(row: Row, calls: Any) -> tuple[Row, int]:
    """`row` with these calls instead of the last reply, and their place."""
    *asked, _ = row["messages"]
    messages = [*asked, {"role": "assistant", "content": None, "tool_calls": calls}]
    return {"messages": messages, "tools": [{"type": "function", "function": _WEATHER}]}, len(asked)


def _function_call(row: Row, call: Any) -> tuple[Row, int]:
    """`row` with an older function call instead of the last reply, and its place."""
    *asked, _ = row["messages"]
    messages = [*asked, {"role": "assistant", "content": None, "function_call": call}]
    return {"messages": messages, "functions": [_WEATHER]}, len(asked)


@row_flaw("missing-message-key")
def missing_message_key(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """An answer that does not say which call it answers, at the conversation's end."""
    if draw(st.booleans()):
        row, place = _function_call(row, {"name": "weather", "arguments": draw(st.sampled_from(_FITTING))})
        answer: Message = {"role": "function", "content": "sunny"}
    else:
        row, place = _calling(row, _call())
        place = len(row["messages"]) - 3
        answer = {"role": "tool", "content": "sunny"}
    if draw(st.booleans()):
        answer["name" if answer["role"] == "function" else "tool_call_id"] = None
    row["messages"][place + 1 : place + 1] = [answer]
    if row["messages"][-1] is answer:
        row["messages"].append({"role": "assistant", "content": "It is sunny."})
    return row, f"/messages/{place + 1}"


@row_flaw("malformed-tool-calls")
def malformed_tool_calls(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Calls that are no list, or one of them that lacks something; arguments as an object above all."""
    if draw(st.integers(0, 3)) == 3:
        row, place = _ending(row, draw(st.sampled_from([_call(), "weather", 1, True])))
        row["messages"][place]["content"] = "I look it up."
        return row, f"/messages/{place}/tool_calls"
    change, pointer = draw(st.sampled_from(_BROKEN_CALLS))
    row, place = _ending(row, [_call(1), {**_call(2), **change}])
    return row, f"/messages/{place}/tool_calls/1{pointer}"


@row_flaw("malformed-function-call")
def malformed_function_call(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A function call without a name, or with arguments that are no string."""
    call, pointer = draw(
        st.sampled_from(
            [
                ("weather", ""),
                ([], ""),
                ({}, ""),
                ({"name": "weather"}, ""),
                ({"arguments": "{}"}, ""),
                ({"name": 5, "arguments": "{}"}, "/name"),
                ({"name": "weather", "arguments": {"city": "Osaka"}}, "/arguments"),
            ]
        )
    )
    row, place = _function_call(row, call)
    row["messages"][place]["content"] = "I look it up."
    return row, f"/messages/{place}/function_call{pointer}"


@row_flaw("arguments-not-json")
def arguments_not_json(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Arguments that are no JSON object: empty, in Python's spelling, cut off, or a bare value."""
    broken = st.sampled_from(
        [
            "",
            " ",
            "{'city': 'Osaka'}",
            '{"city": "Osa',
            '{"city": None}',
            "city=Osaka",
            '"Osaka"',
            "[]",
            "null",
            '{"a": NaN}',
        ]
    )
    if draw(st.booleans()):
        row, place = _function_call(row, {"name": "weather", "arguments": draw(broken)})
        return row, f"/messages/{place}/function_call/arguments"
    row, place = _calling(row, _call(), _call(2, draw(broken)))
    return row, f"/messages/{place}/tool_calls/1/function/arguments"


@row_flaw("arguments-mismatch")
def arguments_mismatch(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Arguments that the declared schema does not allow."""
    wrong = st.sampled_from(
        [
            "{}",
            '{"city": 5}',
            '{"city": "Osaka", "days": 0}',
            '{"city": "Osaka", "unit": "c"}',
        ]
    )
    if draw(st.booleans()):
        row, place = _function_call(row, {"name": "weather", "arguments": draw(wrong)})
        return row, f"/messages/{place}/function_call/arguments"
    row, place = _calling(row, _call(), _call(2, draw(wrong)))
    return row, f"/messages/{place}/tool_calls/1/function/arguments"


@row_flaw("undeclared-function")
def undeclared_function(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A call of what the example does not declare."""
    name = draw(st.sampled_from(["forecast", "Weather", "weather_", "get_weather"]))
    if draw(st.booleans()):
        row, place = _function_call(row, {"name": name, "arguments": "{}"})
        return row, f"/messages/{place}/function_call/name"
    row, place = _calling(row, _call(), _call(2, "{}", name))
    return row, f"/messages/{place}/tool_calls/1/function/name"


@row_flaw("tool-call-unanswered")
def tool_call_unanswered(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A conversation that goes on although a call has no answer: of two calls one, or the only one."""
    if draw(st.booleans()):
        row, place = _calling(row, _call(), answered=False)
        return row, f"/messages/{place}/tool_calls/0/id"
    row, place = _calling(row, _call(1), _call(2))
    forgotten = draw(st.integers(0, 1))
    del row["messages"][place + 1 + forgotten]
    return row, f"/messages/{place}/tool_calls/{forgotten}/id"


@row_flaw("tool-answer-unasked")
def tool_answer_unasked(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """An answer to a call that nobody made."""
    unknown = {
        "role": "tool",
        "tool_call_id": draw(st.sampled_from(["call_9", "call_", "weather", ""])),
        "content": "sunny",
    }
    if draw(st.booleans()):
        row, place = _calling(row, _call())
        row["messages"].insert(place + 2, unknown)
        return row, f"/messages/{place + 2}/tool_call_id"
    row["messages"].insert(-1, unknown)
    return row, f"/messages/{len(row['messages']) - 2}/tool_call_id"


@row_flaw("duplicate-call-id")
def duplicate_call_id(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Two calls of one id: an answer does not say which it answers."""
    row, place = _calling(row, _call(1), _call(1, draw(st.sampled_from(_FITTING))))
    return row, f"/messages/{place}/tool_calls/1/id"


@row_flaw("function-answer-unasked")
def function_answer_unasked(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A function that answers without having been called."""
    answer = {"role": "function", "name": draw(st.sampled_from(["weather", "look_up"])), "content": "sunny"}
    row["messages"].insert(-1, answer)
    return {**row, "functions": [_WEATHER]}, f"/messages/{len(row['messages']) - 2}/name"


@row_flaw("parallel-calls-forbidden")
def parallel_calls_forbidden(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Several calls at once in an example that says there are none."""
    calls = [
        _call(number, json.dumps({"city": f"Town {number}"}))
        for number in range(1, draw(st.integers(2, 4)) + 1)
    ]
    row, place = _calling(row, *calls, parallel_tool_calls=False)
    return row, f"/messages/{place}/tool_calls"
