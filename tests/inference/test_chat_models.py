# ruff: noqa: E501 - each message stands on one line, as the platform words it
"""What depends on the model: parameters and shapes that some do not take, and how much they read and write."""

from __future__ import annotations

import pytest

from drytune_simulator import catalog
from drytune_simulator.http import ApiError
from drytune_simulator.inference import completed
from drytune_simulator.inference.abilities import Abilities

USER = {"role": "user", "content": "json x"}
STRICT = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": STRICT}}
OBJECT = {"type": "json_object"}
TOOLS = [{"type": "function", "function": {"name": "f"}}]


def asked(model, *, tuned=False, **body):
    base = catalog.find(model)
    return completed(
        {"messages": [USER], **body},
        model=base.id,
        encoding=base.encoding,
        taught=None,
        completion_id="chatcmpl-1",
        created=0,
        seed=0,
        abilities=Abilities.of(base, tuned=tuned),
    ).response


def refused(model, **body):
    with pytest.raises(ApiError) as caught:
        asked(model, **body)
    return caught.value


@pytest.mark.parametrize("model", ["gpt-4.1-mini-2025-04-14", "o4-mini-2025-04-16", "gpt-3.5-turbo-0125"])
def test_no_model_that_can_be_tuned_is_more_or_less_verbose(model):
    """Of the values that are known only one is taken."""
    error = refused(model, verbosity="low")
    words = "Unsupported value: 'verbosity' does not support 'low' with this model. Supported values are: 'medium'."
    assert (error.message, error.param, error.code) == (words, "verbosity", "unsupported_value")
    asked(model, verbosity="medium")


@pytest.mark.parametrize(
    ("parameters", "message", "param", "code"),
    [
        ({"max_tokens": 5}, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "max_tokens", "unsupported_parameter"),
        ({"stop": ["x"]}, "Unsupported parameter: 'stop' is not supported with this model.", "stop", "unsupported_parameter"),
        ({"logprobs": True}, "Unsupported parameter: 'logprobs' is not supported with this model.", "logprobs", "unsupported_parameter"),
        ({"presence_penalty": 1}, "Unsupported parameter: 'presence_penalty' is not supported with this model.", "presence_penalty", "unsupported_parameter"),
        ({"tools": TOOLS, "parallel_tool_calls": True}, "Unsupported parameter: 'parallel_tool_calls' is not supported with this model.", "parallel_tool_calls", "unsupported_parameter"),
        ({"temperature": 0.2}, "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.", "temperature", "unsupported_value"),
        ({"top_p": 0.5}, "Unsupported value: 'top_p' does not support 0.5 with this model. Only the default (1) value is supported.", "top_p", "unsupported_value"),
    ],
)  # fmt: skip
def test_reasoning_models_do_not_sample(parameters, message, param, code):
    """As recorded of the o-series and later models."""
    error = refused("o4-mini-2025-04-16", **parameters)
    assert (error.status, error.message, error.param, error.code) == (400, message, param, code)


def test_reasoning_models_take_what_asks_for_nothing():
    """Defaults, and their own parameters."""
    parameters = {"temperature": 1, "top_p": 1.0, "presence_penalty": 0, "logprobs": False, "stop": []}
    asked("o4-mini-2025-04-16", max_completion_tokens=50, reasoning_effort="low", **parameters)


def test_other_models_do_not_know_reasoning():
    """As recorded."""
    error = refused("gpt-4.1-mini-2025-04-14", reasoning_effort="low")
    assert (error.status, error.message) == (400, "Unrecognized request argument supplied: reasoning_effort")


@pytest.mark.parametrize(
    ("model", "form", "taken"),
    [
        ("gpt-4o-mini-2024-07-18", SCHEMA, True),
        ("gpt-4.1-2025-04-14", SCHEMA, True),
        ("gpt-4o-2024-05-13", SCHEMA, False),
        ("gpt-3.5-turbo-0125", SCHEMA, False),
        ("gpt-4-0613", SCHEMA, False),
        ("gpt-3.5-turbo-0125", OBJECT, True),
        ("gpt-3.5-turbo-1106", OBJECT, True),
        ("gpt-3.5-turbo-0613", OBJECT, False),
        ("gpt-4-0613", OBJECT, False),
    ],
)
def test_older_models_do_not_take_every_shape(model, form, taken):
    """JSON mode is of November 2023, structured output of August 2024."""
    if taken:
        assert asked(model, response_format=form).status == 200
        return
    error = refused(model, response_format=form)
    assert (error.status, error.param, error.code) == (400, None, None)
    assert error.message.startswith(
        f"Invalid parameter: 'response_format' of type '{form['type']}' is not supported with this model."
    )


