"""Rules about the model, the day and the budget; they look at no file, and `drytune.estimate` applies them."""

from __future__ import annotations

import math
from datetime import date

from drytune_simulator.dataset.rules.registry import Found, declare

__all__ = [
    "MODEL_RETIRED",
    "MODEL_RETIRING",
    "OVER_BUDGET",
    "PLATFORM_CLOSING",
    "PRICE_NOT_YET_VALID",
    "TRAINING_CLOSED",
    "model_retired",
    "model_retiring",
    "over_budget",
    "platform_closed",
    "platform_closing",
    "price_not_yet_valid",
    "training_closed",
    "unknown_bill",
]

PRICE_NOT_YET_VALID = declare(
    "price-not-yet-valid",
    "calendar",
    "warning",
    "none",
    "FACTS.md §1.1 (O)",
    "The model could be tuned on the day that is asked for.",
    "Before that day it had no price, so the bill shows the first one or a later one.",
)
MODEL_RETIRED = declare(
    "model-retired",
    "calendar",
    "warning",
    "none",
    "FACTS.md §1.3 (O)",
    "The model, and what is tuned from it, is in service.",
    "A model that was shut down gets no jobs any more, and calls of what was tuned from it are answered with 404.",
)
MODEL_RETIRING = declare(
    "model-retiring",
    "calendar",
    "warning",
    "none",
    "FACTS.md §1.3 (O)",
    "The model, and what is tuned from it, stays in service for another 180 days.",
    "What is tuned today is gone on that day: calls of it are then answered with 404.",
)
TRAINING_CLOSED = declare(
    "training-closed",
    "calendar",
    "warning",
    "none",
    "FACTS.md §1.3 (O)",
    "The model takes new training.",
    "What was tuned before goes on working until it is shut down itself.",
)
PLATFORM_CLOSING = declare(
    "platform-closing",
    "calendar",
    "warning",
    "none",
    "FACTS.md §2 (O)",
    "The platform takes new fine-tuning jobs for another 180 days.",
    "It closes in steps: to who never tuned a model, then to who does not use one, then to all.",
)
OVER_BUDGET = declare(
    "over-budget",
    "calendar",
    "error",
    "none",
    "FACTS.md §1.1 (O)",
    "The upper estimate of the training's price is within the budget.",
    "The upper estimate counts an image that cannot be seen as the largest possible. Where no total can be known,"
    " as for training that is billed by the hour, no budget can be kept.",
)


def price_not_yet_valid(model: str, first: date) -> Found:
    """The day is before the first on which anyone could tune the model."""
    return Found(
        "",
        f"{model} could not be tuned before {first}; the price shown is a later one.",
        "Name a later day with --as-of.",
    )


def model_retired(names: tuple[str, ...], end: date, replacement: str | None) -> Found:
    """What `names` stands for is gone."""
    was = "was" if len(names) == 1 and not names[0].startswith("models ") else "were"
    return Found("", f"{_listed(names)} {was} shut down on {end}.", _instead(replacement))


def model_retiring(names: tuple[str, ...], end: date, left: int, replacement: str | None) -> Found:
    """What `names` stands for will be gone in `left` days."""
    return Found("", f"{_listed(names)} will be shut down on {end}, in {_days(left)}.", _instead(replacement))


def training_closed(model: str, end: date, replacement: str | None) -> Found:
    """Nobody can tune the model any more."""
    return Found("", f"{model} takes no new training since {end}.", _instead(replacement))


def platform_closed(end: date) -> Found:
    """Nobody can tune anything any more."""
    return Found("", f"The platform takes no new fine-tuning jobs from anyone since {end}.", "Rehearse only.")


def platform_closing(end: date, left: int, closed_to_new: date) -> Found:
    """Nobody can tune anything in `left` days."""
    return Found(
        "",
        f"The platform takes no new fine-tuning jobs from {end} on, in {_days(left)}.",
        f"Train before; organizations new to fine-tuning cannot since {closed_to_new}.",
    )


def over_budget(most: float, budget: float, currency: str) -> Found:
    """The training may cost `most`, which is more than is allowed."""
    return Found(
        "",
        f"The training may cost {_money(most)} {currency}; the budget is {_money(budget)} {currency}.",
        "Train on fewer or shorter examples, for fewer epochs, or a cheaper model; or raise --max-usd.",
    )


def unknown_bill(why: str, budget: float, currency: str) -> Found:
    """There is no upper estimate, for the reason in the sentence `why`."""
    return Found(
        "",
        f"{why} So the budget of {_money(budget)} {currency} cannot be kept.",
        "Choose a model with a price per token, or leave out --max-usd.",
    )


def _listed(names: tuple[str, ...]) -> str:
    text = " and ".join(names)
    return text[0].upper() + text[1:] if text.startswith("models ") else text


def _days(left: int) -> str:
    return "1 day" if left == 1 else f"{left} days"


def _instead(replacement: str | None) -> str:
    return f"OpenAI names {replacement} as its successor." if replacement else "Choose another model."


def _money(amount: float) -> str:
    """Two decimals, or as many more as an amount under a cent needs."""
    if amount >= 0.1 or amount <= 0:
        return f"{amount:,.2f}"
    return f"{amount:.{1 - math.floor(math.log10(amount))}f}".rstrip("0")
