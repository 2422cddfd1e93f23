"""The shape that a text answer must have: any, a JSON object, or JSON that is valid against a schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from drytune_simulator.checks import as_boolean, as_object, as_string, is_object, missing
from drytune_simulator.dataset.formats import FUNCTION_NAME
from drytune_simulator.dataset.tokens import well_formed
from drytune_simulator.errors import refuse
from drytune_simulator.inference.fitting import decoded, fitted_json
from drytune_simulator.inference.lessons import Reply
from drytune_simulator.inference.schema_check import fault_of_schema

__all__ = ["ANY_TEXT", "KINDS", "Shape", "parse_response_format", "schema_shape", "shaped"]

KINDS: Final = ("json_object", "json_schema", "text")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a text answer must be; answers that call something, or refuse, need not.

    Attributes:
        kind: As the request has it.
        schema: Of ``json_schema``; None where any object will do.
        param: Where the schema stands in the request, for refusals.
    """

    kind: Literal["text", "json_object", "json_schema"] = "text"
    schema: Mapping[str, Any] | None = None
    param: str = ""


ANY_TEXT: Final = Shape()


def parse_response_format(value: object, *, tuned: bool) -> Shape:
    """The shape that ``response_format`` of a chat asks for.

    Args:
        value: As sent.
        tuned: Whether a fine-tuned model is to answer.

    Raises:
        ApiError: 400, it is malformed, or its schema is none that the platform takes.
    """
    form = as_object(value, "response_format")
    if "type" not in form:
        raise missing("response_format.type")
    kind = as_string(form["type"], "response_format.type", supported=KINDS)
    _only(form, ("type", "json_schema") if kind == "json_schema" else ("type",), "response_format")
    if kind == "text":
        return ANY_TEXT
    if kind == "json_object":
        return Shape("json_object", param="response_format")
    at = "response_format.json_schema"
    if form.get("json_schema") is None:
        raise missing(at)
    described = as_object(form["json_schema"], at)
    _only(described, ("name", "description", "schema", "strict"), at)
    return schema_shape(described, at, param="response_format", refusal="invalid-format-schema", tuned=tuned)


def schema_shape(described: Mapping[str, Any], at: str, *, param: str, refusal: str, tuned: bool) -> Shape:
    """The shape of `described`, which has `name`, `schema`, `strict` and perhaps `description`.

    Args:
        described: As sent.
        at: Where it stands in the request, e.g. ``response_format.json_schema``.
        param: What a refusal of the schema names.
        refusal: Its name in the table of refusals, one whose words take `name` and `problem`.
        tuned: Whether a fine-tuned model is to answer.

    Raises:
        ApiError: 400, it is malformed, or its schema is none that the platform takes.
    """
    if "name" not in described:
        raise missing(f"{at}.name")
    name = as_string(described["name"], f"{at}.name", longest=64)
    if not re.fullmatch(FUNCTION_NAME[1:-1], name):
        raise refuse("name-not-matching", name=f"{at}.name", pattern=FUNCTION_NAME)
    if described.get("description") is not None:
        as_string(described["description"], f"{at}.description")
    strict = described.get("strict") is not None and as_boolean(described["strict"], f"{at}.strict")
    if described.get("schema") is None:
        if strict:
            raise missing(f"{at}.schema")
        return Shape("json_schema", param=param)
    schema = as_object(described["schema"], f"{at}.schema")
    problem = fault_of_schema(schema, strict=strict, tuned=tuned)
    if problem is not None:
        raise refuse(refusal, name=name, problem=problem)
    return Shape("json_schema", schema, param)


def shaped(reply: Reply, shape: Shape, question: str = "") -> Reply:
    """`reply` with its text in `shape`: kept byte for byte if it is, else repaired or built.

    Args:
        reply: Text, a refusal or calls; the latter two are left as they are.
        shape: What the text must be.
        question: What is built takes values from it.

    Raises:
        ApiError: 501, nothing valid could be built.
    """
    if shape.kind == "text" or reply.calls or reply.content is None:
        return reply
    if shape.schema is None:
        if is_object(decoded(reply.content)):
            return reply
        said = {"simulated": True, "reply": well_formed(reply.content)}
        return Reply(json.dumps(said, ensure_ascii=False), reply.refusal)
    text = fitted_json(shape.schema, reply.content, question)
    if text is None:
        raise refuse("shape-not-simulated", param=shape.param)
    return Reply(text, reply.refusal)


def _only(fields: Mapping[str, Any], known: tuple[str, ...], at: str) -> None:
    for name in fields:
        if name not in known:
            raise refuse("unknown-parameter", name=well_formed(f"{at}.{name}"))
