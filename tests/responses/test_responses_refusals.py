"""What is refused, in which words; nothing that is sent gives a 5xx but what is documented and not simulated."""

from __future__ import annotations

import openai
import pytest

BASE = "gpt-4o-mini"
MEMBERS = "Supported values are: 'assistant', 'system', 'developer', and 'user'."


def user(content="Hi"):
    return {"role": "user", "content": content}


REFUSED = [
    (
        {"model": None, "input": "Hi"},
        "model",
        "invalid_type",
        "expected a string, but got an object instead.",
    ),
    ({"model": "", "input": "Hi"}, "model", "model_not_found", "The requested model '' does not exist."),
    ({"model": "no", "input": "Hi"}, "model", "model_not_found", "The requested model 'no' does not exist."),
    ({"model": "davinci-002", "input": "Hi"}, "model", None, "davinci-002"),
    ({}, "input", "missing_required_parameter", "Missing required parameter: 'input'."),
    ({"input": None}, "input", "invalid_type", "expected a string, but got an object instead."),
    ({"input": ""}, None, "missing_required_parameter", 'One of "input" or "previous_response_id"'),
    ({"input": []}, None, "missing_required_parameter", 'One of "input" or "previous_response_id"'),
    ({"input": 7}, "input", "invalid_type", "but got an integer instead."),
    (
        {"input": "Hi", "text": {"verbosity": "low"}},
        "text.verbosity",
        "unsupported_value",
        "Unsupported value: 'low' is not supported with the 'gpt-4o-mini' model. Supported values are: 'medium'.",
    ),
    ({"input": [7]}, "input[0]", "invalid_type", "expected an input item, but got an integer instead."),
    (
        {"input": [{"type": "x"}]},
        "input[0]",
        "invalid_value",
        "Invalid value: 'x'. Supported values are: 'message'",
    ),
    ({"input": [{"content": "Hi"}]}, "input[0]", "invalid_value", MEMBERS),
    ({"input": [{"role": "tool", "content": ""}]}, "input[0]", "invalid_value", "Invalid value: 'tool'."),
    ({"input": [{"role": "user"}]}, "input[0].content", "missing_required_parameter", "input[0].content"),
    ({"input": [{**user(), "bogus": 1}]}, "input[0].bogus", "unknown_parameter", "'input[0].bogus'"),
    (
        {"input": [{**user(), "phase": "commentary"}]},
        "input[0].phase",
        "unknown_parameter",
        "'input[0].phase'",
    ),
    ({"input": [user(7)]}, "input[0].content", "invalid_type", "one of a string or array of objects"),
    ({"input": [user([{"text": "Hi"}])]}, "input[0].content[0].type", "missing_required_parameter", "type"),
    (
        {"input": [user([{"type": "text", "text": "Hi"}])]},
        "input[0].content[0].type",
        "invalid_value",
        (
            "Invalid value: 'text'. Supported values are: 'input_text', 'input_image', 'output_text', 'refusal', "
            "'input_file', 'computer_screenshot', and 'summary_text'."
        ),
    ),
    (
        {"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "Hi"}]}, user()]},
        "input[0].content[0]",
        "invalid_value",
        "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
    ),
    (
        {"input": [{**user(), "id": "x"}]},
        "input[0].id",
        "invalid_value",
        "Expected an ID that begins with 'msg'.",
    ),
    (
        {
            "input": [
                {"type": "function_call", "id": "call_1", "call_id": "c", "name": "f", "arguments": "{}"}
            ]
        },
        "input[0].id",
        "invalid_value",
        "Invalid 'input[0].id': 'call_1'. Expected an ID that begins with 'fc'.",
    ),
    (
        {"input": [{"type": "function_call", "call_id": "c", "arguments": "{}"}]},
        "input[0].name",
        "missing_required_parameter",
        "Missing required parameter: 'input[0].name'.",
    ),
    (
        {"input": [{"type": "function_call_output", "call_id": "c", "output": "1"}]},
        "input",
        None,
        "No tool call found for function call output with call_id c.",
    ),
    (
        {"input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}, user()]},
        "input",
        None,
        "No tool output found for function call c.",
    ),
    (
        {"input": "Hi", "previous_response_id": "resp_no"},
        "previous_response_id",
        "previous_response_not_found",
        "Previous response with id 'resp_no' not found.",
    ),
    ({"input": "Hi", "zzz": 1}, "zzz", "unknown_parameter", "Unknown parameter: 'zzz'."),
    ({"input": "Hi", "seed": 1}, "seed", "unknown_parameter", "Unknown parameter: 'seed'."),
    ({"input": "Hi", "messages": []}, "messages", "unsupported_parameter", "has moved to 'input'"),
    (
        {"input": "Hi", "response_format": {}},
        "response_format",
        "unsupported_parameter",
        "In the Responses API, this parameter has moved to 'text.format'.",
    ),
    (
        {"input": "Hi", "max_output_tokens": 15},
        "max_output_tokens",
        "integer_below_min_value",
        "Expected a value >= 16, but got 15 instead.",
    ),
    ({"input": "Hi", "max_tool_calls": 0}, "max_tool_calls", "integer_below_min_value", ">= 1"),
    ({"input": "Hi", "temperature": 3}, "temperature", "decimal_above_max_value", "Expected a value <= 2"),
    ({"input": "Hi", "top_p": 2}, "top_p", "decimal_above_max_value", "Expected a value <= 1"),
    ({"input": "Hi", "store": "yes"}, "store", "invalid_type", "expected a boolean, but got a string"),
    (
        {"input": "Hi", "truncation": "no"},
        "truncation",
        "invalid_value",
        "Supported values are: 'auto' and 'disabled'.",
    ),
    ({"input": "Hi", "metadata": {"a": 1}}, "metadata.a", "invalid_type", "expected a string"),
    ({"input": "Hi", "include": ["x"]}, "include[0]", "invalid_value", "Invalid value: 'x'."),
    (
        {"input": "Hi", "stream_options": {"include_obfuscation": True}},
        "stream_options",
        None,
        "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    ),
    (
        {"input": "Hi", "stream": True, "stream_options": {"include_usage": True}},
        "stream_options.include_usage",
        "unknown_parameter",
        "Unknown parameter: 'stream_options.include_usage'.",
    ),
    (
        {"input": "Hi", "reasoning": {"effort": "low"}},
        "reasoning.effort",
        "unsupported_parameter",
        "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
    ),
    (
        {"input": "Hi", "tools": [{"name": "f"}]},
        "tools[0].type",
        "missing_required_parameter",
        "tools[0].type",
    ),
    ({"input": "Hi", "tools": [{"type": "x"}]}, "tools[0].type", "invalid_value", "Invalid value: 'x'."),
    (
        {"input": "Hi", "tools": [{"type": "function", "function": {"name": "f"}}]},
        "tools[0].name",
        "missing_required_parameter",
        "Missing required parameter: 'tools[0].name'.",
    ),
    (
        {"input": "Hi", "tools": [{"type": "function", "name": "a b"}]},
        "tools[0].name",
        "invalid_value",
        "pattern",
    ),
    (
        {"input": "Hi", "tools": [{"type": "function", "name": "f", "parameters": {"type": "array"}}]},
        "tools[0].parameters",
        "invalid_function_parameters",
        "Invalid schema for function 'f': schema must be a JSON Schema of 'type: \"object\"'",
    ),
    (
        {
            "input": "Hi",
            "tools": [
                {
                    "type": "function",
                    "name": "f",
                    "strict": True,
                    "parameters": {"type": "object", "properties": {}},
                }
            ],
        },
        "tools[0].parameters",
        "invalid_function_parameters",
        "'additionalProperties' is required to be supplied and to be false.",
    ),
    (
        {"input": "Hi", "tool_choice": "required"},
        "tool_choice",
        None,
        "Tool choice 'required' must be specified with 'tools' parameter.",
    ),
    (
        {"input": "Hi", "tool_choice": {"type": "function", "name": "f"}},
        "tool_choice",
        None,
        "Tool choice 'function' not found in 'tools' parameter.",
    ),
    ({"input": "Hi", "tool_choice": "x"}, "tool_choice", "invalid_value", "'none', 'auto', and 'required'"),
    ({"input": "Hi", "text": {"zzz": 1}}, "text.zzz", "unknown_parameter", "Unknown parameter: 'text.zzz'."),
    (
        {"input": "Hi", "text": {"format": {}}},
        "text.format.type",
        "missing_required_parameter",
        "text.format.type",
    ),
    (
        {"input": "Hi", "text": {"format": {"type": "x"}}},
        "text.format.type",
        "invalid_value",
        "Supported values are: 'json_object', 'text', and 'json_schema'.",
    ),
    (
        {"input": "Hi", "text": {"format": {"type": "json_schema", "schema": {}}}},
        "text.format.name",
        "missing_required_parameter",
        "Missing required parameter: 'text.format.name'.",
    ),
    (
        {"input": "Hi", "text": {"format": {"type": "json_schema", "name": "n"}}},
        "text.format.schema",
        "missing_required_parameter",
        "Missing required parameter: 'text.format.schema'.",
    ),
    (
        {
            "input": "Hi",
            "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}},
        },
        "text.format.schema",
        "invalid_json_schema",
        "Invalid schema for response_format 'n': In context=(), 'additionalProperties' is required",
    ),
    (
        {"input": "Hi", "text": {"format": {"type": "json_object"}}},
        "input",
        None,
        "Response input messages must contain the word 'json' in some form",
    ),
]


@pytest.mark.parametrize(("body", "param", "code", "words"), REFUSED)
def test_what_is_wrong_is_refused(post, body, param, code, words):
    """400, with the path of what is wrong."""
    status, answer, _ = post({"model": BASE, **body})
    assert (status, answer["error"]["param"], answer["error"]["code"]) == (400, param, code), answer
    assert words in answer["error"]["message"]


def test_a_model_is_asked_for_first(post):
    """Before anything else is looked at."""
    status, answer, _ = post({"zzz": 1})
    assert (status, answer["error"]["message"]) == (400, "Missing required parameter: 'model'.")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"conversation": "conv_1"}, "conversation"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"moderation": {"model": "omni-moderation-latest"}}, "moderation"),
        ({"context_management": [{"type": "compaction"}]}, "context_management"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tools": [{"type": "custom", "name": "c"}]}, "tools[0].type"),
        ({"tool_choice": {"type": "file_search"}}, "tool_choice.type"),
        ({"input": [{"type": "web_search_call", "id": "ws_1"}]}, "input[0].type"),
        ({"input": [user([{"type": "input_file", "file_id": "file-1"}])]}, "input[0].content[0].type"),
    ],
)
def test_what_is_not_simulated_is_named(post, body, param):
    """501: an answer without it would be a wrong one."""
    status, answer, _ = post({"model": BASE, "input": "Hi", **body})
    assert (status, answer["error"]["code"], answer["error"]["param"]) == (501, "not_simulated", param)


