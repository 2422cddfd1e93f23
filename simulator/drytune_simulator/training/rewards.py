"""Simulated rewards of reinforcement tuning.

As with losses, nothing is trained. The mean reward of the training samples rises from what the base model gets,
0.15 to 0.45 by the seed, towards 0.75 to 0.95, half of the way in `h` passes over the data,

    reward(q) = base + (top - base) * (1 - 2 ** -(v * q / h)),   h = 1 + 0.5 * log10(1 + examples / 10)

with the speed `v` of `losses`. On the validation file it is 0.03 lower, and after 4 * h passes it falls by 0.01 a
pass, as rewards do that are exploited. A batch's reward varies by 0.06, all stay within 0 and 1.

The data of an event has the fields of the one that the reinforcement guide shows (FACTS.md §4.6, O); the numbers
of tokens and seconds are of its order of magnitude (grade I).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from drytune_simulator import ids
from drytune_simulator.training.losses import learning_speed
from drytune_simulator.training.plan import Plan

__all__ = ["message", "metrics", "reward", "validated", "validation_reward"]


def validated(plan: Plan, step: int) -> bool:
    """Whether the whole validation file is graded at `step`."""
    return plan.validation_file is not None and (
        step % plan.validation_steps == 0 or step == plan.total_steps
    )


@dataclass(frozen=True, slots=True)
class Curve:
    """The constants of a job's rewards, as in the module's docstring."""

    base: float
    top: float
    half: float
    speed: float
    prior: float
    passes_per_step: float
    training_key: int
    validation_key: int

    def expected(self, step: int) -> float:
        """Without noise."""
        passes = step * self.passes_per_step + self.prior
        return self.base + (self.top - self.base) * (1 - math.pow(2, -self.speed * passes / self.half))


@lru_cache(maxsize=256)
def curve(plan: Plan) -> Curve:
    """The curve of a job's rewards; deterministic by its plan."""
    keys = ids.digest(plan.seed, "rewards")
    return Curve(
        base=0.3 + 0.15 * ids.noise(plan.seed, "reward"),
        top=0.85 + 0.1 * ids.noise(plan.seed, "best reward"),
        half=1 + 0.5 * math.log10(1 + plan.examples / 10),
        speed=learning_speed(plan),
        prior=0.7 * plan.prior,
        passes_per_step=1 / plan.steps_per_epoch,
        training_key=int.from_bytes(keys[:8], "big"),
        validation_key=int.from_bytes(keys[8:16], "big"),
    )


def reward(plan: Plan, step: int) -> float:
    """Mean reward of the samples of a step's batch, 0 to 1."""
    of = curve(plan)
    return _bounded(of.expected(step) + 0.06 * ids.quick_noise(of.training_key, step))


def validation_reward(plan: Plan, step: int) -> float:
    """Mean reward on the validation file, 0 to 1."""
    of = curve(plan)
    exploited = max(0.0, step * of.passes_per_step - 4 * of.half)
    noise = 0.01 * ids.quick_noise(of.validation_key, step)
    return _bounded(of.expected(step) - 0.03 - 0.01 * exploited + noise)


def message(plan: Plan, data: dict[str, Any]) -> str:
    """What a step's event says; the space before the comma is the platform's (FACTS.md §4.6)."""
    text = f"Step {data['step']}/{plan.total_steps} , train mean reward={data['train_mean_reward']:.2f}"
    if "full_valid_mean_reward" in data:
        text += (
            f", full validation mean reward={data['full_valid_mean_reward']:.2f}"
            f", full validation mean parse error={data['full_valid_mean_parse_error']:.2f}"
        )
    return text


