"""What each model offers on a day: methods, limits, prices, and until when."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import msgspec

from drytune.estimate.calendar import Standing, State, standing
from drytune_simulator.catalog import Model, Price, aliases_of, models, source

__all__ = ["Offer", "offer_of", "offers"]

_ORDER: Final[dict[State, int]] = {
    "open": 0,
    "closed": 1,
    "not-yet": 2,
    "untunable": 3,
    "dead": 4,
    "unknown": 5,
}

_AMOUNTS: Final = (
    "training",
    "training_per_hour",
    "input",
    "cached_input",
    "output",
    "batch_input",
    "batch_output",
)

_CERTAINTY: Final = {
    "official": "as OpenAI published it or its service answered",
    "reported": "as third parties reported it",
    "inferred": "inferred",
    "memory": "a guess: no source was found",
}


class Offer(msgspec.Struct, frozen=True):
    """A model on a day.

    Attributes:
        model: The model.
        standing: Whether it can be tuned, and until when.
        price: Of tuning it, and of what was tuned from it.
        aliases: Floating names that mean it on that day.
    """

    model: Model
    standing: Standing
    price: Price
    aliases: tuple[str, ...] = ()

    @property
    def is_in_use(self) -> bool:
        """Whether it can be tuned, or what was tuned from it still works."""
        return self.standing.state in {"open", "closed"}

    @property
    def is_guessed(self) -> bool:
        """Whether the price has no source."""
        return (self.price.certainty or self.model.certainty) == "memory"

    def to_dict(self) -> dict[str, Any]:
        """The model as ``drytune models --format json`` has it: prices in USD per million tokens, days in ISO."""
        model, on = self.model, self.standing
        return {
            "name": model.id,
            "aliases": list(self.aliases),
            "state": on.state,
            "access": model.access,
            "methods": list(model.methods),
            "data_format": model.data_format,
            "encoding": model.encoding,
            "vision_training": model.vision_training,
            "example_tokens": model.example_tokens,
            "inference_context": model.inference_context,
            "base_context": model.base_context,
            "max_output_tokens": model.max_output_tokens,
            "price": _price(self.price, model),
            "base_price": _price(model.base_price, model),
            "currency": "USD",
            "released": str(model.released),
            "as_of": str(on.day),
            "training_starts": _iso(on.training_starts),
            "training_ends": _iso(on.training_ends),
            "training_days_left": on.days_left(on.training_ends),
            "tunes_end": _iso(on.tunes_end),
            "tunes_days_left": on.days_left(on.tunes_end),
            "base_ends": _iso(on.base_ends),
            "base_days_left": on.days_left(on.base_ends),
            "dates_source": source(model.shutdown_source),
            "replacement": model.replacement,
            "certainty": model.certainty,
            "certainty_means": _CERTAINTY[model.certainty],
            "notes": list(model.notes),
        }


def offer_of(model: Model, day: date) -> Offer:
    """`model` on `day`."""
    return Offer(model, standing(model, day), model.price_on(day), aliases_of(model, day))


def offers(day: date, *, everything: bool = False) -> list[Offer]:
    """The catalog on `day`: what can be tuned first, newest generation first; what is shut down last.

    Args:
        day: For which states and prices are wanted.
        everything: Also models that cannot be tuned and whose tunes do not work, on that day.
    """
    found = [offer_of(model, day) for model in models()]
    found.sort(key=lambda offer: _ORDER[offer.standing.state])
    return [offer for offer in found if everything or offer.is_in_use]


def _price(price: Price, model: Model) -> dict[str, float | str | None]:
    amounts = {name: getattr(price, name) for name in _AMOUNTS}
    known = any(amount is not None for amount in amounts.values())
    return {
        **amounts,
        "source": source(price.source),
        "valid": price.valid,
        "certainty": (price.certainty or model.certainty) if known else None,
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else str(day)