def test_tuned_models_take_fewer_schemas():
    """The guide says so; with the same schema their base answers."""
    part = {"type": "string", "pattern": "^a+$"}
    schema = {**STRICT, "properties": {"a": part}, "required": ["a"]}
    form = {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": schema}}
    tools = [{"type": "function", "function": {"name": "f", "strict": True, "parameters": schema}}]
    for body in ({"response_format": form}, {"tools": tools}):
        assert asked("gpt-4o-mini", **body).status == 200
        error = refused("gpt-4o-mini", tuned=True, **body)
        assert "In context=('properties', 'a'), 'pattern' is not permitted." in error.message


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_no_model_writes_more_than_it_can(name):
    """In the recorded words, which always say max_tokens."""
    assert asked("gpt-4o-mini", **{name: 16384}).status == 200
    error = refused("gpt-4o-mini", **{name: 16385})
    assert (
        error.message
        == "max_tokens is too large: 16385. This model supports at most 16384 completion tokens, whereas you provided 16385."
    )
    assert (error.param, error.code) == (name, "invalid_value")


def test_no_model_reads_more_than_it_can():
    """The tuned model's context counts, which may be smaller than its base's."""
    messages = [{"role": "user", "content": "word " * 130_000}]
    assert asked("gpt-4.1-mini", messages=messages).status == 200
    error = refused("gpt-4.1-mini", tuned=True, messages=messages)
    assert (error.status, error.param, error.code) == (400, "messages", "context_length_exceeded")
    assert error.message.startswith(
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 130"
    )
    assert error.message.endswith(" tokens. Please reduce the length of the messages.")


@pytest.mark.parametrize(
    ("model", "part"),
    [
        ("gpt-3.5-turbo-0125", {"type": "image_url", "image_url": {"url": "https://example.invalid/a.png"}}),
        ("gpt-4o-mini", {"type": "input_audio", "input_audio": {"data": "", "format": "mp3"}}),
    ],
    ids=["image", "audio"],
)
def test_parts_that_a_model_does_not_read_are_refused(model, part):
    """In the recorded words, with the older spelling of the path."""
    error = refused(model, messages=[{"role": "user", "content": [{"type": "text", "text": "x"}, part]}])
    assert error.message == f"Invalid content type. {part['type']} is only supported by certain models."
    assert (error.status, error.param) == (400, "messages.[0].content.[1].type")


@pytest.mark.parametrize(
    ("tier", "told"),
    [(None, "default"), ("auto", "default"), ("default", "default"), ("flex", "flex"), ("fast", "priority"), ("priority", "priority")],
)  # fmt: skip
def test_the_tier_is_told_as_it_was_served(ask, tier, told):
    """As measured in August 2026."""
    parameters = {} if tier is None else {"service_tier": tier}
    assert ask(None, "x", **parameters).body["service_tier"] == told


CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL, {**CALL, "id": "call_2"}]}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "x"}
UNASKED = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
UNANSWERED = "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: "


@pytest.mark.parametrize(
    ("messages", "message", "param"),
    [
        ([USER, RESULT], UNASKED, "messages.[1].role"),
        ([USER, CALLING, {**RESULT, "tool_call_id": "call_3"}], UNASKED, "messages.[2].role"),
        ([USER, CALLING, RESULT, {**RESULT, "tool_call_id": "call_2"}, USER, RESULT], UNASKED, "messages.[5].role"),
        ([USER, CALLING, USER], UNANSWERED + "call_1, call_2", "messages.[2].role"),
        ([USER, CALLING, RESULT], UNANSWERED + "call_2", "messages.[3].role"),
    ],
)  # fmt: skip
def test_calls_and_their_results_belong_together(messages, message, param):
    """In the recorded words, spelled as recorded."""
    error = refused("gpt-4o-mini", messages=messages)
    assert (error.status, error.message, error.param, error.code) == (400, message, param, None)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"zzz": 1, "n": "a", "messages": []}, "Unrecognized request argument supplied: zzz"),
        ({"messages": [7], "metadata": {"k": 7}}, "Invalid type for 'messages[0]': expected an object, but got an integer instead."),
        ({"n": "abc", "stop": 7}, "Invalid type for 'n': expected an integer, but got a string instead."),
        ({"metadata": {"k": 7}, "n": 0}, "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead."),
        ({"logprobs": "x", "max_completion_tokens": 0}, "Invalid 'max_completion_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead."),
        ({"seed": 1.5, "service_tier": "bogus"}, "Invalid type for 'seed': expected an integer, but got a decimal instead."),
        ({"store": "x", "stream": "y"}, "Invalid type for 'stream': expected a boolean, but got a string instead."),
        ({"tools": "x", "top_logprobs": -1}, "Invalid type for 'tools': expected an array of objects, but got a string instead."),
        ({"service_tier": "bogus"}, "Invalid value: 'bogus'. Supported values are: 'auto', 'default', 'fast', 'flex', 'priority', and 'scale'."),
        ({"verbosity": "bogus"}, "Invalid value: 'bogus'. Supported values are: 'low', 'medium', and 'high'."),
        ({"prompt_cache_options": {"bogus": 1}}, "Unknown parameter: 'prompt_cache_options.bogus'."),
        ({"metadata": {"a": "b"}}, "The 'metadata' parameter is only allowed when 'store' is enabled."),
        ({"store": True, "metadata": {"k": "x" * 600}}, "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, but got a string with length 600 instead."),
        ({"stream_options": {"include_usage": True}}, "The 'stream_options' parameter is only allowed when 'stream' is enabled."),
        ({"stream": True, "stream_options": {"bogus": 1}}, "Unknown parameter: 'stream_options.bogus'."),
        ({"logit_bias": {"1": 101}}, "Invalid 'logit_bias.1': decimal above maximum value. Expected a value <= 100, but got 101.0 instead."),
        ({"prediction": {"type": "content"}}, "Missing required parameter: 'prediction.content'."),
        ({"prediction": {"type": "content", "content": "x"}, "n": 2}, "'prediction' cannot be used with 'n'."),
        ({"tools": [{"type": "function", "function": {"name": ""}}]}, "Invalid 'tools[0].function.name': empty string. Expected a string with minimum length 1, but got an empty string instead."),
        ({"safety_identifier": "x" * 129}, "Invalid 'safety_identifier': string too long. Expected a string with maximum length 128, but got a string with length 129 instead."),
    ],
)  # fmt: skip
def test_faults_are_found_in_the_measured_order(body, message):
    """Two public test suites sent pairs of faults to the API in August and September 2026."""
    error = refused("gpt-4o-mini", **body)
    assert (error.status, error.message) == (400, message)