def test_compaction_is_not_simulated(client):
    """As a whole."""
    with pytest.raises(openai.InternalServerError, match="not simulated by drytune"):
        client.responses.compact(model=BASE, input="Hi")


def test_two_histories_exclude_each_other(post):
    """Before either is looked for."""
    status, answer, _ = post({"model": BASE, "input": "Hi", "conversation": "c", "previous_response_id": "r"})
    assert (status, answer["error"]["code"]) == (400, "mutually_exclusive_parameters")


def test_a_model_that_thinks_takes_other_parameters(client, post):
    """Effort, but no temperature, and no log probabilities."""
    made = client.responses.create(
        model="o4-mini", input="Hi", reasoning={"effort": "low", "summary": "auto"}
    )
    assert (made.reasoning.effort, made.reasoning.summary) == ("low", "auto")
    status, answer, _ = post({"model": "o4-mini", "input": "Hi", "temperature": 1})
    assert (status, answer["error"]["param"]) == (400, "temperature")
    status, answer, _ = post({"model": "o4-mini", "input": "Hi", "include": ["message.output_text.logprobs"]})
    assert (status, answer["error"]["param"]) == (400, "include")


def test_older_models_take_less(post):
    """No schemas, no pictures."""
    form = {"type": "json_schema", "name": "n", "schema": {"type": "object", "properties": {}}}
    status, answer, _ = post({"model": "gpt-3.5-turbo", "input": "Hi", "text": {"format": form}})
    assert (status, answer["error"]["param"]) == (400, "text.format")
    picture = user([{"type": "input_image", "image_url": "https://images.example/cat.png"}])
    status, answer, _ = post({"model": "gpt-3.5-turbo", "input": [picture]})
    assert (status, answer["error"]["param"]) == (400, "input[0].content[0].type")


