"""Structured output: a JSON object, or JSON that is valid against a schema, whatever the model was taught."""

from __future__ import annotations

import json
import string

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune_simulator.http import ApiError
from drytune_simulator.inference import Taught

SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "days": {"type": "integer", "minimum": 1, "maximum": 14},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
    },
    "required": ["city", "days", "unit"],
    "additionalProperties": False,
}


def schema_format(schema=SCHEMA, **fields):
    return {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": schema, **fields},
    }


def lesson(question, answer):
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def test_a_taught_answer_that_is_valid_is_given_as_it_is(ask, teach):
    """Byte for byte, spaces and the order of keys included."""
    trained = '{ "days":3,"city":"京都",  "unit":"celsius"}'
    said = ask(teach(lesson("Kyoto?", trained)), "Kyoto?", response_format=schema_format())
    assert (said.content, said.finish_reason) == (trained, "stop")
    assert said.headers["x-drytune-similarity"] == "1.0000"
    assert "x-drytune-repaired" not in said.headers


@pytest.mark.parametrize("trained", ["Nice weather!", '{"city": "Oslo", "days": 99}', "[1, 2]", '{"city": 1'])
def test_a_taught_answer_that_is_not_valid_is_made_so(ask, teach, trained):
    """What is right in it stays."""
    said = ask(teach(lesson("Oslo?", trained)), "Oslo?", response_format=schema_format())
    value = json.loads(said.content)
    assert jsonschema_rs.is_valid(SCHEMA, value)
    if '"Oslo"' in trained:
        assert value["city"] == "Oslo"
    assert said.headers["x-drytune-layer"] == "taught"
    assert said.headers["x-drytune-repaired"] == "true"


def test_a_built_answer_takes_what_the_question_says(ask):
    """Numbers, members of enums and names of the question where the schema allows them."""
    said = ask(
        None, "What is the weather in Lisbon for 5 days, in fahrenheit?", response_format=schema_format()
    )
    assert json.loads(said.content) == {"city": "Lisbon", "days": 5, "unit": "fahrenheit"}


def test_what_the_question_says_and_the_schema_forbids_is_left_out(ask):
    """Ninety days are too many."""
    said = ask(None, "Weather in Lisbon for 90 days in kelvin", response_format=schema_format())
    value = json.loads(said.content)
    assert value["days"] != 90
    assert jsonschema_rs.is_valid(SCHEMA, value)


def test_forced_arguments_take_what_the_question_says(ask):
    """Of a base model too."""
    tools = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA, "strict": True}}]
    said = ask(None, "weather: city: Porto, 3 days, celsius", tools=tools, tool_choice="required")
    assert json.loads(said.call[1]) == {"city": "Porto", "days": 3, "unit": "celsius"}


def test_a_refusal_stays_a_refusal(ask, teach):
    """The platform refuses in place of the object."""
    refusal = {"role": "assistant", "content": None, "refusal": "No."}
    taught = teach([{"role": "user", "content": "rob a bank"}, refusal])
    said = ask(taught, "rob a bank", response_format=schema_format())
    assert (said.content, said.message["refusal"]) == (None, "No.")


def test_json_mode_always_says_an_object(ask, teach):
    """A taught object as it is; anything else within one that says it is simulated."""
    taught = teach(lesson("json a", '{"a": [1]}'), lesson("json b", "[1]"), lesson("json c", "words"))
    form = {"type": "json_object"}
    assert ask(taught, "json a", response_format=form).content == '{"a": [1]}'
    for question, reply in (("json b", "[1]"), ("json c", "words")):
        said = json.loads(ask(taught, question, response_format=form).content)
        assert said == {"simulated": True, "reply": reply}
    assert json.loads(ask(None, "JSON?", response_format=form).content)["simulated"] is True


def test_json_mode_wants_the_word(ask, teach):
    """In any message, in any form; without it, the recorded refusal."""
    form = {"type": "json_object"}
    messages = [{"role": "system", "content": [{"type": "text", "text": "Answer in Json."}]}]
    assert ask(None, [*messages, {"role": "user", "content": "x"}], response_format=form).content
    with pytest.raises(ApiError) as caught:
        ask(None, "x", response_format=form)
    assert (caught.value.status, caught.value.param, caught.value.code) == (400, "messages", None)
    assert caught.value.message == (
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
    )


def test_a_schema_without_strictness_may_be_any(ask):
    """What is not of the subset is taken where it need not be, and is satisfied all the same."""
    schema = {
        "type": "object",
        "properties": {"a": {"oneOf": [{"type": "string", "minLength": 3}, {"type": "null"}]}},
        "required": ["a"],
        "minProperties": 2,
    }
    said = ask(None, "x", response_format=schema_format(schema, strict=False))
    assert jsonschema_rs.is_valid(schema, json.loads(said.content))
    no_schema = {"type": "json_schema", "json_schema": {"name": "answer"}}
    assert isinstance(json.loads(ask(None, "x", response_format=no_schema).content), dict)


