"""Temperature: which of several lessons is given."""

from __future__ import annotations

from collections import Counter

import pytest

TOPICS = ["rain", "train", "brain", "grain", "drain", "strain", "terrain", "crane", "plain", "chain"]


@pytest.fixture
def model(world, row):
    """Questions that are all much alike, and one that is taught three replies."""
    rows = [row(f"Tell me about the {topic}", f"The {topic}.") for topic in TOPICS]
    rows += [row("Which colour?", colour) for colour in ("red", "green", "blue")]
    return world.tune(rows)


def test_without_temperature_or_a_seed_it_is_the_nearest_and_the_first(world, model):
    for parameters in (
        {},
        {"temperature": 0},
        {"temperature": 1},
        {"seed": 3},
        {"temperature": 0, "seed": 3},
    ):
        assert world.ask(model, "Tell me about the train!", **parameters).content == "The train."
        assert world.ask(model, "Which colour?", **parameters).content == "red"


def test_a_seed_and_temperature_choose_among_near_lessons(world, model):
    """Nearer ones more often; the same seed the same; the likeness that is told is of what was chosen."""
    said = [world.ask(model, "Tell me about the rain!", temperature=1, seed=seed) for seed in range(60)]
    counts = Counter(one.content for one in said)
    assert counts.most_common(1)[0][0] == "The rain."
    assert len(counts) > 2
    again = world.ask(model, "Tell me about the rain!", temperature=1, seed=17)
    assert again.content == said[17].content
    likeness = {one.content: one.similarity for one in said}
    assert likeness["The rain."] == max(likeness.values())


def test_a_higher_temperature_goes_further(world, model):
    def different(temperature):
        said = [
            world.ask(model, "Tell me about the rain!", temperature=temperature, seed=seed).content
            for seed in range(40)
        ]
        return sum(one != "The rain." for one in said)

    assert different(0.1) < different(1) < different(2)


def test_a_trained_conversation_is_recalled_at_any_temperature(world, model):
    for seed in range(10):
        said = world.ask(model, "Tell me about the drain", temperature=2, seed=seed)
        assert (said.content, said.similarity) == ("The drain.", 1.0)


def test_of_several_trained_replies_each_is_drawn(world, model):
    drawn = Counter(world.ask(model, "Which colour?", temperature=1, seed=seed).content for seed in range(60))
    assert set(drawn) == {"red", "green", "blue"}
    assert min(drawn.values()) > 5


def test_choices_of_one_request_may_differ(world, model):
    answer = world.client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Which colour?"}], n=30, temperature=1, seed=1
    )
    assert {choice.message.content for choice in answer.choices} == {"red", "green", "blue"}
