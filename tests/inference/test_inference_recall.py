"""What a tuned model recalls, and what a base model says."""

from __future__ import annotations

import pytest

from drytune_simulator.inference import Taught

SYSTEM = {"role": "system", "content": "あなたは陽気な猫です。語尾に「にゃ」をつけます。"}


def user(text):
    return {"role": "user", "content": text}


def assistant(text, **more):
    return {"role": "assistant", "content": text, **more}


@pytest.fixture(scope="module")
def cat(teach):
    return teach(
        [SYSTEM, user("こんにちは"), assistant("こんにちはにゃ！")],
        [SYSTEM, user("好きな食べ物は？"), assistant("お魚にゃ🐟")],
        [SYSTEM, user("今日の天気は？"), assistant("お外は晴れにゃ☀️")],
        [SYSTEM, user("What is your name?"), assistant("I am Tama, nya!")],
        [SYSTEM, user("眠い？"), assistant("眠いにゃ"), user("どうして？"), assistant("お昼だからにゃ")],
    )


@pytest.mark.parametrize(
    ("messages", "reply", "line"),
    [
        ([SYSTEM, user("好きな食べ物は？")], "お魚にゃ🐟", 2),
        ([SYSTEM, user("眠い？"), assistant("眠いにゃ"), user("どうして？")], "お昼だからにゃ", 5),
        ([{**SYSTEM, "role": "developer"}, user("今日の天気は？")], "お外は晴れにゃ☀️", 3),
        (
            [SYSTEM, user([{"type": "text", "text": "こんに"}, {"type": "text", "text": "ちは"}])],
            "こんにちはにゃ！",
            1,
        ),
    ],
)
def test_the_same_conversation_gives_its_trained_reply(ask, cat, messages, reply, line):
    """Roles, text, names and calls make a conversation; the form of its content does not."""
    said = ask(cat, messages)
    assert said.content == reply
    assert said.finish_reason == "stop"
    assert said.headers["x-drytune-layer"] == "taught"
    assert said.headers["x-drytune-similarity"] == "1.0000"
    assert said.headers["x-drytune-line"] == str(line)


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("好きな食べ物はなに？", "お魚にゃ🐟"),
        ("あしたの天気はどう？", "お外は晴れにゃ☀️"),
        ("ＷＨＡＴ is your name", "I am Tama, nya!"),
        ("こんにちは！", "こんにちはにゃ！"),
    ],
)
def test_a_near_question_gives_the_nearest_reply(ask, cat, question, reply):
    """Likeness is in the characters, whatever the script, the case or the width."""
    said = ask(cat, [SYSTEM, user(question)])
    assert said.content == reply
    assert 0.0 < float(said.headers["x-drytune-similarity"]) < 1.0


def test_the_system_prompt_decides_between_equals(ask, teach):
    """The same question under two system prompts: the nearer prompt wins, at a likeness just under the same."""
    taught = teach(
        [{"role": "system", "content": "You are formal."}, user("hi"), assistant("Good day.")],
        [{"role": "system", "content": "You are a pirate."}, user("hi"), assistant("Ahoy!")],
    )
    said = ask(taught, [{"role": "system", "content": "You are a pirate captain."}, user("hi")])
    assert said.content == "Ahoy!"
    assert 0.95 < float(said.headers["x-drytune-similarity"]) < 1.0


def test_of_equal_lessons_the_first_is_given(ask, teach):
    """Two replies to one conversation: always the first of the file."""
    taught = teach([user("a?"), assistant("one")], [user("a?"), assistant("two")])
    assert ask(taught, "a?").content == "one"
    assert ask(taught, "A?").content == "one"


def test_many_copies_do_not_crowd_out_a_nearer_lesson(ask, teach):
    """More copies of one example than there are candidates leave room for the others."""
    copies = [[user("the weather in Rome"), assistant(str(number))] for number in range(120)]
    taught = teach(*copies, [user("the weather in Rouen"), assistant("rain")])
    assert ask(taught, "the weather in Rouen?").content == "rain"


