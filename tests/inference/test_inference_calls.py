"""Function calls: what is offered decides what may be called, and arguments are always valid."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest

from drytune_simulator.http import ApiError

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["c", "f"]}},
    "required": ["city"],
    "additionalProperties": False,
}
TRAINED = '{ "city":"大阪",  "unit":"c"}'
"""Spelled as no serializer would, to see that it comes back byte for byte."""


def tool(name="get_weather", parameters=WEATHER):
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def function(name="get_weather", parameters=WEATHER):
    return {"name": name, "parameters": parameters}


def calling(*calls, content=None):
    return {
        "role": "assistant",
        "content": content,
        "tool_calls": [
            {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for number, (name, arguments) in enumerate(calls)
        ],
    }


OSAKA = {"role": "user", "content": "大阪の天気は？"}
BRIEF = {"role": "system", "content": "Be brief."}
RESULT = {"role": "tool", "tool_call_id": "call_0", "content": '{"sky":"晴れ"}'}


def renamed(call, result):
    """The same under another id."""
    (named,) = call["tool_calls"]
    return {**call, "tool_calls": [{**named, "id": "x"}]}, {**result, "tool_call_id": "x"}


@pytest.fixture(scope="module")
def weather(teach):
    return teach(
        [OSAKA, calling(("get_weather", TRAINED)), RESULT, {"role": "assistant", "content": "晴れです。"}],
        [
            {"role": "user", "content": "What time is it in Paris?"},
            {
                "role": "assistant",
                "content": None,
                "function_call": {"name": "get_time", "arguments": '{"city":"Paris"}'},
            },
        ],
        [
            {"role": "user", "content": "Weather and time in Rome"},
            calling(("get_weather", '{"city":"Rome"}'), ("get_time", '{"city":"Rome"}')),
        ],
    )


@pytest.mark.parametrize(
    ("offer", "finish_reason"),
    [({"tools": [tool()]}, "tool_calls"), ({"functions": [function()]}, "function_call")],
    ids=["tools", "functions"],
)
def test_a_trained_call_comes_back_in_the_form_that_is_offered(ask, weather, offer, finish_reason):
    """Trained with tools, asked either way: the arguments are the trained bytes."""
    said = ask(weather, [OSAKA], **offer)
    assert said.call == ("get_weather", TRAINED)
    assert (said.finish_reason, said.content) == (finish_reason, None)
    assert said.headers["x-drytune-similarity"] == "1.0000"


def test_a_lesson_of_the_older_form_answers_tools(ask, weather):
    """Trained with function_call, offered as a tool."""
    said = ask(weather, "What time is it in Paris?", tools=[tool("get_time")])
    assert said.call == ("get_time", '{"city":"Paris"}')
    assert said.message["tool_calls"][0]["id"].startswith("call_")
    assert len(said.message["tool_calls"][0]["id"]) == 29


def test_a_near_question_calls_the_same_function(ask, weather):
    """Recall by likeness holds for calls as for text."""
    said = ask(weather, "大阪の天気はどう？", tools=[tool(), tool("get_time")])
    assert said.call == ("get_weather", TRAINED)


@pytest.mark.parametrize(
    "messages",
    [
        [OSAKA, calling(("get_weather", TRAINED)), RESULT],
        [OSAKA, *renamed(calling(("get_weather", '{"unit": "c", "city": "大阪"}')), RESULT)],
        [
            OSAKA,
            {"role": "assistant", "function_call": {"name": "get_weather", "arguments": TRAINED}},
            {"role": "function", "name": "get_weather", "content": RESULT["content"]},
        ],
    ],
    ids=["as trained", "arguments written anew", "the older form"],
)
def test_a_result_gives_the_reply_trained_after_it(ask, weather, messages):
    """After the tool has answered the conversation goes on as trained, whatever the ids and the form."""
    said = ask(weather, messages, tools=[tool()])
    assert (said.content, said.headers["x-drytune-similarity"]) == ("晴れです。", "1.0000")


def test_a_near_result_is_answered_by_a_reply_to_a_result(ask, weather):
    """Another result: the nearest lesson still is the one after a tool."""
    said = ask(weather, [OSAKA, calling(("get_weather", TRAINED)), {**RESULT, "content": '{"sky":"雨"}'}])
    assert said.content == "晴れです。"


@pytest.mark.parametrize(
    ("offer", "why"),
    [
        ({}, "offers no such tool"),
        ({"tools": [tool("other")]}, "offers no such tool"),
        ({"tools": [tool()], "tool_choice": "none"}, "does not allow that call"),
        ({"functions": [function()], "function_call": "none"}, "does not allow that call"),
    ],
    ids=["nothing", "another", "none", "none, the older form"],
)
def test_a_call_that_is_not_offered_is_not_made(ask, weather, offer, why):
    """The answer tells what the training example does and why this request cannot have it."""
    said = ask(weather, [OSAKA], **offer)
    assert (
        said.content
        == f"[simulated] The training example on line 1 calls the function 'get_weather' here; this request {why}."
    )
    assert said.finish_reason == "stop"
    assert "tool_calls" not in said.message


def test_without_the_tool_the_trained_call_is_named(ask, teach):
    """The very conversation was trained: some text that is a little like it would be a wrong answer."""
    taught = teach(
        [OSAKA, calling(("get_weather", TRAINED))],
        [{"role": "user", "content": "東京の天気は？"}, {"role": "assistant", "content": "分かりません。"}],
    )
    assert "calls the function 'get_weather' here" in ask(taught, [OSAKA]).content
    assert ask(taught, "東京の天気は？？").content == "分かりません。"


def test_parallel_calls_come_together_or_one_alone(ask, weather):
    """`parallel_tool_calls: false` leaves the first; a call that is not offered is left out."""
    offer = [tool(), tool("get_time")]
    both = ask(weather, "Weather and time in Rome", tools=offer).message["tool_calls"]
    assert [call["function"]["name"] for call in both] == ["get_weather", "get_time"]
    assert both[0]["id"] != both[1]["id"]
    alone = ask(weather, "Weather and time in Rome", tools=offer, parallel_tool_calls=False)
    assert alone.call == ("get_weather", '{"city":"Rome"}')
    assert ask(weather, "Weather and time in Rome", tools=offer[1:]).call[0] == "get_time"
    assert ask(weather, "Weather and time in Rome", functions=[function()]).call[0] == "get_weather"


@pytest.mark.parametrize(
    ("parameters", "name", "finish_reason"),
    [
        ({"tools": [tool(), tool("get_time")], "tool_choice": "required"}, "get_weather", "tool_calls"),
        (
            {
                "tools": [tool(), tool("get_time")],
                "tool_choice": {"type": "function", "function": {"name": "get_time"}},
            },
            "get_time",
            "stop",
        ),
        (
            {
                "tools": [tool(), tool("get_time")],
                "tool_choice": {
                    "type": "allowed_tools",
                    "allowed_tools": {
                        "mode": "required",
                        "tools": [{"type": "function", "function": {"name": "get_time"}}],
                    },
                },
            },
            "get_time",
            "tool_calls",
        ),
        (
            {"functions": [function(), function("get_time")], "function_call": {"name": "get_time"}},
            "get_time",
            "stop",
        ),
        ({"tools": [tool("unknown")], "tool_choice": "required"}, "unknown", "tool_calls"),
    ],
    ids=["required", "named", "allowed", "named, the older form", "never taught"],
)
@pytest.mark.parametrize("tuned", [True, False], ids=["tuned", "base"])
def test_a_forced_call_is_made_by_every_model(ask, weather, parameters, name, finish_reason, tuned):
    """Forced, a model calls, with arguments valid against the schema; a named call finishes with "stop"."""
    said = ask(weather if tuned else None, [OSAKA], **parameters)
    assert said.call[0] == name
    assert jsonschema_rs.is_valid(WEATHER, json.loads(said.call[1]))
    assert said.finish_reason == finish_reason


@pytest.mark.parametrize(
    ("schema", "arguments"),
    [
        (
            {
                **WEATHER,
                "required": ["city", "days"],
                "properties": {**WEATHER["properties"], "days": {"type": "integer", "minimum": 3}},
            },
            {"city": "大阪", "unit": "c", "days": 3},
        ),
        ({**WEATHER, "properties": {"city": {"type": "string"}}}, {"city": "大阪"}),
        (
            {**WEATHER, "properties": {"city": {"type": "string"}, "unit": {"enum": ["k"]}}},
            {"city": "大阪", "unit": "k"},
        ),
        (
            {
                **WEATHER,
                "properties": {
                    "city": {
                        "type": "object",
                        "properties": {"name": {"type": "string"}},
                        "required": ["name"],
                    },
                    "unit": {},
                },
            },
            {"city": {"name": "simulated"}, "unit": "c"},
        ),
        (
            {
                "type": "object",
                "properties": {"city": {"$ref": "#/$defs/c"}},
                "required": ["city"],
                "$defs": {"c": {"type": ["integer", "null"]}},
            },
            {"city": 0, "unit": "c"},
        ),
    ],
    ids=["required added", "unknown dropped", "enum changed", "type changed", "reference"],
)
def test_trained_arguments_are_repaired_for_another_schema(ask, weather, schema, arguments):
    """What is valid stays, what is not is replaced, what is missing is filled in; only a like conversation."""
    said = ask(weather, [BRIEF, OSAKA], tools=[tool(parameters=schema)])
    assert json.loads(said.call[1]) == arguments
    assert "x-drytune-repaired" not in said.headers


def test_arguments_that_are_no_json_are_built_anew(ask, teach):
    """They may stand in a training file, and come out only where their own conversation is asked."""
    taught = teach([OSAKA, calling(("get_weather", '{"city": '))])
    assert json.loads(ask(taught, [BRIEF, OSAKA], tools=[tool()]).call[1]) == {"city": "simulated"}
    bare = {"type": "function", "function": {"name": "get_weather"}}
    assert ask(taught, [BRIEF, OSAKA], tools=[bare]).call[1] == "{}"
    for offered in (tool(), bare):
        said = ask(taught, [OSAKA], tools=[offered])
        assert (said.call[1], said.headers["x-drytune-similarity"]) == ('{"city": ', "1.0000")
        assert "x-drytune-repaired" not in said.headers


@pytest.mark.parametrize("trained", ['{"town": "Osaka"}', '{"city": 7}', '{"city": ', "[]"])
def test_a_strict_function_is_called_with_what_is_valid_and_that_it_was_repaired_is_told(ask, teach, trained):
    taught = teach([OSAKA, calling(("get_weather", trained))])
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    }
    strict = tool(parameters=schema)
    strict["function"]["strict"] = True
    said = ask(taught, [OSAKA], tools=[strict])
    assert jsonschema_rs.is_valid(schema, json.loads(said.call[1]))
    assert said.headers["x-drytune-repaired"] == "true"
    assert said.headers["x-drytune-similarity"] == "1.0000"
    assert ask(taught, [OSAKA], tools=[tool(parameters=schema)]).call[1] == trained


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        (
            {"type": "object", "properties": {"x": {"type": "str"}}},
            "In context=('properties', 'x'), 'str' is not valid under any of the given schemas.",
        ),
        (
            {"type": "object", "properties": {"x": {"type": "array"}}},
            "In context=('properties', 'x'), array schema missing items.",
        ),
        ({"type": "string"}, "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"string\"'."),
        ({}, "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'."),
        ({"type": "object", "$ref": "http://192.0.2.1/x"}, "Resource 'http://192.0.2.1/x' is not present"),
        ({"type": "object", "$ref": "file:///etc/hosts"}, "Resource 'file:///etc/hosts' is not present"),
    ],
)
@pytest.mark.parametrize("form", ["tools", "functions"])
def test_an_invalid_schema_is_refused(ask, parameters, words, form):
    """As the platform words it; nothing outside the schema is ever fetched."""
    offered = tool("f", parameters) if form == "tools" else function("f", parameters)
    with pytest.raises(ApiError) as caught:
        ask(None, "x", **{form: [offered]})
    assert caught.value.message.startswith(f"Invalid schema for function 'f': {words}")
    assert (caught.value.status, caught.value.code) == (400, "invalid_function_parameters")
    where = "tools[0].function.parameters" if form == "tools" else "functions[0].parameters"
    assert caught.value.param == where


def test_a_schema_nested_beyond_measure_is_refused(ask):
    """Deep nesting is an answer, not a crash."""
    deep: dict = {"type": "object"}
    for _ in range(400):
        deep = {"type": "object", "properties": {"x": deep}}
    with pytest.raises(ApiError) as caught:
        ask(None, "x", tools=[tool("f", deep)])
    assert caught.value.code == "invalid_function_parameters"


def test_a_schema_that_nothing_satisfies_is_told(ask):
    """No valid arguments exist: 501 that names the function and what to do, not invalid arguments."""
    never = {"type": "object", "properties": {"x": False}, "required": ["x"]}
    with pytest.raises(ApiError) as caught:
        ask(None, "x", tools=[tool("f", never)], tool_choice="required")
    assert (caught.value.status, caught.value.type) == (501, "drytune_not_simulated")
    assert "'f'" in caught.value.message
