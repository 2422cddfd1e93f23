"""`/openapi.json`: valid, whole, open to all, and true."""

from __future__ import annotations

import json
import re
import warnings
from typing import Any, get_args

import jsonschema_rs
import msgspec
import pytest

from drytune_simulator import Headers, Request
from drytune_simulator.inference import parameters
from drytune_simulator.openapi import document, document_json
from drytune_simulator.routes import ROUTES
from drytune_simulator.wire import requests
from drytune_simulator.wire.response_events import ResponseEvent

KEY = {"authorization": "Bearer sk-test"}


def references(value: Any) -> set[str]:
    """All that a document refers to."""
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def validator(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """Of a schema of the document, by which its references are found."""
    return jsonschema_rs.Draft202012Validator({**schema, "components": document()["components"]})


def test_it_is_an_openapi_3_1_document():
    """By the specification's own schema, and each schema in it by that of JSON Schema."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from schemathesis.specs.openapi.definitions import OPENAPI_31

        jsonschema_rs.validator_for(OPENAPI_31).validate(document())
    for schema in document()["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_all_that_it_refers_to_is_there_and_nothing_more():
    """No component is missing or left over."""
    components = document()["components"]
    there = {f"#/components/{kind}/{name}" for kind in ("schemas", "responses") for name in components[kind]}
    # what comes in streams is told of in the text about them
    streamed = {"ChatCompletionChunk", "ChunkChoice", "Delta"} | {
        kind.__name__ for kind in get_args(ResponseEvent)
    }
    assert references(document()) | {f"#/components/schemas/{name}" for name in streamed} == there


def test_every_route_is_described_and_nothing_else():
    """With a name, a sentence, its variables, and what comes back."""
    described = {
        (method.upper(), path): operation
        for path, operations in document()["paths"].items()
        for method, operation in operations.items()
    }
    assert set(described) == {(route.method, route.path) for route in ROUTES}
    for route in ROUTES:
        operation = described[route.method, route.path]
        assert (operation["operationId"], operation["summary"]) == (route.name, route.summary)
        names = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
        assert names == set(re.findall(r"\{(\w+)\}", route.path))
        assert ("requestBody" in operation) == (route.body is not None or route.form is not None)
        assert ("200" in operation["responses"]) == (not route.refused)
        assert {"401", "4XX"} <= set(operation["responses"])


def test_limits_are_told():
    """Those of FACTS.md §3.1, §4.1 and §4.8."""
    schemas = document()["components"]["schemas"]
    job = schemas["CreateJobRequest"]
    assert job["required"] == ["model", "training_file"]
    assert not job["additionalProperties"]
    metadata = job["properties"]["metadata"]["anyOf"][0]
    assert metadata["maxProperties"] == 16
    assert metadata["propertyNames"]["maxLength"] == 64
    assert metadata["additionalProperties"] == {"type": "string", "maxLength": 512}
    assert {"type": "integer", "minimum": 1, "maximum": 50} in schemas["HyperparametersRequest"][
        "properties"
    ]["n_epochs"]["anyOf"]
    form = document()["paths"]["/v1/files"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["properties"]["file"] == {"type": "string", "format": "binary"}
    assert form["properties"]["expires_after[seconds]"] == {
        "type": "integer",
        "minimum": 3600,
        "maximum": 2592000,
    }
    limit = document()["paths"]["/v1/files"]["get"]["parameters"][1]
    assert (limit["name"], limit["schema"]["maximum"]) == ("limit", 10_000)


def test_what_is_always_there_is_required():
    """Also where a field may be null; what is sometimes left out is not."""
    schemas = document()["components"]["schemas"]
    assert schemas["File"]["required"] == list(schemas["File"]["properties"])
    assert schemas["Job"]["required"] == list(schemas["Job"]["properties"])
    assert schemas["FilePage"]["required"] == ["object", "data"]
    assert schemas["Method"]["required"] == ["type"]


def test_anybody_may_read_it(openai_simulator):
    """No key, and the same bytes each time; nothing else is open but whether the server is well."""
    response = openai_simulator(Request("GET", "/openapi.json"))
    assert (response.status, response.headers["content-type"]) == (200, "application/json")
    assert response.body == document_json() == msgspec.json.encode(document())
    assert openai_simulator(Request("POST", "/openapi.json")).status == 401
    assert openai_simulator(Request("GET", "/v1/openapi.json", Headers(KEY))).status == 404


def test_the_parameters_of_a_chat_are_those_that_are_read():
    """A chat is read field by field elsewhere: its description must not fall behind."""
    described = {field.encode_name for field in msgspec.structs.fields(requests.CreateChatCompletion)}
    assert described == parameters.KNOWN


def test_answers_fit_their_schemas(make_stage):
    """What the types demand, the document says too."""
    seen: dict[str, Any] = {}
    stage = make_stage()

    class Noting:
        def __init__(self, handler):
            self.handler = handler

        def __call__(self, request):
            response = self.handler(request)
            if response.status == 200 and response.headers.get("content-type") == "application/json":
                seen.setdefault(f"{request.method} {request.path}", json.loads(response.body))
            return response

    stage.client._client._transport.handler = Noting(stage.simulator)
    job = stage.job("succeeded")
    list(stage.client.files.list())
    list(stage.client.fine_tuning.jobs.list_events(job.id))
    list(stage.client.fine_tuning.jobs.checkpoints.list(job.id))
    stage.client.models.list()
    schemas = {
        "GET /v1/files": "FilePage",
        "POST /v1/files": "File",
        "POST /v1/fine_tuning/jobs": "Job",
        f"GET /v1/fine_tuning/jobs/{job.id}": "Job",
        f"GET /v1/fine_tuning/jobs/{job.id}/events": "EventPage",
        f"GET /v1/fine_tuning/jobs/{job.id}/checkpoints": "CheckpointPage",
        "GET /v1/models": "ModelPage",
    }
    assert set(schemas) == set(seen)
    for what, name in schemas.items():
        validator({"$ref": f"#/components/schemas/{name}"}).validate(seen[what])
        with pytest.raises(jsonschema_rs.ValidationError):
            validator({"$ref": f"#/components/schemas/{name}"}).validate({**seen[what], "more": 1})
