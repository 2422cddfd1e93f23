"""Definitions of tools that train, and that cannot be used afterwards."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from drytune.testing.strategies.flaws.registry import Line, row_flaw
from drytune.testing.strategies.text import Row


def _tool(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **more}}


@row_flaw("tool-not-callable")
def tool_not_callable(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A name that the chat endpoint does not take, or more tools than it takes."""
    if draw(st.integers(0, 5)) == 5:
        return {**row, "tools": [_tool(f"f{number}") for number in range(129)]}, "/tools"
    name = draw(st.sampled_from(["look up", "größe", "weather.today", "a/b", "天気", "f()", " f"]))
    return {**row, "tools": [_tool("fine"), _tool(name)]}, "/tools/1/function/name"


@row_flaw("invalid-tool-schema")
def invalid_tool_schema(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Parameters that are no JSON schema."""
    schema = draw(
        st.sampled_from(
            [
                {"type": "objekt"},
                {"type": "object", "properties": []},
                {"type": "object", "properties": {"city": "string"}},
                {"type": "object", "properties": {"city": {"type": "str"}}},
                {"type": "object", "required": "city"},
                {"type": "object", "properties": {"n": {"type": "integer", "minimum": "0"}}},
                {"type": "object", "properties": {"unit": {"enum": "celsius"}}},
            ]
        )
    )
    return {
        **row,
        "tools": [_tool("fine"), _tool("look_up", parameters=schema)],
    }, "/tools/1/function/parameters"


@row_flaw("duplicate-tool")
def duplicate_tool(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """Two tools of one name: which one is called cannot be told."""
    other: dict[str, Any] = draw(
        st.sampled_from([{}, {"description": "Another."}, {"parameters": {"type": "object"}}])
    )
    return {
        **row,
        "tools": [_tool("look_up"), _tool("fine"), _tool("look_up", **other)],
    }, "/tools/2/function/name"
