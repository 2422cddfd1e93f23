"""``support-tuner TRAIN.jsonl --validation VALID.jsonl --ask "How do I reset my lamp?"``."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from openai import OpenAIError

from support_tuner.dataset import DatasetError
from support_tuner.pipeline import PRICES, OverBudget, Plan, tuned
from support_tuner.tuner import OutOfPatience, TrainingFailed, Tuner

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Have a model tuned and ask it; gives the exit code."""
    parser = argparse.ArgumentParser(prog="support-tuner", description=__doc__)
    parser.add_argument("training", type=Path)
    parser.add_argument("--validation", type=Path)
    parser.add_argument("--model", choices=sorted(PRICES), default=Plan.model)
    parser.add_argument("--suffix", default=Plan.suffix)
    parser.add_argument("--epochs", type=int, default=Plan.epochs)
    parser.add_argument("--max-usd", type=float, default=Plan.max_usd)
    parser.add_argument("--looks", type=int, default=300, help="at the job, before it is given up")
    parser.add_argument("--ask", action="append", default=[], metavar="QUESTION")
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    plan = Plan(
        chosen.training, chosen.validation, chosen.model, chosen.suffix, chosen.epochs, chosen.max_usd
    )
    try:
        tuner = Tuner(looks=chosen.looks)
        model, system = tuned(plan, tuner)
        print(model)
        for question in chosen.ask:
            print(f"{question}\n  {tuner.ask(model, system, question)}")
    except (DatasetError, OverBudget, TrainingFailed, OutOfPatience, OpenAIError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
