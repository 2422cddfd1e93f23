"""A plan of faults, and how often each has been due: the only state that faults have."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from drytune_simulator import ids
from drytune_simulator.faults.fault import Fault
from drytune_simulator.faults.roster import Roster
from drytune_simulator.faults.selection import Turn, like
from drytune_simulator.faults.where import Asked, Where
from drytune_simulator.http import Request

__all__ = ["FaultPlan", "Strike"]


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that is due for one request.

    Attributes:
        fault: What happens.
        label: The fault's name, or its number.
        asked: The request.
        place: What draws depend on, for this call.
    """

    fault: Fault
    label: str
    asked: Asked
    place: tuple[object, ...]

    def lasting(self, seconds: float | None, *which: object) -> float:
        """`seconds`, longer or shorter by the fault's jitter; 0 for None."""
        if not seconds:
            return 0.0
        share = self.fault.jitter * ids.noise(*self.place, *which) if self.fault.jitter else 0.0
        return seconds * (1 + share)


class _Entry:
    def __init__(self, fault: Fault, label: str, seed: int) -> None:
        self.fault = fault
        self.label = label
        # what a fault is, not where it stands: others may come and go
        self.place: tuple[object, ...] = (seed, fault.seed, fault.name or f"{fault.route}: {fault.what}")
        self.turn = Turn(fault, self.place)
        self._where = Where(fault.route)
        self._model: re.Pattern[str] | None = like(fault.model)

    def fits(self, asked: Asked) -> bool:
        if not self._where.fits(asked):
            return False
        return self._model is None or (asked.model is not None and self._model.match(asked.model) is not None)


class FaultPlan(Roster[Fault, _Entry]):
    """Faults in order, of which the first that is due strikes; safe to share between threads.

    A fault counts each request that fits it, also one that an earlier fault has struck: ``nth = 2`` is the second
    call as its client counts. The counts are of this process.

    Args:
        faults: In the order in which they are asked.
        seed: Of all draws, together with each fault's own.

    Raises:
        FaultError: Two have the same name.
    """

    _kind = "fault"

    def __init__(self, faults: Iterable[Fault] = (), *, seed: int = 0) -> None:
        super().__init__(faults, seed)

    def _entry(self, item: Fault, label: str) -> _Entry:
        return _Entry(item, label, self._seed)

    def strike(self, request: Request) -> Strike | None:
        """The fault that is due for `request`, if one is; counts it."""
        if not self._rows:
            return None
        asked = Asked(request)
        due = self._due(asked)
        if due is None:
            return None
        entry, call = due
        return Strike(entry.fault, entry.label, asked, (*entry.place, call))
