"""What ``auto`` becomes when a job starts (FACTS.md §4.2)."""

from __future__ import annotations

from typing import Final

import msgspec

from drytune_simulator.catalog import Model

__all__ = ["Hyperparameters", "auto", "auto_batch_size", "auto_epochs", "auto_learning_rate"]

TARGET_EPOCHS: Final = 3
MIN_TARGET_EXAMPLES: Final = 100
MAX_TARGET_EXAMPLES: Final = 25_000
MAX_AUTO_EPOCHS: Final = 25

EXAMPLES_PER_BATCH_ITEM: Final = 500
MAX_BATCH_SIZE: Final = 256

LEARNING_RATE_OF_GENERATION: Final = {"o200k_base": 1.8, "cl100k_base": 2.0}
"""By encoding: what was seen for gpt-4o-mini and for gpt-3.5-turbo; for their kin that is inferred."""


class Hyperparameters(msgspec.Struct, frozen=True):
    """How a model is trained.

    Attributes:
        n_epochs: Times that the file is trained on, 1 to 50.
        batch_size: Examples of a step, 1 to 256.
        learning_rate_multiplier: Times the model's own learning rate, above 0.
    """

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float


def auto(model: Model, examples: int) -> Hyperparameters:
    """What the platform picks when a job asks for nothing else.

    Epochs are the cookbook's published estimate, the batch size that of older documents, the learning rate what
    was seen in recorded jobs: today's own formulas are not published.

    Args:
        model: To be trained.
        examples: Of the training file.
    """
    return Hyperparameters(auto_epochs(examples), auto_batch_size(examples), auto_learning_rate(model))


def auto_epochs(examples: int) -> int:
    """Epochs for so many examples: 3, more for small files, fewer for large ones.

    The cookbook's estimate; it gives the 10 epochs recorded for 10 examples and the 3 recorded for 101.
    """
    examples = max(1, examples)
    if examples * TARGET_EPOCHS < MIN_TARGET_EXAMPLES:
        return min(MAX_AUTO_EPOCHS, MIN_TARGET_EXAMPLES // examples)
    if examples * TARGET_EPOCHS > MAX_TARGET_EXAMPLES:
        return max(1, MAX_TARGET_EXAMPLES // examples)
    return TARGET_EPOCHS


def auto_batch_size(examples: int) -> int:
    """Batch size for so many examples: about 0.2 % of them, 1 to 256 (older documents; inferred for today).

    It gives the batches of 1 recorded for 10 and for 101 examples.
    """
    return max(1, min(MAX_BATCH_SIZE, examples // EXAMPLES_PER_BATCH_ITEM))


def auto_learning_rate(model: Model) -> float:
    """The learning rate multiplier seen for `model`, else that of its generation: 1.8 (o200k) or 2 (cl100k)."""
    observed = model.observed_auto
    if observed is not None and observed.learning_rate_multiplier is not None:
        return observed.learning_rate_multiplier
    return LEARNING_RATE_OF_GENERATION.get(model.encoding, 2.0)
