"""Likeness, and the index that narrows many lessons down to a few."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator.ids import identifier, integer
from drytune_simulator.inference.book import Book
from drytune_simulator.inference.conversation import Turn, turns_of
from drytune_simulator.inference.likeness import folded, likeness
from drytune_simulator.inference.probe import Probe
from drytune_simulator.inference.taught import Taught

texts = st.text(max_size=60)


@given(texts, texts)
def test_likeness_is_symmetric_between_0_and_1_and_1_for_the_same(one, other):
    one, other = folded(one), folded(other)
    assert 0 <= likeness(one, other) == likeness(other, one) <= 1
    assert likeness(one, one) == 1


@given(st.text(max_size=5000))
def test_folding_is_bounded_and_folds_no_further(text):
    once = folded(text)
    assert len(once) <= 2000 + 1
    once.encode()


@pytest.mark.parametrize(
    ("question", "near", "far"),
    [
        ("What is the weather in Rome?", "What's the weather like in Rome?", "Who wrote the book in Rome?"),
        ("好きな食べ物は？", "一番好きな食べ物は何？", "今日の天気は？"),
        ("ＨＥＬＬＯ there", "hello, there!", "help here"),
    ],
)
def test_likeness_orders_as_people_would(question, near, far):
    assert likeness(folded(question), folded(near)) > likeness(folded(question), folded(far))


def test_signs_alone_are_no_likeness():
    assert likeness(folded("ξψ?"), folded("what?")) == 0


def words(count, *place):
    """So many words of a vocabulary of 400."""
    return " ".join(identifier(5, integer(400, *place, number)) for number in range(count))


def many(make_jsonl, row, count):
    """Questions of random words, and a model that was taught each."""
    questions = [words(8, "question", number) for number in range(count)]
    data = make_jsonl(*(row(question, str(number)) for number, question in enumerate(questions)))
    return questions, Taught.from_jsonl(data)


def test_among_thousands_the_nearest_is_found(make_jsonl, row):
    """A trained question of which a word was changed: its own reply, nearly always."""
    questions, taught = many(make_jsonl, row, 3000)
    found = 0
    for number in range(0, 3000, 30):
        said = questions[number].split()
        asked = " ".join([*said[:3], "changed", *said[4:]])
        (near,) = taught.near([Turn("user", asked)])
        found += near.lesson.reply.content == str(number)
    assert found >= 99


def test_the_index_finds_what_comparing_all_finds(make_jsonl, row, monkeypatch):
    questions, taught = many(make_jsonl, row, 500)
    asked = [[Turn("user", question[4:40])] for question in questions[::10]]
    indexed = [taught.near(turns) for turns in asked]
    monkeypatch.setattr("drytune_simulator.inference.book._FEW", 10_000)
    compared = [taught.near(turns) for turns in asked]
    same = sum(one == other for one, other in zip(indexed, compared, strict=True))
    assert same >= 0.95 * len(asked)


def test_kinds_and_knowledge_narrow_what_is_found(make_jsonl, row):
    """Only lessons of the wanted kind, and only those that a checkpoint knows, however many others are nearer."""
    rows = [row(f"the weather in town {number}", "x") for number in range(400)]
    call = {"name": "look", "arguments": "{}"}
    tool = {"tool_calls": [{"id": "call_1", "type": "function", "function": call}]}
    rows.append(row("the weather elsewhere, at sea", None, **tool))
    taught = Taught.from_jsonl(make_jsonl(*rows))
    question = [Turn("user", "the weather in town 7")]
    (near,) = taught.near(question, ["call:look"])
    assert near.lesson.line == 401
    assert taught.near(question, ["call:other"]) == []
    assert taught.near(question, []) == []
    assert taught.call_kinds == ["call:look"]
    book: Book = taught._sources[0].book
    known = bytearray(401)
    known[333] = 1
    found = book.near(Probe.of(question), None, known, most=5)
    assert [book.lesson(near.lesson).line for near in found] == [334]


def test_a_long_question_takes_no_longer_than_it_may(make_jsonl, row):
    """Thousands of characters: compared are the first and the last, and fewer candidates."""
    long = [words(2000, "long", number) for number in range(120)]
    taught = Taught.from_jsonl(make_jsonl(*(row(text, str(n)) for n, text in enumerate(long))))
    (near,) = taught.near(turns_of([{"role": "user", "content": long[60] + " and more"}]))
    assert near.lesson.reply.content == "60"