def metrics(plan: Plan, step: int) -> dict[str, Any]:
    """The data of a step's metrics event; `step` is 1 to `plan.total_steps`."""
    full = validated(plan, step)
    parts = ("train", "valid") if full else ("train",)
    rewards = {"train": reward(plan, step), "valid": validation_reward(plan, step) if full else 0.0}
    samples = {"train": 8 * plan.batch_size, "valid": max(1, plan.validation_examples)}
    thoughts = {part: _thoughts(plan, part, step) for part in parts}
    means = {f"{part}_reasoning_tokens_mean": thoughts[part] for part in parts}
    counts = {f"{part}_reasoning_tokens_count": round(thoughts[part] * samples[part]) for part in parts}
    data: dict[str, Any] = {
        "step": step,
        "usage": {"graders": _usage(plan, samples, parts), "samples": {**means, **counts}},
        "errors": {"graders": [_errors(name, kind, parts) for name, kind, _ in plan.graders]},
        "scores": {
            "graders": [
                {"name": name, "type": kind, **{f"{part}_reward_mean": rewards[part] for part in parts}}
                for name, kind, _ in plan.graders
            ],
            **{f"{part}_reward_mean": rewards[part] for part in parts},
        },
        "timing": _timing(plan, step, parts),
        "total_steps": plan.total_steps,
        "train_mean_reward": rewards["train"],
        "reasoning_tokens_mean": thoughts["train"],
        "completion_tokens_mean": round(thoughts["train"] + 46.0, 2),
        "mean_unresponsive_rewards": 0.0,
        "model_graders_token_usage": _judges(plan, samples, full=full),
    }
    if full:
        data["full_valid_mean_reward"] = rewards["valid"]
        data["full_valid_mean_parse_error"] = 0.0
        data["valid_reasoning_tokens_mean"] = thoughts["valid"]
    return data


def _noise(plan: Plan, *place: object) -> float:
    return ids.noise(plan.seed, "rewards", *place)


def _bounded(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 5)


def _thoughts(plan: Plan, part: str, step: int) -> float:
    """Reasoning tokens of a sample."""
    return round(1800 * (1 + 0.3 * step / plan.total_steps + 0.1 * _noise(plan, "thoughts", part, step)), 2)


_PROMPT_TOKENS, _VERDICT_TOKENS = 241, 139


def _usage(plan: Plan, samples: dict[str, int], parts: tuple[str, ...]) -> list[dict[str, Any]]:
    """What the graders that are models have read and written."""
    usage = []
    for name, kind, model in plan.graders:
        if model:
            one: dict[str, Any] = {"name": name, "type": kind, "model": model}
            for what, tokens in (("prompt", _PROMPT_TOKENS), ("completion", _VERDICT_TOKENS)):
                one |= {f"{part}_{what}_tokens_mean": float(tokens) for part in parts}
                one |= {f"{part}_{what}_tokens_count": float(tokens * samples[part]) for part in parts}
            usage.append(one)
    return usage


def _judges(plan: Plan, samples: dict[str, int], *, full: bool) -> dict[str, dict[str, int]]:
    seen = {"train": samples["train"], "eval": samples["valid"] if full else 0}
    one: dict[str, int] = {}
    for part, number in seen.items():
        one |= {
            f"{part}_cached_tokens": 0,
            f"{part}_prompt_tokens": _PROMPT_TOKENS * number,
            f"{part}_completion_tokens": _VERDICT_TOKENS * number,
        }
    return {model: one for _, _, model in plan.graders if model}


def _errors(name: str, kind: str, parts: tuple[str, ...]) -> dict[str, Any]:
    errors = ("other_error", "sample_parse_error", "invalid_variable_error")
    counts = {
        f"{part}_{error}_{what}": 0.0 for error in errors for what in ("mean", "count") for part in parts
    }
    return {"name": name, "type": kind, **counts}


def _timing(plan: Plan, step: int, parts: tuple[str, ...]) -> dict[str, Any]:
    vary = 1 + 0.1 * _noise(plan, "timing", step)
    sampling, training = round(20.0 * vary, 3), round((30.0 + 8 * plan.batch_size) * vary, 3)
    evaluation = round(5.0 * vary, 3) if "valid" in parts else 0.0
    return {
        "step": {
            "eval": evaluation,
            "sampling": sampling,
            "training": training,
            "full_iteration": round(sampling + training + evaluation + 0.6, 3),
        },
        "graders": [
            {
                "name": name,
                "type": kind,
                **{f"{part}_execution_latency_mean": 2.7 if model else 0.01 for part in parts},
            }
            for name, kind, model in plan.graders
        ],
    }
