"""Which steps of a training leave a model behind, and how their snapshots are called (FACTS.md §4.6, §4.7)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from drytune_simulator import ids
from drytune_simulator.training import rewards
from drytune_simulator.training.plan import Plan

__all__ = ["kept", "snapshot", "told"]

_KEPT = 3


@lru_cache(maxsize=256)
def kept(plan: Plan) -> tuple[int, ...]:
    """The steps whose models are kept, at most three, that of the job's own model last.

    Of supervised and preference tuning these are the ends of the last three epochs, and the job's model is the
    last one. Of reinforcement they are the three validations with the best mean reward, in order, and the job's
    model is the best of them, the later one of two that are alike; without a validation file it is the training's
    last (that the best one becomes the job's is grade I).
    """
    last = plan.total_steps
    if plan.method != "reinforcement":
        return tuple(
            plan.steps_per_epoch * epoch for epoch in range(max(1, plan.epochs - 2), plan.epochs + 1)
        )
    if plan.validation_file is None:
        return (last,)
    steps = {*range(plan.validation_steps, last + 1, plan.validation_steps), last}
    best, *others = sorted(steps, key=lambda step: (-rewards.validation_reward(plan, step), -step))[:_KEPT]
    return (*sorted(others), best)


def told(plan: Plan) -> Iterator[tuple[int, str]]:
    """Step and name of the checkpoints that events tell of at the end of the training, oldest first.

    One for each epoch but the last (FACTS.md §4.6), though only the last three can be used; of reinforcement,
    those that are kept.
    """
    if plan.method == "reinforcement":
        yield from plan.checkpoints
        return
    names = dict(plan.checkpoints)
    for epoch in range(1, plan.epochs):
        step = plan.steps_per_epoch * epoch
        yield step, names.get(step) or _name(plan, step, "epoch", epoch)


def snapshot(plan: Plan, step: int, number: int) -> str:
    """Name of the model that the `number`-th change of a job leaves at `step`."""
    return _name(plan, step, "paused", number)


def _name(plan: Plan, step: int, *which: object) -> str:
    unique = ids.identifier(8, plan.job_id, plan.created_at, plan.model, *which)
    return f"{plan.model.rpartition(':')[0]}:{unique}:ckpt-step-{step}"
