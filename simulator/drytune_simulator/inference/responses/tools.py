"""What a request for a response lets the model call: `tools`, which are flat here, and `tool_choice`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from drytune_simulator.checks import (
    as_array,
    as_boolean,
    as_object,
    as_string,
    invalid_type,
    missing,
    not_simulated,
)
from drytune_simulator.dataset.formats import FUNCTION_NAME
from drytune_simulator.dataset.tokens import well_formed
from drytune_simulator.errors import refuse
from drytune_simulator.inference.arguments import check_schema
from drytune_simulator.inference.offer import Function, Offer
from drytune_simulator.inference.responses.normal import strict_form
from drytune_simulator.inference.schema_check import fault_of_schema
from drytune_simulator.wire.responses import FunctionTool

__all__ = ["as_chat_tools", "offer_of", "read_tools"]

_TYPES: Final = (
    "function",
    "file_search",
    "computer",
    "computer_use_preview",
    "web_search",
    "web_search_2025_08_26",
    "mcp",
    "code_interpreter",
    "programmatic_tool_calling",
    "image_generation",
    "local_shell",
    "shell",
    "custom",
    "namespace",
    "tool_search",
    "web_search_preview",
    "web_search_preview_2025_03_11",
    "apply_patch",
)
_FIELDS: Final = frozenset(
    {
        "type",
        "name",
        "description",
        "parameters",
        "strict",
        "allowed_callers",
        "async",
        "defer_loading",
        "output_schema",
    }
)
_CHOICES: Final = ("none", "auto", "required")


def read_tools(tools: Sequence[Mapping[str, Any]], *, tuned: bool) -> list[FunctionTool]:
    """The functions of a request; what `strict` is where it is left open is decided.

    Args:
        tools: As sent.
        tuned: Whether a fine-tuned model is to call them.

    Raises:
        ApiError: 400, one is malformed, or its schema is none that the platform takes; 501 for other tools.
    """
    return [_tool(tool, f"tools[{number}]", tuned=tuned) for number, tool in enumerate(tools)]


def offer_of(tools: Sequence[FunctionTool], choice: object, *, parallel: bool) -> Offer:
    """What may be called.

    Args:
        tools: Of the request.
        choice: `tool_choice` as sent; None leaves it to the model.
        parallel: Whether several calls at once are allowed.

    Raises:
        ApiError: 400, the choice is malformed, or names what is not there; 501 for other tools.
    """
    declared = [
        Function(
            tool.name, tool.parameters, f"tools[{number}].parameters", tool.strict, tool.description or ""
        )
        for number, tool in enumerate(tools)
    ]
    by_name = {function.name: function for function in declared}
    if choice is None or choice == "auto":
        return Offer(by_name, declared, parallel=parallel)
    if isinstance(choice, str):
        if as_string(choice, "tool_choice", supported=_CHOICES) == "none":
            return Offer({}, declared, parallel=parallel)
        if not declared:
            raise refuse("choice-without-tools", choice=choice)
        return Offer(by_name, declared, forced=True, parallel=parallel)
    if not isinstance(choice, dict):
        raise invalid_type("tool_choice", "one of a string or object", choice)
    if "type" not in choice:
        raise missing("tool_choice.type")
    kind = as_string(choice["type"], "tool_choice.type", supported=(*_TYPES, "allowed_tools"))
    if kind == "allowed_tools":
        return _allowed(choice, by_name, declared, parallel=parallel)
    if kind != "function":
        raise not_simulated("tool_choice.type", f"tools of type '{kind}'")
    function = _named(choice, "tool_choice", by_name)
    return Offer({function.name: function}, declared, forced=True, named=True, parallel=parallel)


def as_chat_tools(tools: Sequence[FunctionTool]) -> list[dict[str, Any]]:
    """The same definitions as a chat has them."""
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
        }
        for tool in tools
    ]


def _tool(value: Mapping[str, Any], at: str, *, tuned: bool) -> FunctionTool:
    tool = {name: given for name, given in value.items() if given is not None}
    _check_type(tool, at)
    name = _name(tool, at)
    for field in tool:
        if field not in _FIELDS:
            raise refuse("unknown-parameter", name=well_formed(f"{at}.{field}"))
    described = tool.get("description")
    if described is not None:
        as_string(described, f"{at}.description")
    parameters = tool.get("parameters")
    if parameters is not None:
        # recorded: where there is nothing, an object without properties is meant
        parameters = dict(as_object(parameters, f"{at}.parameters")) or {"type": "object", "properties": {}}
    if "strict" in tool:
        strict = as_boolean(tool["strict"], f"{at}.strict")
    elif (form := _strictly(parameters, tuned=tuned)) is not None:
        strict, parameters = True, form
    else:
        strict = False
    check_schema(Function(name, parameters, f"{at}.parameters", strict), tuned=tuned)
    return FunctionTool(description=described, name=name, parameters=parameters, strict=strict)


def _check_type(tool: Mapping[str, Any], at: str) -> None:
    """Refuse what is no function."""
    if "type" not in tool:
        raise missing(f"{at}.type")
    kind = as_string(tool["type"], f"{at}.type", supported=_TYPES)
    if kind != "function":
        raise not_simulated(f"{at}.type", f"tools of type '{kind}'")


def _name(tool: Mapping[str, Any], at: str) -> str:
    if "name" not in tool:
        raise missing(f"{at}.name")
    name = as_string(tool["name"], f"{at}.name", longest=64)
    if not re.fullmatch(FUNCTION_NAME[1:-1], name):
        raise refuse("name-not-matching", name=f"{at}.name", pattern=FUNCTION_NAME)
    return name


def _strictly(parameters: Mapping[str, Any] | None, *, tuned: bool) -> dict[str, Any] | None:
    """The parameters as a strict function has them, if they can be brought into that form.

    Where `strict` is left out the platform does so, and else falls back (function calling guide, O).
    """
    form = strict_form(parameters or {"type": "object", "properties": {}})
    if form is None:
        return None
    return form if fault_of_schema(form, strict=True, tuned=tuned) is None else None


def _allowed(
    choice: Mapping[str, Any],
    by_name: Mapping[str, Function],
    declared: Sequence[Function],
    *,
    parallel: bool,
) -> Offer:
    for key in ("mode", "tools"):
        if key not in choice:
            raise missing(f"tool_choice.{key}")
    mode = as_string(choice["mode"], "tool_choice.mode", supported=("auto", "required"))
    functions: dict[str, Function] = {}
    for number, item in enumerate(as_array(choice["tools"], "tool_choice.tools", shortest=1)):
        at = f"tool_choice.tools[{number}]"
        tool = as_object(item, at)
        kind = as_string(tool.get("type"), f"{at}.type", supported=_TYPES)
        if kind != "function":
            raise not_simulated(f"{at}.type", f"tools of type '{kind}'")
        function = _named(tool, at, by_name)
        functions[function.name] = function
    return Offer(functions, declared, forced=mode == "required", parallel=parallel)


def _named(value: Mapping[str, Any], at: str, by_name: Mapping[str, Function]) -> Function:
    if "name" not in value:
        raise missing(f"{at}.name")
    name = as_string(value["name"], f"{at}.name")
    if name not in by_name:
        raise refuse("choice-not-in-tools", choice="function", reason=f"no function is called {name!r}")
    return by_name[name]
