"""Laws of the answers, over generated datasets and schemas."""

from __future__ import annotations

import json
import string

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune_simulator.http import ApiError
from drytune_simulator.inference import Taught
from drytune_simulator.inference.conversation import keys, turns_of

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30) | st.sampled_from(
    ["こんにちは", "🐱‍👤にゃ", "天気は？", "<|endoftext|>", "\r\n\x00", "Ａ", "e\u0301"]
)
names = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
arguments = st.dictionaries(names, values, max_size=3).map(
    lambda value: json.dumps(value, ensure_ascii=False)
)
contents = texts | texts.map(lambda text: [{"type": "text", "text": text}])
functions = st.fixed_dictionaries({"name": names, "arguments": arguments})


@st.composite
def replies(draw):
    kind = draw(st.sampled_from(["text", "tools", "function", "refusal"]))
    message = {"role": "assistant"}
    if kind == "text":
        message["content"] = draw(contents)
    elif kind == "tools":
        calls = draw(st.lists(functions, min_size=1, max_size=3))
        message["content"] = draw(st.none() | texts)
        message["tool_calls"] = [
            {"id": f"call_{number}", "type": "function", "function": call}
            for number, call in enumerate(calls)
        ]
    elif kind == "function":
        message |= {"content": None, "function_call": draw(functions)}
    else:
        message |= {"content": None, "refusal": draw(texts)}
    if draw(st.booleans()):
        message["weight"] = draw(st.sampled_from([0, 1]))
    return message


@st.composite
def examples(draw):
    messages = draw(st.lists(contents.map(lambda c: {"role": "system", "content": c}), max_size=1))
    for _ in range(draw(st.integers(1, 3))):
        messages.append({"role": "user", "content": draw(contents)})
        messages.append(reply := draw(replies()))
        for call in reply.get("tool_calls", []):
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": draw(texts)})
        if "function_call" in reply:
            messages.append(
                {"role": "function", "name": reply["function_call"]["name"], "content": draw(texts)}
            )
        if messages[-1] is not reply:
            messages.append({"role": "assistant", "content": draw(texts)})
    return messages


def joined(content):
    return "".join(part["text"] for part in content) if isinstance(content, list) else content


def calls_in(message):
    listed = [call["function"] for call in message.get("tool_calls", [])]
    return [*listed, *([message["function_call"]] if "function_call" in message else [])]


def reassembled(chunks):
    """What a stream says in all: content, refusal, calls."""
    content, refusal, calls = None, None, []
    for chunk in chunks:
        delta = chunk["choices"][0]["delta"]
        content = content if delta.get("content") is None else (content or "") + delta["content"]
        refusal = refusal if delta.get("refusal") is None else (refusal or "") + delta["refusal"]
        for call in delta.get("tool_calls", []):
            if "id" in call:
                calls.append({"name": call["function"]["name"], "arguments": ""})
            calls[call["index"]]["arguments"] += call["function"]["arguments"]
    return content, refusal, calls


@settings(max_examples=60, deadline=None)
@given(st.lists(examples(), min_size=1, max_size=4))
def test_every_trained_reply_comes_back_byte_for_byte(ask, stream, dataset):
    """For any dataset, plain and streamed alike; a reply of weight 0 is not learned."""
    data = "\n".join(json.dumps({"messages": messages}, ensure_ascii=False) for messages in dataset)
    taught = Taught.from_jsonl(data.encode())
    first = {}
    for messages in dataset:
        for at, message in enumerate(messages):
            if message["role"] == "assistant" and message.get("weight") != 0:
                first.setdefault(keys(turns_of(messages[:at]))[-1], (messages[:at], message))
    for asked, reply in first.values():
        offered = {call["name"]: {"name": call["name"]} for call in calls_in(reply)}
        tools = [{"type": "function", "function": function} for function in offered.values()] or None
        said = ask(taught, asked, tools=tools)
        assert said.headers["x-drytune-similarity"] == "1.0000"
        expected = (joined(reply.get("content")), reply.get("refusal"), calls_in(reply))
        assert (said.content, said.message["refusal"], calls_in(said.message)) == expected
        assert reassembled(stream(taught, asked, tools=tools)) == expected
    learned = sum(m["role"] == "assistant" and m.get("weight") != 0 for messages in dataset for m in messages)
    assert len(taught) == learned


@settings(max_examples=60, deadline=None)
@given(st.lists(examples(), min_size=1, max_size=4), texts)
def test_any_question_is_answered_the_same_twice(ask, dataset, question):
    """Inexact questions too: no answer depends on what was asked before or on a second reading."""
    data = "\n".join(json.dumps({"messages": messages}) for messages in dataset).encode()
    one, two = Taught.from_jsonl(data), Taught.from_jsonl(data)
    first = ask(one, question)
    ask(one, "another question")
    assert ask(one, question) == first == ask(two, question)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read(data):
    """Reading a training file never raises."""
    Taught.from_jsonl(data)
    Taught.from_jsonl(b'{"messages": [{"role": "assistant", "content": ' + data + b"}]}")


