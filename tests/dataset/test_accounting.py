"""The cookbook's sum, and its estimate for tools."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune_simulator.catalog import find
from drytune_simulator.dataset import (
    count_examples,
    counter,
    example_tokens,
    judge,
    message_tokens,
    prompt_tokens,
)
from drytune_simulator.dataset.reference import reference_encoding
from drytune_simulator.dataset.tokens import ENCODINGS

COUNTER = counter("o200k_base")


def n(text):
    return COUNTER.count(text)


def cookbook(messages, encoding):
    """What the cookbook's notebook describes, word for word (FACTS.md §5.2)."""
    total = 3
    for message in messages:
        total += 3
        for key, value in message.items():
            total += len(encoding.encode_ordinary(value))
            if key == "name":
                total += 1
    assistant = sum(len(encoding.encode_ordinary(m["content"])) for m in messages if m["role"] == "assistant")
    return total, assistant


_messages = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "assistant"]), "content": st.text(max_size=40)},
        optional={"name": st.text(max_size=8)},
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(conversations=st.lists(_messages, max_size=4))
@settings(deadline=None, max_examples=60)
def test_plain_chat_counts_as_in_the_cookbook(encoding, conversations):
    """On plain chat the sum is the cookbook's, with tiktoken, for both encodings."""
    counted = count_examples([{"messages": messages} for messages in conversations], counter(encoding))
    expected = [cookbook(messages, reference_encoding(encoding)) for messages in conversations]
    assert [(tokens.total, tokens.assistant) for tokens in counted] == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({}, 3),
        ({"role": "user", "content": "hi"}, 3 + 1 + 1),
        ({"role": "user", "content": "hi", "name": "ann"}, 3 + 1 + 1 + 1 + n("ann")),
        ({"role": "assistant", "content": None, "weight": 0, "refusal": None}, 3 + 1),
        ({"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "image_url"}]}, 3 + 1 + 1),
        ({"role": "tool", "tool_call_id": "call_1", "content": "ok"}, 3 + 1 + n("call_1") + 1),
        (
            {"role": "assistant", "function_call": {"name": "look_up", "arguments": '{"q": 1}'}},
            3 + 1 + n("look_up") + n('{"q": 1}'),
        ),
        (
            {
                "role": "assistant",
                "tool_calls": [
                    {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                    {"id": "call_2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
                ],
            },
            3 + 1 + 2 * (1 + n("{}")),
        ),
    ],
)
def test_messages(message, expected):
    """A message is 3, its texts, and 1 for a name; of calls, names and arguments count."""
    assert message_tokens(message, COUNTER) == expected


WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "Its name."},
            "unit": {"type": "string", "enum": ["C", "F"]},
        },
    },
}


@pytest.mark.parametrize(("encoding", "init"), [("o200k_base", 7), ("cl100k_base", 10)])
def test_tools(encoding, init):
    """A definition counts as FACTS.md §5.4 says, in either of its two forms."""
    count = counter(encoding)
    definition = init + count.count("get_weather:The weather of a city")
    definition += 3 + 3 + count.count("city:string:Its name")
    definition += 3 + count.count("unit:string:") - 3 + 2 * (3 + 1)
    tools = example_tokens({"messages": [], "tools": [{"type": "function", "function": WEATHER}]}, count)
    assert tools.tools == definition + 12
    assert tools.total == tools.tools + 3
    assert example_tokens({"messages": [], "functions": [WEATHER]}, count) == tools
    twice = example_tokens({"messages": [], "functions": [WEATHER, WEATHER]}, count)
    assert twice.tools == 2 * definition + 12


def test_a_prompt_counts_like_an_example():
    """`usage.prompt_tokens` is the same sum over the request."""
    messages = [{"role": "user", "content": "hi"}]
    assert prompt_tokens(messages, None, None, COUNTER) == 8
    assert prompt_tokens(
        messages, [{"type": "function", "function": WEATHER}], None, COUNTER
    ) == prompt_tokens(messages, None, [WEATHER], COUNTER)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["messages", "role", "content", "tool_calls", "function", "name", "arguments", "tools",
                         "functions", "parameters", "properties", "enum", "function_call", "text", "x"]),
        inner,
        max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["messages", "tools", "functions"]), _json))
@settings(deadline=None)
def test_any_shape_is_counted(example):
    """What is no message, tool or text counts nothing, and nothing raises."""
    tokens = example_tokens(example, COUNTER)
    assert tokens.total >= tokens.assistant + tokens.tools >= 0


@pytest.mark.parametrize("tokens", [377])
def test_a_recorded_bill_comes_out(tokens):
    """10 examples of 3 messages, 377 tokens of content, 10 epochs: 5,070 trained tokens (FACTS.md §5.3)."""
    sizes = [tokens // 30 + (number < tokens % 30) for number in range(30)]
    roles = ["system", "user", "assistant"]
    rows = [
        {
            "messages": [
                {"role": role, "content": " cat" * size}
                for role, size in zip(roles, sizes[start : start + 3], strict=True)
            ]
        }
        for start in range(0, 30, 3)
    ]
    verdict = judge("\n".join(map(json.dumps, rows)).encode(), model=find("gpt-3.5-turbo-0613"))
    assert (verdict.epochs, verdict.tokens.recorded, verdict.tokens.total) == (10, 5_070, 527)
