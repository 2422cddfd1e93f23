"""The bill before anything is sent, and what the calendar says about the model."""

from __future__ import annotations

import re
from datetime import date

import msgspec

from drytune_simulator.catalog import Model, Price, source, timeline
from drytune_simulator.dataset.finding import Finding
from drytune_simulator.dataset.verdict import Usage

__all__ = ["Cost", "estimate", "notices"]

SOON_DAYS = 180
"""Retirements within so many days are worth a warning."""


class Cost(msgspec.Struct, frozen=True):
    """What a training costs, and what calls cost afterwards; None where no price is known.

    Attributes:
        training_usd: The whole training, in USD.
        price_per_million_usd: Of a million trained tokens.
        price_source: Where that price is from and when it held.
        per_1000_calls_usd: A thousand calls of the tuned model that are as long as the average example.
        base_per_1000_calls_usd: The same calls of the base model.
        currency: Of all the figures.
    """

    training_usd: float | None = None
    price_per_million_usd: float | None = None
    price_source: str | None = None
    per_1000_calls_usd: float | None = None
    base_per_1000_calls_usd: float | None = None
    currency: str = "USD"


def estimate(model: Model, tokens: Usage, examples: int, day: date | None = None) -> Cost:
    """The bill for a training file.

    Args:
        model: The base model.
        tokens: Of the file; `billed` is the whole training's.
        examples: Of the file. A call is taken to be as long as their average: what the assistant says is the
            reply, everything else the prompt.
        day: On which prices are wanted; None means the last ones published.
    """
    price = model.price_on(day)
    return Cost(
        training_usd=None if price.training is None else _usd(tokens.billed * price.training),
        price_per_million_usd=price.training,
        price_source=_source(price),
        per_1000_calls_usd=_thousand_calls(price, tokens, examples),
        base_per_1000_calls_usd=_thousand_calls(model.base_price, tokens, examples),
    )


def _usd(tokens_times_price: float) -> float:
    """Prices are per million; a millionth of a dollar is as exact as anyone is billed."""
    return round(tokens_times_price / 1e6, 6)


def _source(price: Price) -> str | None:
    words = source(price.source)
    if price.certainty == "memory":
        words = "no source found: a guess" if words is None else f"{words} (a guess)"
    if words is None or price.valid is None:
        return words
    return f"{words} ({price.valid})"


def _thousand_calls(price: Price, tokens: Usage, examples: int) -> float | None:
    if price.input is None or price.output is None or examples == 0:
        return None
    prompt = (tokens.total - tokens.assistant) / examples
    reply = tokens.assistant / examples
    return _usd(1000 * (prompt * price.input + reply * price.output))


def notices(model: Model, day: date | None) -> list[Finding]:
    """What the calendar says on `day` about tuning `model` (FACTS.md §1.3, §2); nothing when no day is given.

    Warnings of the codes ``model-retired``, ``model-retiring``, ``training-closed`` and ``platform-closing``.
    """
    if day is None:
        return []
    found = [*_too_early(model, day), *_retirements(model, day)]
    if model.training_closed is not None and model.training_closed <= day:
        found.append(
            _warning(
                "training-closed",
                f"{model.id} takes no new training since {model.training_closed}.",
                _instead(model),
                "FACTS.md §1.3",
            )
        )
    dates = timeline()
    end = dates.no_jobs_at_all
    if end <= day:
        message = f"The platform takes no new fine-tuning jobs from anyone since {end}."
        found.append(_warning("platform-closing", message, "Rehearse only.", "FACTS.md §2"))
    elif (end - day).days <= SOON_DAYS:
        message = f"The platform takes no new fine-tuning jobs from {end} on, in {_days(end, day)}."
        hint = f"Train before; organizations new to fine-tuning cannot since {dates.no_new_customers}."
        found.append(_warning("platform-closing", message, hint, "FACTS.md §2"))
    return found


_FIRST_DAY = date(2023, 8, 22)  # fine-tuning of chat models opens (FACTS.md §1.1)


def _too_early(model: Model, day: date) -> list[Finding]:
    """A warning if nobody could have trained the model on that day: there was no price then."""
    dated = re.search(r"-(\d{4}-\d{2}-\d{2})$", model.id)
    first = max(_FIRST_DAY, date.fromisoformat(dated[1])) if dated else _FIRST_DAY
    if day >= first:
        return []
    message = f"{model.id} could not be tuned before {first}; the price shown is a later one."
    return [_warning("price-not-yet-valid", message, "Name a later day with --as-of.", "FACTS.md §1.1")]


def _retirements(model: Model, day: date) -> list[Finding]:
    """Warnings about the base model and what is tuned from it, one when both go on the same day."""
    ends: dict[date, list[str]] = {}
    for end, name in ((model.shutdown_date, model.id), (model.shutdown_date_ft, "models tuned from it")):
        if end is not None:
            ends.setdefault(end, []).append(name)
    found = []
    for end, what in sorted(ends.items()):
        named = " and ".join(what) if model.id in what else f"Models tuned from {model.id}"
        was = "was" if what == [model.id] else "were"
        if end <= day:
            message = f"{named} {was} shut down on {end}."
            found.append(_warning("model-retired", message, _instead(model), "FACTS.md §1.3"))
        elif (end - day).days <= SOON_DAYS:
            message = f"{named} will be shut down on {end}, in {_days(end, day)}."
            found.append(_warning("model-retiring", message, _instead(model), "FACTS.md §1.3"))
    return found


def _days(end: date, day: date) -> str:
    left = (end - day).days
    return "1 day" if left == 1 else f"{left} days"


def _instead(model: Model) -> str:
    return (
        f"OpenAI names {model.replacement} as its successor."
        if model.replacement
        else "Choose another model."
    )


def _warning(code: str, message: str, hint: str, where: str) -> Finding:
    return Finding(code, "warning", message, hint, "none", where)
