# ruff: noqa: E501 - each message stands on one line, as the platform words it
"""Parameters of a chat completion: accepted, simulated, or refused in the platform's words (FACTS.md §6)."""

from __future__ import annotations

import pytest

from drytune_simulator.http import ApiError
from drytune_simulator.inference import completed

TOOL = {"type": "function", "function": {"name": "f"}}
USER = {"role": "user", "content": "x"}


def refused(**body):
    body = {"model": "m", "messages": [USER], **body}
    with pytest.raises(ApiError) as caught:
        completed(
            {key: value for key, value in body.items() if value != "absent"},
            model="m",
            encoding="o200k_base",
            taught=None,
            completion_id="chatcmpl-1",
            created=0,
            seed=0,
        )
    return caught.value


@pytest.mark.parametrize(
    ("body", "message", "param", "code"),
    [
        ({"messages": "absent"}, "Missing required parameter: 'messages'.", "messages", "missing_required_parameter"),
        ({"messages": "hi"}, "Invalid type for 'messages': expected an array of objects, but got a string instead.", "messages", "invalid_type"),
        ({"messages": None}, "Invalid type for 'messages': expected an array of objects, but got null instead.", "messages", "invalid_type"),
        ({"messages": []}, "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.", "messages", "empty_array"),
        ({"messages": ["x"]}, "Invalid type for 'messages[0]': expected an object, but got a string instead.", "messages[0]", "invalid_type"),
        ({"messages": [{"role": "bot", "content": "x"}]}, "Invalid value: 'bot'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.", "messages[0].role", "invalid_value"),
        ({"messages": [USER, {"content": "x"}]}, "Missing required parameter: 'messages[1].role'.", "messages[1].role", "missing_required_parameter"),
        ({"messages": [{"role": "user"}]}, "Missing required parameter: 'messages[0].content'.", "messages[0].content", "missing_required_parameter"),
        ({"messages": [{"role": "user", "content": None}]}, "Invalid value for 'content': expected a string, got null.", "messages.[0].content", None),
        ({"messages": [{"role": "user", "content": 3}]}, "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got an integer instead.", "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "Missing required parameter: 'messages[0].content[0].text'.", "messages[0].content[0].text", "missing_required_parameter"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "Missing required parameter: 'messages[0].tool_call_id'.", "messages[0].tool_call_id", "missing_required_parameter"),
        ({"messages": [{**USER, "name": "Ann Lee"}]}, r"Invalid 'messages[0].name': string does not match pattern. Expected a string that matches the pattern '^[^\s<|\\/>]+$'.", "messages[0].name", "invalid_value"),
        ({"messages": [USER, {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "a.b", "arguments": "{}"}}]}]}, "Invalid 'messages[1].tool_calls[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.", "messages[1].tool_calls[0].function.name", "invalid_value"),
        ({"logit_bias": {"cat": 1}}, "Invalid key in 'logit_bias': cat. You should only be submitting non-negative integers.", None, None),
        ({"user": True}, "Invalid type for 'user': expected a string, but got a boolean instead.", "user", "invalid_type"),
        ({"stream": "yes"}, "Invalid type for 'stream': expected a boolean, but got a string instead.", "stream", "invalid_type"),
        ({"temprature": 1}, "Unrecognized request argument supplied: temprature", None, None),
        ({"temperature": 99}, "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 99.0 instead.", "temperature", "decimal_above_max_value"),
        ({"top_p": -0.5}, "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -0.5 instead.", "top_p", "decimal_below_min_value"),
        ({"presence_penalty": 2.5}, "Invalid 'presence_penalty': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.", "presence_penalty", "decimal_above_max_value"),
        ({"n": 0}, "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.", "n", "integer_below_min_value"),
        ({"n": 129}, "Invalid 'n': integer above maximum value. Expected a value <= 128, but got 129 instead.", "n", "integer_above_max_value"),
        ({"max_tokens": 0}, "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.", "max_tokens", "integer_below_min_value"),
        ({"max_completion_tokens": 1.5}, "Invalid type for 'max_completion_tokens': expected an integer, but got a decimal instead.", "max_completion_tokens", "invalid_type"),
        ({"max_tokens": 1, "max_completion_tokens": 1}, "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", None, "invalid_parameter_combination"),
        ({"stop": ["a"] * 5}, "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 5 instead.", "stop", "array_above_max_length"),
        ({"stop": [1]}, "Invalid type for 'stop[0]': expected a string, but got an integer instead.", "stop[0]", "invalid_type"),
        ({"stream_options": {"include_usage": True}}, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options", None),
        ({"tools": []}, "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.", "tools", "empty_array"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.", "tools[0].function.name", "invalid_value"),
        ({"tools": [{"type": "function"}]}, "Missing required parameter: 'tools[0].function'.", "tools[0].function", "missing_required_parameter"),
        ({"tool_choice": "auto"}, "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.", "tool_choice", None),
        ({"tools": [TOOL], "tool_choice": "any"}, "Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'.", "tool_choice", "invalid_value"),
        ({"functions": [{"name": "f"}], "function_call": "any"}, "Invalid value: 'any'. Supported values are: 'none' and 'auto'.", "function_call", "invalid_value"),
    ],
)  # fmt: skip
def test_a_bad_parameter_is_refused_in_the_platforms_words(body, message, param, code):
    """Status 400, type invalid_request_error, and the path of what is wrong."""
    error = refused(**body)
    assert (error.status, error.type) == (400, "invalid_request_error")
    assert (error.message, error.param, error.code) == (message, param, code)


