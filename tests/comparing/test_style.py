"""The distance of styles, and what it is to be held against."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune.keeping.style import distance_of, style_of

CAT = [
    "元気だにゃ！",
    "お魚が食べたいにゃ。",
    "眠いにゃ、おやすみにゃ。",
    "今日はいい天気だにゃ！",
    "遊ぶにゃ！",
]
PLAIN = ["元気です。", "魚が食べたいです。", "眠いので、寝ます。", "今日はいい天気ですね。", "遊びましょう。"]


def test_the_two_ends():
    """0 is the same mix, 1 not one in common."""
    assert distance_of(np.array([1, 2, 3]), np.array([10, 20, 30])) == 0.0
    assert distance_of(np.array([1, 0]), np.array([0, 5])) == 1.0


def test_by_hand():
    """Half of one thing and all of it: the divergence is 0.3113 bits."""
    assert distance_of(np.array([1, 1]), np.array([1, 0])) == pytest.approx(math.sqrt(0.311278), abs=1e-6)


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.lists(st.text(min_size=1), max_size=3), st.lists(st.text(min_size=1), max_size=3)),
        max_size=5,
    )
)
def test_always_a_distance(texts):
    """Whatever is said: from 0 to 1, the same each time, and no error."""
    found = style_of(texts)
    assert found == style_of(texts)
    if found is not None:
        told = [found.distance, found.floor, found.floor_low, found.floor_high, found.crossed]
        assert all(0.0 <= value <= 1.0 for value in told if value is not None)


def test_a_changed_style_is_seen():
    """Two answers to each prompt: subjects do not count, the manner does."""
    texts = [([text, text + "にゃん"], [plain]) for text, plain in zip(CAT, PLAIN, strict=True)]
    found = style_of(texts)
    assert (found.by, found.units) == ("answers", 5)
    assert found.crossed > found.floor_high


def test_the_same_style_is_seen():
    """New answers that are the recorded ones are no further than these from themselves."""
    found = style_of([([text], [text]) for text in CAT])
    assert (found.by, found.units, found.distance) == ("prompts", 5, 0.0)
    assert found.crossed == found.floor


def test_each_prompt_weighs_the_same():
    """A long answer does not drown the others."""
    short = [([text], [plain]) for text, plain in zip(CAT, PLAIN, strict=True)]
    long = "the same long words again and again " * 1000
    assert style_of([*short, ([long], [long])]).distance > 0.5


def test_an_only_prompt_has_no_floor():
    """However many answers it has; and one that was asked again does not speak for all others."""
    found = style_of([(["one", "two", "three"], ["four"])])
    assert (found.units, found.floor, found.crossed) == (1, None, None)
    found = style_of([(["one", "two"], ["four"]), (["five"], ["six"])])
    assert (found.by, found.units) == ("prompts", 2)


def test_what_says_nothing_has_no_style():
    """Neither empty answers nor those of which only the other side has words."""
    texts = [([text], [text]) for text in CAT]
    assert style_of([*texts, (["", " "], ["x"]), (["y"], [""])]) == style_of(texts)


def test_too_little_to_split():
    """One answer to one prompt has no half; no text has no style."""
    found = style_of([(["one"], ["two"])])
    assert (found.floor, found.crossed) == (None, None)
    assert style_of([([], ["x"]), (["x"], [])]) is None
    assert style_of([]) is None
