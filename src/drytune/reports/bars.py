"""Small bar charts of text, for terminals, pipes and logs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drytune_simulator.dataset.distribution import Distribution

__all__ = ["BINS", "bar_chart", "histogram"]

BINS = 10
"""Bars of a histogram."""

_WIDTH = 30
_PARTS = " ▏▎▍▌▋▊▉"  # eighths of a character
_FEWEST_SKIPPED = 3


def histogram(values: Distribution, *, ascii_only: bool = False) -> Iterator[str]:
    """The bins of `values`, a line each; a long run of empty ones is one line."""
    joint = "-" if ascii_only else "–"
    rows = [
        (f"{low:,}" if high - low == 1 else f"{low:,}{joint}{high - 1:,}", times)
        for low, high, times in values.bins(BINS)
    ]
    return bar_chart(rows, ascii_only=ascii_only)


def bar_chart(rows: Sequence[tuple[str, int]], *, ascii_only: bool = False) -> Iterator[str]:
    """A line for each of `rows`, which are labels and how often; bars are at most 30 columns long."""
    most = max((times for _, times in rows), default=0)
    margin = max((len(label) for label, _ in rows), default=0)
    for times, group in groupby(rows, key=itemgetter(1)):
        same = list(group)
        if times == 0 and len(same) >= _FEWEST_SKIPPED:
            yield f"  {'...' if ascii_only else '…':>{margin}}"
            continue
        bar = _bar(times / most if most else 0.0, ascii_only=ascii_only)
        for label, _ in same:
            yield f"  {label:>{margin}} {bar}{' ' if bar else ''}{times:,}"


def _bar(share: float, *, ascii_only: bool) -> str:
    """A bar of `share` (0 to 1) of the width; what there is at all can be seen."""
    if share == 0:
        return ""
    if ascii_only:
        return "#" * max(1, round(share * _WIDTH))
    whole, part = divmod(max(1, round(share * _WIDTH * 8)), 8)
    return "█" * whole + _PARTS[part].strip()
