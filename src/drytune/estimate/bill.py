"""What a training costs, what calls cost afterwards, and whether that is within a budget."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

from drytune.errors import UsageError
from drytune.estimate.rates import checked_rates
from drytune_simulator.catalog import Model, Price, source
from drytune_simulator.dataset.finding import Finding
from drytune_simulator.dataset.lens import Policy
from drytune_simulator.dataset.rules import calendar as rules
from drytune_simulator.dataset.verdict import Usage

__all__ = ["Cost", "checked_budget", "estimate", "over_budget", "source_of"]

_BY_THE_HOUR: Final = (
    "The training is billed by the hour of its core loop; how long that takes is not known before, so there is no"
    " total."
)
_NO_PRICE: Final = "No training price is known."
_VALIDATION: Final = "OpenAI fine-tuning guide: validation tokens are free (FACTS.md §1.1)"


class Cost(msgspec.Struct, frozen=True):
    """What a training costs, and what calls cost afterwards; None where no price is known.

    Attributes:
        training_usd: The whole training, in USD, as OpenAI's cookbook counts it.
        price_per_million_usd: Of a million trained tokens.
        price_source: Where that price is from and when it held.
        per_1000_calls_usd: A thousand calls of the tuned model that are as long as the average example; None also
            where the examples hold no replies, as for reinforcement.
        base_per_1000_calls_usd: The same calls of the base model.
        currency: Of all the figures, save those that are converted.
        training_low_usd: The least that the training may cost, and `training_high_usd` the most: images that
            cannot be seen, and what is estimated, make the difference.
        recorded_usd: The whole training as the platform was recorded to count it: 2 tokens an example less
            (FACTS.md §5.3).
        validation_usd: Of a validation file: it is free.
        validation_source: Where that is known from.
        price_date: The day or the time for which the prices are known, in words.
        per_hour_usd: Of an hour of training, where it is billed by the hour.
        note: Why there is no total, where there is none.
        converted: By currency, e.g. ``{"JPY": {"rate": 150.0, "training": 360.0, …}}``: its units for one USD, and
            in it the figures ``training``, ``low``, ``high``, ``recorded``, ``per_hour``, ``per_1000_calls`` and
            ``base_per_1000_calls``.
    """

    training_usd: float | None = None
    price_per_million_usd: float | None = None
    price_source: str | None = None
    per_1000_calls_usd: float | None = None
    base_per_1000_calls_usd: float | None = None
    currency: str = "USD"
    training_low_usd: float | None = None
    training_high_usd: float | None = None
    recorded_usd: float | None = None
    validation_usd: float | None = None
    validation_source: str | None = None
    price_date: str | None = None
    per_hour_usd: float | None = None
    note: str | None = None
    converted: dict[str, dict[str, float | None]] = {}


def estimate(
    model: Model,
    tokens: Usage,
    examples: int,
    day: date | None = None,
    rates: Mapping[str, float] | None = None,
) -> Cost:
    """The bill for a training file.

    Args:
        model: The base model.
        tokens: Of the file; `billed` is the whole training's, `low` and `high` its range, `recorded` what the
            platform was recorded to count.
        examples: Of the file. A call is taken to be as long as their average: what the assistant says is the
            reply, everything else the prompt.
        day: On which prices are wanted; None means the last ones published.
        rates: Units of other currencies for one USD, e.g. ``{"JPY": 150.0}``.

    Raises:
        UsageError: A rate is no positive number, or its currency no three letters.
    """
    price = model.price_on(day)
    cost = Cost(
        training_usd=_usd(tokens.billed, price.training),
        price_per_million_usd=price.training,
        price_source=source_of(price),
        per_1000_calls_usd=_thousand_calls(price, tokens, examples),
        base_per_1000_calls_usd=_thousand_calls(model.base_price, tokens, examples),
        training_low_usd=_usd(tokens.low, price.training),
        training_high_usd=_usd(tokens.high, price.training),
        recorded_usd=_usd(tokens.recorded, price.training),
        validation_usd=None if _priceless(price) else 0.0,
        validation_source=None if _priceless(price) else _VALIDATION,
        price_date=price.valid,
        per_hour_usd=price.training_per_hour,
        note=_note(price),
    )
    converted = {currency: _converted(cost, rate) for currency, rate in checked_rates(rates or {}).items()}
    return msgspec.structs.replace(cost, converted=converted) if converted else cost


def over_budget(cost: Cost, max_usd: float | None, policy: Policy | None = None) -> Finding | None:
    """An error of the code ``over-budget`` if the training may cost more than `max_usd`, or nobody can say.

    Args:
        cost: Of the training.
        max_usd: 0 or more, 0 meaning that nothing may be spent; None means that there is no budget.
        policy: Severities by code, where they are not the rule's own.

    Raises:
        UsageError: `max_usd` is no amount.
    """
    checked_budget(max_usd)
    if max_usd is None:
        return None
    level = (policy or {}).get(rules.OVER_BUDGET.code, rules.OVER_BUDGET.severity)
    if level == "off":
        return None
    most = cost.training_high_usd if cost.training_high_usd is not None else cost.training_usd
    if most is None:
        found = rules.unknown_bill(cost.note or _NO_PRICE, max_usd, cost.currency)
    elif most > max_usd:
        found = rules.over_budget(most, max_usd, cost.currency)
    else:
        return None
    return rules.OVER_BUDGET.finding(found, severity=level)


def checked_budget(max_usd: float | None, name: str = "max_usd") -> float | None:
    """`max_usd`, if it is an amount: 0 or more, or None for no budget.

    Args:
        max_usd: In USD.
        name: How the user calls it.

    Raises:
        UsageError: It is none.
    """
    if max_usd is not None and type(max_usd) not in (int, float):
        raise UsageError(f"{name} is {max_usd!r}; a budget must be a number of US dollars.")
    if max_usd is not None and not (math.isfinite(max_usd) and max_usd >= 0):
        raise UsageError(f"{name} is {max_usd:g}; a budget must be 0 or more, in US dollars.")
    return max_usd


def source_of(price: Price) -> str | None:
    """Where a price is from and when it held, in words; a guess is called one. None when there is no price."""
    words = source(price.source)
    if price.certainty == "memory":
        words = "no source found: a guess" if words is None else f"{words} (a guess)"
    if words is None or price.valid is None:
        return words
    return f"{words} ({price.valid})"


def _usd(tokens: float, price: float | None) -> float | None:
    """Prices are per million; a millionth of a dollar is as exact as anyone is billed."""
    return None if price is None else round(tokens * price / 1e6, 6)


def _priceless(price: Price) -> bool:
    return price.training is None and price.training_per_hour is None


def _note(price: Price) -> str | None:
    if price.training is not None:
        return None
    return _NO_PRICE if price.training_per_hour is None else _BY_THE_HOUR


def _thousand_calls(price: Price, tokens: Usage, examples: int) -> float | None:
    if price.input is None or price.output is None or examples == 0 or tokens.assistant == 0:
        return None
    prompt = (tokens.total - tokens.assistant) / examples
    reply = tokens.assistant / examples
    return _usd(1000 * (prompt * price.input + reply * price.output), 1.0)


def _converted(cost: Cost, rate: float) -> dict[str, float | None]:
    amounts = {
        "training": cost.training_usd,
        "low": cost.training_low_usd,
        "high": cost.training_high_usd,
        "recorded": cost.recorded_usd,
        "per_hour": cost.per_hour_usd,
        "per_1000_calls": cost.per_1000_calls_usd,
        "base_per_1000_calls": cost.base_per_1000_calls_usd,
    }
    return {"rate": rate} | {
        name: None if usd is None else round(usd * rate, 6) for name, usd in amounts.items()
    }
