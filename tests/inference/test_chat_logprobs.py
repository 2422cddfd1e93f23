# ruff: noqa: E501 - each message stands on one line, as the platform words it
"""Log probabilities: plausible, the same each time, one for each token of the model's own tokenizer."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from drytune_simulator.dataset.tokens import counter
from drytune_simulator.http import ApiError
from drytune_simulator.inference import Taught, completed
from drytune_simulator.inference.logprobs import Guesses

USER = {"role": "user", "content": "x"}


def taught_to(teach, text):
    return teach([USER, {"role": "assistant", "content": text}])


def entries(said, field="content"):
    return said.body["choices"][0]["logprobs"][field]


def test_each_token_is_told_with_its_bytes(ask, teach):
    """Of the model's tokenizer; a token that ends inside a character is told in escapes."""
    text = "にゃん🐱‍👤です, said <|endoftext|>"
    said = ask(taught_to(teach, text), [USER], logprobs=True)
    ChatCompletion.model_validate(said.body, strict=True)
    told = entries(said)
    assert [bytes(each["bytes"]) for each in told] == counter("o200k_base").tokens(text)
    assert len(told) == said.body["usage"]["completion_tokens"]
    assert b"".join(bytes(each["bytes"]) for each in told).decode() == text
    for each in told:
        raw = bytes(each["bytes"])
        assert each["token"] == raw.decode() if _whole(raw) else each["token"].startswith("\\x")
        assert each["top_logprobs"] == []
        assert list(each) == ["token", "logprob", "bytes", "top_logprobs"]
    assert entries(said, "refusal") is None


def _whole(raw):
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize("top", [1, 2, 5, 20])
def test_the_alternatives_are_told_the_likeliest_first(ask, teach, top):
    """What was said comes first; all together are not more likely than certain, and none comes twice."""
    taught = taught_to(teach, "the cat sat on the mat")
    told = entries(ask(taught, [USER], logprobs=True, top_logprobs=top))
    for each in told:
        listed = each["top_logprobs"]
        assert len(listed) == top
        first = {name: value for name, value in each.items() if name != "top_logprobs"}
        assert listed[0] == first
        chances = [one["logprob"] for one in listed]
        assert chances == sorted(chances, reverse=True)
        assert sum(map(math.exp, chances)) <= 1.0
        assert all(chance < 0.0 for chance in chances)
        assert len({one["token"] for one in listed}) == top
        # each alternative is a token too
        assert all(counter("o200k_base").count(one["token"]) == 1 for one in listed)
    alone = entries(ask(taught, [USER], logprobs=True))
    assert [each["logprob"] for each in alone] == [each["logprob"] for each in told]


def test_the_other_encoding_has_tokens_of_its_own():
    """Models before gpt-4o."""
    response = completed(
        {"messages": [USER], "logprobs": True, "top_logprobs": 20},
        model="m", encoding="cl100k_base", taught=None, completion_id="c", created=0, seed=0,
    ).response  # fmt: skip
    told = ChatCompletion.model_validate_json(response.body).choices[0].logprobs.content
    tokens = counter("cl100k_base")
    assert all(len(tokens.tokens(bytes(one.bytes).decode())) == 1 for one in told[0].top_logprobs)


def test_a_refusal_has_its_own(ask, teach):
    """Under its own name."""
    taught = teach([USER, {"role": "assistant", "content": None, "refusal": "いや"}])
    said = ask(taught, [USER], logprobs=True)
    assert entries(said) is None
    assert b"".join(bytes(each["bytes"]) for each in entries(said, "refusal")).decode() == "いや"


def test_what_was_cut_has_only_what_is_said(ask, teach):
    """As many as the tokens that are billed."""
    said = ask(taught_to(teach, "one two three four"), [USER], logprobs=True, max_tokens=2)
    assert [each["token"] for each in entries(said)] == ["one", " two"]
    assert said.finish_reason == "length"


def test_calls_are_told_nothing_about(ask, teach):
    """The object is there, its lists are not."""
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    taught = teach([USER, {"role": "assistant", "content": None, "tool_calls": [call]}])
    tools = [{"type": "function", "function": {"name": "f"}}]
    said = ask(taught, [USER], logprobs=True, tools=tools)
    assert said.body["choices"][0]["logprobs"] == {"content": None, "refusal": None}


@settings(max_examples=50, deadline=None)
@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=40),
    st.integers(0, 5),
    st.none() | st.integers(1, 8),
)
def test_streamed_they_are_the_same(ask, stream, text, top, limit):
    """Each chunk has those of its own tokens; the first one has an empty list."""
    line = '{"messages": [%s, {"role": "assistant", "content": %s}]}'
    taught = Taught.from_jsonl((line % ('{"role": "user", "content": "x"}', json.dumps(text))).encode())
    settings_ = {"logprobs": True, "top_logprobs": top, **({"max_tokens": limit} if limit else {})}
    plain = ask(taught, [USER], **settings_)
    chunks = stream(taught, [USER], **settings_)
    choices = [ChatCompletionChunk.model_validate(chunk).choices[0] for chunk in chunks]
    assert choices[0].logprobs.content == []
    assert choices[-1].logprobs is None
    told = [each for choice in choices[1:-1] for each in choice.logprobs.content]
    assert [each.model_dump() for each in told] == entries(plain)
    for choice in choices[1:-1]:
        assert (
            b"".join(bytes(each.bytes) for each in choice.logprobs.content).decode() == choice.delta.content
        )
    assert "".join(choice.delta.content for choice in choices[1:-1]) == plain.content


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**64 - 1), st.lists(st.binary(min_size=1, max_size=5), max_size=5), st.integers(0, 20))
def test_chances_never_add_up_to_more_than_one(key, tokens, top):
    """For any tokens."""
    for each in Guesses(key, "o200k_base", top).entries(tokens):
        listed = each["top_logprobs"] or [each]
        assert -9999.0 <= each["logprob"] < 0.0
        assert math.fsum(math.exp(one["logprob"]) for one in listed) <= 1.0


@pytest.mark.parametrize(
    ("parameters", "message", "code"),
    [
        ({"logprobs": "yes"}, "Invalid type for 'logprobs': expected a boolean, but got a string instead.", "invalid_type"),
        ({"logprobs": True, "top_logprobs": -1}, "Invalid 'top_logprobs': integer below minimum value. Expected a value >= 0, but got -1 instead.", "integer_below_min_value"),
        ({"logprobs": True, "top_logprobs": 21}, "Invalid 'top_logprobs': integer above maximum value. Expected a value <= 20, but got 21 instead.", "integer_above_max_value"),
        ({"top_logprobs": 1}, "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", None),
        ({"logprobs": False, "top_logprobs": 0}, "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", None),
    ],
)  # fmt: skip
def test_alternatives_need_log_probabilities(ask, parameters, message, code):
    """In the words measured in August 2026."""
    with pytest.raises(ApiError) as caught:
        ask(None, "x", **parameters)
    assert (caught.value.status, caught.value.message, caught.value.code) == (400, message, code)
