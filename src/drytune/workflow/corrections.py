"""What one's own jobs say about an estimate: how many tokens were trained for one that was expected."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from drytune.workflow.plan import Correction

__all__ = ["correction_of"]


def correction_of(ratios: Sequence[float]) -> Correction | None:
    """The correction that jobs teach; None if there were none.

    It is the median, so that one strange job among many decides nothing; the least and the most of them widen the
    range of an estimate.

    Args:
        ratios: Of each job the tokens trained for one that was expected. What is no positive number says nothing,
            and is passed over.
    """
    known = [float(ratio) for ratio in ratios if math.isfinite(ratio) and ratio > 0]
    if not known:
        return None
    return Correction(factor=median(known), jobs=len(known), low=min(known), high=max(known))
