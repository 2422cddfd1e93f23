"""What a test says of its simulator, made into what the simulator takes."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from drytune.errors import UsageError
from drytune_simulator import (
    AdvancingClock,
    Clock,
    Fault,
    FaultError,
    FaultPlan,
    ManualClock,
    PacedClock,
    ScenarioRule,
    Scenarios,
    Simulator,
)
from drytune_simulator.clock import from_date
from drytune_simulator.faults import parse, parse_scenario

__all__ = ["SETTINGS", "clock_for", "day_of", "plan_of", "rules_of", "simulator_with"]

_Item = TypeVar("_Item", Fault, ScenarioRule)

SETTINGS: Final = tuple(
    name
    for name, parameter in inspect.signature(Simulator).parameters.items()
    if parameter.kind is parameter.KEYWORD_ONLY
)
"""What the simulator itself takes."""
_OF_THE_KIT: Final = (
    *("seed", "autojump", "as_of", "faults", "scenarios", "replay", "base_url", "clock"),
    *("strict", "patience", "skip_sleeps", "where"),
)
"""What `drytune.testing.OpenAISimulator` takes, and the mark."""


def clock_for(autojump: bool | float = True, as_of: dt.date | str | None = None) -> Clock:
    """A simulated clock, from 2026-01-01 on.

    Args:
        autojump: True has each read of a job move it to its next happening; a number moves the time on by so many
            seconds at each read; with False it stands still until it is moved.
        as_of: The day on which it begins instead.

    Raises:
        UsageError: A value makes no sense.
    """
    day = day_of(as_of)
    base = ManualClock() if day is None else ManualClock(from_date(day))
    if autojump is True:
        return AdvancingClock(base)
    if autojump is False:
        return base
    try:
        return PacedClock(autojump, base)
    except (TypeError, ValueError):
        msg = f"autojump is {autojump!r}; it must be True, False, or a number of seconds above 0"
        raise UsageError(msg) from None


def day_of(as_of: dt.date | str | None) -> dt.date | None:
    """A date, written or not.

    Raises:
        UsageError: It is none.
    """
    if isinstance(as_of, str):
        try:
            return dt.date.fromisoformat(as_of)
        except ValueError:
            msg = f"as_of is {as_of!r}; write a day as 2027-01-07"
            raise UsageError(msg) from None
    return as_of


def plan_of(faults: FaultPlan | Iterable[Fault | str] | Fault | str) -> FaultPlan:
    """A plan of faults; lines are as ``drytune serve --fault`` takes them.

    Raises:
        UsageError: One is no fault.
    """
    if isinstance(faults, FaultPlan):
        return faults
    with _told_of("faults"):
        return FaultPlan([parse(fault) if isinstance(fault, str) else fault for fault in _several(faults)])


def rules_of(scenarios: Scenarios | Iterable[ScenarioRule | str] | ScenarioRule | str) -> Scenarios:
    """Rules for the fate of jobs; lines are as ``drytune serve --scenario`` takes them.

    Raises:
        UsageError: One is no rule.
    """
    if isinstance(scenarios, Scenarios):
        return scenarios
    with _told_of("scenarios"):
        return Scenarios(
            [parse_scenario(one) if isinstance(one, str) else one for one in _several(scenarios)]
        )


def _several(given: Iterable[_Item | str] | _Item | str) -> Iterable[_Item | str]:
    """One is a list of one."""
    return (given,) if isinstance(given, str | Fault | ScenarioRule) else given


@contextmanager
def _told_of(what: str) -> Iterator[None]:
    try:
        yield
    except FaultError as error:
        msg = f"{what}: {error}"
        raise UsageError(msg) from None


def simulator_with(settings: Mapping[str, Any]) -> Simulator:
    """A simulated platform.

    Raises:
        UsageError: There is no such setting, or it makes no sense.
    """
    unknown = sorted(set(settings) - set(SETTINGS))
    if unknown:
        known = (*_OF_THE_KIT, *(name for name in SETTINGS if name not in _OF_THE_KIT))
        msg = f"a simulator has no {', '.join(unknown)}; it takes {', '.join(known)}"
        raise UsageError(msg)
    try:
        return Simulator(**settings)
    except ValueError as error:  # also of scripts
        raise UsageError(str(error)) from error
