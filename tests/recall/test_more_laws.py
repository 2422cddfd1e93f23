"""Laws of recall beyond one tune and one door: a tune of a tune knows both files; responses recall as chats do."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from drytune.testing.strategies import datasets
from drytune_simulator.inference.conversation import keys, turns_of

few = {"deadline": None, "suppress_health_check": list(HealthCheck)}
MODEL = "gpt-4.1-mini-2025-04-14"


def joined(content):
    """Text parts and one string are the same."""
    if not isinstance(content, list):
        return content
    return "".join(part[part["type"]] for part in content)


def reply_of(message):
    """(content, refusal, calls) of a trained message."""
    content, refusal = message.get("content"), message.get("refusal")
    if isinstance(content, list) and content[0]["type"] == "refusal":
        content, refusal = None, joined(content)
    calls = [call["function"] for call in message.get("tool_calls", [])]
    calls += [message["function_call"]] if message.get("function_call") else []
    return joined(content), refusal, [(call["name"], call["arguments"]) for call in calls]


def lessons(content):
    """What a file of chats trains: conversations, what may be called, and replies."""
    for line in content.splitlines():
        row = json.loads(line)
        offered = {key: row[key] for key in ("tools", "functions") if key in row}
        for end, message in enumerate(row["messages"]):
            if message["role"] == "assistant" and message.get("weight") != 0:
                before = [{**each, "weight": None} for each in row["messages"][:end]]
                yield before, offered, reply_of(message)


def said_by(said):
    function = getattr(said.message, "function_call", None)
    calls = [*said.calls, *([(function.name, function.arguments)] if function else [])]
    return said.content, said.message.refusal, calls


def place(messages):
    return keys(turns_of(messages))[-1]


@settings(max_examples=6, **few)
@given(first=datasets(max_examples=10), second=datasets(max_examples=10))
def test_a_tune_of_a_tune_recalls_all_of_both_files(make_world, first, second):
    """What both files answer is answered as the later one does."""
    world = make_world()
    tuned = world.tune(second, model=world.tune(first, model=MODEL))
    later = {place(messages) for messages, _, _ in lessons(second)}
    earlier = [lesson for lesson in lessons(first) if place(lesson[0]) not in later]
    assume(earlier)
    for messages, offered, reply in [*lessons(second), *earlier]:
        said = world.ask(tuned, messages, **offered)
        assert said_by(said) == reply
        assert (said.layer, said.similarity) == ("taught", 1.0)


def items_of(messages):
    """The same conversation as responses have it; calls of the older form have no ids."""
    for number, message in enumerate(messages):
        role, content = message["role"], message.get("content")
        if role in {"tool", "function"}:
            call_id = message.get("tool_call_id") or f"call_{number - 1}"
            yield {"type": "function_call_output", "call_id": call_id, "output": joined(content) or ""}
            continue
        text, refusal, _ = reply_of(message)
        if role != "assistant":
            yield {"role": role, "content": text}
            continue
        parts = [{"type": "output_text", "text": text}] if text is not None else []
        parts += [{"type": "refusal", "refusal": refusal}] if refusal is not None else []
        if parts:
            yield {"role": role, "content": parts}
        calls = [(call["id"], call["function"]) for call in message.get("tool_calls") or ()]
        calls += [(f"call_{number}", message["function_call"])] if message.get("function_call") else []
        for call_id, call in calls:
            yield {"type": "function_call", "call_id": call_id, **call}


def told(response):
    """(content, refusal, calls) of a response."""
    parts = [part for item in response.output if item.type == "message" for part in item.content]
    texts = [part.text for part in parts if part.type == "output_text"]
    refusals = [part.refusal for part in parts if part.type == "refusal"]
    calls = [(item.name, item.arguments) for item in response.output if item.type == "function_call"]
    return "".join(texts) if texts else None, "".join(refusals) if refusals else None, calls


@settings(max_examples=6, **few)
@given(content=datasets())
def test_responses_recall_every_training_conversation_plain_and_streamed(make_world, content):
    """But those whose speakers have names, for which responses have no field."""
    world = make_world()
    tuned = world.tune(content, model=MODEL)
    asked = 0
    for messages, offered, reply in lessons(content):
        if any(message.get("name") and message["role"] != "function" for message in messages):
            continue
        functions = [tool["function"] for tool in offered.get("tools", ())] + offered.get("functions", [])
        tools = [{"type": "function", "strict": False, "parameters": None, **each} for each in functions]
        body = {"model": tuned, "input": list(items_of(messages)), "tools": tools}
        assert told(world.client.responses.create(**body)) == reply
        with world.client.responses.create(stream=True, **body) as stream:
            *_, last = stream
        assert told(last.response) == reply
        asked += 1
    assert asked


@settings(max_examples=8, **few)
@given(content=datasets(), data=st.data())
def test_a_checkpoint_never_says_what_the_last_model_was_not_taught(make_world, content, data):
    """What an early one knows exactly, the last one knows as well."""
    world = make_world()
    job = world.finished(world.start(content, model=MODEL, epochs=3))
    checkpoints = [
        one.fine_tuned_model_checkpoint for one in world.client.fine_tuning.jobs.checkpoints.list(job.id)
    ]
    messages, offered, reply = data.draw(st.sampled_from(list(lessons(content))))
    for model in checkpoints:
        said = world.ask(model, messages, **offered)
        if said.headers.get("x-drytune-similarity") == "1.0000":
            assert said_by(said) == reply
    assert said_by(world.ask(job.fine_tuned_model, messages, **offered)) == reply
