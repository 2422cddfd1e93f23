"""What ``auto`` becomes when a job starts (FACTS.md §4.2)."""

from __future__ import annotations

from drytune_simulator.catalog import Model

__all__ = ["auto_batch_size", "auto_epochs", "auto_learning_rate"]

TARGET_EPOCHS = 3
MIN_TARGET_EXAMPLES = 100
MAX_TARGET_EXAMPLES = 25_000
MAX_AUTO_EPOCHS = 25
MAX_BATCH_SIZE = 256


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
    """Batch size for so many examples: about 0.2 % of them, 1 to 256 (older documents; inferred for today)."""
    return max(1, min(MAX_BATCH_SIZE, examples // 500))


def auto_learning_rate(model: Model) -> float:
    """The learning rate multiplier seen for `model`, else that of its generation: 1.8 (o200k) or 2 (cl100k)."""
    observed = model.observed_auto
    if observed is not None and observed.learning_rate_multiplier is not None:
        return observed.learning_rate_multiplier
    return 1.8 if model.encoding == "o200k_base" else 2.0
