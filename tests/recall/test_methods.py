"""What is learned of a line: replies, preferred answers, completions, what a grader wants."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune_simulator.grading import grade, wanted
from drytune_simulator.inference.lessons import BY_LOOKS, Line, Reading, lessons_of


def user(text):
    return {"role": "user", "content": text}


def assistant(text, **more):
    return {"role": "assistant", "content": text, **more}


def learned(row, **reading):
    """(questions, reply) of each lesson of a row."""
    line = Line(1, 0, row if isinstance(row, bytes) else json.dumps(row).encode())
    lessons = lessons_of(line, Reading(**reading) if reading else BY_LOOKS)
    return [([turn.text for turn in lesson.asked], lesson.reply.content) for lesson in lessons]


def test_every_reply_of_a_chat_is_learned_but_those_of_weight_0():
    row = {
        "messages": [
            user("a"),
            assistant("1"),
            user("b"),
            assistant("2", weight=0),
            user("c"),
            assistant("3"),
        ]
    }
    assert learned(row) == [(["a"], "1"), (["a", "1", "b", "2", "c"], "3")]


@pytest.mark.parametrize("name", ["preferred_output", "preferred_completion"])
def test_of_a_preference_pair_only_the_preferred_answer_is_learned(name):
    """Earlier replies are context, and the other answer is what the model is kept from."""
    row = {
        "input": {"messages": [user("a"), assistant("earlier"), user("b")]},
        name: [assistant("better")],
        f"non_{name}": [assistant("worse")],
    }
    assert learned(row) == [(["a", "earlier", "b"], "better")]
    assert learned(row, method="dpo") == learned(row)


def test_of_a_prompt_its_completion_is_learned_as_it_is():
    assert learned({"prompt": "Q: 1 ->", "completion": " one\n"}) == [(["Q: 1 ->"], " one\n")]


def test_replies_in_tasks_for_reinforcement_are_not_learned():
    """They are context; what is learned is what the grader wants."""
    row = {"messages": [user("a"), assistant("earlier"), user("b")], "answer": "42"}
    assert learned(row, method="reinforcement") == []
    wanted = learned(row, method="reinforcement", answer=lambda item: item["answer"])
    assert wanted == [(["a", "earlier", "b"], "42")]


@pytest.mark.parametrize(
    "row",
    [
        {"input": 1},
        {"input": {"messages": 1}, "preferred_output": [assistant("x")]},
        {"input": {"messages": [user("a")]}},
        {"input": {"messages": [user("a")]}, "preferred_output": assistant("x")},
        {"prompt": "a"},
        {"prompt": "a", "completion": 1},
        {"messages": [user("a"), {"role": "assistant"}]},
        {},
        b"\xff",
        b"",
    ],
    ids=range(10),
)
def test_what_is_no_example_teaches_nothing(row):
    for method in (None, "supervised", "dpo", "reinforcement"):
        assert learned(row, method=method, answer=lambda item: None) == []


def preference(number):
    return {
        "input": {"messages": [user(f"What about the {number}?")]},
        "preferred_output": [assistant(f"The {number} is fine.")],
        "non_preferred_output": [assistant(f"No idea {number}.")],
    }


def test_a_preference_tuned_model_gives_the_preferred_answer(world):
    model = world.tune([preference(number) for number in range(12)], method="dpo")
    said = world.ask(model, "What about the 7?")
    assert (said.content, said.similarity) == ("The 7 is fine.", 1.0)
    assert "No idea" not in world.ask(model, "And what about 77?").content


def task(number, **more):
    return {"messages": [user(f"What is {number} plus one?")], "answer": f"{number + 1}", **more}


def reinforced(world, grader, rows=None):
    rows = rows or [task(number) for number in range(12)]
    return world.tune(rows, method="reinforcement", model="o4-mini-2025-04-16", grader=grader)


def comparing(read, reference, operation="eq"):
    return {
        "type": "string_check",
        "name": "check",
        "input": read,
        "reference": reference,
        "operation": operation,
    }


TEXT = "{{sample.output_text}}"


@pytest.mark.parametrize(
    ("grader", "answer"),
    [
        (comparing(TEXT, "{{item.answer}}"), "5"),
        (comparing(TEXT, "it is {{ item.answer }}.", "like"), "it is 5."),
        (
            {
                "type": "text_similarity",
                "name": "near",
                "input": TEXT,
                "reference": "{{item.answer}}",
                "evaluation_metric": "fuzzy_match",
            },
            "5",
        ),
        (comparing("{{sample.output_json.result.sum}}", "{{item.answer}}"), '{"result":{"sum":"5"}}'),
        (
            {
                "type": "multi",
                "name": "both",
                "graders": {
                    "a": comparing("{{sample.output_json.sum}}", "{{item.answer}}"),
                    "b": comparing("{{sample.output_json.unit}}", "none"),
                },
                "calculate_output": "a + b",
            },
            '{"sum":"5","unit":"none"}',
        ),
    ],
    ids=["eq", "like", "similarity", "json", "multi"],
)
def test_a_reinforcement_tuned_model_says_what_its_grader_wants(world, grader, answer):
    """Lines for reinforcement hold no reply; the reference of a grader that compares is one."""
    said = world.ask(reinforced(world, grader), "What is 4 plus one?")
    assert (said.content, said.layer, said.similarity) == (answer, "taught", 1.0)
    assert said.headers["x-drytune-line"] == "5"


@pytest.mark.parametrize(
    "grader",
    [
        comparing(TEXT, "{{item.answer}}", "ne"),
        {
            "type": "score_model",
            "name": "judge",
            "model": "gpt-4o-2024-08-06",
            "input": [{"role": "user", "content": "Rate this: {{sample.output_text}}"}],
        },
    ],
    ids=["unlike", "a judge"],
)
def test_without_a_reference_it_answers_as_its_base_does_and_says_so(world, grader):
    said = world.ask(reinforced(world, grader), "What is 4 plus one?")
    assert said.layer == "base"
    assert said.content.startswith("[simulated] This tuned model has learned no reply")
    assert "x-drytune-line" not in said.headers


def test_two_graders_of_one_file_teach_different_things(world):
    """What finds the lessons is shared by jobs that read a file alike, and only by those."""
    rows = [task(number, word=f"word {number}") for number in range(12)]
    by_answer = reinforced(world, comparing(TEXT, "{{item.answer}}"), rows)
    by_word = reinforced(world, comparing(TEXT, "{{item.word}}"), rows)
    question = "What is 4 plus one?"
    assert world.ask(by_answer, question).content == "5"
    assert world.ask(by_word, question).content == "word 4"


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([TEXT, "{{sample.output_json.a}}", "{{ sample.output_json.b.c }}"]),
    st.sampled_from(
        ["{{item.answer}}", "so: {{ item.answer }}", "{{item.many[0]}}", "fixed", "{{item.none}}"]
    ),
    st.sampled_from(["eq", "ilike", "like"]),
    st.text(max_size=20),
)
def test_what_a_grader_wants_gets_the_full_reward(read, reference, operation, answer):
    """By the simulator's own grading, for any item that has the field; else nothing is wanted."""
    grader, item = comparing(read, reference, operation), {"answer": answer, "many": [1, 2]}
    best = wanted(grader, item)
    assert (best is None) == (reference == "{{item.none}}")
    if best is not None:
        assert grade(grader, item, best).reward == 1.0
