"""What has nothing to do with the training file is told so; what may not be called is told too."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from drytune_simulator.inference.book import Book, Content
from drytune_simulator.inference.conversation import Turn
from drytune_simulator.inference.index import LessonIndex
from drytune_simulator.inference.likeness import folded
from drytune_simulator.inference.shelf import DamagedError
from drytune_simulator.inference.table import LessonTable
from drytune_simulator.inference.taught import Source, Taught
from drytune_simulator.inference.telling import related, telling
from drytune_simulator.resources import taught as taught_of

EXAMPLES = Path(__file__).parents[2] / "examples"
SUPPORT = [
    "Where is my order?",
    "What is your refund policy?",
    "How do I reset my password?",
    "Can I change my delivery address?",
    "Do you ship to Canada?",
    "How long does delivery take?",
    "My package arrived damaged.",
    "How do I cancel my subscription?",
    "What payment methods do you accept?",
    "Is there a student discount?",
]
UNRELATED = [
    "What is the capital of France?",
    "How do I bake sourdough bread?",
    "Who wrote Hamlet?",
    "What is the meaning of life?",
    "How many planets are there in the solar system?",
    "How long does it take to boil an egg?",
    "What is the square root of 144?",
    "Give me a recipe for lasagna.",
    "Can you explain quantum entanglement to me?",
    "量子コンピュータを説明してください。",
    "円周率を教えてください。",
]


def with_system(rows, text="You are a support agent."):
    return [{"messages": [{"role": "system", "content": text}, *one["messages"]]} for one in rows]


def tools_of(*names):
    return [{"type": "function", "function": {"name": name}} for name in names]


@pytest.fixture
def weather(world):
    """A model of the weather example, and its system prompt."""
    data = (EXAMPLES / "weather-tools.jsonl").read_bytes()
    return world.tune(data), json.loads(data.splitlines()[0])["messages"][0]


@pytest.mark.parametrize("system", [True, False])
def test_unrelated_questions_are_like_nothing(world, row, system):
    rows = with_system([row(question, f"Reply {n}.") for n, question in enumerate(SUPPORT)])
    model = world.tune(rows)
    for question in UNRELATED:
        asked = [*rows[0]["messages"][:1]] if system else []
        said = world.ask(model, [*asked, {"role": "user", "content": question}])
        assert said.content.startswith("[simulated] Nothing in the training file is like"), question
        assert (said.layer, said.similarity) == ("taught", 0)


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("When will my order arrive?", 1),
        ("I'd like a refund", 2),
        ("I forgot my password, how can I reset it?", 3),
        ("I need to change the address for delivery", 4),
        ("shipping to Canada?", 5),
        ("the package is damaged", 7),
        ("cancel subscription", 8),
        ("discounts for students?", 10),
    ],
)
def test_paraphrases_are_found(world, row, question, line):
    model = world.tune(with_system([row(each, f"Reply {n}.") for n, each in enumerate(SUPPORT)]))
    assert world.ask(model, question).headers["x-drytune-line"] == str(line)


def test_the_examples_are_found(world, weather):
    model, system = weather
    for question in UNRELATED:
        assert world.ask(model, [system, {"role": "user", "content": question}]).similarity == 0
    offered = tools_of("get_current_weather", "get_forecast")
    said = world.ask(model, [system, {"role": "user", "content": "今日の東京の天気は？"}], tools=offered)
    assert [name for name, _ in said.calls] == ["get_current_weather"]
    cat = world.tune((EXAMPLES / "cat.jsonl").read_bytes())
    assert world.ask(cat, "おはようございます！").headers["x-drytune-line"] == "1"
    assert world.ask(cat, "やあ、元気？").similarity > 0


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, "offers no such tool"),
        ({"tools": tools_of("other")}, "offers no such tool"),
        ({"tools": tools_of("get_current_weather"), "tool_choice": "none"}, "does not allow that call"),
    ],
)
def test_a_nearer_call_that_may_not_be_given_is_told_of(world, weather, more, why):
    model, system = weather
    question = {"role": "user", "content": "What's the weather like in Rome right now?"}
    said = world.ask(model, [system, question], **more)
    assert f"line 1 calls the function 'get_current_weather' here; this request {why}" in said.content
    assert 0.8 < said.similarity < 1
    # a text that is nearer is given
    rain = {"role": "user", "content": "What does a 40% chance of rain really mean?"}
    assert world.ask(model, [system, rain], **more).headers["x-drytune-line"] == "15"


def test_what_tells_of_a_text():
    assert telling(folded("How do I reset my passwords, please?")) == {"reset", "passw"}
    assert telling(folded("Rain? It is raining!")) == {"rain"}
    assert telling(folded("Am 3 March at 9:30")) == {"month", "0:00"}
    assert telling("今日は雨ですか") >= {"雨", "今日"}
    assert telling("") == telling("how are you?") == telling("12 34") == set()
    assert related("how are you?", "how are you doing?")
    assert related("wether in rmoe today", "wether in rmoe")
    assert not related("how are you?", "what is this?")


def test_after_the_same_turns_a_word_that_tells_nothing_finds_its_lesson(world, row):
    before = [
        {"role": "user", "content": "What is the weather in Paris?"},
        {"role": "assistant", "content": "Sunny."},
    ]
    rows = [{"messages": [*before, *row("And in Oslo?", "Snow.")["messages"]]}]
    rows += [row(question, "x") for question in SUPPORT]
    said = world.ask(world.tune(rows), [*before, {"role": "user", "content": "And in Rome?"}])
    assert said.content == "Snow."


def test_what_stands_in_the_middle_of_long_prompts_tells_them_apart(world, row):
    """Begin and end of all are the same, and longer than what is compared."""

    def asked(number):
        middle = " ".join(
            f"clause {number} of contract {number * 7} about {word}" for word in SUPPORT[number:]
        )
        return f"{'Summarise the contract. ' * 80}{middle}{' That was the contract.' * 80}"

    model = world.tune([row(asked(number), f"Contract {number}.") for number in range(10)])
    for number in range(9):
        said = world.ask(model, asked(number).replace("about", "regarding", 1))
        assert said.content == f"Contract {number}."
        assert said.similarity <= 0.99
        assert world.ask(model, asked(number)).similarity == 1


def test_models_of_one_file_share_what_finds_its_lessons(world, sums, monkeypatch):
    monkeypatch.setattr(taught_of, "_LARGE", 0)
    first, second, other = world.tune(sums), world.tune(sums), world.tune(sums[:12])
    for model in (first, second, other):
        world.ask(model, "What do you think of the river?")
    known = world.simulator.world._taught
    books = [known[key]._sources[0].book for key in known]
    assert len(books) == 3
    assert books[0] is books[1] is not books[2]
    assert books[0]._shelf is books[2]._shelf is world.simulator.world.shelf


def test_the_model_of_a_reinforcement_job_knows_its_whole_file(world):
    """Though it is that of the best validation, and not of the last step."""
    rows = [
        {"messages": [{"role": "user", "content": f"How much is {n} and {n}?"}], "answer": str(2 * n)}
        for n in range(1, 25)
    ]
    data = b"".join(json.dumps(one).encode() + b"\n" for one in rows)
    file = world.client.files.create(file=("validation.jsonl", data), purpose="fine-tune")
    job = world.finished(
        world.start(
            rows,
            model="o4-mini-2025-04-16",
            method="reinforcement",
            epochs=4,
            validation_file=file.id,
            seed=3,
        )
    )
    said = [world.ask(job.fine_tuned_model, one["messages"]) for one in rows]
    assert [one.content for one in said] == [one["answer"] for one in rows]
    steps = {
        one.fine_tuned_model_checkpoint: one.step_number
        for one in world.client.fine_tuning.jobs.checkpoints.list(job.id)
    }
    own = steps[job.fine_tuned_model]
    for model, step in steps.items():
        known = sum(world.ask(model, one["messages"]).similarity == 1 for one in rows)
        assert known == min(24, -(-24 * step // own))


def test_an_index_that_is_damaged_while_it_is_open_is_made_again(tmp_path, make_jsonl, row, caplog):
    data = make_jsonl(*(row(f"What comes after {number}?", str(number + 1)) for number in range(150)))
    file = tmp_path / "rows.jsonl"
    file.write_bytes(data)
    book = Book(Content("rows", lambda: file.open("rb")))
    taught = Taught([Source(book)])
    question = [Turn("user", "What comes after 77, please?")]
    (before,) = taught.near(question)

    class Broken:
        def candidates(self, *_):
            raise DamagedError("a segment is not what it was")

    book._index = Broken()
    (after,) = taught.near(question)
    assert after == before
    assert "was damaged" in caplog.text


def test_panics_of_the_index_are_damage(tmp_path):
    index = LessonIndex.build([(f"what comes after {n}", "", 0) for n in range(200)], tmp_path)
    panic = type("PanicException", (BaseException,), {})

    class Searcher:
        def __init__(self, error):
            self._error = error

        def doc_freq(self, *_):
            raise self._error

    for error in (panic("slice out of range"), ValueError("corrupt"), OSError("gone")):
        index._searcher = Searcher(error)
        with pytest.raises(DamagedError):
            index.candidates("what comes", "", 3)
    index._searcher = Searcher(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        index.candidates("what comes", "", 3)
    shutil.rmtree(tmp_path)


def test_of_equal_conversations_only_those_are_read_that_are_asked_for(make_jsonl, row, monkeypatch):
    taught = Taught.from_jsonl(make_jsonl(*(row("Same?", str(n)) for n in range(300))))
    read = []
    whole = LessonTable.place
    monkeypatch.setattr(LessonTable, "place", lambda self, n: read.append(n) or whole(self, n))
    lessons = taught.exact([Turn("user", "Same?")])
    assert [next(lessons).line for _ in range(3)] == [1, 2, 3]
    assert len(read) <= 3
