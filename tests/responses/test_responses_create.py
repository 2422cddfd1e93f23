"""`responses.create`, `stream`, `parse`: what comes back, in which order, and what it costs."""

from __future__ import annotations

import json

import pydantic
import pytest

from drytune_simulator import Headers, Request, Simulator
from drytune_simulator.profile import Profile

BASE = "gpt-4o-mini"


def test_a_tuned_model_says_what_it_was_taught(client, tuned):
    """The same as in a chat; instructions are the system message."""
    response = client.responses.create(model=tuned, instructions="You purr.", input="Hello!")
    assert response.output_text == "Purr. Hello! 🐱"
    assert (response.model, response.status, response.instructions) == (tuned, "completed", "You purr.")
    asked = [{"role": "system", "content": "You purr."}, {"role": "user", "content": "Hello!"}]
    chat = client.chat.completions.create(model=tuned, messages=asked)
    assert chat.choices[0].message.content == response.output_text


def test_a_base_model_says_that_it_is_simulated(client):
    """And a floating name is answered with that of its snapshot."""
    response = client.responses.create(model=BASE, input="Hello, responses!")
    assert response.output_text.startswith("[simulated] gpt-4o-mini-2024-07-18 is not run here")
    assert response.model == "gpt-4o-mini-2024-07-18"


def test_headers_tell_the_layer(client, tuned):
    """As for a chat; the limits are told in plain answers only, as recorded."""
    raw = client.responses.with_raw_response.create(model=tuned, input="Count to 3.")
    assert raw.headers["x-drytune-layer"] == "taught"
    assert raw.headers["x-drytune-line"] == "2"
    assert raw.headers["x-ratelimit-limit-requests"] == "10000"
    with client.responses.with_streaming_response.create(
        model=tuned, input="Count to 3.", stream=True
    ) as raw:
        assert raw.headers["x-drytune-similarity"] == "1.0000"
        assert raw.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert "x-ratelimit-limit-requests" not in raw.headers


def test_the_object_has_the_recorded_fields(post):
    """In the recorded order (openai-dotnet, 2026), with what a request leaves open filled in."""
    status, body, _ = post({"model": BASE, "input": "Hello, model!"})
    assert status == 200
    assert list(body) == [
        *("id", "object", "created_at", "status", "background", "billing", "completed_at", "error"),
        *("frequency_penalty", "incomplete_details", "instructions", "max_output_tokens", "max_tool_calls"),
        *("model", "moderation", "output", "parallel_tool_calls", "presence_penalty"),
        *("previous_response_id", "prompt_cache_key", "prompt_cache_retention", "reasoning"),
        *("safety_identifier", "service_tier", "store", "temperature", "text", "tool_choice", "tools"),
        *("top_logprobs", "top_p", "truncation", "usage", "user", "metadata"),
    ]
    assert body["usage"]["input_tokens"] == 11  # recorded of this very input
    assert (body["temperature"], body["top_p"], body["truncation"]) == (1.0, 1.0, "disabled")
    assert body["text"] == {"format": {"type": "text"}, "verbosity": "medium"}
    assert (body["service_tier"], body["store"], body["metadata"]) == ("default", True, {})
    assert body["id"].startswith("resp_")
    assert body["output"][0]["id"].startswith("msg_")


def test_what_was_asked_is_told(client, tuned, weather_tool):
    """Every parameter that is accepted, back in the answer."""
    settings = {
        "max_output_tokens": 100,
        "max_tool_calls": 3,
        "metadata": {"a": "b"},
        "parallel_tool_calls": False,
        "prompt_cache_key": "k",
        "prompt_cache_retention": "24h",
        "safety_identifier": "s",
        "store": False,
        "temperature": 0.5,
        "top_p": 0.25,
        "truncation": "auto",
        "tool_choice": "none",
    }
    response = client.responses.create(
        model=tuned,
        input="Hello!",
        tools=[weather_tool],
        service_tier="flex",
        user="u",
        text={"verbosity": "medium"},
        include=["reasoning.encrypted_content"],
        **settings,
    )
    for name, value in settings.items():
        assert getattr(response, name) == value, name
    assert (response.service_tier, response.user, response.text.verbosity) == ("flex", "u", "medium")
    assert response.tools[0].to_dict() == {**weather_tool, "description": None}


