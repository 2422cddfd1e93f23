"""What a learning curve is told of the files: how much repeats, how much is validated on though trained on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator.dataset import share_found_in, share_repeated
from drytune_simulator.dataset.fingerprints import fingerprints_of, merge_fingerprints
from drytune_simulator.dataset.sketch import NOTHING

WORDS = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5), max_size=60)


def prints(words, most=None):
    """The fingerprints of examples that say these words."""
    made = fingerprints_of(range(1, len(words) + 1), words, words, [NOTHING] * len(words))
    return made if most is None else merge_fingerprints([(made, 0)], most)


@given(WORDS)
def test_what_repeats_is_what_is_not_different(words):
    """The first of each kind does not repeat."""
    expected = (len(words) - len(set(words))) / len(words) if words else 0
    assert share_repeated(prints(words)) == pytest.approx(expected)


@given(WORDS, WORDS)
def test_what_is_found_is_what_is_there(words, others):
    """Each example counts, its copies too."""
    expected = sum(word in others for word in words) / len(words) if words else 0
    assert share_found_in(prints(words), prints(others)) == pytest.approx(expected)


@pytest.mark.parametrize("size", [100, 6000])
def test_many_are_counted_as_few_are(size):
    """Another way is taken for them."""
    words = [word * 2654435761 % 2**64 for word in range(size)]
    half = words[: size // 2]
    assert share_repeated(prints(words + half)) == pytest.approx(1 / 3)
    assert share_found_in(prints(words), prints(half)) == 0.5


def test_of_a_sample_it_is_estimated():
    """Of 20,000 examples no more than 4,000 are kept; every other one is a copy."""
    words = [word * 0x9E3779B97F4A7C15 % 2**64 for word in range(10_000)]
    sampled = prints(words + words, most=4000)
    assert len(sampled) <= 4000
    assert share_repeated(sampled) == pytest.approx(0.5, abs=0.05)
    assert share_found_in(sampled, prints(words[:5000], most=2000)) == pytest.approx(0.5, abs=0.1)
