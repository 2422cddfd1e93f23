"""``/openapi.json``: the description of what is simulated, made of the routes and of the types on the wire."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, get_args

import msgspec

from drytune_simulator.errors import REFUSALS
from drytune_simulator.route import Route
from drytune_simulator.route_table import ROUTES
from drytune_simulator.version import __version__
from drytune_simulator.wire import chat, graders, objects, others, response_events, responses

__all__ = ["document", "document_json"]

Schema = dict[str, Any]

_TAGS = {
    "files": "Files",
    "uploads": "Uploads",
    "fine_tuning": "Fine-tuning",
    "models": "Models",
    "chat": "Chat",
    "responses": "Responses",
    "completions": "Completions",
    "embeddings": "Embeddings",
    "moderations": "Moderations",
    "fine_tunes": "Retired",
}
_DESCRIPTION = (
    "A simulation of the platform behind the `files`, `uploads`, `fine_tuning`, `models`, `chat.completions`, "
    "`responses`, `completions`, `embeddings` and `moderations` of the official SDK. Nothing is trained or "
    "billed; every answer carries `x-drytune: simulated`."
)
_KEYS = ("no-key", "no-bearer", "bad-key")
_OF_QUERIES = ("wrong-type", "wrong-value", "out-of-range", "unknown-parameter")
_OF_BODIES = ("bad-json", "missing-parameter", *_OF_QUERIES, "body-too-large")
_ANSWERED = {
    name: kind
    for module in (objects, chat, graders, others, responses, response_events)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
}
_BINARY: Schema = {"type": "string", "format": "binary"}
_PLACE = "#/components/schemas/"


@lru_cache(maxsize=1)
def document_json() -> bytes:
    """The document as it is served."""
    return msgspec.json.encode(document())


def document() -> dict[str, Any]:
    """An OpenAPI 3.1 document, as JSON types."""
    answers = _answers()
    asked = _asked()
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, asked)
    # what is written into the operations themselves
    inline = {_request(kind) for route in ROUTES for kind in (route.query, route.form) if kind is not None}
    schemas = {**answers, **{name: schema for name, schema in asked.items() if name not in inline}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "drytune", "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "tags": [{"name": name} for name in _TAGS.values()],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "responses": {"Keys": _refusal(_KEYS), "Others": _refusal(())},
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _answers() -> dict[str, Schema]:
    """The schemas of what is answered: with nothing that is not described, and everything that always is there."""
    kinds = [kind for route in ROUTES for kind in (route.answer, route.stream) if kind is not None]
    _, schemas = msgspec.json.schema_components(
        [*kinds, objects.ErrorEnvelope], ref_template=_PLACE + "{name}"
    )
    for name, schema in schemas.items():
        kind = _ANSWERED[name.partition("_")[0]]
        if not kind.__struct_config__.omit_defaults:
            fields = msgspec.structs.fields(kind)
            there = [field.encode_name for field in fields if field.default is not msgspec.UNSET]
            tag = kind.__struct_config__.tag_field
            schema["required"] = there if tag is None else [tag, *there]
        schema["additionalProperties"] = False
    text = re.sub(rb"Page_(\w+?)_", rb"\1Page", msgspec.json.encode(schemas))
    renamed: dict[str, Schema] = msgspec.json.decode(text)
    return renamed


def _asked() -> dict[str, Schema]:
    """The schemas of what is asked for; fields that are not described are refused."""
    kinds = [kind for route in ROUTES for kind in (route.body, route.query, route.form) if kind is not None]
    _, schemas = msgspec.json.schema_components(kinds, ref_template=_PLACE + "{name}Request")
    for schema in schemas.values():
        schema["additionalProperties"] = False
    return {f"{name}Request": schema for name, schema in schemas.items()}


def _request(kind: type[msgspec.Struct]) -> str:
    return f"{kind.__name__}Request"


def _operation(route: Route, asked: dict[str, Schema]) -> Schema:
    refused = ["bad-client-request-id", *route.refusals]
    parameters: list[Schema] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in route.variables
    ]
    operation: Schema = {
        "operationId": route.name,
        "tags": [_TAGS[route.name.partition(".")[0]]],
        "summary": route.summary,
    }
    remarks = [
        "Takes an admin key, `sk-admin-...`." if route.admin else "",
        f"Simulated, but: {route.note}." if route.note else "",
        "Always refused, as by the platform." if route.refused else "",
    ]
    if any(remarks):
        operation["description"] = " ".join(filter(None, remarks))
    if route.refused:
        operation["deprecated"] = True
    if route.query is not None:
        parameters += _parameters(asked[_request(route.query)])
        refused += _OF_QUERIES
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        schema: Schema = {"$ref": _PLACE + _request(route.body)}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
        refused += _OF_BODIES
    if route.form is not None:
        schema = _form(asked[_request(route.form)], asked)
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
        refused.append("body-too-large")
    operation["responses"] = {**_success(route), **_refusals(refused)}
    return operation


def _parameters(schema: Schema) -> Iterable[Schema]:
    """The parameters of a query; one that is an object is written ``metadata[key]=value``."""
    for name, described in schema["properties"].items():
        kind = dict(described)
        if "anyOf" in kind:  # null is for what is left out, and a query has no other way to say it
            kind = next(one for one in kind["anyOf"] if one != {"type": "null"})
        parameter: Schema = {"name": name, "in": "query", "required": False, "schema": kind}
        if kind.get("type") == "object":
            parameter |= {"style": "deepObject", "explode": True}
        yield parameter


def _form(schema: Schema, asked: dict[str, Schema]) -> Schema:
    """The fields of a form: bytes are a file, and a nested object's fields are fields of their own."""
    properties: dict[str, Schema] = {}
    together: dict[str, list[str]] = {}
    for name, described in schema["properties"].items():
        reference = next((one["$ref"] for one in described.get("anyOf", ()) if "$ref" in one), None)
        if reference is not None:
            inner = asked[reference.removeprefix(_PLACE)]["properties"]
            fields = {f"{name}[{field}]": kind for field, kind in inner.items()}
            properties |= fields
            together |= {field: [other for other in fields if other != field] for field in fields}
        else:
            properties[name] = _BINARY if "contentEncoding" in described else described
    form: Schema = {"type": "object", "properties": properties, "required": schema["required"]}
    return {**form, "dependentRequired": together} if together else form


