"""Which steps of a training leave a model behind, and how their snapshots are called (FACTS.md §4.7)."""

from __future__ import annotations

from drytune_simulator import ids
from drytune_simulator.training import rewards
from drytune_simulator.training.plan import Plan

__all__ = ["kept", "snapshot"]

_KEPT_VALIDATIONS = 3


def kept(plan: Plan) -> list[int]:
    """The steps whose models are kept, in order; the last is the training's last, whose model is the job's.

    Of supervised and preference tuning these are the ends of the last three epochs; of reinforcement the three
    validations with the best mean reward, and the last step, which is the tuned model in any case (grade I).
    """
    last = plan.total_steps
    if plan.method != "reinforcement":
        return [plan.steps_per_epoch * epoch for epoch in range(max(1, plan.epochs - 2), plan.epochs + 1)]
    if plan.validation_file is None:
        return [last]
    steps = {*range(plan.validation_steps, last + 1, plan.validation_steps), last}
    best = sorted(steps, key=lambda step: (-rewards.validation_reward(plan, step), -step))
    return sorted({*best[:_KEPT_VALIDATIONS], last})


def snapshot(plan: Plan, step: int, number: int) -> str:
    """Name of the model that the `number`-th change of a job leaves at `step`."""
    unique = ids.identifier(8, plan.job_id, plan.created_at, plan.model, "paused", number)
    return f"{plan.model.rpartition(':')[0]}:{unique}:ckpt-step-{step}"
