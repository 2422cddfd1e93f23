"""What a model can do at a chat, as far as requests are refused for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from drytune_simulator.catalog import ImageTokens, Model, find

__all__ = ["ANYTHING", "Abilities"]

_NO_OBJECTS: Final = frozenset({"gpt-3.5-turbo-0613", "gpt-4-0613"})
"""Models from before JSON mode (November 2023)."""

_NO_SCHEMAS: Final = frozenset({"gpt-4o-2024-05-13"})
"""Of the models with the newer encoding, those from before structured output (August 2024)."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a model can do.

    Attributes:
        tuned: It is a fine-tuned one, of which fewer schemas are taken.
        json_object: ``response_format`` may ask for an object; `json_schema` for a schema.
        images: It reads images.
        image_tokens: How it counts them.
        reasons: It is a reasoning model, which takes no sampling parameters.
        limited: Whether parameters of other kinds of models are refused; not so where nothing is known of it.
        context: Tokens it reads, or None for no limit; `output` those it may write.
    """

    tuned: bool = False
    json_object: bool = True
    json_schema: bool = True
    images: bool = True
    image_tokens: ImageTokens | None = None
    reasons: bool = False
    limited: bool = False
    context: int | None = None
    output: int | None = None

    @classmethod
    def of(cls, base: Model, *, tuned: bool) -> Abilities:
        """The abilities of a base model of the catalog, or of what was tuned from it."""
        return _abilities(base.id, tuned=tuned)


@lru_cache(maxsize=128)
def _abilities(name: str, *, tuned: bool) -> Abilities:
    base = find(name)
    newer = base.encoding != "cl100k_base"
    return Abilities(
        tuned=tuned,
        json_object=base.id not in _NO_OBJECTS,
        json_schema=newer and base.id not in _NO_SCHEMAS,
        images=newer,
        image_tokens=base.image_tokens,
        reasons=base.id.startswith("o") and base.id[1:2].isdigit(),
        limited=True,
        context=base.inference_context if tuned else base.base_context,
        output=base.max_output_tokens,
    )


ANYTHING: Final = Abilities()
"""Of a model of which nothing is known."""