def _success(route: Route) -> Schema:
    if route.answer is None:
        return {}
    content: Schema = {}
    if route.answer is bytes:
        content["application/octet-stream"] = {"schema": _BINARY}
    else:
        ((schema,), _) = msgspec.json.schema_components([route.answer], ref_template=_PLACE + "{name}")
        if "$ref" in schema:
            schema = {"$ref": re.sub(r"Page_(\w+?)_", r"\1Page", schema["$ref"])}
        content["application/json"] = {"schema": schema}
    if route.stream is not None:
        each = _event(route.stream)
        content["text/event-stream"] = {"schema": {"type": "string", "description": each}}
    return {"200": {"description": "It is done.", "content": content}}


def _event(kind: Any) -> str:
    """What an event of a stream is: of one type and then a last one, or of several that tell their ends."""
    several = get_args(kind)
    if not several:
        return f"Server-sent events; each but the last, `[DONE]`, is a {kind.__name__}."
    return "Server-sent events; each is one of " + ", ".join(one.__name__ for one in several) + "."


def _refusals(names: Iterable[str]) -> Schema:
    """What may be refused, by status; ``4XX`` stands for what any operation may refuse besides."""
    messages: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        messages.setdefault(str(REFUSALS[name].status), []).append(name)
    described = {status: _refusal(rows) for status, rows in sorted(messages.items())}
    shared = {
        "401": {"$ref": "#/components/responses/Keys"},
        "4XX": {"$ref": "#/components/responses/Others"},
    }
    return {**described, **shared}


def _refusal(names: Iterable[str]) -> Schema:
    """The description of a response that is one of these refusals."""
    return {
        "description": "\n".join(f"- {REFUSALS[name].message}" for name in names) or "Another refusal.",
        "content": {"application/json": {"schema": {"$ref": _PLACE + "ErrorEnvelope"}}},
    }
