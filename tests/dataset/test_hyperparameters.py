"""What `auto` becomes (FACTS.md §4.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator.catalog import find, models
from drytune_simulator.dataset.hyperparameters import (
    Hyperparameters,
    auto,
    auto_batch_size,
    auto_epochs,
    auto_learning_rate,
)


@pytest.mark.parametrize(
    ("examples", "epochs"),
    [(0, 25), (1, 25), (4, 25), (5, 20), (10, 10), (14, 7), (33, 3), (34, 3), (101, 3), (8333, 3), (8334, 2),
     (12_501, 1), (25_001, 1), (10**6, 1)],
)  # fmt: skip
def test_epochs(examples, epochs):
    """Three, more for small files, fewer for large ones; 10 and 101 examples as recorded, 5 as in the cookbook."""
    assert auto_epochs(examples) == epochs


@pytest.mark.parametrize(
    ("examples", "size"), [(10, 1), (101, 1), (999, 1), (1000, 2), (50_000, 100), (10**6, 256)]
)
def test_batch_size(examples, size):
    """0.2 % of the examples, 1 to 256."""
    assert auto_batch_size(examples) == size


@pytest.mark.parametrize(
    ("model", "rate"),
    [
        ("gpt-4o-mini", 1.8),
        ("gpt-4.1-nano", 0.1),
        ("gpt-3.5-turbo-0613", 2),
        ("gpt-4.1", 1.8),
        ("gpt-3.5-turbo", 2),
    ],
)
def test_learning_rate(model, rate):
    """As observed, else as others of the generation."""
    assert auto_learning_rate(find(model)) == rate


@pytest.mark.parametrize(
    ("model", "examples", "expected"),
    [
        ("gpt-3.5-turbo-0613", 10, Hyperparameters(10, 1, 2.0)),  # recorded, November 2023
        ("gpt-4o-mini", 101, Hyperparameters(3, 1, 1.8)),  # recorded: 303 steps
        ("gpt-4.1-nano", 2_000, Hyperparameters(3, 4, 0.1)),
        ("gpt-4.1-mini", 30_000, Hyperparameters(1, 60, 1.8)),
    ],
)
def test_all_at_once(model, examples, expected):
    """What a job that asks for nothing is trained with."""
    assert auto(find(model), examples) == expected


@given(st.sampled_from(models()), st.integers(0, 10**9))
def test_always_within_the_platforms_limits(model, examples):
    """Whatever the file, the platform would take the numbers if a job asked for them (FACTS.md §4.1)."""
    picked = auto(model, examples)
    assert 1 <= picked.n_epochs <= 50
    assert 1 <= picked.batch_size <= 256
    assert picked.learning_rate_multiplier > 0
