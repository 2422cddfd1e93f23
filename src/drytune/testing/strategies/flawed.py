"""Datasets with exactly one flaw."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from drytune.testing.strategies.arguments import check_choice
from drytune.testing.strategies.flaws import FLAWS, Flawed

__all__ = ["flawed_datasets", "flaws"]


def flaws() -> list[str]:
    """The codes of the findings that `flawed_datasets` can cause, in the order of their names.

    All rules of `drytune_simulator.dataset.RULES` are there, but those about a model's calendar and the bill: no
    bytes cause them.
    """
    return sorted(FLAWS)


def flawed_datasets(rule: str | None = None) -> SearchStrategy[Flawed]:
    """Datasets that would be good but for one flaw, with the finding that it must cause.

    The flaw stands at any line. Some flaws are not in the bytes but in how they are used: a wrong file name, a
    model that the method does not fit, a limit. `Flawed.options` has what must be given to
    `drytune_simulator.dataset.judge` for them to show; limits are lowered there, so that no file is large.

    Args:
        rule: Code of the finding; None for any.

    Raises:
        InvalidArgument: There is no flaw of that code; the nearest is named.
    """
    if rule is None:
        return st.sampled_from(flaws()).flatmap(_flawed)
    check_choice("rule", rule, flaws())
    return _flawed(rule)


@st.composite
def _flawed(draw: DrawFn, code: str) -> Flawed:
    return FLAWS[code](draw)
