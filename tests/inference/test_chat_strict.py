# ruff: noqa: E501 - each message stands on one line, as the platform words it
"""The subset of JSON Schema that structured output takes, refused outside of it in the recorded words."""

from __future__ import annotations

import json

import pytest

from drytune_simulator.http import ApiError
from drytune_simulator.inference.strict import fault_of_strict

STRING = {"type": "string"}


def closed(properties, **more):
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        **more,
    }


def fault(schema, *, tuned=False):
    return fault_of_strict(json.dumps(schema), tuned=tuned)


def nested(levels):
    schema = closed({"a": STRING})
    for _ in range(levels):
        schema = closed({"a": schema})
    return schema


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "object", "properties": {}}, "In context=(), 'additionalProperties' is required to be supplied and to be false."),
        ({**closed({"a": STRING}), "additionalProperties": STRING}, "In context=(), 'additionalProperties' is required to be supplied and to be false."),
        ({**closed({"a": STRING, "b": STRING}), "required": ["a"]}, "In context=(), 'required' is required to be supplied and to be an array including every key in properties. Missing 'b'."),
        ({**closed({"a": STRING}), "required": ["a", "c"]}, "In context=(), 'required' is required to be supplied and to be an array including every key in properties. Extra required key 'c' supplied."),
        (closed({"a": {"type": "array", "items": {"type": "object"}}}), "In context=('properties', 'a', 'items'), 'additionalProperties' is required to be supplied and to be false."),
        (closed({"a": {"type": "array"}}), "In context=('properties', 'a'), array schema missing items."),
        (closed({"a": {"oneOf": [STRING]}}), "In context=('properties', 'a'), 'oneOf' is not permitted."),
        (closed({"a": {"anyOf": [{"allOf": [STRING]}]}}), "In context=('properties', 'a', 'anyOf', '0'), 'allOf' is not permitted."),
        (closed({"a": {"type": "array", "items": STRING, "uniqueItems": True}}), "In context=('properties', 'a'), 'uniqueItems' is not permitted."),
        (closed({"a": {"description": "anything"}}), "In context=('properties', 'a'), schema must have a 'type' key."),
        (closed({"a": {"const": "x"}}), "In context=('properties', 'a'), schema must have a 'type' key."),
        (closed({"a": {"$ref": "#/$defs/b", "description": "x"}}, **{"$defs": {"b": STRING}}), "context=('properties', 'a'), $ref cannot have keywords {'description'}."),
        (closed({"a": STRING}, **{"$defs": {"b": {"type": "object"}}}), "In context=('$defs', 'b'), 'additionalProperties' is required to be supplied and to be false."),
        (closed({"a": STRING}, definitions={"b": {"not": STRING}}), "In context=('definitions', 'b'), 'not' is not permitted."),
        (nested(11), "11 levels of nesting exceeds limit of 10."),
        (closed({f"p{n}": STRING for n in range(5001)}), "5001 parameters exceeds limit of 5000."),
    ],
)  # fmt: skip
def test_outside_of_the_subset_is_told_in_the_recorded_words(schema, words):
    """The first fault, with the path to it."""
    assert fault(schema) == words


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({**closed({}), "anyOf": [closed({})]}, "anyOf"),
        (closed({"a": {"$ref": "#/$defs/no"}}), "reference"),
        (closed({"a": {"$ref": "#/required"}}), "reference"),
        (closed({"a": {"type": "string", "format": "uri"}}), "'uri' is not a valid format"),
        (closed({"a": True}), "must be an object"),
        (closed({"a": {"type": "string", "enum": [f"v{n}" for n in range(1001)]}}), "1001 enum values exceeds limit of 1000"),
        (closed({"a": {"type": "string", "enum": [f"{n:080}" for n in range(251)]}}), "exceeds limit of 15000"),
        (closed({f"{n:060}": STRING for n in range(2001)}), "exceeds limit of 120000"),
    ],
)  # fmt: skip
def test_what_the_guide_excludes_is_refused(schema, words):
    """The limits are documented, the words are drytune's own or inferred."""
    assert words in fault(schema)


