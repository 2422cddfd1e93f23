"""Laws of schemas, asked as users ask: at both doors, plain and streamed, of a base model and of a tuned one.

Each schema is of the documented subset and can be satisfied, by construction: nothing is filtered out.
"""

from __future__ import annotations

import json
import string

import jsonschema_rs
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

BASE = "gpt-4.1-mini"
names = st.text(string.ascii_letters + string.digits + "_- .$é猫", min_size=1, max_size=8)
texts = st.text(max_size=8) | st.sampled_from(
    ["red", "dark blue", "5", "京都", "cat@example.com", "2026-01-02"]
)
bounds = st.floats(-1e3, 1e3, allow_subnormal=False).map(lambda number: round(number, 2))


@st.composite
def restricted_numbers(draw):
    """Integers and numbers within bounds, or multiples within bounds wide enough for one."""
    kind = draw(st.sampled_from(["integer", "number"]))
    low = draw(st.integers(-100, 100) if kind == "integer" else bounds)
    schema = {"type": kind, draw(st.sampled_from(["minimum", "exclusiveMinimum"])): low}
    step = draw(st.none() | st.sampled_from([1, 3, 7, 12] if kind == "integer" else [0.01, 0.5, 3, 7]))
    if step is not None:
        schema["multipleOf"] = step
    if draw(st.booleans()):
        schema[draw(st.sampled_from(["maximum", "exclusiveMaximum"]))] = low + 2 * (step or 1) + 1
    return schema


restricted = st.one_of(
    restricted_numbers(),
    st.sampled_from(
        ["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"]
    ).map(lambda name: {"type": "string", "format": name}),
    st.sampled_from(
        [
            r"^@[a-zA-Z0-9_]+$",
            r"^\d{4}-\d{2}$",
            "^(a|b)+c?$",
            "[^a-z]",
            r"^\+?[1-9]\d{1,14}$",
            r"^\S+@\S+$",
            "é{2,3}",
        ]
    ).map(lambda pattern: {"type": "string", "pattern": pattern}),
    st.tuples(st.integers(0, 30), st.integers(0, 5)).map(
        lambda pair: {"type": "string", "minLength": pair[0], "maxLength": sum(pair)}
    ),
)
leaves = st.one_of(
    st.sampled_from(["string", "number", "integer", "boolean", "null"]).map(lambda name: {"type": name}),
    st.lists(
        st.sampled_from(["string", "number", "integer", "boolean", "null"]), min_size=1, max_size=3, unique=True
    ).map(lambda kinds: {"type": kinds}),
    st.lists(texts, min_size=1, max_size=4, unique=True).map(lambda each: {"type": "string", "enum": each}),
    st.lists(st.integers(-9, 9), min_size=1, unique=True).map(lambda each: {"type": "integer", "enum": each}),
    texts.map(lambda text: {"type": ["string", "null"], "enum": [text, None]}),
    texts.map(lambda text: {"type": "string", "const": text}),
    st.sampled_from([{"type": "boolean", "const": True}, {"type": "number", "const": 2.5}]),
    st.sampled_from(["#/$defs/tree", "#/$defs/list", "#/$defs/color"]).map(lambda path: {"$ref": path}),
    st.just({"anyOf": [{"$ref": "#"}, {"type": "null"}]}),
    st.just({"type": "array", "items": {"$ref": "#"}}),
)  # fmt: skip