def test_a_message_of_weight_0_is_not_learned(ask, teach):
    """`weight: 0` keeps a reply as context and teaches nothing (FACTS.md §5.1)."""
    taught = teach([user("1?"), assistant("no", weight=0), user("2?"), assistant("yes", weight=1)])
    assert len(taught) == 1
    assert ask(taught, [user("1?"), assistant("no"), user("2?")]).content == "yes"
    assert ask(taught, "1?").content != "no"


def test_a_question_like_nothing_says_so(ask, cat):
    """No shared character: a plain sentence, not a random lesson."""
    said = ask(cat, "ξψ")
    assert said.content is not None
    assert said.content.startswith('[simulated] Nothing in the training file is like "ξψ"')
    assert said.headers["x-drytune-similarity"] == "0.0000"
    assert "x-drytune-line" not in said.headers


def test_a_refusal_is_recalled_as_a_refusal(ask, teach):
    """A trained refusal comes back in its own field."""
    said = ask(teach([user("bad?"), {"role": "assistant", "refusal": "I will not."}]), "bad?")
    assert (said.content, said.message["refusal"]) == (None, "I will not.")


def test_what_the_verdict_accepts_is_taught(ask):
    """A lone surrogate, which JSON can spell, is read as U+FFFD by both."""
    line = b'{"messages": [{"role": "user", "content": "a\\ud800b"}, {"role": "assistant", "content": "x"}]}'
    assert ask(Taught.from_jsonl(line), "a\ufffdb").content == "x"


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\n\n",
        b"\xff\xfe\x00",
        b'[1]\n3\nnull\n"x"',
        b'{"messages": 3}\n{"messages": [3]}\n{"messages": [{"role": "bot"}]}\n{"messages": [{"role": 1}]}',
        b'{"messages": [{"role": "assistant"}]}\n{"messages": [{"role": "assistant", "content": 3}]}',
        b'{"messages": [{"role": "assistant", "tool_calls": [3, {"function": 1}], "function_call": 2}]}',
        b"[" * 100_000,
    ],
    ids=range(8),
)
def test_bytes_that_are_no_examples_teach_nothing(ask, junk):
    """Any bytes are read; good lines beside bad ones still teach, under their own line number."""
    assert len(Taught.from_jsonl(junk)) == 0
    good = b'{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}'
    said = ask(Taught.from_jsonl(junk + b"\r\n" + good + b"\r\n"), "q")
    assert said.content == "a"
    assert said.headers["x-drytune-line"] == str(junk.count(b"\n") + 2)
    assert ask(Taught.from_jsonl(junk), "q").headers["x-drytune-similarity"] == "0.0000"


def test_a_byte_order_mark_hides_no_lesson(ask):
    """Azure asks for a BOM (FACTS.md §7); the first line counts all the same."""
    line = (
        b'\xef\xbb\xbf{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}'
    )
    assert ask(Taught.from_jsonl(line), "q").content == "a"


def test_a_base_model_says_that_it_is_simulated(ask):
    """Nothing was taught, so nothing is made up; a short excerpt shows what arrived."""
    said = ask(None, "word " * 100)
    assert said.content is not None
    assert said.content.startswith("[simulated] ft:gpt-4.1-mini-2025-04-14:acme::AbCdEfGh is not run here")
    excerpt = said.content.partition('Last user message: "')[2].removesuffix('"')
    assert excerpt.endswith("…")
    assert len(excerpt) <= 80
    assert {key: value for key, value in said.headers.items() if key.startswith("x-")} == {
        "x-drytune-layer": "base"
    }


def test_a_conversation_without_a_user_is_answered(ask, teach):
    """A lone system prompt, or an assistant that speaks first, is a conversation too."""
    taught = teach([SYSTEM, assistant("はじめましてにゃ")], [assistant("first words")])
    assert ask(taught, [SYSTEM]).content == "はじめましてにゃ"
    assert ask(None, [SYSTEM]).content.startswith("[simulated]")


def test_two_readings_answer_alike(ask, cat, teach):
    """No clock, no chance: the same bytes and question give the same answer, headers and all."""
    questions = ["ねこは好き？", "name", "天気", "x y z"]
    again = Taught(cat._sources)
    assert [ask(cat, q) for q in questions] == [ask(again, q) for q in questions]