@pytest.mark.parametrize(
    "schema",
    [
        closed({}),
        closed({"a": {"type": ["string", "null"], "description": "x", "title": "A", "default": "x"}}),
        closed({"a": {"type": "array", "items": {"$ref": "#"}, "minItems": 0, "maxItems": 3}}),
        closed({"a": {"$ref": "#/$defs/b"}}, **{"$defs": {"b": closed({"c": {"anyOf": [{"$ref": "#/$defs/b"}, {"type": "null"}]}})}}),
        closed({"a": {"$ref": "#/definitions/b"}}, definitions={"b": STRING}),
        closed({"a": {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "multipleOf": 0.1}}),
        closed({"a": {"type": "string", "pattern": "^a$"}, "b": {"type": "string", "format": "date-time"}}),
        nested(10),
    ],
)  # fmt: skip
def test_the_subset_is_taken(schema):
    """Recursion, definitions of either spelling, annotations and ranges."""
    assert fault(schema) is None


@pytest.mark.parametrize("keyword", ["pattern", "format", "minLength", "minimum", "multipleOf", "minItems"])
def test_fine_tuned_models_take_no_restrictions(keyword):
    """The guide: type-specific keywords are not yet supported for fine-tuned models."""
    parts = {
        "pattern": {"type": "string", "pattern": "a"},
        "format": {"type": "string", "format": "date"},
        "minLength": {"type": "string", "minLength": 1},
        "minimum": {"type": "integer", "minimum": 1},
        "multipleOf": {"type": "integer", "multipleOf": 2},
        "minItems": {"type": "array", "items": STRING, "minItems": 1},
    }
    schema = closed({"a": parts[keyword]})
    assert fault(schema) is None
    assert fault(schema, tuned=True) == f"In context=('properties', 'a'), '{keyword}' is not permitted."


def refused(ask, **parameters):
    with pytest.raises(ApiError) as caught:
        ask(None, "x", **parameters)
    return caught.value


def test_a_refusal_names_the_schema_and_where_it_stands(ask):
    """As recorded: of the answer without a code, of a function with one."""
    bad = {"type": "object", "properties": {}}
    error = refused(
        ask,
        response_format={"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": bad}},
    )
    assert error.message.startswith(
        "Invalid schema for response_format 'n': In context=(), 'additionalProperties'"
    )
    assert (error.status, error.param, error.code) == (400, "response_format", None)
    for function in ({"name": "f", "strict": True, "parameters": bad}, {"name": "f", "strict": True}):
        error = refused(ask, tools=[{"type": "function", "function": function}])
        assert (
            error.message
            == "Invalid schema for function 'f': In context=(), 'additionalProperties' is required to be supplied and to be false."
        )
        assert (error.param, error.code) == ("tools[0].function.parameters", "invalid_function_parameters")


@pytest.mark.parametrize(
    ("form", "message", "param"),
    [
        ("json", "Invalid type for 'response_format': expected an object, but got a string instead.", "response_format"),
        ({}, "Missing required parameter: 'response_format.type'.", "response_format.type"),
        ({"type": "xml"}, "Invalid value: 'xml'. Supported values are: 'json_object', 'json_schema', and 'text'.", "response_format.type"),
        ({"type": "json_schema"}, "Missing required parameter: 'response_format.json_schema'.", "response_format.json_schema"),
        ({"type": "json_schema", "json_schema": {}}, "Missing required parameter: 'response_format.json_schema.name'.", "response_format.json_schema.name"),
        ({"type": "json_schema", "json_schema": {"name": "a b"}}, "Invalid 'response_format.json_schema.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.", "response_format.json_schema.name"),
        ({"type": "json_schema", "json_schema": {"name": "a", "x": 1}}, "Unknown parameter: 'response_format.json_schema.x'.", "response_format.json_schema.x"),
        ({"type": "json_schema", "json_schema": {"name": "a", "strict": "yes"}}, "Invalid type for 'response_format.json_schema.strict': expected a boolean, but got a string instead.", "response_format.json_schema.strict"),
        ({"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "string"}}}, "Invalid schema for response_format 'a': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"string\"'.", "response_format"),
        ({"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}, "Invalid schema for response_format 'a': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'.", "response_format"),
    ],
)  # fmt: skip
def test_a_malformed_response_format_is_refused(ask, form, message, param):
    """In the words measured in August 2026."""
    error = refused(ask, response_format=form)
    assert (error.status, error.message, error.param) == (400, message, param)