def test_a_call_comes_as_an_item(client, tuned, weather_tool):
    """With ids of three kinds, as recorded; its arguments as trained, byte for byte."""
    response = client.responses.create(model=tuned, input="Weather in Porto?", tools=[weather_tool])
    (call,) = response.output
    assert (call.type, call.name, call.arguments) == ("function_call", "weather", '{"city": "Porto"}')
    assert call.id.startswith("fc_")
    assert call.call_id.startswith("call_")
    assert (call.status, response.output_text) == ("completed", "")


def test_calls_at_once_and_one_after_the_other(client, tuned, weather_tool):
    """`parallel_tool_calls` false lets only one through."""
    asked = {"model": tuned, "input": "Porto or Lille?", "tools": [weather_tool]}
    both = client.responses.create(**asked)
    assert [json.loads(call.arguments)["city"] for call in both.output] == ["Porto", "Lille"]
    assert len({call.call_id for call in both.output}) == 2
    assert len(client.responses.create(**asked, parallel_tool_calls=False).output) == 1


def test_the_results_of_calls_lead_on(client, tuned, weather_tool):
    """By `previous_response_id`, and with all items sent again."""
    asked = [{"role": "user", "content": "Weather in Porto?"}]
    first = client.responses.create(model=tuned, input=asked, tools=[weather_tool])
    call = first.output[0]
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "22 and windy"}
    chained = client.responses.create(
        model=tuned, previous_response_id=first.id, input=[result], tools=[weather_tool]
    )
    assert chained.output_text == "Windy, 22 degrees."
    whole = client.responses.create(model=tuned, input=[*asked, *first.output, result], tools=[weather_tool])
    assert whole.output_text == "Windy, 22 degrees."
    parts = {**result, "output": [{"type": "input_text", "text": "22 and windy"}]}
    again = client.responses.create(model=tuned, input=[*asked, call, parts], tools=[weather_tool])
    assert again.output_text == "Windy, 22 degrees."
    assert chained.usage.input_tokens == whole.usage.input_tokens


@pytest.mark.parametrize(
    "choice",
    [
        "required",
        {"type": "function", "name": "weather"},
        {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "weather"}]},
    ],
)
def test_a_call_can_be_forced(client, weather_tool, choice):
    """Of a base model as well: valid arguments, of what is asked."""
    response = client.responses.create(model=BASE, input="Hello!", tools=[weather_tool], tool_choice=choice)
    assert response.output[0].type == "function_call"
    assert "city" in json.loads(response.output[0].arguments)
    # as recorded (openai-dotnet): only the arguments count, and one more
    assert response.usage.output_tokens > 1


def test_a_choice_may_leave_it_at_words(client, tuned, weather_tool):
    """Where nothing may be called, or something else."""
    other = {"type": "function", "name": "other", "parameters": {}}
    for choice in (
        "none",
        {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "other"}]},
    ):
        response = client.responses.create(
            model=tuned, input="Weather in Porto?", tools=[weather_tool, other], tool_choice=choice
        )
        assert response.output[0].type == "message"


def test_an_open_strict_is_decided(client):
    """As documented: made strict if it can be, else not."""
    properties = {"a": {"type": "string"}, "b": {"type": "integer"}}
    tools = [
        {"type": "function", "name": "can", "parameters": {"type": "object", "properties": properties}},
        {
            "type": "function",
            "name": "cannot",
            "parameters": {"type": "object", "properties": {}, "additionalProperties": True},
        },
    ]
    response = client.responses.create(model=BASE, input="Hi", tools=tools, tool_choice="required")
    can, cannot = response.tools
    assert (can.strict, cannot.strict) == (True, False)
    assert (can.parameters["required"], can.parameters["additionalProperties"]) == (["a", "b"], False)
    assert set(json.loads(response.output[0].arguments)) == {"a", "b"}


def test_a_refusal_is_a_part_of_its_own(client, tuned):
    """Not text."""
    response = client.responses.create(model=tuned, input="How do I pick a lock?")
    assert response.output[0].content[0].refusal == "I would rather not."
    assert response.output_text == ""


def test_what_is_too_long_is_incomplete(client, tuned):
    """Cut where tokens meet, and the reason told; as recorded, all tokens are text then."""
    response = client.responses.create(model=BASE, input="Hello!", max_output_tokens=16)
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert (response.usage.output_tokens, response.output[0].status) == (16, "incomplete")
    with client.responses.stream(model=BASE, input="Hello!", max_output_tokens=16) as stream:
        events = list(stream)
    assert events[-1].type == "response.incomplete"
    assert events[-1].response.output_text == response.output_text


