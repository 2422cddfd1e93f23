"""Simulated learning curves of supervised tuning and of preference tuning.

Nothing is trained. What a curve says of real models is its shape: what helps, what hurts, and where it turns.
The model, for `q` passes over the file (q = step / steps per epoch):

    size       S  = sqrt(examples * tokens of an epoch / 100); of distinct examples only: D = (1 - duplicates) * S
    speed      v  = log(1 + 1.8 * m / u) / log(2.8), at most 4, for a learning rate multiplier m and the one u that
                  ``auto`` gives to the model; 1 where the two are equal
    capacity   k  = 1 + 1.5 * log10(1 + D / 10): passes in which a file of that size is known by heart
    general       G(q) = f + (s - f) * (1 + 2.2 * v * (q + 0.7 * prior)) ** -0.8, with start s of about 2.1 and
                  floor f = 0.12 + 0.5 / (1 + log10(1 + S))
    memorised     M(q) = 1 - exp(-(1 + 4 * duplicates) * v * q / k)
    unstable      U(q) = 1.5 * x * sqrt(q), x = log(m / 8) where that is above 0, at most 5
    training      T(q) = 0.05 + (G - 0.05) * (1 - 0.9 * M) + U
    held out      H(q) = G + 0.3 / (1 + log10(1 + D)) + 0.09 / (1 + log10(1 + D / 10)) * max(0, v * q - k) + U
    validation    V(q) = overlap * T + (1 - overlap) * H

So more data lowers both losses and puts off over-fitting; duplicates are memorised sooner, which lowers the
training loss and does not help the validation; small sets turn up after a pass or two; a validation file that
repeats the training file follows the training loss; a tune of a tune begins where its parent had come to; too
high a learning rate drifts upwards, at most to 12.2, the loss of a guess among 200,000 tokens. A step's training
loss is T with a noise that is smaller for large batches, a sampled validation loss V with a noise of 5 %.
Accuracy is exp(-0.6 * loss).

Preference tuning shows the loss of preferences instead: log(2) * L / s for a loss L, and as accuracy the share of
pairs whose preferred output is the likelier one, 1 - L / (2 * s). Its metrics were recorded nowhere: their names
are those of supervised tuning (grade I).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from drytune_simulator import catalog, ids
from drytune_simulator.dataset import auto_learning_rate
from drytune_simulator.training.plan import Plan

__all__ = ["Curve", "curve", "learning_speed", "metrics", "validated_at"]

_MEMORISED_LOSS = 0.05
_HIGHEST_LOSS = math.log(200_000)
_HIGHEST_STABLE_RATE = 8.0
_RATE_OF_MOST_MODELS = 1.8


@dataclass(frozen=True, slots=True)
class Curve:
    """The constants of a job's curves, as in the module's docstring; each step costs a few operations."""

    start: float
    floor: float
    passes_per_step: float
    prior: float
    speed: float
    capacity: float
    memory: float
    gap: float
    slope: float
    excess: float
    overlap: float
    noise: float
    preference: bool
    training_key: int
    validation_key: int

    def losses(self, step: int) -> tuple[float, float]:
        """Training and validation loss at `step`, without noise."""
        passes = step * self.passes_per_step
        general = self.floor + (self.start - self.floor) * math.pow(
            1 + 2.2 * self.speed * (passes + self.prior), -0.8
        )
        unstable = 1.5 * self.excess * math.sqrt(passes)
        forgotten = 0.1 + 0.9 * math.exp(-self.memory * passes)
        train = _MEMORISED_LOSS + (general - _MEMORISED_LOSS) * forgotten + unstable
        learned = max(0.0, self.speed * passes - self.capacity)
        held_out = general + self.gap + self.slope * learned + unstable
        return train, self.overlap * train + (1 - self.overlap) * held_out

    def training(self, step: int, loss: float) -> float:
        """`loss` with the noise of a step's batch."""
        return loss * (1 + self.noise * ids.quick_noise(self.training_key, step))

    def sampled(self, step: int, loss: float) -> float:
        """`loss` with the noise of a part of the validation file."""
        return loss * (1 + 0.05 * ids.quick_noise(self.validation_key, step))

    def shown(self, loss: float) -> tuple[float, float]:
        """A loss and its accuracy as events show them."""
        loss = min(loss, _HIGHEST_LOSS)
        if self.preference:
            share = loss / self.start
            return round(math.log(2) * share, 5), round(max(0.0, 1 - share / 2), 5)
        return round(loss, 5), round(math.exp(-0.6 * loss), 5)


