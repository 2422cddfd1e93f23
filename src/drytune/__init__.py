"""Rehearse a fine-tune before you pay for it.

| to …                                             | use                                          |
|--------------------------------------------------|----------------------------------------------|
| judge a dataset, and know the bill               | `check`                                      |
| rehearse the whole fine-tune                     | `dry_run`, `async_dry_run`                   |
| plan it, do it for real, go on with it           | `Job`, `plan`, `run`, `resume`, `cancel`; `async_…`  |
| get an SDK client of a real API                  | `live`, `async_live`                         |
| get an SDK client that is answered in-process    | `simulated`, `async_simulated`               |
| get the one that the environment asks for        | `client`, `async_client`                     |
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
    from drytune.backends import async_client, async_live, client, live
    from drytune.checking import Report, check
    from drytune.clients import async_simulated, simulated
    from drytune.recorded_clients import async_recording, async_replayed, recording, replayed
    from drytune.workflow import Job, Rehearsal, Run, async_dry_run, dry_run
    from drytune.workflow.context import Stopped
    from drytune.workflow.live import (
        async_cancel,
        async_plan,
        async_resume,
        async_run,
        cancel,
        plan,
        resume,
        run,
    )
    from drytune.workflow.plan import Plan
    from drytune_simulator import Simulator

__all__ = [
    "DrytuneError",
    "Job",
    "MissingExtra",
    "Plan",
    "Refused",
    "Rehearsal",
    "Report",
    "Run",
    "Simulator",
    "Stopped",
    "UsageError",
    "__version__",
    "async_cancel",
    "async_client",
    "async_dry_run",
    "async_live",
    "async_plan",
    "async_recording",
    "async_replayed",
    "async_resume",
    "async_run",
    "async_simulated",
    "cancel",
    "check",
    "client",
    "dry_run",
    "live",
    "plan",
    "recording",
    "replayed",
    "resume",
    "run",
    "simulated",
]

_LATE = {
    "Job": "drytune.workflow",
    "Plan": "drytune.workflow.plan",
    "Rehearsal": "drytune.workflow",
    "Report": "drytune.checking",
    "Run": "drytune.workflow",
    "Simulator": "drytune_simulator",
    "Stopped": "drytune.workflow.context",
    "async_cancel": "drytune.workflow.live",
    "async_client": "drytune.backends",
    "async_dry_run": "drytune.workflow",
    "async_live": "drytune.backends",
    "async_plan": "drytune.workflow.live",
    "async_recording": "drytune.recorded_clients",
    "async_replayed": "drytune.recorded_clients",
    "async_resume": "drytune.workflow.live",
    "async_run": "drytune.workflow.live",
    "async_simulated": "drytune.clients",
    "cancel": "drytune.workflow.live",
    "check": "drytune.checking",
    "client": "drytune.backends",
    "dry_run": "drytune.workflow",
    "live": "drytune.backends",
    "plan": "drytune.workflow.live",
    "recording": "drytune.recorded_clients",
    "replayed": "drytune.recorded_clients",
    "resume": "drytune.workflow.live",
    "run": "drytune.workflow.live",
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
