"""Plots of a report as SVG in a page: its colours are the page's, and the same report gives the same bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple

from drytune.errors import MissingExtra
from drytune.reports.words import counted, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from drytune.reports.figures import Figures
    from drytune_simulator.dataset.distribution import Distribution

__all__ = ["NEEDED", "Plot", "plots_of"]

NEEDED = "The HTML report needs {library}: pip install 'drytune[html]'"

_BINS = 24
_EVERY_TICK = 10  # so many bars are named one by one
_SIZE = (5.0, 2.5)  # inches of 72 units

# Colours that nothing else has; the page gives the variables their values in light and in dark.
_INK, _BAR, _GRID, _LIMIT = "#010203", "#040506", "#070809", "#0a0b0c"
_VARIABLES = {_INK: "var(--soft)", _BAR: "var(--bar)", _GRID: "var(--line)", _LIMIT: "var(--error)"}

_STYLE: Any = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "drytune",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.parse_math": False,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _GRID,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.formatter.use_mathtext": False,
    "axes.unicode_minus": False,
}


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
        axes.bar(centres, [times for _, _, times in bins], width * 0.9, color=_BAR)
        axes.set_xlabel(unit)
        axes.set_ylabel("examples")
        axes.grid(visible=True, axis="y", color=_GRID)
        if width == 1 and len(bins) <= _EVERY_TICK:
            axes.set_xticks(centres)
            axes.set_xlim(centres[0] - 1.5, centres[-1] + 1.5)
        if shown_limit is not None:
            axes.axvline(shown_limit, color=_LIMIT, linestyle="--")

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
        axes.barh(names, [roles[name] for name in names], 0.7, color=_BAR)
        axes.set_xlabel("messages")
        axes.set_ylim(-0.7, len(names) - 0.3)
        axes.grid(visible=True, axis="x", color=_GRID)

    told = ", ".join(f"{times:,} {role}" for role, times in roles.items())
    return Plot("roles", "Messages by role", f"{told}.", _svg("roles", draw))


def _svg(name: str, draw: Callable[[Axes], None]) -> str:
    """What `draw` draws, as an ``<svg>`` element whose ids begin with `name`, so that several stand in a page."""
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
        from matplotlib.ticker import FuncFormatter, MaxNLocator
    except ImportError:
        raise MissingExtra(NEEDED.format(library="matplotlib")) from None
    text = StringIO()
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=_SIZE, layout="constrained", frameon=False)
        FigureCanvasSVG(figure)
        axes = figure.add_subplot(frameon=False)
        axes.set_axisbelow(True)
        axes.tick_params(length=0)
        count_axis = axes.xaxis if name == "roles" else axes.yaxis
        for axis in {axes.xaxis, count_axis}:
            axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        draw(axes)
        figure.savefig(text, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return _for_a_page(text.getvalue(), name)


def _for_a_page(svg: str, name: str) -> str:
    """The element alone, without metadata, name spaces and rules for the whole page, coloured by variables."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<(metadata|style)\b.*?</\1>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(url\(|href=")#', rf"\1#{name}-", svg)
    svg = re.sub(r'^<svg width="[^"]*" height="[^"]*"', '<svg aria-hidden="true"', svg)
    svg = re.sub(r"font-family: [^;]*; ", "", svg)
    svg = re.sub(r"(\d\.\d)\d+", r"\1", svg)  # a tenth of a unit is less than anyone sees
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, variable)
    return svg.strip()
