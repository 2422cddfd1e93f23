"""Simulated learning curves.

Nothing is trained. The training loss falls along a power law in the number of passes over the data,

    loss(step) = floor + (start - floor) * (1 + rate * passes) ** -0.8 * (1 + 0.08 * noise)

where `passes` is step / steps per epoch, `rate` grows with the logarithm of the learning rate multiplier and of
the number of examples, and `start` and `floor` vary a little with the seed. The validation loss follows the same
curve without its noise, 0.12 above it, and turns up after the third epoch, as over-fitting does. Accuracy is
exp(-0.6 * loss). So a curve is plausible in shape and says nothing about how well a real model would learn.
"""

from __future__ import annotations

import math
from typing import Any

from drytune_simulator import ids
from drytune_simulator.training.plan import Plan

__all__ = ["metrics", "validated_at"]


def _smooth(plan: Plan, step: int) -> float:
    start = 2.1 + 0.35 * ids.noise(plan.seed, "start")
    floor = 0.22 + 0.08 * ids.noise(plan.seed, "floor")
    rate = 1.0 + math.log1p(plan.learning_rate_multiplier) + 0.15 * math.log10(max(10, plan.examples))
    passes = step / plan.steps_per_epoch
    return floor + (start - floor) * math.pow(1 + rate * passes, -0.8)


def validated_at(plan: Plan, step: int) -> str | None:
    """Which validation a step has: ``full`` at the end of an epoch, ``sample`` at every tenth step, or none."""
    if plan.validation_file is None:
        return None
    if step % plan.steps_per_epoch == 0:
        return "full"
    return "sample" if step % 10 == 0 else None


def metrics(plan: Plan, step: int) -> dict[str, Any]:
    """The data of a step's metrics event (FACTS.md §4.6); deterministic by the plan's seed.

    Args:
        plan: The job.
        step: 1 to `plan.total_steps`.
    """
    smooth = _smooth(plan, step)
    train = smooth * (1 + 0.08 * ids.noise(plan.seed, "train", step))
    data: dict[str, Any] = {
        "step": step,
        "train_loss": round(train, 5),
        "total_steps": plan.total_steps,
        "train_mean_token_accuracy": _accuracy(train),
    }
    validation = validated_at(plan, step)
    if validation:
        overfit = 0.04 * max(0.0, step / plan.steps_per_epoch - 3)
        full = smooth + 0.12 + overfit
        sample = full * (1 + 0.05 * ids.noise(plan.seed, "valid", step))
        data["valid_loss"] = round(sample, 5)
        data["valid_mean_token_accuracy"] = _accuracy(sample)
        if validation == "full":
            data["full_valid_loss"] = round(full, 5)
            data["full_valid_mean_token_accuracy"] = _accuracy(full)
    return data


def _accuracy(loss: float) -> float:
    return round(math.exp(-0.6 * loss), 5)
