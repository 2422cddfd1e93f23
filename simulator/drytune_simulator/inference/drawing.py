"""Which of several answers is wanted, where there are several: chance as an argument."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Draw"]


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw among answers that are nearly as good; the same draw gives the same answer.

    Attributes:
        temperature: Above 0, at most 2: how far from the best one may go.
        seed: As the request has it.
        number: Of the choice, from 0.
    """

    temperature: float
    seed: int
    number: int = 0