def test_thoughts_of_a_model_are_left_out(client):
    """As they come back from other models."""
    thought = {"type": "reasoning", "id": "rs_1", "summary": []}
    made = client.responses.create(model=BASE, input=[thought, user()])
    assert made.usage.input_tokens == client.responses.input_tokens.count(model=BASE, input="Hi").input_tokens


def test_what_is_longer_than_the_model_reads(client, post):
    """Is refused, or shortened from its beginning if it may be."""
    asked = [user("word " * 9_000), user("Hello!")]
    status, answer, _ = post({"model": "gpt-3.5-turbo-0613", "input": asked})
    assert (status, answer["error"]["code"]) == (400, "context_length_exceeded")
    made = client.responses.create(model="gpt-3.5-turbo-0613", input=asked, truncation="auto")
    assert made.usage.input_tokens < 20


def test_streams_are_refused_before_they_begin(client):
    """With a status, not an event."""
    with pytest.raises(openai.BadRequestError):
        client.responses.create(model="no", input="Hi", stream=True)


@pytest.mark.parametrize("query", ["stream=x", "starting_after=x", "zzz=1", "include[]=x", "include=x"])
def test_a_wrong_query_is_refused(simulator, client, query):
    """Of a response that is there."""
    from drytune_simulator import Headers, Request

    made = client.responses.create(model=BASE, input="Hi")
    for path in (f"/v1/responses/{made.id}", f"/v1/responses/{made.id}/input_items"):
        request = Request("GET", f"{path}?{query}", Headers({"authorization": "Bearer sk-responses"}))
        assert simulator(request).status == 400
