"""Examples of the rules about the model, the day and the bill; they look at no line."""

from __future__ import annotations

from datetime import date
from typing import Any

from drytune.rule_examples.example import Case, RuleExample, padding

__all__ = ["EXAMPLES"]

_TEN = b"\n".join(padding("chat", 10)) + b"\n"


def _run(options: str, **settings: Any) -> Case:
    return Case(data=_TEN, whole=True, words=f"drytune check train.jsonl {options}", **settings)


def _on(day: date, model: str = "gpt-4.1-mini") -> Case:
    return _run(f"--model {model} --as-of {day}", model=model, as_of=day)


EXAMPLES: dict[str, RuleExample] = {
    "price-not-yet-valid": RuleExample(
        _on(date(2023, 9, 1)), _on(date(2026, 7, 1)), "Name a later day with `--as-of`."
    ),
    "model-retired": RuleExample(
        _on(date(2027, 2, 1)),
        _on(date(2026, 7, 1)),
        "Choose a model that is in service; `drytune models` lists them.",
    ),
    "model-retiring": RuleExample(
        _on(date(2026, 11, 1)), _on(date(2026, 7, 1)), "Plan to tune its successor, or train soon."
    ),
    "training-closed": RuleExample(
        _on(date(2024, 9, 13), "gpt-3.5-turbo-0613"),
        _on(date(2023, 9, 1), "gpt-3.5-turbo-0613"),
        "Choose a model that takes new training; `drytune models` lists them.",
    ),
    "platform-closing": RuleExample(
        _on(date(2026, 11, 1)), _on(date(2026, 7, 1)), "Train before, or rehearse only."
    ),
    "over-budget": RuleExample(
        _run("--max-usd 0.0001", max_usd=0.0001),
        _run("--max-usd 5", max_usd=5.0),
        "Train on fewer tokens or epochs, choose a cheaper model, or raise the budget.",
    ),
}
