"""What matching comes to: the exchange that answers, or why none does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Miss", "Outcome", "Pick"]


@dataclass(frozen=True, slots=True)
class Pick:
    """An exchange answers.

    Attributes:
        number: Of the exchange, from 0.
        given: What of its answer is told otherwise: recorded values, and the client's in their place.
    """

    number: int
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Miss:
    """None does.

    Attributes:
        why: The end of a sentence that begins with ``nothing recorded answers POST /v1/files``; empty if there is
            nothing but what is nearest to be told, which takes a while to find.
        pointer: Where the request differs from the nearest recorded one; None if that is not why.
        like: An exchange that would answer if it could be given once more; None if there is none.
    """

    why: str = ""
    pointer: str | None = None
    like: int | None = None


Outcome = Pick | Miss
