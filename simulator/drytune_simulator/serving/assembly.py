"""From settings to a Handler: the state, the clock, the simulator, and what stands before it."""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass

from drytune_simulator.clock import (
    AdvancingClock,
    Clock,
    InstantClock,
    ManualClock,
    ScaledClock,
    SystemClock,
    from_date,
    to_date,
)
from drytune_simulator.control import controlled
from drytune_simulator.faults import (
    FaultError,
    FaultPlan,
    Scenarios,
    failing,
    load,
    loads,
    parse,
    parse_scenario,
)
from drytune_simulator.http import Handler, Request, Response
from drytune_simulator.journal import Journal, journaled
from drytune_simulator.scripts import ScriptError, Scripts
from drytune_simulator.scripts import load as load_scripts
from drytune_simulator.serving.about import About, about
from drytune_simulator.serving.settings import BadSetting, Settings
from drytune_simulator.simulator import Simulator
from drytune_simulator.store import Store, StoreError
from drytune_simulator.wrapping import Wrapper

__all__ = ["Assembly", "assemble", "clock_of"]

_FASTEST = 1_000_000.0
"""Twelve days a second: the calendar lasts for hours."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """A server's parts.

    Attributes:
        settings: What it was made from.
        handler: Answers requests: the control API, the journal, faults, the simulator.
    """

    settings: Settings
    store: Store
    simulator: Simulator
    handler: Handler

    def check(self) -> None:
        """Read something of the state.

        Raises:
            Exception: It cannot be read; which one depends on the database's driver.
        """
        self.store.get("readiness", "", "", 0.0)

    def about(self) -> About:
        """What the page at ``/`` says."""
        return about(self.settings, self.simulator.clock)

    def deliver(self) -> None:
        """Send the webhooks that are due."""
        from drytune_simulator.webhooks import deliver

        deliver(self.simulator.world)

    def close(self) -> None:
        """Let go of the state."""
        self.simulator.close()


class _Momentary(Wrapper):
    """Lets a request and its entry in the journal ask the store once what time it is."""

    def __init__(self, handler: Handler, store: Store) -> None:
        super().__init__(handler)
        self._store = store

    def __call__(self, request: Request) -> Response:
        with self._store.moment():
            return self._handler(request)


def assemble(settings: Settings) -> Assembly:
    """Make a server's parts.

    Raises:
        BadSetting: The state cannot be kept there, or a fault, a scenario or a script is not one.
    """
    plan, scenarios = _faults(settings)
    scripts = _scripts(settings)
    clock = clock_of(settings.speed, settings.as_of)
    try:
        store = Store(settings.data, database_url=settings.database_url, files_url=settings.files_url)
    except StoreError as error:
        raise BadSetting(str(error)) from error
    simulator = Simulator(
        clock=clock,
        seed=settings.seed,
        store=store,
        profile=settings.profile,
        as_of=settings.as_of,
        scenarios=scenarios,
        scripts=scripts,
    )
    journal = Journal(clock)
    answering = _Momentary(journaled(failing(simulator, plan), journal, settings.profile.keys), store)
    handler = controlled(
        answering, simulator, plan=plan, scenarios=scenarios, journal=journal, workers=settings.workers
    )
    return Assembly(settings, store, simulator, handler)


def clock_of(speed: str, as_of: dt.date | None = None) -> Clock:
    """The clock that a word or a number means.

    Args:
        speed: The word or the number.
        as_of: The day on which it begins, unless it joins a state that has run; None, or today, is now.

    Raises:
        BadSetting: It means none.
    """
    real = SystemClock()
    start = None if as_of is None or as_of == to_date(real.now()) else from_date(as_of)
    if speed == "manual":
        return ManualClock(real.now() if start is None else start)
    if speed == "instant":
        return InstantClock(real, start=start)
    if speed == "poll":
        return AdvancingClock(real, start=start)
    with contextlib.suppress(ValueError):
        times = 1.0 if speed == "real" else float(speed)
        if times <= _FASTEST:
            return ScaledClock(times, start=start)
    msg = (
        f"--speed {speed}: expected `manual`, `instant`, `poll`, `real` or a positive number up to a million, "
        "e.g. --speed 600"
    )
    raise BadSetting(msg)


def _faults(settings: Settings) -> tuple[FaultPlan, Scenarios]:
    file = settings.faults_file
    try:
        loaded = loads("") if file is None else load(file)
        faults = [*loaded.faults, *map(parse, settings.faults)]
        rules = [*loaded.scenarios, *map(parse_scenario, settings.scenarios)]
        return FaultPlan(faults, seed=settings.seed), Scenarios(rules, seed=settings.seed)
    except FaultError as error:
        raise BadSetting(str(error)) from error


def _scripts(settings: Settings) -> Scripts:
    try:
        return Scripts(() if settings.answers_file is None else load_scripts(settings.answers_file))
    except ScriptError as error:
        raise BadSetting(str(error)) from error