@pytest.mark.parametrize(
    "choice",
    [
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "g"}}},
        {"functions": [TOOL["function"]], "function_call": {"name": "g"}},
        {
            "tools": [TOOL],
            "tool_choice": {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "g"}}]},
            },
        },
    ],
    ids=["tools", "functions", "allowed"],
)
def test_a_named_function_must_be_offered(choice):
    """A choice that names nothing is refused, in the words measured in 2026, of the older parameter."""
    error = refused(**choice)
    assert (error.status, error.param, error.code) == (400, "function_call", None)
    assert error.message == (
        "Invalid value for 'function_call': no function named 'g' was specified in the 'functions' parameter."
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("audio", {"voice": "alloy", "format": "mp3"}),
        ("modalities", ["text", "audio"]),
        ("moderation", {"model": "omni-moderation-latest"}),
        ("web_search_options", {}),
        ("tools", [{"type": "custom", "custom": {"name": "x"}}]),
        (
            "messages",
            [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}],
        ),
    ],
)
def test_what_is_not_simulated_is_said_loudly(name, value):
    """An answer that ignored such a parameter would be wrong: 501 that names it."""
    error = refused(**{name: value})
    assert (error.status, error.type, error.code) == (501, "drytune_not_simulated", "not_simulated")
    assert name in error.message


@pytest.mark.parametrize(
    "parameters",
    [
        {"temperature": 0.7, "top_p": 1, "seed": 3, "frequency_penalty": -2, "presence_penalty": 2},
        {"metadata": {"a": "b"}, "store": True, "user": "u", "service_tier": "auto"},
        {"logit_bias": {"1": -100}, "prompt_cache_options": {"mode": "explicit", "ttl": "30m"}},
        {"prompt_cache_key": "k", "safety_identifier": "s", "reasoning_effort": "low", "verbosity": "low"},
        {"logprobs": False, "modalities": ["text"], "response_format": {"type": "text"}},
        dict.fromkeys(["temperature", "n", "stop", "tools", "tool_choice", "stream", "max_tokens", "audio"]),
    ],
)
def test_parameters_without_effect_change_nothing(ask, parameters):
    """They are checked and taken; null counts as left out."""
    assert ask(None, "x", **parameters) == ask(None, "x")


@pytest.mark.parametrize(
    ("stop", "said"),
    [
        ("three", "one two "),
        (["four", " two"], "one"),
        ("absent", "one two three"),
        ([], "one two three"),
        ("one", ""),
    ],
)
def test_the_answer_ends_before_a_stop_text(ask, teach, stop, said):
    """Whichever comes first; the stop text itself is not said."""
    taught = teach([USER, {"role": "assistant", "content": "one two three"}])
    answer = ask(taught, [USER], stop=stop)
    assert (answer.content, answer.finish_reason) == (said, "stop")


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize(
    ("limit", "said", "finish_reason"),
    [
        (1, "one", "length"),
        (2, "one two", "length"),
        (3, "one two three", "stop"),
        (99, "one two three", "stop"),
    ],
)
def test_the_answer_is_cut_where_tokens_meet(ask, teach, name, limit, said, finish_reason):
    """A full answer that fits exactly has stopped by itself; usage counts what was said."""
    taught = teach([USER, {"role": "assistant", "content": "one two three"}])
    answer = ask(taught, [USER], **{name: limit})
    assert (answer.content, answer.finish_reason) == (said, finish_reason)
    assert answer.body["usage"]["completion_tokens"] == min(limit, 3)


def test_n_choices_are_alike_and_add_up(ask):
    """Each choice has its index; tokens are summed."""
    one, three = ask(None, "x"), ask(None, "x", n=3)
    assert [choice["index"] for choice in three.body["choices"]] == [0, 1, 2]
    assert len({choice["message"]["content"] for choice in three.body["choices"]}) == 1
    assert three.body["usage"]["completion_tokens"] == 3 * one.body["usage"]["completion_tokens"]
