"""How sure a simulated moderation is of each category: by a list of phrases (`moderations_words`)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from drytune_simulator import ids
from drytune_simulator.dataset.tokens import well_formed
from drytune_simulator.inference.moderations_words import CATEGORIES, OF_IMAGES, phrases_of, told_of

__all__ = ["FLAGGED_FROM", "moderate"]

FLAGGED_FROM = 0.5
"""A category is flagged from this score on; the platform has a limit for each, which it does not tell."""


def moderate(texts: Sequence[str], images: Sequence[str] = ()) -> Mapping[str, float]:
    """The score of each of `CATEGORIES`, 0.0 to 1.0; the same input has the same scores.

    Args:
        texts: Looked at together.
        images: Their addresses, which are all that is looked at of them.
    """
    text = _folded("\n".join(texts))
    addresses = well_formed(unquote(" ".join(images))).casefold()
    scores: dict[str, float] = {}
    for category in CATEGORIES:
        seen = bool(images) and category in OF_IMAGES
        if not texts and not seen:
            scores[category] = 0.0
            continue
        flagged = phrases_of(category).search(text) or (seen and told_of(category).search(addresses))
        chance = ids.noise("moderation", category, text, addresses if seen else "")
        scores[category] = 0.9 + 0.09 * chance if flagged else 10.0 ** (-5.5 + 1.5 * chance)
    return scores


def _folded(text: str) -> str:
    """`text` for comparison: NFKC, case folded, blanks as one space, one kind of apostrophe."""
    return " ".join(unicodedata.normalize("NFKC", well_formed(text)).casefold().replace("’", "'").split())
