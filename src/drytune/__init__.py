"""Rehearse a fine-tune before you pay for it.

| to …                                             | use                                          |
|--------------------------------------------------|----------------------------------------------|
| judge a dataset, and know the bill               | `check`                                      |
| rehearse the whole fine-tune                     | `dry_run`                                    |
| get an SDK client that is answered in-process    | `simulated`, `async_simulated`               |
| get one that keeps what a real API answers       | `recording`, `async_recording`               |
| get one that is answered from such a recording   | `replayed`, `async_replayed`                 |
| decide what answers, how fast, with which seed   | `Simulator` and the clocks of `drytune_simulator` |

Importing this package imports no SDK: names come when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from drytune.errors import DrytuneError, MissingExtra, Refused, UsageError
from drytune_simulator.version import __version__

if TYPE_CHECKING:
    from drytune.checking import Report, check
    from drytune.clients import async_simulated, simulated
    from drytune.recorded_clients import async_recording, async_replayed, recording, replayed
    from drytune.workflow import Rehearsal, dry_run
    from drytune_simulator import Simulator

__all__ = [
    "DrytuneError",
    "MissingExtra",
    "Refused",
    "Rehearsal",
    "Report",
    "Simulator",
    "UsageError",
    "__version__",
    "async_recording",
    "async_replayed",
    "async_simulated",
    "check",
    "dry_run",
    "recording",
    "replayed",
    "simulated",
]

_LATE = {
    "Rehearsal": "drytune.workflow",
    "Report": "drytune.checking",
    "Simulator": "drytune_simulator",
    "async_recording": "drytune.recorded_clients",
    "async_replayed": "drytune.recorded_clients",
    "async_simulated": "drytune.clients",
    "check": "drytune.checking",
    "dry_run": "drytune.workflow",
    "recording": "drytune.recorded_clients",
    "replayed": "drytune.recorded_clients",
    "simulated": "drytune.clients",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for."""
    if name not in _LATE:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value: object = getattr(importlib.import_module(_LATE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
