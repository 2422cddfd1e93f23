"""Plots of a report as SVG in a page: its colours are the page's, and the same report gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from drytune.reports.svg import BAR, GRID, LIMIT, NEEDED, svg_of
from drytune.reports.words import counted, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from drytune.reports.figures import Figures
    from drytune_simulator.dataset.distribution import Distribution

__all__ = ["NEEDED", "Plot", "plots_of"]

_BINS = 24
_EVERY_TICK = 10  # so many bars are named one by one


class Plot(NamedTuple):
    """A plot: a name for its ids, its title, what it shows in a sentence, and an ``<svg>`` element."""

    name: str
    title: str
    summary: str
    svg: str


def plots_of(figures: Figures) -> list[Plot]:
    """Tokens, turns and messages per example, and messages by role; without those of which nothing is known.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    plots = [
        _histogram("tokens", "Tokens per example", "tokens", figures.lengths, figures.limit),
        _histogram("turns", "User turns per example", "user turns", figures.turns),
        _histogram("messages", "Messages per example", "messages", figures.message_counts),
        _roles(figures.roles),
    ]
    return [plot for plot in plots if plot is not None]


def _histogram(
    name: str, title: str, unit: str, values: Distribution, limit: int | None = None
) -> Plot | None:
    if not values.count:
        return None
    bins = values.bins(_BINS)
    width = bins[0][1] - bins[0][0]
    centres = [low + (width - 1) / 2 for low, _, _ in bins]
    shown_limit = limit if limit is not None and values.maximum > limit else None

    def draw(axes: Axes) -> None:
        axes.bar(centres, [times for _, _, times in bins], width * 0.9, color=BAR)
        axes.set_xlabel(unit)
        axes.set_ylabel("examples")
        axes.grid(visible=True, axis="y", color=GRID)
        if width == 1 and len(bins) <= _EVERY_TICK:
            axes.set_xticks(centres)
            axes.set_xlim(centres[0] - 1.5, centres[-1] + 1.5)
        if shown_limit is not None:
            axes.axvline(shown_limit, color=LIMIT, linestyle="--")

    over = "" if shown_limit is None else f" The dashed line is the limit of {shown_limit:,}."
    summary = (
        f"{counted(values.count, 'example')}: {number(values.minimum)} to {number(values.maximum)} {unit}, "
        f"median {number(values.median)}.{over}"
    )
    return Plot(name, title, summary, _svg(name, draw))


def _roles(roles: dict[str, int]) -> Plot | None:
    if not roles:
        return None
    names = list(reversed(roles))

    def draw(axes: Axes) -> None:
        axes.barh(names, [roles[name] for name in names], 0.7, color=BAR)
        axes.set_xlabel("messages")
        axes.set_ylim(-0.7, len(names) - 0.3)
        axes.grid(visible=True, axis="x", color=GRID)

    told = ", ".join(f"{times:,} {role}" for role, times in roles.items())
    return Plot("roles", "Messages by role", f"{told}.", _svg("roles", draw))


def _svg(name: str, draw: Callable[[Axes], None]) -> str:
    """What `draw` draws, with whole numbers on the axes that count."""

    def with_axes(axes: Axes) -> None:
        from matplotlib.ticker import FuncFormatter, MaxNLocator

        count_axis = axes.xaxis if name == "roles" else axes.yaxis
        for axis in {axes.xaxis, count_axis}:
            axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        draw(axes)

    return svg_of(name, with_axes)
