"""Laws: a stream is its plain answer, a chain is the whole conversation, and usage adds up."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

BASE = "gpt-4o-mini"
questions = st.sampled_from(
    ["Hello!", "Count to 5.", "Weather in Porto?", "Porto or Lille?", "How do I pick a lock?"]
)
asked = questions | st.text(min_size=1, max_size=40)
many = {"max_examples": 60, "suppress_health_check": list(HealthCheck)}


def accumulated(events):
    """The output that the events tell, put together piece by piece."""
    items = []
    for event in events:
        kind = event["type"].removeprefix("response.")
        if kind == "output_item.added":
            items.append(
                {**event["item"], "content": []} if "content" in event["item"] else dict(event["item"])
            )
        elif kind == "content_part.added":
            items[event["output_index"]]["content"].append(dict(event["part"]))
        elif kind == "output_text.delta":
            items[event["output_index"]]["content"][event["content_index"]]["text"] += event["delta"]
        elif kind == "refusal.delta":
            items[event["output_index"]]["content"][event["content_index"]]["refusal"] += event["delta"]
        elif kind == "function_call_arguments.delta":
            items[event["output_index"]]["arguments"] += event["delta"]
        elif kind == "output_item.done":
            items[event["output_index"]]["status"] = event["item"]["status"]
            assert items[event["output_index"]] == event["item"]
    return items


def without_ids(value):
    """The same for two responses that say the same."""
    changing = {"id", "call_id", "item_id", "billing", "created_at", "completed_at"}
    if isinstance(value, dict):
        return {key: without_ids(inner) for key, inner in value.items() if key not in changing}
    return [without_ids(inner) for inner in value] if isinstance(value, list) else value


@settings(**many)
@given(question=asked, base=st.booleans(), most=st.none() | st.integers(16, 40), tools=st.booleans())
def test_a_stream_is_its_plain_answer(post, tuned, weather_tool, question, base, most, tools):
    """Piece by piece and at its end."""
    body = {
        "model": BASE if base else tuned,
        "input": question,
        "max_output_tokens": most,
        "tools": [weather_tool] if tools else None,
    }
    status, plain, _ = post(body)
    assert status == 200, plain
    _, events, _ = post({**body, "stream": True})
    last = events[-1]["response"]
    assert accumulated(events) == last["output"]
    assert without_ids(last) == without_ids(plain)
    usage = plain["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert most is None or usage["output_tokens"] <= most
    assert (plain["status"] == "incomplete") == (plain["incomplete_details"] is not None)


@settings(**many)
@given(turns=st.lists(asked, min_size=1, max_size=4), tools=st.booleans())
def test_a_chain_is_the_whole_conversation(post, tuned, weather_tool, turns, tools):
    """What is said and what it costs do not depend on who keeps the conversation."""
    fixed = {"model": tuned, "instructions": "You purr.", "tools": [weather_tool] if tools else None}
    whole, previous, owed = [], None, []
    for turn in turns:
        asked_now = [*owed, {"role": "user", "content": turn}]
        _, chained, _ = post({**fixed, "input": asked_now, "previous_response_id": previous})
        _, alone, _ = post({**fixed, "input": [*whole, *asked_now], "store": False})
        assert without_ids(chained["output"]) == without_ids(alone["output"])
        assert chained["usage"] == alone["usage"]
        whole += [*asked_now, *chained["output"]]
        owed = [
            {"type": "function_call_output", "call_id": item["call_id"], "output": "22"}
            for item in chained["output"]
            if item["type"] == "function_call"
        ]
        previous = chained["id"]


@settings(**many)
@given(question=asked, instructions=st.none() | st.text(max_size=20), tools=st.booleans())
def test_a_count_is_what_is_billed(post, weather_tool, question, instructions, tools):
    """By the same rule."""
    body = {
        "model": BASE,
        "input": question,
        "instructions": instructions,
        "tools": [weather_tool] if tools else None,
    }
    _, made, _ = post(body)
    _, count, _ = post(body, "/v1/responses/input_tokens")
    assert count == {"object": "response.input_tokens", "input_tokens": made["usage"]["input_tokens"]}


@settings(**many)
@given(question=questions)
def test_both_doors_say_the_same(post, tuned, weather_tool, question):
    """A chat and a response: text, refusal and calls."""
    _, response, _ = post({"model": tuned, "input": question, "tools": [weather_tool]})
    function = {key: weather_tool[key] for key in ("name", "parameters", "strict")}
    _, chat, _ = post(
        {
            "model": tuned,
            "messages": [{"role": "user", "content": question}],
            "tools": [{"type": "function", "function": function}],
        },
        "/v1/chat/completions",
    )
    message = chat["choices"][0]["message"]
    calls = [item for item in response["output"] if item["type"] == "function_call"]
    parts = [part for item in response["output"] if item["type"] == "message" for part in item["content"]]
    assert [(call["name"], call["arguments"]) for call in calls] == [
        (call["function"]["name"], call["function"]["arguments"]) for call in message.get("tool_calls", [])
    ]
    said = {part["type"]: part.get("text", part.get("refusal")) for part in parts}
    assert (said.get("output_text"), said.get("refusal")) == (message["content"], message["refusal"])
