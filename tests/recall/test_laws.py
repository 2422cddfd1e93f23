"""Laws of recall: whatever the verdict accepts comes back exactly, and nothing that is asked breaks it."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drytune.testing.strategies import datasets, texts
from drytune_simulator.inference import Taught
from drytune_simulator.inference.conversation import Turn, prompt_turns
from drytune_simulator.inference.offer import Offer
from drytune_simulator.inference.recall import taught_answer

MODELS = {
    "chat": ("gpt-4.1-mini-2025-04-14", "supervised"),
    "images": ("gpt-4o-2024-08-06", "supervised"),
    "preference": ("gpt-4.1-mini-2025-04-14", "dpo"),
    "reinforcement": ("o4-mini-2025-04-16", "reinforcement"),
}


def joined(content):
    """Text parts and one string are the same."""
    if not isinstance(content, list):
        return content
    return "".join(part[part["type"]] for part in content if part["type"] == "text") or None


def reply_of(message):
    """(content, refusal, calls) of a trained message."""
    content, refusal = message.get("content"), message.get("refusal")
    if isinstance(content, list) and content[0]["type"] == "refusal":
        content, refusal = None, "".join(part["refusal"] for part in content)
    calls = [call["function"] for call in message.get("tool_calls", [])]
    calls += [message["function_call"]] if message.get("function_call") else []
    return joined(content), refusal, [(call["name"], call["arguments"]) for call in calls]


def lessons(row):
    """What a row trains: conversations, with what may be called, and replies."""
    if "input" in row:
        yield row["input"]["messages"], row["input"].get("tools"), reply_of(row["preferred_output"][0])
        return
    if "answer" in row:
        yield row["messages"], None, (row["answer"], None, [])
        return
    for end, message in enumerate(row["messages"]):
        if message["role"] == "assistant" and message.get("weight") != 0:
            yield row["messages"][:end], row.get("tools"), reply_of(message)


def asked(messages):
    """As a client sends them: without weights, which only training files have."""
    return [{key: value for key, value in message.items() if key != "weight"} for message in messages]


def of_stream(stream):
    """What a stream says in all."""
    content, refusal, calls = None, None, []
    for chunk in stream:
        for choice in chunk.choices:
            delta = choice.delta
            content = content if delta.content is None else (content or "") + delta.content
            refusal = refusal if delta.refusal is None else (refusal or "") + delta.refusal
            for call in delta.tool_calls or []:
                if call.id is not None:
                    calls.append([call.function.name, ""])
                calls[call.index][1] += call.function.arguments or ""
            if delta.function_call is not None:
                if delta.function_call.name is not None:
                    calls.append([delta.function_call.name, ""])
                calls[-1][1] += delta.function_call.arguments or ""
    return content, refusal, [tuple(call) for call in calls]


@pytest.mark.slow
@pytest.mark.parametrize("kind", MODELS)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_training_conversation_is_recalled_exactly_plain_and_streamed(make_world, kind, data):
    """For any dataset that is accepted; the line that is told is its own."""
    model, method = MODELS[kind]
    form = "chat" if kind == "images" else kind
    content = data.draw(datasets(form, images=kind == "images"))
    world = make_world()
    tuned = world.tune(content, model=model, method=method)
    for number, line in enumerate(content.splitlines(), start=1):
        row = json.loads(line)
        declared = {key: row[key] for key in ("functions",) if key in row}
        for messages, tools, reply in lessons(row):
            offered = {**declared, **({"tools": tools} if tools else {})}
            said = world.ask(tuned, asked(messages), **offered)
            function = getattr(said.message, "function_call", None)
            calls = [*said.calls, *([(function.name, function.arguments)] if function else [])]
            assert (said.content, said.message.refusal, calls) == reply
            assert (said.layer, said.similarity) == ("taught", 1.0)
            assert said.headers["x-drytune-line"] == str(number)
            with world.client.chat.completions.create(
                model=tuned, messages=asked(messages), stream=True, **offered
            ) as stream:
                assert of_stream(stream) == reply


@settings(max_examples=20, deadline=None)
@given(datasets("completion"))
def test_every_trained_prompt_gives_its_completion(content):
    taught = Taught.from_jsonl(content, method="supervised")
    for number, line in enumerate(content.splitlines(), start=1):
        row = json.loads(line)
        answer = taught_answer(prompt_turns(row["prompt"]), Offer(), taught)
        assert (answer.reply.content, answer.similarity, answer.line) == (row["completion"], 1.0, number)


turns = st.lists(
    st.builds(Turn, st.sampled_from(["system", "user", "assistant", "tool"]), texts() | st.text(max_size=40)),
    max_size=5,
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_conversation_is_answered_and_likeness_stays_in_bounds(data):
    """Whatever was taught and is asked; of what is given, the line is one of the file."""
    form = data.draw(st.sampled_from(["chat", "preference", "completion"]))
    content = data.draw(datasets(form))
    taught = Taught.from_jsonl(content)
    conversation = data.draw(turns)
    answer = taught_answer(conversation, Offer(), taught)
    assert 0 <= answer.similarity <= 1
    assert answer.line is None or 1 <= answer.line <= len(content.splitlines())
    assert answer == taught_answer(conversation, Offer(), Taught.from_jsonl(content))
    found = taught.near(conversation, most=5)
    assert [one.likeness for one in found] == sorted((one.likeness for one in found), reverse=True)
    assert all(0.02 <= one.likeness < 1 for one in found)
