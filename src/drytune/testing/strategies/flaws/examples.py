"""Chat examples whose outer shape is wrong."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from drytune.testing.strategies.flaws.registry import Line, row_flaw
from drytune.testing.strategies.text import Row


@row_flaw("missing-messages")
def missing_messages(draw: DrawFn, _row: Row) -> tuple[Line, str]:
    """An example that has no messages."""
    others: list[Row] = [{}, {"tools": []}, {"parallel_tool_calls": True}, {"tools": None}]
    return draw(st.sampled_from(others)), ""


@row_flaw("messages-not-list")
def messages_not_list(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Messages that are something else than a list."""
    first = row["messages"][0]
    return {"messages": draw(st.sampled_from(["Hello", first, {}, None, 5, True, str([first])]))}, "/messages"


@row_flaw("empty-messages")
def empty_messages(_draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A conversation in which nobody says anything."""
    return {**row, "messages": []}, "/messages"


@row_flaw("unknown-key")
def unknown_key(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A column that the platform does not know, which refuses it even when it is null."""
    key = draw(
        st.sampled_from(["weight", "id", "metadata", "response_format", "Messages", "tool_choice", "a/~b"])
    )
    value: Any = draw(st.sampled_from([None, 1, "x", {}]))
    return {**row, key: value}, "/" + key.replace("~", "~0").replace("/", "~1")


_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "look_up", "parameters": {"type": "object"}},
}

_WRONG_TOOLS: tuple[Any, ...] = (
    "look_up",
    {"type": "function"},
    {"type": "function", "function": "look_up"},
    {"type": "function", "function": {}},
    {"type": "function", "function": {"name": ""}},
    {"type": "function", "function": {"name": 5}},
    {"type": "function", "function": {"name": "f", "description": 5}},
    {"type": "function", "function": {"name": "f", "parameters": '{"type": "object"}'}},
    {"type": "code_interpreter"},
    {"type": "function", "name": "f", "parameters": {}},
    {"name": "f", "parameters": {}},
    {"function": {"name": "f"}},
    None,
)


@row_flaw("malformed-tools")
def malformed_tools(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Tools that are no list, or one of them that is no named function; the Responses API's flat form too."""
    if draw(st.integers(0, 3)) == 3:
        return {**row, "tools": draw(st.sampled_from([_TOOL, "[]", {}, 0, False]))}, "/tools"
    before = draw(st.integers(0, 2))
    return {**row, "tools": [*_good_tools(before), draw(st.sampled_from(_WRONG_TOOLS))]}, f"/tools/{before}"


@row_flaw("malformed-functions")
def malformed_functions(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Functions that are no list of 1 to 128, or one of them without a name."""
    if draw(st.booleans()):
        many = [{"name": f"f{number}"} for number in range(129)]
        return {
            **row,
            "functions": draw(st.sampled_from([[], {}, "f", {"name": "f"}, 1, many])),
        }, "/functions"
    wrong = st.sampled_from(
        ["f", {}, {"name": ""}, {"name": None}, {"name": "f", "parameters": []}, _TOOL, None]
    )
    return {**row, "functions": [{"name": "look_up"}, draw(wrong)]}, "/functions/1"


@row_flaw("wrong-parallel-tool-calls")
def wrong_parallel_tool_calls(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A text or a number where true or false is due."""
    value = draw(st.sampled_from(["true", "false", 1, 0, 1.0, [], {}]))
    return {**row, "parallel_tool_calls": value}, "/parallel_tool_calls"


def _good_tools(many: int) -> list[Any]:
    return [{"type": "function", "function": {"name": f"good_{number}"}} for number in range(many)]