def learning_speed(plan: Plan) -> float:
    """How fast a job learns by its learning rate: 1 at the model's ``auto``, 4 at most."""
    try:
        usual = auto_learning_rate(catalog.find(plan.base))
    except catalog.UnknownModelError:
        usual = _RATE_OF_MOST_MODELS
    share = plan.learning_rate_multiplier / usual
    return min(4.0, math.log1p(_RATE_OF_MOST_MODELS * share) / math.log1p(_RATE_OF_MOST_MODELS))


@lru_cache(maxsize=256)
def curve(plan: Plan) -> Curve:
    """The curve of a job; deterministic by its plan."""
    rate = plan.learning_rate_multiplier
    duplicates = min(1.0, max(0.0, plan.duplicates))
    size = math.sqrt(max(1, plan.examples) * plan.epoch_tokens / 100)
    distinct = (1 - duplicates) * size
    speed = learning_speed(plan)
    capacity = 1 + 1.5 * math.log10(1 + distinct / 10)
    excess = min(5.0, max(0.0, math.log(rate / _HIGHEST_STABLE_RATE))) if rate > _HIGHEST_STABLE_RATE else 0.0
    keys = ids.digest(plan.seed, "losses")
    return Curve(
        start=2.1 + 0.35 * ids.noise(plan.seed, "start"),
        floor=0.12 + 0.5 / (1 + math.log10(1 + size)) + 0.05 * ids.noise(plan.seed, "floor"),
        passes_per_step=1 / plan.steps_per_epoch,
        prior=0.7 * plan.prior,
        speed=speed,
        capacity=capacity,
        memory=(1 + 4 * duplicates) * speed / capacity,
        gap=0.3 / (1 + math.log10(1 + distinct)),
        slope=0.09 / (1 + math.log10(1 + distinct / 10)),
        excess=excess,
        overlap=min(1.0, max(0.0, plan.overlap or 0.0)),
        noise=min(0.45, 0.02 + 0.1 / math.sqrt(plan.batch_size) + 0.1 * excess),
        preference=plan.method == "dpo",
        training_key=int.from_bytes(keys[:8], "big"),
        validation_key=int.from_bytes(keys[8:16], "big"),
    )


def validated_at(plan: Plan, step: int) -> str | None:
    """Which validation a step has: ``full`` at the end of an epoch, ``sample`` at every tenth step, or none."""
    if plan.validation_file is None:
        return None
    if step % plan.steps_per_epoch == 0:
        return "full"
    return "sample" if step % 10 == 0 else None


def metrics(plan: Plan, step: int) -> dict[str, Any]:
    """The data of a step's metrics event (FACTS.md §4.6).

    Args:
        plan: A job of supervised tuning or of preference tuning.
        step: 1 to `plan.total_steps`.
    """
    of = curve(plan)
    train, valid = of.losses(step)
    loss, accuracy = of.shown(of.training(step, train))
    data: dict[str, Any] = {
        "step": step,
        "train_loss": loss,
        "total_steps": plan.total_steps,
        "train_mean_token_accuracy": accuracy,
    }
    validation = validated_at(plan, step)
    if validation is not None:
        data["valid_loss"], data["valid_mean_token_accuracy"] = of.shown(of.sampled(step, valid))
        if validation == "full":
            data["full_valid_loss"], data["full_valid_mean_token_accuracy"] = of.shown(valid)
    return data
