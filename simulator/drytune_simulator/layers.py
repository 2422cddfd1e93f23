"""Which layer an answer came from, as its headers tell it: for the journal, the log and lists of requests."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

__all__ = ["FAULT", "Origin", "origin_of"]

LAYER = "x-drytune-layer"
FAULT = {LAYER: "fault"}
"""The header of an answer that a fault made or spoiled."""


class Origin(NamedTuple):
    """Where an answer came from.

    Attributes:
        layer: ``fault``, ``scripted``, ``recorded``, ``taught`` or ``base``; of several prompts, one each.
        similarity: How like the lesson's conversation is, 0.0 to 1.0.
        line: Of the training file.
        script: Name or number of the script that answered.
        repaired: True if what was trained to this very conversation was not valid here, and was made so.
    """

    layer: str
    similarity: float | None = None
    line: int | None = None
    script: str | None = None
    repaired: bool | None = None

    def told(self) -> dict[str, Any]:
        """What there is, by name."""
        return {name: value for name, value in self._asdict().items() if value is not None}

    def __str__(self) -> str:
        """``taught 0.8732 line 3``."""
        words = [self.layer]
        if self.script is not None:
            words.append(self.script)
        if self.similarity is not None:
            words.append(f"{self.similarity:.4f}")
        if self.line is not None:
            words.append(f"line {self.line}")
        if self.repaired:
            words.append("repaired")
        return " ".join(words)


def origin_of(headers: Mapping[str, str]) -> Origin | None:
    """Where an answer with these headers, in small letters, came from; None if it does not say."""
    layer = headers.get(LAYER)
    if layer is None:
        return None
    similarity = line = None
    if layer != FAULT[LAYER]:
        # of several prompts there are several, which are no numbers
        with suppress(ValueError, KeyError):
            similarity = float(headers["x-drytune-similarity"])
        with suppress(ValueError, KeyError):
            line = int(headers["x-drytune-line"])
    repaired = True if headers.get("x-drytune-repaired") == "true" else None
    return Origin(layer, similarity, line, headers.get("x-drytune-script"), repaired)
