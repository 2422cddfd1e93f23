"""The wire objects, plain and streamed, as the official SDK's types read them."""

from __future__ import annotations

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from drytune_simulator.dataset.tokens import counter

USER = {"role": "user", "content": "猫は？"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": name, "parameters": SCHEMA}} for name in ("f", "g")]


@pytest.fixture(scope="module")
def taught(teach):
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"city": "パリ"}'}}
    other = {"id": "b", "type": "function", "function": {"name": "g", "arguments": '{"city": "Rome"}'}}
    return teach(
        [USER, {"role": "assistant", "content": "にゃん🐱‍👤です"}],
        [
            {"role": "user", "content": "call"},
            {"role": "assistant", "content": None, "tool_calls": [call, other]},
        ],
        [{"role": "user", "content": "refuse"}, {"role": "assistant", "content": None, "refusal": "いや"}],
    )


def test_the_whole_object_is_that_of_the_reference(ask, taught):
    """Every field of 2025-26, in the reference's order."""
    body = ask(taught, [USER]).body
    ChatCompletion.model_validate(body, strict=True)
    fingerprint = body.pop("system_fingerprint")
    assert fingerprint.startswith("fp_")
    assert len(fingerprint) == 13
    usage = body.pop("usage")
    assert body == {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": "ft:gpt-4.1-mini-2025-04-14:acme::AbCdEfGh",
        "service_tier": "default",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "にゃん🐱‍👤です",
                    "refusal": None,
                    "annotations": [],
                },
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
    }
    tokens = counter("o200k_base").count("にゃん🐱‍👤です")
    assert usage["completion_tokens"] == tokens
    assert usage["prompt_tokens"] > 0
    assert usage["total_tokens"] == usage["prompt_tokens"] + tokens
    assert usage["prompt_tokens_details"] == {"cached_tokens": 0, "audio_tokens": 0}
    assert set(usage["completion_tokens_details"].values()) == {0}


def test_a_stream_opens_with_the_role_and_closes_with_the_reason(stream, taught):
    """Role first, then a piece a token, then an empty delta with the finish reason."""
    chunks = stream(taught, [USER])
    for chunk in chunks:
        ChatCompletionChunk.model_validate(chunk, strict=True)
        assert chunk["object"] == "chat.completion.chunk"
        assert "usage" not in chunk
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0] == {"role": "assistant", "content": "", "refusal": None}
    assert [delta["content"] for delta in deltas[1:-1]] == counter("o200k_base").pieces("にゃん🐱‍👤です")
    assert deltas[-1] == {}
    reasons = [chunk["choices"][0]["finish_reason"] for chunk in chunks]
    assert reasons == [None] * (len(chunks) - 1) + ["stop"]


def test_calls_are_opened_and_then_filled(stream, taught):
    """Index, id, type, name and empty arguments; then the arguments in pieces; content stays null."""
    deltas = [chunk["choices"][0]["delta"] for chunk in stream(taught, "call", tools=TOOLS)]
    assert deltas[0] == {"role": "assistant", "content": None, "refusal": None}
    opened = [call for delta in deltas for call in delta.get("tool_calls", []) if "id" in call]
    assert [(call["index"], call["type"], call["function"]) for call in opened] == [
        (0, "function", {"name": "f", "arguments": ""}),
        (1, "function", {"name": "g", "arguments": ""}),
    ]
    filled = ["", ""]
    for delta in deltas:
        for call in delta.get("tool_calls", []):
            filled[call["index"]] += call["function"]["arguments"]
    assert filled == ['{"city": "パリ"}', '{"city": "Rome"}']


def test_the_older_form_streams_its_one_call(stream, taught):
    """function_call deltas: the name first, then the arguments."""
    functions = [tool["function"] for tool in TOOLS]
    deltas = [chunk["choices"][0]["delta"] for chunk in stream(taught, "call", functions=functions)]
    assert deltas[1] == {"function_call": {"name": "f", "arguments": ""}}
    pieces = [delta["function_call"]["arguments"] for delta in deltas[2:-1]]
    assert "".join(pieces) == '{"city": "パリ"}'


def test_a_refusal_streams_in_its_own_field(stream, taught):
    """Content stays null, refusal comes in pieces."""
    deltas = [chunk["choices"][0]["delta"] for chunk in stream(taught, "refuse")]
    assert deltas[0]["content"] is None
    assert "".join(delta["refusal"] for delta in deltas[1:-1]) == "いや"


def test_usage_comes_last_when_it_is_asked_for(ask, stream, taught):
    """Every chunk has `usage: null`, the last one no choices and the usage of the plain answer."""
    *chunks, last = stream(taught, [USER], stream_options={"include_usage": True}, n=2)
    assert all(chunk["usage"] is None for chunk in chunks)
    assert last["choices"] == []
    assert last["usage"] == ask(taught, [USER], n=2).body["usage"]
    assert [chunk["choices"][0]["index"] for chunk in chunks] == sorted(
        chunk["choices"][0]["index"] for chunk in chunks
    )


def test_plain_and_streamed_calls_have_the_same_ids(ask, stream, taught):
    """An id is made from the seed, the completion and the place, so both ways agree."""
    plain = [
        call["id"]
        for choice in ask(taught, "call", tools=TOOLS, n=2).body["choices"]
        for call in choice["message"]["tool_calls"]
    ]
    streamed = [
        call["id"]
        for chunk in stream(taught, "call", tools=TOOLS, n=2)
        for call in chunk["choices"][0]["delta"].get("tool_calls", [])
        if "id" in call
    ]
    assert plain == streamed
    assert len(set(plain)) == 4