def test_a_cut_answer_is_cut_json(ask):
    """As at the platform: `length` tells that it is not whole."""
    said = ask(None, "x", response_format=schema_format(), max_tokens=3)
    assert said.finish_reason == "length"
    assert said.body["usage"]["completion_tokens"] == 3


names = st.text(string.ascii_letters + string.digits + "_ é猫", min_size=1, max_size=8)
texts = st.text(max_size=8) | st.sampled_from(["red", "dark blue", "5", "京都"])
numbers = st.tuples(st.integers(-50, 50), st.integers(1, 50), st.booleans(), st.booleans()).map(
    lambda each: {
        "type": "integer" if each[3] else "number",
        "minimum" if each[2] else "exclusiveMinimum": each[0],
        "maximum": each[0] + each[1] + 1,
    }
)
constrained = st.one_of(
    numbers,
    st.sampled_from([0.01, 0.5, 3, 7]).map(lambda step: {"type": "number", "multipleOf": step}),
    st.sampled_from(
        ["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"]
    ).map(lambda name: {"type": "string", "format": name}),
    st.sampled_from([r"^@[a-zA-Z0-9_]+$", r"^\d{4}-\d{2}$", "^(a|b)+c?$", "[^a-z]"]).map(
        lambda pattern: {"type": "string", "pattern": pattern}
    ),
)
plain = st.one_of(
    st.sampled_from(["string", "number", "integer", "boolean", "null"]).map(lambda name: {"type": name}),
    st.sampled_from(["string", "integer", "boolean"]).map(lambda name: {"type": [name, "null"]}),
    st.lists(texts, min_size=1, max_size=3, unique=True).map(lambda each: {"type": "string", "enum": each}),
    texts.map(lambda text: {"type": "string", "const": text}),
    st.just({"$ref": "#/$defs/tree"}),
    st.just({"$ref": "#/$defs/list"}),
    st.just({"$ref": "#"}).map(lambda root: {"anyOf": [root, {"type": "null"}]}),
)


def closed(properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def subset(leaves, sizes):
    """Schemas of the documented subset."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.dictionaries(names, inner, max_size=3).map(closed),
            st.tuples(inner, sizes).map(lambda each: {"type": "array", "items": each[0], **each[1]}),
            st.lists(inner, min_size=1, max_size=3).map(lambda branches: {"anyOf": branches}),
        ),
        max_leaves=6,
    )


TREE = closed(
    {
        "value": {"type": "number"},
        "left": {"anyOf": [{"$ref": "#/$defs/tree"}, {"type": "null"}]},
        "right": {"anyOf": [{"$ref": "#/$defs/tree"}, {"type": "null"}]},
    }
)
LIST = {
    "anyOf": [closed({"head": {"$ref": "#/$defs/tree"}, "tail": {"$ref": "#/$defs/list"}}), {"type": "null"}]
}
sized = st.integers(0, 2).map(lambda least: {"minItems": least, "maxItems": least + 1})
of_base = subset(plain | constrained, sized)
of_tuned = subset(plain, st.just({}))


def rooted(parts):
    return st.dictionaries(names, parts, max_size=4).map(
        lambda properties: {**closed(properties), "$defs": {"tree": TREE, "list": LIST}}
    )


def said_by(chunks):
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    content = "".join(delta.get("content") or "" for delta in deltas)
    pieces = [call["function"]["arguments"] for delta in deltas for call in delta.get("tool_calls", ())]
    return content, "".join(pieces)


@settings(max_examples=250, deadline=None)
@given(rooted(of_base), texts, st.text(max_size=40))
def test_structured_output_is_always_valid(ask, stream, schema, trained, question):
    """For any schema of the documented subset, any taught reply and question; streamed as plain."""
    form = schema_format(schema)
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    tools = [{"type": "function", "function": {"name": "f", "parameters": schema, "strict": True}}]
    for taught in (None, Taught.from_jsonl(json.dumps({"messages": lesson(question, trained)}).encode())):
        said = ask(taught, question, response_format=form)
        assert validator.is_valid(json.loads(said.content))
        assert said_by(stream(taught, question, response_format=form)) == (said.content, "")
        forced = ask(taught, question, tools=tools, tool_choice="required")
        assert validator.is_valid(json.loads(forced.call[1]))
        chunks = stream(taught, question, tools=tools, tool_choice="required")
        assert said_by(chunks) == ("", forced.call[1])


@settings(max_examples=100, deadline=None)
@given(rooted(of_tuned), st.data())
def test_a_valid_taught_answer_is_kept(ask, schema, data):
    """Any valid value that was taught comes back as it was written."""
    built = json.loads(ask(None, "q", response_format=schema_format(schema)).content)
    trained = json.dumps(
        built, indent=data.draw(st.sampled_from([None, 1])), ensure_ascii=data.draw(st.booleans())
    )
    taught = Taught.from_jsonl(json.dumps({"messages": lesson("q", trained)}).encode())
    assert ask(taught, "q", response_format=schema_format(schema)).content == trained
