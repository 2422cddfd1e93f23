"""Agents that force a call at every turn, and end at the function that takes their answer.

pydantic-ai asks so where an output type is wanted; langchain, instructor and others name the one function.
"""

from __future__ import annotations

import json

import pytest

WARM = {"role": "user", "content": "How warm is it in Oslo now?"}
WHO = {"role": "user", "content": "Who is Ada? Answer in JSON."}
ADA = '{"name": "Ada Lovelace", "city": "London"}'


def tool(name, *properties):
    parameters = {
        "type": "object",
        "properties": {each: {"type": "string"} for each in properties},
        "required": list(properties),
    }
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


WEATHER, RESULT = tool("get_weather", "city"), tool("final_result", "name", "city")
FORCED = {"tools": [WEATHER, RESULT], "tool_choice": "required"}


def called(number, name, arguments="{}", result="{}"):
    """A call, and its result."""
    call = {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": f"call_{number}", "content": result},
    ]


OSLO = called(1, "get_weather", '{"city": "Oslo"}', '{"celsius": 3}')


@pytest.fixture(scope="module")
def taught(teach):
    """A model that calls, then speaks; and one that tells JSON as a text."""
    return teach(
        {
            "messages": [WARM, *OSLO, {"role": "assistant", "content": "3 degrees in Oslo."}],
            "tools": [WEATHER],
        },
        [WHO, {"role": "assistant", "content": ADA}],
    )


def test_a_forced_call_is_another_once_the_first_has_its_result(ask, taught):
    """The trained call, then what is left; the same function once more is not the end of anything."""
    assert ask(taught, [WARM], **FORCED).call == ("get_weather", '{"city": "Oslo"}')
    assert ask(taught, [WARM, *OSLO], **FORCED).call[0] == "final_result"
    like = {**WARM, "content": "How warm is it in Lima now?"}
    assert ask(taught, [like], **FORCED).call == ("get_weather", '{"city": "Lima"}')
    assert ask(taught, [like, *called(1, "get_weather")], **FORCED).call[0] == "final_result"


def test_a_base_model_comes_to_an_end_too(ask):
    """It calls the functions in their order, each once."""
    assert ask(None, [WARM], **FORCED).call[0] == "get_weather"
    assert ask(None, [WARM, *called(1, "get_weather")], **FORCED).call[0] == "final_result"


def test_what_was_called_counts_since_the_user_spoke(ask, taught):
    """A new question begins anew; and where all has been called, any may be called again."""
    turns = [WARM, *OSLO, {"role": "assistant", "content": "3 degrees in Oslo."}, WARM]
    assert ask(taught, turns, **FORCED).call[0] == "get_weather"
    both = [WARM, *OSLO, *called(2, "final_result")]
    assert ask(taught, both, **FORCED).call[0] == "get_weather"
    only = {"tools": [WEATHER], "tool_choice": "required"}
    assert ask(taught, [WARM, *OSLO], **only).call[0] == "get_weather"


def test_a_call_that_was_trained_twice_is_made_twice(ask, teach):
    """The training file knows better."""
    again = called(2, "get_weather", '{"city": "Rome"}')
    taught = teach({"messages": [WARM, *OSLO, again[0]], "tools": [WEATHER]})
    assert ask(taught, [WARM, *OSLO], **FORCED).call == ("get_weather", '{"city": "Rome"}')


@pytest.mark.parametrize(
    "choice", ["required", {"type": "function", "function": {"name": "final_result"}}], ids=["any", "named"]
)
def test_json_that_was_trained_as_a_text_is_what_a_forced_call_takes(ask, stream, taught, choice):
    """Byte for byte, by the function that declares all of it, whichever comes first."""
    asked = {"tools": [WEATHER, RESULT], "tool_choice": choice}
    said = ask(taught, [WHO], **asked)
    assert said.call == ("final_result", ADA)
    assert (said.headers["x-drytune-similarity"], said.headers["x-drytune-line"]) == ("1.0000", "2")
    deltas = [chunk["choices"][0]["delta"] for chunk in stream(taught, [WHO], **asked) if chunk["choices"]]
    pieces = [call["function"]["arguments"] for delta in deltas for call in delta.get("tool_calls", ())]
    assert "".join(pieces) == ADA
    assert ask(taught, [WHO], tools=[WEATHER, RESULT]).content == ADA


def test_json_that_no_function_takes_is_not_given(ask, taught):
    """A call is built from the schema, as without the text."""
    said = ask(taught, [WHO], tools=[tool("final_result", "name", "year")], tool_choice="required")
    assert set(json.loads(said.call[1])) == {"name", "year"}
    assert ask(taught, [WHO], tools=[tool("note")], tool_choice="required").call == ("note", "{}")
