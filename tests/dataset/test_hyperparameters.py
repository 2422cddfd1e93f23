"""What `auto` becomes (FACTS.md §4.2)."""

import pytest

from drytune_simulator.catalog import find
from drytune_simulator.dataset import auto_batch_size, auto_epochs, auto_learning_rate


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
