"""What a model is: encoding, methods, limits, prices with their dates of validity, days of retirement."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import Literal

import msgspec

__all__ = ["ImageTokens", "Model", "ObservedAuto", "PastPrice", "Price"]


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Prices in USD per million tokens (`training_per_hour`: USD per hour); None where none was published.

    Attributes:
        training: Per million trained tokens.
        training_per_hour: Of the core training loop (reinforcement).
        input: Per million prompt tokens.
        cached_input: Per million prompt tokens found in the cache.
        output: Per million reply tokens.
        batch_input: As `input`, in the batch API; `batch_cached_input` and `batch_output` likewise.
        source: A key of the catalog's sources.
        valid: When the price held, in words.
        certainty: Given where it differs from the model's.
    """

    training: float | None = None
    training_per_hour: float | None = None
    input: float | None = None
    cached_input: float | None = None
    output: float | None = None
    batch_input: float | None = None
    batch_cached_input: float | None = None
    batch_output: float | None = None
    source: str | None = None
    valid: str | None = None
    certainty: str | None = None


class PastPrice(Price, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Prices that held from `start` to the day before `end`; what is not given is not known."""

    start: date = msgspec.field(name="from")
    end: date = msgspec.field(name="to")


class ObservedAuto(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hyperparameters that ``auto`` was seen to become, and for how many examples."""

    learning_rate_multiplier: float | None = None
    n_epochs: int | None = None
    batch_size: int | None = None
    examples: int | None = None
    source: str | None = None


class ImageTokens(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How images are counted: by tiles of 512 px, or by patches of `patch` px (FACTS.md §1.6).

    Attributes:
        scheme: Which of the two.
        base: Tokens of any image counted by tiles, and all of it in low detail; `per_tile` of each tile.
        patch: Side of a patch, in pixels.
        budget: An image is shrunk until so many patches cover it.
        factor: Tokens of a patch.
    """

    scheme: Literal["tile", "patch"]
    base: int | None = None
    per_tile: int | None = None
    patch: int | None = None
    budget: int | None = None
    factor: float | None = None


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A base model that can or could be fine-tuned.

    Attributes:
        id: The snapshot, e.g. ``gpt-4o-mini-2024-07-18``.
        aliases: Floating names that mean this snapshot today.
        encoding: Name of its tokenizer's encoding.
        methods: Of ``supervised``, ``dpo``, ``reinforcement``; empty when it is not known to be tunable.
        data_format: What a line of its training files is.
        access: To whom tuning is offered; ``foreign`` is a model that is not in the catalog, of which nothing is
            known but its encoding.
        vision_training: Whether images may be trained on.
        example_tokens: Longest example in tokens; what exceeds it is cut.
        inference_context: Tokens that the tuned model reads; `base_context` that the base model does.
        price: Of tuning, and of using what was tuned; `base_price` of using the base model.
        shutdown_date: Of the base model; `shutdown_date_ft` of the models tuned from it.
        training_closed: From this day on nobody can tune it.
        released: The day in its name.
        notes: What is doubtful about it, a sentence each.
    """

    id: str = ""
    released: date
    aliases: tuple[str, ...] = ()
    encoding: str
    methods: tuple[Literal["supervised", "dpo", "reinforcement"], ...]
    methods_source: str | None = None
    data_format: Literal["chat", "prompt_completion"] = "chat"
    access: Literal["open", "experimental", "doubtful", "foreign"] = "open"
    vision_training: bool = False
    example_tokens: int | None = None
    example_tokens_source: str | None = None
    inference_context: int | None = None
    base_context: int | None = None
    max_output_tokens: int | None = None
    price: Price = Price()
    price_data_sharing: Price | None = None
    price_history: tuple[PastPrice, ...] = ()
    base_price: Price = Price()
    shutdown_date: date | None = None
    shutdown_date_ft: date | None = None
    shutdown_source: str | None = None
    training_closed: date | None = None
    replacement: str | None = None
    observed_auto: ObservedAuto | None = None
    image_tokens: ImageTokens | None = None
    models_list_created: int | None = None
    models_list_owned_by: str | None = None
    certainty: Literal["official", "reported", "inferred", "memory"] = "official"
    notes: tuple[str, ...] = ()

    @property
    def created(self) -> int:
        """``created`` of the model object, Unix seconds: as recorded, else midnight UTC of the day of release."""
        return self.models_list_created or calendar.timegm(self.released.timetuple())

    @property
    def owned_by(self) -> str:
        """``owned_by`` of the model object: as recorded, else ``system`` like most (FACTS.md §1.5)."""
        return self.models_list_owned_by or "system"

    def price_on(self, day: date | None = None) -> Price:
        """The price of tuning and of the tuned model on `day`; None means the last one published."""
        for past in self.price_history:
            if day is not None and past.start <= day < past.end:
                given = {field: getattr(past, field) for field in Price.__struct_fields__}
                given["valid"] = past.valid or f"{past.start} to {past.end - timedelta(days=1)}"
                return Price(**given)
        return self.price
