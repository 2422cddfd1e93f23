"""Which new jobs go wrong, and how: rules by what a job is asked for, of which the first that is due wins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from drytune_simulator.faults.roster import Roster
from drytune_simulator.faults.selection import Selection, Turn, like
from drytune_simulator.faults.words import FaultError, nearest, shown
from drytune_simulator.training import SCENARIOS
from drytune_simulator.world import NewJob

__all__ = ["ScenarioRule", "Scenarios"]


class _Named(Selection, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    scenario: str


class ScenarioRule(_Named, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Jobs of a kind follow a scenario.

    Attributes:
        scenario: A name out of `drytune_simulator.training.SCENARIOS`.
        suffix: Pattern of the suffix that is asked for; a job without one has none that fits.
        metadata: All of these pairs must be among the job's.

    Raises:
        FaultError: There is no such scenario, or a number is out of its range.
    """

    suffix: str | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        Selection.__post_init__(self)
        if self.scenario not in SCENARIOS:
            msg = f"there is no scenario {shown(self.scenario)}{nearest(self.scenario, SCENARIOS)}"
            raise FaultError(msg)

    def table(self) -> dict[str, Any]:
        """As a table of TOML or an object of JSON has it; what is as by default is left out."""
        fields: dict[str, Any] = msgspec.to_builtins(self)
        return {key: fields[key] for key in ("scenario", *fields)}

    def __str__(self) -> str:
        """As the command line takes it."""
        from drytune_simulator.faults.forms import text_of

        return text_of(self)


class _Entry:
    def __init__(self, rule: ScenarioRule, seed: int) -> None:
        self.scenario = rule.scenario
        self.turn = Turn(rule, (seed, rule.seed, "scenario", rule.name or rule.scenario))
        self._model, self._suffix = like(rule.model), like(rule.suffix)
        self._metadata = rule.metadata

    def fits(self, job: NewJob) -> bool:
        return (
            (self._model is None or self._model.match(job.model) is not None)
            and (
                self._suffix is None
                or (job.suffix is not None and self._suffix.match(job.suffix) is not None)
            )
            and self._metadata.items() <= (job.metadata or {}).items()
        )


class Scenarios(Roster[ScenarioRule, _Entry]):
    """Rules that say which new jobs follow a scenario; what a `Simulator` takes as `scenarios`.

        Simulator(scenarios=Scenarios([ScenarioRule("fails_in_training", model="gpt-4o-mini*", nth=2)]))

    As with faults, a rule counts each job that fits it, the first rule that is due wins, and the counts are of
    this process. A job counts when it is asked for in a well-formed request, even if it is refused then. Safe to
    share between threads.

    Args:
        rules: In the order in which they are asked.
        seed: Of all draws, together with each rule's own.

    Raises:
        FaultError: Two have the same name.
    """

    _kind = "scenario"

    def __init__(self, rules: Iterable[ScenarioRule] = (), *, seed: int = 0) -> None:
        super().__init__(rules, seed)

    def _entry(self, item: ScenarioRule, label: str) -> _Entry:  # noqa: ARG002 - jobs do not tell of it
        return _Entry(item, self._seed)

    def choose(self, job: NewJob) -> str | None:
        """The scenario that `job` follows, or None."""
        due = self._due(job)
        return None if due is None else due[0].scenario