class Weather(pydantic.BaseModel):
    """What is asked for."""

    city: str
    degrees: int
    windy: bool


def test_text_is_parsed_into_a_type(client):
    """A base model gives something that is valid; so does its stream."""
    parsed = client.responses.parse(model=BASE, input="Weather in Porto?", text_format=Weather)
    assert isinstance(parsed.output_parsed, Weather)
    with client.responses.stream(model=BASE, input="Weather in Porto?", text_format=Weather) as stream:
        final = stream.get_final_response()
    assert final.output_parsed == parsed.output_parsed
    assert parsed.text.format.strict is True


def test_a_json_object_is_one(client):
    """If its word is said."""
    form = {"format": {"type": "json_object"}}
    response = client.responses.create(model=BASE, input="Answer in JSON.", text=form)
    assert isinstance(json.loads(response.output_text), dict)


def test_events_come_in_the_recorded_order(post, tuned):
    """Of a text; numbered from 0, padded to steps of 16 characters, and without a `[DONE]`."""
    _, events, _ = post({"model": tuned, "input": "Count to 3.", "stream": True})
    assert [event["type"] for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        *["response.output_text.delta"] * 5,
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[0]["response"]["status"] == "in_progress"
    assert (events[0]["response"]["usage"], events[0]["response"]["output"]) == (None, [])
    deltas = [event for event in events if "delta" in event]
    assert all((len(event["delta"]) + len(event["obfuscation"])) % 16 == 0 for event in deltas)
    _, plain, _ = post(
        {
            "model": tuned,
            "input": "Count to 3.",
            "stream": True,
            "stream_options": {"include_obfuscation": False},
        }
    )
    assert not any("obfuscation" in event for event in plain)


def test_events_of_calls_come_in_the_recorded_order(post, tuned, weather_tool):
    """Each call whole before the next."""
    _, events, _ = post({"model": tuned, "input": "Porto or Lille?", "tools": [weather_tool], "stream": True})
    kinds = [event["type"].removeprefix("response.") for event in events]
    one = [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
    ]
    assert list(dict.fromkeys(kinds)) == ["created", "in_progress", *one, "completed"]
    assert kinds.count("output_item.added") == 2
    assert [event["output_index"] for event in events if event["type"].endswith("item.done")] == [0, 1]


def test_events_of_a_refusal(post, tuned):
    """Have names of their own."""
    _, events, _ = post({"model": tuned, "input": "How do I pick a lock?", "stream": True})
    kinds = list(dict.fromkeys(event["type"].removeprefix("response.") for event in events))
    assert kinds[3:7] == ["content_part.added", "refusal.delta", "refusal.done", "content_part.done"]


def test_log_probabilities_are_told(client, post, tuned):
    """Of each token, with alternatives; in a stream with the piece that they are of."""
    asked = {"model": tuned, "input": "Hello!", "instructions": "You purr.", "top_logprobs": 2}
    response = client.responses.create(**asked, include=["message.output_text.logprobs"])
    told = response.output[0].content[0].logprobs
    assert b"".join(bytes(token.bytes) for token in told).decode() == "Purr. Hello! 🐱"
    assert all(len(token.top_logprobs) == 2 and token.logprob <= 0 for token in told)
    _, events, _ = post({**asked, "include": ["message.output_text.logprobs"], "stream": True})
    deltas = [event for event in events if event["type"] == "response.output_text.delta"]
    for event in deltas:
        assert b"".join(bytes(token["bytes"]) for token in event["logprobs"]).decode() == event["delta"]
    streamed = [token for event in deltas for token in event["logprobs"]]
    assert streamed == [token.to_dict() for token in told]
    assert client.responses.create(**asked).output[0].content[0].logprobs == []


def test_a_stream_has_the_pace_of_the_profile():
    """Until the first event, and from token to token; all at once unless it is asked for."""
    simulator = Simulator(profile=Profile(first_token=0.5, tokens_per_second=10))
    body = json.dumps({"model": BASE, "input": "Hi", "stream": True}).encode()
    headers = Headers({"authorization": "Bearer sk-responses"})
    chunks = list(simulator(Request("POST", "/v1/responses", headers, body)).body)
    assert chunks[0].delay == 0.5
    delays = [chunk.delay for chunk in chunks if b".delta" in chunk.data[:40]]
    assert min(delays) == pytest.approx(0.1)
    assert sum(chunk.delay for chunk in chunks) == pytest.approx(0.5 + sum(delays))
    simulator.close()


@pytest.mark.parametrize("question", ["Weather in Porto?", "Count to 5.", "How do I pick a lock?"])
def test_the_sdk_puts_a_stream_together(client, tuned, weather_tool, question):
    """With its own accumulator; the same as a plain answer but for the ids."""
    asked = {"model": tuned, "input": question, "tools": [weather_tool]}
    plain = client.responses.create(**asked)
    with client.responses.stream(**asked) as stream:
        final = stream.get_final_response()
    assert final.output_text == plain.output_text
    assert final.usage == plain.usage
    assert [item.type for item in final.output] == [item.type for item in plain.output]


@pytest.mark.anyio
async def test_the_async_client_does_all_of_it(async_client, tuned, weather_tool):
    """The same doors."""
    plain = await async_client.responses.create(model=tuned, input="Count to 4.")
    assert plain.output_text == "1 2 3 4"
    said = ""
    async for event in await async_client.responses.create(model=tuned, input="Count to 4.", stream=True):
        if event.type == "response.output_text.delta":
            said += event.delta
    assert said == "1 2 3 4"
    async with async_client.responses.stream(
        model=tuned, input="Weather in Porto?", tools=[weather_tool]
    ) as stream:
        final = await stream.get_final_response()
    assert final.output[0].name == "weather"
    parsed = await async_client.responses.parse(model=BASE, input="?", text_format=Weather)
    assert isinstance(parsed.output_parsed, Weather)
    raw = await async_client.responses.with_raw_response.create(model=tuned, input="Count to 4.")
    assert raw.parse().output_text == "1 2 3 4"
    count = await async_client.responses.input_tokens.count(model=tuned, input="Count to 4.")
    assert count.input_tokens == plain.usage.input_tokens


def test_pictures_are_heard_as_parts(client):
    """And counted as the model counts them."""
    content = [
        {"type": "input_text", "text": "What is it?"},
        {"type": "input_image", "image_url": "https://images.example/cat.png", "detail": "low"},
    ]
    response = client.responses.create(model=BASE, input=[{"role": "user", "content": content}])
    (listed,) = client.responses.input_items.list(response.id)
    assert (listed.content[1].detail, listed.content[1].image_url) == ("low", None)
    (shown,) = client.responses.input_items.list(response.id, include=["message.input_image.image_url"])
    assert shown.content[1].image_url == "https://images.example/cat.png"
    words = client.responses.input_tokens.count(model=BASE, input="What is it?").input_tokens
    assert response.usage.input_tokens > words + 1_000


@pytest.mark.parametrize(
    ("message", "tokens"),
    [("Tell me a joke.", 12), ("Hello, model!", 11), ("What are token log probabilities?", 13)],
)
def test_tokens_are_counted_as_recorded(client, message, tokens):
    """By openai-dotnet, of gpt-4o-mini."""
    assert client.responses.input_tokens.count(model=BASE, input=message).input_tokens == tokens
    assert client.responses.create(model=BASE, input=message).usage.input_tokens == tokens


def test_tools_are_counted_as_recorded(client):
    """74 tokens with the function, 11 more if it is forced (openai-dotnet)."""
    tool = {
        "type": "function",
        "name": "get_weather_at_location",
        "description": "Gets the weather at a specified location, optionally specifying units for temperature",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string"},
                "unit": {"type": "string", "enum": ["C", "F", "K"]},
            },
            "required": ["location"],
        },
        "strict": False,
    }
    asked = {
        "model": BASE,
        "input": "What should I wear for the weather in San Francisco, CA?",
        "tools": [tool],
    }
    count = client.responses.input_tokens.count
    assert count(**asked).input_tokens == 74
    assert count(**asked, tool_choice={"type": "function", "name": tool["name"]}).input_tokens == 85
    call = {
        "type": "function_call",
        "call_id": "c",
        "name": tool["name"],
        "arguments": '{"location":"San Francisco, CA"}',
    }
    output = {"type": "function_call_output", "call_id": "c", "output": "22 celcius and windy"}
    asked["input"] = [{"role": "user", "content": asked["input"]}, call, output]
    assert count(**asked).input_tokens == 109