scalars = st.one_of(
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.tuples(st.integers(-50, 50), st.integers(0, 50)).map(
        lambda pair: {"type": "integer", "minimum": pair[0], "maximum": pair[0] + pair[1]}
    ),
    st.tuples(st.integers(-50, 50), st.integers(1, 50), st.booleans()).map(
        lambda each: {
            "type": "number",
            "exclusiveMinimum" if each[2] else "minimum": each[0],
            "exclusiveMaximum": each[0] + each[1],
        }
    ),
    st.sampled_from([2, 5, 0.1, 0.25]).map(lambda step: {"type": "number", "multipleOf": step, "minimum": 1}),
    st.tuples(st.integers(0, 20), st.integers(0, 20)).map(
        lambda pair: {"type": "string", "minLength": pair[0], "maxLength": pair[0] + pair[1]}
    ),
    st.sampled_from(["date", "date-time", "email", "uuid", "ipv4"]).map(
        lambda name: {"type": "string", "format": name}
    ),
    st.sampled_from([r"^\d{4}-\d{2}$", "^(a|b)+c?$", "[^a-z]", r"^[A-Z]{3}\w*$"]).map(
        lambda p: {"type": "string", "pattern": p}
    ),
    st.lists(values, min_size=1, max_size=3).map(lambda members: {"enum": members}),
    values.map(lambda value: {"const": value}),
    st.just({"type": ["string", "null"]}),
    st.just({"$ref": "#/$defs/node"}),
    st.just({}),
)


def objects(inner):
    return st.tuples(st.dictionaries(names, inner, max_size=3), st.booleans(), st.booleans()).map(
        lambda each: {
            "type": "object",
            "properties": each[0],
            "required": sorted(each[0]) if each[1] else [],
            "additionalProperties": each[2],
        }
    )


schemas = st.recursive(
    scalars,
    lambda inner: st.one_of(
        objects(inner),
        st.tuples(inner, st.integers(0, 2)).map(
            lambda each: {"type": "array", "items": each[0], "minItems": each[1]}
        ),
        st.lists(inner, min_size=1, max_size=3).map(lambda branches: {"anyOf": branches}),
        inner.map(lambda part: {"allOf": [part]}),
    ),
    max_leaves=6,
)
NODE = {
    "type": "object",
    "properties": {
        "value": {"type": "integer"},
        "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
    },
    "required": ["value", "next"],
    "additionalProperties": False,
}


@settings(max_examples=200, deadline=None)
@given(objects(schemas), arguments)
def test_forced_arguments_are_always_valid(ask, schema, trained):
    """For any schema of the documented subset, built from nothing or repaired from other arguments."""
    schema = {**schema, "$defs": {"node": NODE}}
    tools = [{"type": "function", "function": {"name": "f", "parameters": schema}}]
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": trained}}
    line = {
        "messages": [
            {"role": "user", "content": "q"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
        ]
    }
    brief = [{"role": "system", "content": "Be brief."}, line["messages"][0]]
    model = Taught.from_jsonl(json.dumps(line).encode())
    assert ask(model, "q", tools=tools, tool_choice="required").call[1] == trained
    for taught in (None, model):
        said = ask(taught, brief, tools=tools, tool_choice="required")
        assert jsonschema_rs.is_valid(schema, json.loads(said.call[1]))
        if taught is not None and jsonschema_rs.is_valid(schema, json.loads(trained)):
            assert said.call[1] == trained


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["role", "content", "type", "function", "name", "parameters", "tool_calls", "$ref", "anyOf"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
PARAMETERS = [
    "messages", "n", "stop", "tools", "tool_choice", "functions", "function_call", "stream_options", "max_tokens",
    "temperature", "modalities", "response_format", "parallel_tool_calls",
]  # fmt: skip


def refused(ask, messages, **parameters):
    """The refusal of a base model, or None."""
    try:
        ask(None, messages, **parameters)
    except ApiError as error:
        return error
    return None


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(PARAMETERS), anything, max_size=4))
def test_any_body_is_answered_or_refused(ask, body):
    """Bad input is an ApiError with a sentence, never another exception."""
    messages = body.pop("messages", [{"role": "user", "content": "x"}])
    refusal = refused(ask, messages if isinstance(messages, list) else [messages], **body)
    if refusal is not None:
        assert refusal.status in {400, 501}
        assert refusal.message


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"$ref": "#/properties/a"}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "string", "minLength": 10**9}}, "required": ["a"]},
        {
            "type": "object",
            "properties": {"a": {"type": "array", "items": {}, "minItems": 10**9}},
            "required": ["a"],
        },
        {
            "type": "object",
            "properties": {"a": {"type": "string", "pattern": "^(?:){9999999}(a{9999}){9999}$"}},
            "required": ["a"],
        },
        {"type": "object", "minProperties": 10**9},
    ],
    ids=["itself", "circle", "long text", "long array", "long pattern", "large object"],
)
def test_a_hopeless_schema_ends_soon(ask, schema):
    """Recursion and sizes without end are told, or satisfied, and never hang."""
    tools = [{"type": "function", "function": {"name": "f", "parameters": schema}}]
    refusal = refused(ask, "q", tools=tools, tool_choice="required")
    if refusal is not None:
        assert refusal.status in {400, 501}
    else:
        said = ask(None, "q", tools=tools, tool_choice="required")
        assert jsonschema_rs.is_valid(schema, json.loads(said.call[1]))
