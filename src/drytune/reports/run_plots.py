"""Plots of a live run: what was measured step after step, and tokens and bill beside what was expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from drytune.reports.run_figures import Curve, curves_of, thinned
from drytune.reports.run_words import usd
from drytune.reports.svg import BAR, GRID, INK, LIMIT, SECOND, THIRD, svg_of
from drytune.reports.words import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from drytune.workflow.plan import Plan
    from drytune.workflow.records import Run

__all__ = ["RunPlot", "run_plots"]

_MOST_POINTS: Final = 400
_MARKED: Final = 30  # so few points are marked one by one
_LOOKS: Final = {
    "training": (BAR, "-"),
    "validation": (SECOND, "--"),
    "whole validation file": (THIRD, ":"),
}
_SHORT: Final = {"whole validation file": "whole file"}  # a phone has no room for more
_TITLES: Final = {"loss": "Loss", "accuracy": "Accuracy of tokens", "reward": "Reward"}
_LOW_AND_WIDE: Final = (5.0, 1.9)


class RunPlot(NamedTuple):
    """A plot: its title, what it shows in a sentence, and an ``<svg>`` element."""

    title: str
    summary: str
    svg: str


class _Bar(NamedTuple):
    """A bar with its name; `span` is from where to where it may be, None where that is known."""

    name: str
    value: float
    span: tuple[float, float] | None = None


def run_plots(plan: Plan, run: Run) -> list[RunPlot]:
    """Losses, accuracies and rewards, tokens and bill; without those of which nothing is known.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    curves = curves_of(run)
    kinds = dict.fromkeys(curve.kind for curve in curves)
    plots = [_curves(kind, [curve for curve in curves if curve.kind == kind]) for kind in kinds]
    plots += [_tokens(plan, run)]
    bill = _bill(plan, run)
    return plots if bill is None else [*plots, bill]


def _curves(kind: str, curves: list[Curve]) -> RunPlot:
    def draw(axes: Axes) -> None:
        for curve in curves:
            colour, line = _LOOKS[curve.of]
            points = thinned(curve.points, _MOST_POINTS)
            axes.plot(
                [step for step, _ in points],
                [value for _, value in points],
                color=colour,
                linestyle=line,
                linewidth=1.6,
                marker="o" if len(points) <= _MARKED else None,
                markersize=3,
                label=_SHORT.get(curve.of, curve.of),
            )
        axes.set_xlabel("step")
        axes.grid(visible=True, axis="y", color=GRID)
        _count(axes, "x")
        axes.margins(x=0.02)
        if kind == "accuracy":
            axes.set_ylim(-0.03, 1.03)
        if len(curves) > 1 or curves[0].of != "training":
            axes.legend(frameon=False, labelcolor=INK, fontsize=9)

    return RunPlot(_TITLES[kind], f"{'; '.join(map(_told, curves))}.", svg_of(kind, draw))


def _told(curve: Curve) -> str:
    (first, begun), (last, ended) = curve.points[0], curve.points[-1]
    if len(curve.points) == 1:
        return f"{curve.of}: {begun:.2f} at step {first:,}"
    count = counted(len(curve.points), "value")
    return f"{curve.of}: {begun:.2f} at step {first:,}, {ended:.2f} at step {last:,} ({count})"


def _tokens(plan: Plan, run: Run) -> RunPlot:
    estimate = plan.estimate
    bars = [_Bar("expected", estimate.tokens, (estimate.tokens_low, estimate.tokens_high))]
    told = f"{estimate.tokens:,} expected, between {estimate.tokens_low:,} and {estimate.tokens_high:,}"
    if run.trained_tokens is not None:
        bars.append(_Bar("trained", run.trained_tokens))
        told += f"; {run.trained_tokens:,} trained"
    return RunPlot("Trained tokens", f"{told}.", _bars("tokens", bars, None))


def _bill(plan: Plan, run: Run) -> RunPlot | None:
    estimate, bill = plan.estimate, run.bill
    bars, told = [], []
    if estimate.training_usd is not None:
        low, high = estimate.low_usd, estimate.high_usd
        bars.append(
            _Bar("expected", estimate.training_usd, None if low is None or high is None else (low, high))
        )
        told.append(f"training: {usd(estimate.training_usd)} expected")
    if bill.training_usd is not None:
        bars.append(_Bar("trained", bill.training_usd))
        told.append(f"{usd(bill.training_usd)} billed for the trained tokens")
    if bill.answers_usd:
        bars.append(_Bar("answers", bill.answers_usd))
        told.append(f"answers: {usd(bill.answers_usd)}")
    if not bars:
        return None
    bars.append(_Bar("spent", bill.spent_usd))
    told.append(f"in all {usd(bill.spent_usd)}")
    if bill.max_usd is not None:
        is_drawn = _is_near(bill.max_usd, _longest(bars))
        told.append(f"{'the dashed line is' if is_drawn else 'much below'} the budget, {usd(bill.max_usd)}")
    return RunPlot("Bill in USD", f"{'; '.join(told)}.", _bars("bill", bars, bill.max_usd))


def _bars(name: str, bars: list[_Bar], limit: float | None) -> str:
    """Bars below one another; a budget far away from all of them would make them too short to be seen."""
    longest = _longest(bars)
    shown_limit = limit if limit is not None and _is_near(limit, longest) else None
    right = 1.05 * max(longest, shown_limit or 0.0)

    def draw(axes: Axes) -> None:
        for place, bar in enumerate(reversed(bars)):
            axes.barh(place, bar.value, 0.6, color=SECOND if bar.span else BAR)
            if bar.span is not None and bar.span[0] < bar.span[1]:
                middle, (low, high) = bar.value, bar.span
                axes.errorbar(
                    middle, place, xerr=[[max(0.0, middle - low)], [max(0.0, high - middle)]],
                    color=INK, capsize=4, linewidth=1.4,
                )  # fmt: skip
        axes.set_yticks(range(len(bars)), [bar.name for bar in reversed(bars)])
        axes.set_ylim(-0.6, len(bars) - 0.4)
        axes.set_xlim(0, right or 1)
        axes.grid(visible=True, axis="x", color=GRID)
        if name == "tokens":
            _count(axes, "x")
        else:
            axes.locator_params(axis="x", nbins=5)
        if shown_limit is not None:
            axes.axvline(shown_limit, color=LIMIT, linestyle="--")

    return svg_of(name, draw, _LOW_AND_WIDE)


def _longest(bars: list[_Bar]) -> float:
    return max([bar.value for bar in bars] + [bar.span[1] for bar in bars if bar.span])


def _is_near(limit: float, longest: float) -> bool:
    return limit <= 4 * longest


def _count(axes: Axes, name: str) -> None:
    """Few ticks, at whole numbers."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = axes.xaxis if name == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
