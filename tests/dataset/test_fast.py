"""The fast way and the slow way give the same facts, whatever the lines are."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drytune_simulator.dataset import Block, Lens, facts_of
from drytune_simulator.dataset import inspection as inspection_module
from drytune_simulator.dataset.fast import fast_records
from drytune_simulator.dataset.tokens import counter

LENS = Lens("o200k_base", 60)
WEATHER = {
    "name": "weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city"],
    },
}
ANYTHING_GOES = [{"type": "function", "function": {"name": "weather", "parameters": {}}}]
TOOLS = [{"type": "function", "function": WEATHER}]

texts = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "Hello", "猫です", " ", "", "<|im_start|>", "a@b.io", "write to ann@corp.com", "me@example.com",
            "sk-proj-abcdefghijklmnopqrstuvwx", "risk-based", "4111 1111 1111 1111", "4111111111111112",
            "1700000000000", "tab\there", 'say "no" : yes', 'key\\":', "\x07", "\x00", "\ud83d",
            "-----BEGIN PRIVATE KEY-----",
            "AKIAABCDEFGHIJKLMNOP", "\u200b", "\xad \n", "sk-T3BlbkFJabcdefghijkl9", "ya29.a0A" + "xY" * 12,
            "No.4111111111111111", "\nsk-T3BlbkFJabcdefghijkl9", "cat " * 70,
            "one\nsk-abcdefghijklmnopqrstuvwx", "は" + "sk-" + "a1" * 12,
            "あ4012888888881881", "あ 4012 8888 8888 1881", "x\\nsk-abcdefghijklmnopqrstuvwx",
        ]
    ),
)  # fmt: skip
arguments = st.sampled_from(
    ['{"city": "Oslo"}', '{"city": 1}', "{}", "", "[]", "{oops", '{"city": "Oslo", "days": 2}', "NaN",
     '{"a": ' + "[" * 250 + "]" * 250 + "}", '{"city": 1e999}', '{"city": "Oslo", "days": ' + "9" * 5000 + "}"]
)  # fmt: skip
ids = st.sampled_from(["c1", "c2"])
calls = st.lists(
    st.builds(
        lambda identity, name, given: {
            "id": identity, "type": "function", "function": {"name": name, "arguments": given}
        },
        ids, st.sampled_from(["weather", "snow"]), arguments,
    ),
    max_size=2,
)  # fmt: skip
messages = st.one_of(
    st.builds(lambda text: {"role": "system", "content": text}, texts),
    st.builds(lambda text: {"role": "user", "content": text}, texts),
    st.builds(lambda text: {"role": "assistant", "content": text}, texts),
    st.builds(
        lambda text, some: {"role": "assistant", "content": text, "tool_calls": some},
        st.none() | texts,
        calls,
    ),
    st.builds(lambda some: {"role": "assistant", "tool_calls": some}, calls),
    st.builds(lambda text, identity: {"role": "tool", "content": text, "tool_call_id": identity}, texts, ids),
    st.builds(lambda text: {"role": "assistant", "content": text, "weight": 0}, texts),
)
plain = st.builds(
    lambda system, turns: [
        *([{"role": "system", "content": system}] if system else []),
        *(
            message
            for user, reply in turns
            for message in ({"role": "user", "content": user}, {"role": "assistant", "content": reply})
        ),
    ],
    st.none() | texts,
    st.lists(st.tuples(texts, texts), min_size=1, max_size=3),
)
asked = st.builds(
    lambda user, call, answer, reply: [
        {"role": "user", "content": user},
        {"role": "assistant", "content": None, "tool_calls": call},
        *({"role": "tool", "tool_call_id": one["id"], "content": answer} for one in call),
        {"role": "assistant", "content": reply},
    ],
    texts, calls, texts, texts,
)  # fmt: skip
examples = st.builds(
    lambda some, more: {"messages": some, **more},
    st.one_of(plain, asked, st.lists(messages, max_size=5)),
    st.sampled_from(
        [{}, {"tools": TOOLS}, {"tools": ANYTHING_GOES},
         {"tools": TOOLS, "parallel_tool_calls": False}, {"tools": []}, {"tools": None},
         {"tools": [{"type": "function"}]}, {"weight": 1}, {"tools": TOOLS * 2}, {"tools": 5}]
    ),
)  # fmt: skip
PAIR = b'{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}'
ODD_LINES = [
    b"",
    b" ",
    b"{}",
    b"[]",
    b"\xff",
    b'{"messages": [' + PAIR + b"]}\r",
    b'\xef\xbb\xbf{"messages": [' + PAIR + b"]}",
    b'{"messages": [' + PAIR.replace(b'"role"', b'"role": "user", "role"', 1) + b"]}",
    b'{"messages": [' + PAIR.replace(b'"y"', b'"y", "content": "z"') + b"]}",
    b'{"messages": [' + PAIR.replace(b'", "content": "', b'" , "content" :"') + b"]}",
    b'{"messages": [' + PAIR.replace(b'"x"', b'"\\u003c|im_end|\\u003e"') + b"]}",
    b'{"messages": [' + PAIR + b'], "messages": [' + PAIR + b"]}",
    b'{"messages": [' + PAIR + b'], "tools": [], "tools": []}',
    b'{"messages": [' + PAIR + b'], "tools": ' + b"[" * 250 + b"]" * 250 + b"}",
    *(
        b'{"messages": ['
        + PAIR
        + b'], "tools": [{"type": "function", "function": {"name": "f", "parameters": '
        + parameters
        + b"}}]}"
        for parameters in (
            b'{"maximum": 1e999}',
            b'{"maximum": ' + b"9" * 5000 + b"}",
            b'{"a": "\xff"}',
            b'{"\xed\xa0\x80": 1}',
            b'{"enum": ["\\ud83d"]}',
            b'{"type": 5}',
            b"{oops}",
            b'{"$ref": "https://example.com/x.json"}',
        )
    ),
]
lines = st.one_of(
    st.builds(
        lambda value, ascii_only, apart: json.dumps(
            value, ensure_ascii=ascii_only, separators=apart
        ).encode("utf-8", "surrogatepass"),
        examples, st.booleans(), st.sampled_from([None, (",", ":"), (", ", " : "), (",\t", ":  ")]),
    ),
    st.sampled_from(ODD_LINES),
)  # fmt: skip


@given(st.lists(lines, max_size=6))
@settings(deadline=None, max_examples=400)
@example(
    [
        json.dumps(
            {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
        ).encode()
    ]
)
def test_both_ways_agree(some):
    """Facts and findings are the same with and without the fast way."""
    block = Block(1, tuple(some))
    fast = facts_of(block, LENS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inspection_module, "fast_records", lambda *_: [])
        slow = facts_of(block, LENS)
    assert fast == slow


def test_plain_lines_take_the_fast_way():
    """The law above would say little if nothing were taken."""
    system = {"role": "system", "content": "Answer briefly."}
    user, reply = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
    answer = {"role": "tool", "tool_call_id": "c1", "content": "sunny"}
    taken = [
        {"messages": [system, user, reply]},
        {"messages": [user, reply, user, reply]},
        {"messages": [user, reply], "tools": TOOLS},
        {"messages": [system, user, {"role": "assistant", "content": None, "tool_calls": [call]}, answer, reply],
         "tools": TOOLS, "parallel_tool_calls": True},
        {"messages": [user, {"role": "assistant", "tool_calls": [call]}], "tools": TOOLS},
    ]  # fmt: skip
    for separators in (None, (",", ":")):
        block = Block(1, tuple(json.dumps(value, separators=separators).encode() for value in taken))
        assert len(fast_records(block, LENS, counter("o200k_base"))) == len(taken)
