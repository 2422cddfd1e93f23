"""The results file of a job that succeeded."""

from __future__ import annotations

import csv
import io

from drytune_simulator.training.losses import metrics
from drytune_simulator.training.plan import Plan

__all__ = ["results_csv"]


def results_csv(plan: Plan) -> bytes:
    """One line a step, with the columns of OpenAI's documentation (FACTS.md §4.7); a missing value is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"])
    for step in range(1, plan.total_steps + 1):
        data = metrics(plan, step)
        writer.writerow(
            [
                step,
                data["train_loss"],
                data["train_mean_token_accuracy"],
                data.get("valid_loss", ""),
                data.get("valid_mean_token_accuracy", ""),
            ]
        )
    return text.getvalue().encode()
