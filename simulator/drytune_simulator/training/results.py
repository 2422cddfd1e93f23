"""The results file of a job that succeeded."""

from __future__ import annotations

from drytune_simulator.training import rewards
from drytune_simulator.training.losses import curve, validated_at
from drytune_simulator.training.plan import Plan

__all__ = ["results_csv"]


def results_csv(plan: Plan) -> bytes:
    """One line a step; a missing value is empty.

    The columns are those of OpenAI's documentation (FACTS.md §4.7, §9). Those of reinforcement are documented
    nowhere, and are named after the fields of its events (grade I).
    """
    lines = _rewards(plan) if plan.method == "reinforcement" else _losses(plan)
    return "\n".join([*lines, ""]).encode()


def _losses(plan: Plan) -> list[str]:
    lines = ["step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"]
    of = curve(plan)
    for step in range(1, plan.total_steps + 1):
        train, valid = of.losses(step)
        loss, accuracy = of.shown(of.training(step, train))
        if validated_at(plan, step) is None:
            lines.append(f"{step},{loss},{accuracy},,")
        else:
            valid_loss, valid_accuracy = of.shown(of.sampled(step, valid))
            lines.append(f"{step},{loss},{accuracy},{valid_loss},{valid_accuracy}")
    return lines


def _rewards(plan: Plan) -> list[str]:
    lines = ["step,train_mean_reward,full_valid_mean_reward"]
    for step in range(1, plan.total_steps + 1):
        valid = rewards.validation_reward(plan, step) if rewards.validated(plan, step) else ""
        lines.append(f"{step},{rewards.reward(plan, step)},{valid}")
    return lines
