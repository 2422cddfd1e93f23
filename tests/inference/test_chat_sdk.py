"""The official SDK's own helpers over chats: accumulated streams, parsed answers, tools made of types."""

from __future__ import annotations

import json
from typing import Literal

import openai
import pydantic
import pytest

USER = {"role": "user", "content": "How is the weather in Lisbon for 3 days?"}
MODEL = "gpt-4o-mini"


class Step(pydantic.BaseModel):
    """A part of a plan."""

    what: str
    then: list[Step]


class Weather(pydantic.BaseModel):
    """The weather somewhere."""

    city: str
    days: int
    sky: Literal["clear", "cloudy"]
    wind: float | None
    plan: Step


class GetWeather(pydantic.BaseModel):
    """Ask for the weather."""

    city: str
    unit: Literal["c", "f"]


WEATHER = openai.pydantic_function_tool(GetWeather)


def calling(*calls):
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for n, (name, arguments) in enumerate(calls)
        ],
    }


def test_an_answer_is_parsed_into_a_type(client, tune):
    """Of a base model, and of one that was taught to answer so."""
    parsed = client.chat.completions.parse(model=MODEL, messages=[USER], response_format=Weather)
    weather = parsed.choices[0].message.parsed
    assert (weather.city, weather.days) == ("Lisbon", 3)
    trained = {"city": "Lisbon", "days": 3, "sky": "clear", "wind": 2.5, "plan": {"what": "Go.", "then": []}}
    model = tune([USER, {"role": "assistant", "content": json.dumps(trained)}])
    parsed = client.chat.completions.parse(model=model, messages=[USER], response_format=Weather)
    assert parsed.choices[0].message.parsed == Weather(**trained)


def test_calls_are_parsed_into_types(client, tune):
    """Strict functions that are made of types, forced and taught; several at once."""
    model = tune(
        [
            USER,
            calling(("GetWeather", '{"city": "Lisbon", "unit": "c"}'), ("GetWeather", '{"city": "Porto"}')),
        ]
    )
    for name, choice in ((MODEL, "required"), (model, "auto")):
        parsed = client.chat.completions.parse(
            model=name, messages=[USER], tools=[WEATHER], tool_choice=choice
        )
        calls = parsed.choices[0].message.tool_calls
        assert [type(call.function.parsed_arguments) for call in calls] == [GetWeather] * len(calls)
        assert calls[0].function.parsed_arguments.city == "Lisbon"
        assert len(calls) == (1 if name == MODEL else 2)
    one = client.chat.completions.create(
        model=model, messages=[USER], tools=[WEATHER], parallel_tool_calls=False
    )
    assert len(one.choices[0].message.tool_calls) == 1


def test_a_cut_answer_cannot_be_parsed(client):
    """The SDK tells that it was too long."""
    with pytest.raises(openai.LengthFinishReasonError):
        client.chat.completions.parse(
            model=MODEL, messages=[USER], response_format=Weather, max_completion_tokens=5
        )


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"n": 2},
        {"stop": [" is"]},
        {"logprobs": True, "top_logprobs": 2},
        {"response_format": Weather},
        {"tools": [WEATHER], "tool_choice": "required"},
        {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "GetWeather"}}},
        {
            "tools": [WEATHER],
            "tool_choice": {
                "type": "allowed_tools",
                "allowed_tools": {
                    "mode": "required",
                    "tools": [{"type": "function", "function": {"name": "GetWeather"}}],
                },
            },
        },
    ],
    ids=lambda value: ",".join(value) or "plain",
)
def test_an_accumulated_stream_is_the_plain_answer(client, parameters):
    """All but ids and times: content, calls, log probabilities, usage."""
    asked = {"model": MODEL, "messages": [USER], **parameters}
    with client.chat.completions.stream(**asked, stream_options={"include_usage": True}) as stream:
        kinds = [event.type for event in stream]
        streamed = stream.get_final_completion()
    plain = client.chat.completions.parse(**asked)
    assert kinds[0] == "chunk"
    for one, other in zip(streamed.choices, plain.choices, strict=True):
        assert (one.index, one.finish_reason) == (other.index, other.finish_reason)
        assert one.logprobs == other.logprobs
        assert (one.message.content, one.message.refusal) == (other.message.content, other.message.refusal)
        assert one.message.parsed == other.message.parsed
        calls, others = one.message.tool_calls or [], other.message.tool_calls or []
        assert [call.function for call in calls] == [call.function for call in others]
    assert streamed.usage == plain.usage
    if "response_format" in parameters:
        assert "content.done" in kinds
    if "tools" in parameters:
        assert "tool_calls.function.arguments.done" in kinds
    if "logprobs" in parameters:
        assert "logprobs.content.done" in kinds


