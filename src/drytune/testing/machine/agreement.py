"""Two tuners side by side: where nothing went wrong, they must come to the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from drytune.testing.machine.laws import check
from drytune.testing.machine.steps import Step

__all__ = ["agree"]


def agree(steps: Sequence[Step], value_of: Callable[[Step], object] | None = None) -> None:
    """Raise `Broken` if one has raised and the other has not, or if they tell of different things.

    Steps in which something went wrong on purpose are not compared: what is promised there differs.

    Args:
        steps: The same call of both.
        value_of: What is to be the same of what they gave; None for no more than that they gave something.
    """
    if len(steps) < 2 or any(step.struck for step in steps):
        return
    one, other = steps
    check(
        one.has_raised == other.has_raised,
        "agree",
        one,
        f"the same of both; the other {other.outcome}",
    )
    if one.has_raised:
        statuses = [getattr(step.error, "status_code", None) for step in steps]
        if None not in statuses:
            kinds = [
                (type(step.error).__name__, status) for step, status in zip(steps, statuses, strict=True)
            ]
            check(kinds[0] == kinds[1], "agree", one, f"the same of both; the other {other.outcome}")
    elif value_of is not None:
        values = [value_of(step) for step in steps]
        check(values[0] == values[1], "agree", one, f"{values[1]!r}, as of the other", f"{values[0]!r}")