def closed(properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def described(schema, words):
    return schema if "$ref" in schema else {**schema, "description": words}


def parts(ends, sizes):
    """Schemas within the one of an answer."""
    return st.recursive(
        ends,
        lambda inner: st.one_of(
            st.dictionaries(names, inner, max_size=3).map(closed),
            st.dictionaries(names, inner).map(lambda each: {**closed(each), "type": ["object", "null"]}),
            st.tuples(inner, sizes).map(lambda each: {"type": "array", "items": each[0], **each[1]}),
            st.lists(inner, min_size=1, max_size=3).map(lambda branches: {"anyOf": branches}),
            st.tuples(inner, texts).map(lambda each: described(*each)),
        ),
        max_leaves=6,
    )  # fmt: skip


OPTIONAL = {"anyOf": [{"$ref": "#/$defs/tree"}, {"type": "null"}]}
DEFINITIONS = {
    "tree": closed({"value": {"type": "number"}, "left": OPTIONAL, "right": OPTIONAL}),
    "list": {"anyOf": [closed({"tail": {"$ref": "#/$defs/list"}}), {"type": "null"}]},
    "color": {"type": "string", "enum": ["red", "green"]},
}
sized = st.integers(0, 3).map(lambda least: {"minItems": least, "maxItems": least + 1})


def rooted(inner):
    return st.dictionaries(names, inner, min_size=1, max_size=4).map(
        lambda properties: {**closed(properties), "$defs": DEFINITIONS}
    )


schemas = st.booleans().flatmap(
    lambda tuned: st.tuples(
        st.just(tuned), rooted(parts(leaves, st.just({})) if tuned else parts(leaves | restricted, sized))
    )
)
questions = st.text(min_size=1, max_size=40) | st.sampled_from(
    ["Weather in Porto?", "Count to 5.", "Is it red, on 2026-01-02, at 5 o'clock?", '{"a": 1}']
)


def chat_said(events):
    """Text, refusal and arguments of a plain or streamed chat."""
    said = [choice.get("delta", choice.get("message")) for event in events for choice in event["choices"]]
    calls = [call["function"]["arguments"] for each in said for call in each.get("tool_calls") or ()]
    texts, refusals = ([each.get(name) or "" for each in said] for name in ("content", "refusal"))
    return "".join(texts), "".join(refusals), "".join(calls)


def response_said(events):
    """The same of the deltas of a response."""
    kinds = ("output_text", "refusal", "function_call_arguments")
    deltas = {f"response.{kind}.delta": "" for kind in kinds}
    for each in events:
        if each["type"] in deltas:
            deltas[each["type"]] += each["delta"]
    return tuple(deltas.values())


def output_said(response):
    """The same of a response."""
    parts = [part for item in response["output"] for part in item.get("content", ())]
    texts, refusals = ([part.get(name, "") for part in parts] for name in ("text", "refusal"))
    calls = [item.get("arguments", "") for item in response["output"]]
    return "".join(texts), "".join(refusals), "".join(calls)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=schemas, question=questions)
def test_what_is_said_is_always_valid_at_both_doors(post, tuned, drawn, question):
    """Structured output, unless a refusal was taught, and forced arguments; all four ways say the same."""
    of_tuned, schema = drawn
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    shape = {"name": "answer", "schema": schema, "strict": True}
    function = {"name": "answer", "parameters": schema, "strict": True}
    chat = {"model": tuned if of_tuned else BASE, "messages": [{"role": "user", "content": question}]}
    response = {"model": chat["model"], "input": question}
    forced = {"tool_choice": "required"}
    for of_chat, of_response, is_call in (
        (
            {"response_format": {"type": "json_schema", "json_schema": shape}},
            {"text": {"format": {"type": "json_schema", **shape}}},
            False,
        ),
        (
            {"tools": [{"type": "function", "function": function}], **forced},
            {"tools": [{"type": "function", **function}], **forced},
            True,
        ),
    ):
        status, plain, _ = post({**chat, **of_chat}, "/v1/chat/completions")
        assert status == 200, plain
        text, refusal, call = said = chat_said([plain])
        event(f"{of_tuned=} {is_call=} {bool(refusal)=}")
        assert not (refusal and is_call)
        assert refusal or validator.is_valid(json.loads(call if is_call else text)), said
        assert chat_said(streamed(post, {**chat, **of_chat})) == said
        status, answered, _ = post({**response, **of_response})
        assert status == 200, answered
        assert output_said(answered) == said
        _, events, _ = post({**response, **of_response, "stream": True})
        assert response_said(events) == said


def streamed(post, body):
    """The chunks of a chat."""
    status, chunks, _ = post({**body, "stream": True}, "/v1/chat/completions")
    assert status == 200
    return chunks
