"""Prompts are read from JSON Lines, whatever they were written for; a bad one is named before any is asked."""

from __future__ import annotations

import hashlib
import json

import pytest

from drytune import UsageError
from drytune.keeping.prompts import read_prompts

HI = {"role": "user", "content": "Hi"}
HELLO = {"role": "assistant", "content": "Hello!"}


@pytest.fixture
def read(tmp_path):
    def reading(*values: object, **options):
        path = tmp_path / "prompts.jsonl"
        path.write_text(
            "".join(value if isinstance(value, str) else json.dumps(value) + "\n" for value in values)
        )
        return read_prompts(path, **options)

    return reading


def test_a_chat_stays_as_it_is(read):
    body = {"messages": [HI], "temperature": 0.5, "seed": 3, "user": "u", "max_tokens": 9}
    (prompt,) = read(body)
    assert (prompt.door, prompt.body, prompt.reference) == ("chat", body, None)


def test_what_keep_decides_is_set_aside(read):
    (prompt,) = read(
        {"model": "gpt-4o", "stream": True, "stream_options": {"include_usage": True}, "messages": [HI]}
    )
    assert prompt.body == {"messages": [HI]}


def test_an_example_loses_its_answer_which_is_its_reference(read):
    (prompt,) = read({"messages": [HI, {**HELLO, "weight": 0}, HI, {**HELLO, "weight": 1}]})
    assert prompt.body == {"messages": [HI, HELLO, HI]}
    assert prompt.reference == HELLO


def test_of_a_preference_pair_the_preferred_answer_is_the_reference(read):
    pair = {"input": {"messages": [HI]}, "preferred_output": [HELLO], "non_preferred_output": [HI]}
    (prompt,) = read(pair)
    assert (prompt.door, prompt.body, prompt.reference) == ("chat", {"messages": [HI]}, HELLO)


@pytest.mark.parametrize(
    "line", ['"Hi"\n', '{"prompt": "Hi"}\n', '{"prompt": "Hi", "completion": "Hello!"}\n']
)
def test_a_bare_text_is_what_a_user_says(read, line):
    (prompt,) = read(line)
    assert (prompt.door, prompt.body) == ("chat", {"messages": [HI]})


def test_a_model_that_completes_is_asked_to_go_on(read):
    (prompt,) = read({"prompt": "Hi", "completion": " there", "temperature": 0}, completes=True)
    assert prompt.door == "completions"
    assert (prompt.body, prompt.reference) == ({"prompt": "Hi", "temperature": 0}, " there")


def test_an_input_is_for_responses(read):
    body = {
        "input": [{"role": "user", "content": "Hi"}],
        "instructions": "Be brief.",
        "text": {"verbosity": "low"},
    }
    (prompt,) = read({**body, "reference": ["Hello!"]})
    assert (prompt.door, prompt.body, prompt.reference) == ("responses", body, ["Hello!"])


def test_prompts_know_their_lines_and_the_file_its_hash(read, tmp_path):
    prompts = read('\ufeff"One"\r\n', "\n", '"Two"')
    assert [(prompt.number, prompt.line) for prompt in prompts] == [(1, 1), (2, 3)]
    assert prompts.sha256 == hashlib.sha256((tmp_path / "prompts.jsonl").read_bytes()).hexdigest()
    assert prompts.name == "prompts.jsonl"


def test_what_drytune_does_not_simulate_may_still_be_asked(read):
    tool = {"type": "custom", "custom": {"name": "shell"}}
    audio = {"type": "file", "file": {"file_id": "file-1"}}
    assert (
        len(read({"messages": [HI], "tools": [tool]}, {"messages": [{"role": "user", "content": [audio]}]}))
        == 2
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "it is not JSON"),
        ("7", "a prompt is an object"),
        ('{"text": "Hi"}', "none of `messages`, `input` and `prompt`"),
        ('{"messages": []}', "`messages`"),
        ('{"messages": [{"role": "user"}]}', "`messages[0].content`"),
        ('{"messages": [{"role": "cat", "content": "Hi"}]}', "`messages[0].role`"),
        ('{"messages": [{"role": "assistant", "content": "Hi"}]}', "nothing is asked"),
        ('{"messages": [{"role": "user", "content": "Hi"}], "temprature": 1}', "temprature"),
        ('{"messages": [{"role": "user", "content": "Hi"}], "temperature": 9}', "`temperature`"),
        ('{"messages": [{"role": "user", "content": "Hi"}], "n": 3}', "repeats instead"),
        ('{"input": "Hi", "previous_response_id": "resp_1"}', "write the conversation out"),
        ('{"input": "Hi", "background": true}', "waited for"),
        ('{"input": "Hi", "response_format": {"type": "text"}}', "keep one of the two"),
        ('{"input": []}', "`input` must be a text or a list that is not empty"),
        ('{"input": ""}', "nothing is asked"),
        ('{"prompt": ""}', "`prompt` must be a text that is not empty"),
        ('""', "`prompt` must be a text that is not empty"),
        ('{"input": 7}', "`input`"),
        ('{"prompt": ""}', "a text that is not empty"),
        ('{"prompt": ["a", "b"]}', "a text that is not empty"),
    ],
)
def test_a_bad_line_is_named_with_its_field(read, line, words):
    with pytest.raises(UsageError) as refused:
        read('"Good."\n', line)
    assert "line 2" in str(refused.value)
    assert words in str(refused.value)


def test_a_model_that_completes_has_no_conversations(read):
    with pytest.raises(UsageError, match="write `prompt`"):
        read({"messages": [HI]}, completes=True)


def test_no_prompts_are_no_prompts(read, tmp_path):
    with pytest.raises(UsageError, match="no prompts"):
        read("\n\n")
    with pytest.raises(UsageError, match=r"nothing\.jsonl"):
        read_prompts(tmp_path / "nothing.jsonl")


def test_nothing_is_asked_before_all_are_read(keeping):
    keeping.prompts.write_text('"Good."\n{')
    with pytest.raises(UsageError, match="line 2"):
        keeping()
    assert keeping.handler.asked == []
    assert not keeping.out.exists()