def test_a_refusal_is_accumulated(client, tune):
    """In its own field, with an event of its own."""
    model = tune([USER, {"role": "assistant", "content": None, "refusal": "I cannot tell."}])
    with client.chat.completions.stream(model=model, messages=[USER], response_format=Weather) as stream:
        kinds = [event.type for event in stream]
        message = stream.get_final_completion().choices[0].message
    assert (message.refusal, message.content, message.parsed) == ("I cannot tell.", None, None)
    assert "refusal.done" in kinds


@pytest.mark.anyio
async def test_the_async_client_has_the_same_helpers(client, async_client):
    """Parsed, streamed, raw and streaming."""
    asked = {"model": MODEL, "messages": [USER]}
    async with async_client as other:
        parsed = await other.chat.completions.parse(**asked, response_format=Weather)
        assert parsed.choices[0].message.parsed.city == "Lisbon"
        async with other.chat.completions.stream(**asked) as stream:
            final = await stream.get_final_completion()
        plain = client.chat.completions.create(**asked)
        assert final.choices[0].message.content == plain.choices[0].message.content
        raw = await other.chat.completions.with_raw_response.create(**asked)
        assert raw.headers["x-drytune-layer"] == "base"
        assert raw.parse().choices[0].message.content == plain.choices[0].message.content
        chunks = await other.chat.completions.create(**asked, stream=True)
        pieces = [chunk.choices[0].delta.content or "" async for chunk in chunks]
        assert "".join(pieces) == plain.choices[0].message.content


def test_the_older_functions_still_work(client, tune):
    """`functions` and `function_call`, asked in every way."""
    model = tune([USER, calling(("GetWeather", '{"city": "Lisbon", "unit": "c"}'))])
    functions = [{"name": "GetWeather", "parameters": WEATHER["function"]["parameters"]}]
    asked = {"model": model, "messages": [USER], "functions": functions}
    said = client.chat.completions.create(**asked).choices[0]
    assert (said.finish_reason, said.message.function_call.name) == ("function_call", "GetWeather")
    named = client.chat.completions.create(**asked, function_call={"name": "GetWeather"}).choices[0]
    assert named.finish_reason == "stop"
    assert named.message.function_call.arguments == said.message.function_call.arguments
    none = client.chat.completions.create(**asked, function_call="none").choices[0]
    assert none.message.function_call is None
    streamed = client.chat.completions.create(**asked, stream=True)
    calls = [chunk.choices[0].delta.function_call for chunk in streamed]
    assert "".join(call.arguments for call in calls if call) == said.message.function_call.arguments


def test_choices_differ_only_by_a_seed(client, tune):
    """Without one all are the best answer; the same seed gives the same choices."""
    near = [
        [
            {"role": "user", "content": f"Tell me about cats, number {n}"},
            {"role": "assistant", "content": f"Cat {n}."},
        ]
        for n in range(5)
    ]
    asked = {"model": tune(*near), "messages": [{"role": "user", "content": "Tell me about cats"}], "n": 8}

    def contents(**parameters):
        answer = client.chat.completions.create(**asked, **parameters)
        return [choice.message.content for choice in answer.choices]

    assert len(set(contents())) == 1
    assert len(set(contents(temperature=1.5))) == 1
    assert len(set(contents(seed=1, temperature=0))) == 1
    drawn = contents(seed=1, temperature=1.5)
    assert contents(seed=1, temperature=1.5) == drawn
    assert set(drawn) <= {f"Cat {n}." for n in range(5)}
    assert len(set(drawn)) > 1
