"""What a request lets the model call: `tools` and `tool_choice`, or the older `functions` and `function_call`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from drytune_simulator.checks import (
    as_array,
    as_boolean,
    as_object,
    as_string,
    invalid_type,
    missing,
    not_simulated,
)
from drytune_simulator.dataset.formats import FUNCTION_NAME, MAX_FUNCTIONS
from drytune_simulator.dataset.tokens import well_formed
from drytune_simulator.errors import refuse

__all__ = ["Function", "Offer", "parse_offer"]


@dataclass(frozen=True, slots=True)
class Function:
    """A function the request offers.

    Attributes:
        name: As declared.
        parameters: Its JSON Schema; None when it was left out, which declares a function without parameters.
        param: Where the schema stands in the request, e.g. ``tools[0].function.parameters``.
        strict: Its schema has to be of the subset for structured output.
        description: What it is for, as declared.
    """

    name: str
    parameters: Any
    param: str
    strict: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be called, and how.

    Attributes:
        functions: By name, those that may be called now (none when the choice is "none").
        declared: Every function of the request, in its order.
        form: The form in which a call is answered.
        forced: The answer must be a call.
        named: The answer must call the one function named.
        parallel: Several calls at once are allowed.
    """

    functions: Mapping[str, Function] = field(default_factory=dict)
    declared: Sequence[Function] = ()
    form: Literal["tools", "functions"] = "tools"
    forced: bool = False
    named: bool = False
    parallel: bool = True


def parse_offer(body: Mapping[str, Any]) -> Offer:
    """The offer of a request; when both forms are given, `tools` counts.

    Raises:
        ApiError: 400 for malformed or contradicting parameters, 501 for custom tools.
    """
    parallel = body.get("parallel_tool_calls")
    if parallel is not None:
        as_boolean(parallel, "parallel_tool_calls")
    old = [_function(item, f"functions[{n}]") for n, item in enumerate(_list(body, "functions"))]
    new = [_tool(item, f"tools[{n}]") for n, item in enumerate(_list(body, "tools"))]
    for name, needed, offered in (
        ("tool_choice", "tools", new),
        ("parallel_tool_calls", "tools", new),
        ("function_call", "functions", old),
    ):
        if body.get(name) is not None and not offered:
            raise refuse("only-with", name=name, needed=needed)
    if new:
        return _chosen_tool(body.get("tool_choice"), new, parallel=parallel is not False)
    if old:
        return _chosen_function(body.get("function_call"), old)
    return Offer()


def _list(body: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = body.get(name)
    if value is not None and not isinstance(value, list):
        raise invalid_type(name, "an array of objects", value)
    return [] if value is None else as_array(value, name, shortest=1, longest=MAX_FUNCTIONS)


def _tool(value: object, at: str) -> Function:
    if "type" not in (tool := as_object(value, at)):
        raise missing(f"{at}.type")
    if as_string(tool["type"], f"{at}.type", supported=("function", "custom")) == "custom":
        raise not_simulated(f"{at}.type", "custom tools")
    if "function" not in tool:
        raise missing(f"{at}.function")
    return _function(tool["function"], f"{at}.function")


def _function(value: object, at: str) -> Function:
    if "name" not in (declared := as_object(value, at)):
        raise missing(f"{at}.name")
    name = as_string(declared["name"], f"{at}.name", longest=64)
    if not name:
        raise refuse("empty-string", name=f"{at}.name")
    if not re.fullmatch(FUNCTION_NAME[1:-1], name):
        raise refuse("name-not-matching", name=f"{at}.name", pattern=FUNCTION_NAME)
    if declared.get("description") is not None:
        # told in a refusal of 2025; it was 1,024 before
        as_string(declared["description"], f"{at}.description", longest=1_048_576)
    parameters = declared.get("parameters")
    if parameters is not None:
        as_object(parameters, f"{at}.parameters")
    strict = declared.get("strict")
    if strict is not None:
        as_boolean(strict, f"{at}.strict")
    described = declared.get("description") or ""
    return Function(name, parameters, f"{at}.parameters", strict is True, described)


def _chosen_tool(choice: object, tools: Sequence[Function], *, parallel: bool) -> Offer:
    by_name = {tool.name: tool for tool in tools}
    if choice is None or choice == "auto":
        return Offer(by_name, tools, parallel=parallel)
    if isinstance(choice, str):
        if as_string(choice, "tool_choice", supported=("none", "auto", "required")) == "none":
            return Offer({}, tools, parallel=parallel)
        return Offer(by_name, tools, forced=True, parallel=parallel)
    if not isinstance(choice, dict):
        raise invalid_type("tool_choice", "one of a string or object", choice)
    if "type" not in choice:
        raise missing("tool_choice.type")
    kind = as_string(choice["type"], "tool_choice.type", supported=("function", "allowed_tools", "custom"))
    if kind == "custom":
        raise not_simulated("tool_choice.type", "custom tools")
    if kind == "allowed_tools":
        return _allowed_tools(choice, by_name, tools, parallel=parallel)
    name = _name_in(choice, "tool_choice", "function")
    return Offer(
        {name: _found(by_name, name)},
        tools,
        forced=True,
        named=True,
        parallel=parallel,
    )


def _allowed_tools(
    choice: Mapping[str, Any], by_name: Mapping[str, Function], tools: Sequence[Function], *, parallel: bool
) -> Offer:
    at = "tool_choice.allowed_tools"
    if "allowed_tools" not in choice:
        raise missing(at)
    allowed = as_object(choice["allowed_tools"], at)
    for key in ("mode", "tools"):
        if key not in allowed:
            raise missing(f"{at}.{key}")
    mode = as_string(allowed["mode"], f"{at}.mode", supported=("auto", "required"))
    names = [
        _name_in(as_object(item, f"{at}.tools[{n}]"), f"{at}.tools[{n}]", "function")
        for n, item in enumerate(as_array(allowed["tools"], f"{at}.tools", shortest=1))
    ]
    functions = {name: _found(by_name, name) for name in names}
    return Offer(functions, tools, forced=mode == "required", parallel=parallel)


def _chosen_function(choice: object, functions: Sequence[Function]) -> Offer:
    by_name = {function.name: function for function in functions}
    if choice is None or choice == "auto":
        return Offer(by_name, functions, "functions", parallel=False)
    if isinstance(choice, str):
        as_string(choice, "function_call", supported=("none", "auto"))
        return Offer({}, functions, "functions", parallel=False)
    if not isinstance(choice, dict):
        raise invalid_type("function_call", "one of a string or object", choice)
    if "name" not in choice:
        raise missing("function_call.name")
    name = as_string(choice["name"], "function_call.name")
    return Offer(
        {name: _found(by_name, name)}, functions, "functions", forced=True, named=True, parallel=False
    )


def _name_in(value: Mapping[str, Any], at: str, key: str) -> str:
    if key not in value:
        raise missing(f"{at}.{key}")
    inner = as_object(value[key], f"{at}.{key}")
    if "name" not in inner:
        raise missing(f"{at}.{key}.name")
    return as_string(inner["name"], f"{at}.{key}.name")


def _found(by_name: Mapping[str, Function], name: str) -> Function:
    if name not in by_name:
        raise refuse("unknown-function", name=well_formed(name))
    return by_name[name]
