"""A drawing of matplotlib's as an element of a page: coloured by the page, the same bytes for the same data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from drytune.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BAR", "GRID", "INK", "LIMIT", "NEEDED", "SECOND", "THIRD", "svg_of"]

NEEDED: Final = "The HTML report needs {library}: pip install 'drytune[html]'"

# Colours that nothing else has; the page gives the variables their values in light and in dark.
INK, BAR, GRID, LIMIT = "#010203", "#040506", "#070809", "#0a0b0c"
SECOND, THIRD = "#0d0e0f", "#101112"
_VARIABLES: Final[Mapping[str, str]] = {
    INK: "var(--soft)",
    BAR: "var(--bar)",
    GRID: "var(--line)",
    LIMIT: "var(--error)",
    SECOND: "var(--second)",
    THIRD: "var(--third)",
}

_SIZE: Final = (5.0, 2.5)  # inches of 72 units

_STYLE: Any = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "drytune",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.parse_math": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GRID,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.formatter.use_mathtext": False,
    "axes.unicode_minus": False,
}


def svg_of(name: str, draw: Callable[[Axes], None], size: tuple[float, float] = _SIZE) -> str:
    """What `draw` draws, as an ``<svg>`` element whose ids begin with `name`, so that several stand in a page.

    Args:
        name: Of letters.
        draw: Draws on the axes that it is given, with the colours of this module.
        size: Inches of 72 units.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra(NEEDED.format(library="matplotlib")) from None
    text = StringIO()
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained", frameon=False)
        FigureCanvasSVG(figure)
        axes = figure.add_subplot(frameon=False)
        axes.set_axisbelow(True)
        axes.tick_params(length=0)
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
    # a tenth of a unit is less than anyone sees; numbers that people read are between the tags
    svg = re.sub(r"<[^>]*>", lambda tag: re.sub(r"(\d\.\d)\d+", r"\1", tag[0]), svg)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, variable)
    return svg.strip()
