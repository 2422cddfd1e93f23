"""The testing kit: a simulated platform in tests, and no way out of this machine.

| to …                                                   | use                                              |
|--------------------------------------------------------|--------------------------------------------------|
| have a platform in pytest                              | the fixtures of `drytune.testing.plugin`         |
| have one anywhere else                                 | `OpenAISimulator` as a context manager           |
| script what models say                                 | `OpenAISimulator.on_chat`, `tool_call`, `failure` |
| have nobody sleep                                      | `skipping_sleeps`                                |
| look back at a Handler of one's own                    | `Recorder`, `LookingBack`                        |
| answer behind respx, pytest-httpx and others           | `mount`, `answers`                               |
| draw datasets, jobs, hyperparameters, faults           | `drytune.testing.strategies`                     |
| try a wrapper of one's own in all orders               | `FineTuningMachine`                              |
| know what ends a test that would leave the machine     | `NoWayOut`: `Escape`, `Unanswered`, `Endless`    |

Importing this package imports nothing heavy: names come when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drytune.testing.bills import Bill
    from drytune.testing.exchanges import RecordedRequest, Recorder, Requests
    from drytune.testing.jobs_and_files import File, Job
    from drytune.testing.looking_back import LookingBack
    from drytune.testing.machine import FineTuningMachine
    from drytune.testing.mounting import answers, mount
    from drytune.testing.scripting import failure, tool_call
    from drytune.testing.simulator import OpenAISimulator
    from drytune.testing.sleeping import skipping_sleeps
    from drytune.testing.unanswered import Endless, Escape, NoWayOut, Unanswered

__all__ = [
    "Bill",
    "Endless",
    "Escape",
    "File",
    "FineTuningMachine",
    "Job",
    "LookingBack",
    "NoWayOut",
    "OpenAISimulator",
    "RecordedRequest",
    "Recorder",
    "Requests",
    "Unanswered",
    "answers",
    "failure",
    "mount",
    "skipping_sleeps",
    "tool_call",
]

_LATE = {
    "Bill": "bills",
    "Endless": "unanswered",
    "Escape": "unanswered",
    "File": "jobs_and_files",
    "FineTuningMachine": "machine",
    "Job": "jobs_and_files",
    "LookingBack": "looking_back",
    "NoWayOut": "unanswered",
    "OpenAISimulator": "simulator",
    "RecordedRequest": "exchanges",
    "Recorder": "exchanges",
    "Requests": "exchanges",
    "Unanswered": "unanswered",
    "answers": "mounting",
    "failure": "scripting",
    "mount": "mounting",
    "skipping_sleeps": "sleeping",
    "tool_call": "scripting",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for."""
    if name not in _LATE:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value: object = getattr(importlib.import_module(f"{__name__}.{_LATE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
