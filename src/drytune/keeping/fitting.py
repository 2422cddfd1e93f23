"""Whether answers fit the schemas of their request: that of the answer, and those of the functions in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from drytune.keeping.agreeing import value_in
from drytune.keeping.loose import object_in, objects_in
from drytune.keeping.said import Call, Said
from drytune_simulator.dataset.schemas import Schema

__all__ = ["Judge", "judge_of"]

Judge = Callable[[Said], bool | None]
"""Whether an answer fits what it has to; None if it has to fit nothing."""


def judge_of(body: Mapping[str, Any]) -> Judge:
    """What says whether an answer fits a request: its calls what is declared, else its words what they have to be.

    Args:
        body: The request, to whichever door.
    """
    functions = dict(_functions(body.get("tools"), body.get("functions")))
    form = object_in(body.get("response_format")) or object_in(object_in(body.get("text")).get("format"))
    kind = form.get("type")
    described = object_in(form.get("json_schema")).get("schema", form.get("schema"))
    schema = Schema(described) if kind == "json_schema" else None

    def fits(said: Said) -> bool | None:
        if said.calls:
            return all(_fits_function(call, functions) for call in said.calls)
        if kind not in ("json_schema", "json_object") or said.refusal is not None:
            return None  # to refuse is allowed
        value = value_in(said.text)
        if schema is None:
            return isinstance(value, dict)
        return value is not None and schema.allows(value)

    return fits


def _functions(tools: object, functions: object) -> Iterator[tuple[str, Schema | None]]:
    """Declared functions of any form by name; None is a tool whose input may be any text."""
    for tool in [*objects_in(tools), *objects_in(functions)]:
        custom = tool.get("type") == "custom"
        declared = object_in(tool.get("function")) or object_in(tool.get("custom")) or tool
        name = declared.get("name")
        if isinstance(name, str):
            yield name, None if custom else Schema(declared.get("parameters"))


def _fits_function(call: Call, functions: Mapping[str, Schema | None]) -> bool:
    if call.name not in functions:
        return False
    schema = functions[call.name]
    if schema is None:
        return True
    try:
        return schema.allows(json.loads(call.arguments or "{}"))
    except (ValueError, RecursionError):
        return False
