"""What is done, in which order: checked, reckoned, uploaded, trained, tidied up."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from support_tuner.dataset import Dataset
from support_tuner.tuner import Tuner

__all__ = ["OverBudget", "Plan", "tuned"]

_LOG = logging.getLogger(__name__)

# USD a million tokens that are trained on
PRICES = {
    "gpt-4.1-mini-2025-04-14": 5.0,
    "gpt-4.1-2025-04-14": 25.0,
}


class OverBudget(RuntimeError):
    """A job may cost more than it is allowed to. Nothing was sent."""


@dataclass(frozen=True)
class Plan:
    """A job as it is wanted.

    Attributes:
        training: The file that is learned.
        validation: The file that the training is measured with.
        model: What is tuned.
        suffix: Stands in the name of the tuned model.
        epochs: How often each example is seen.
        max_usd: What the training may cost.
    """

    training: Path
    validation: Path | None = None
    model: str = "gpt-4.1-mini-2025-04-14"
    suffix: str = "support"
    epochs: int = 3
    max_usd: float = 1.0


def tuned(plan: Plan, tuner: Tuner) -> tuple[str, str]:
    """Have a model tuned; a plan that was carried out before is not paid for again.

    Returns:
        The name of the tuned model, and the system prompt that it was taught under.

    Raises:
        DatasetError: A file is no dataset.
        OverBudget: It may cost more than `plan.max_usd`.
        TrainingFailed: The job has ended without a model.
        OutOfPatience: The job has not ended in time.
    """
    training = Dataset.read(plan.training)
    validation = None if plan.validation is None else Dataset.read(plan.validation, fewest=1)
    usd = training.tokens * plan.epochs * PRICES[plan.model] / 1e6
    if usd > plan.max_usd:
        raise OverBudget(f"{training.name} may cost {usd:.2f} USD; {plan.max_usd:.2f} are allowed")
    mark = f"{training.digest}-{plan.model}-{plan.suffix}-{plan.epochs}"
    found = tuner.find(mark)
    if found is not None:
        _LOG.info("%s does it already", found.id)
        return tuner.wait(found.id), training.system
    names = [f"{mark}-training.jsonl", f"{mark}-validation.jsonl"]
    try:
        taught = tuner.upload(names[0], training.data)
        measured = None if validation is None else tuner.upload(names[1], validation.data)
        job = tuner.create(
            taught,
            validation=measured,
            model=plan.model,
            mark=mark,
            suffix=plan.suffix,
            epochs=plan.epochs,
        )
        return tuner.wait(job.id), training.system
    finally:
        tuner.forget(names)
