"""The world: what an OpenAI-style fine-tuning platform accepts, bills, does and answers, simulated.

`Simulator` is a `Handler`: it takes a `Request` and gives a `Response`, without a socket and without waiting.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from drytune_simulator.version import __version__

if TYPE_CHECKING:
    from drytune_simulator.clock import (
        AdvancingClock,
        Clock,
        InstantClock,
        ManualClock,
        PacedClock,
        ScaledClock,
        SystemClock,
    )
    from drytune_simulator.control import (
        controlled,
    )
    from drytune_simulator.faults import (
        Fault,
        FaultError,
        FaultPlan,
        ScenarioRule,
        Scenarios,
        failing,
    )
    from drytune_simulator.http import (
        ApiError,
        Chunk,
        ConnectionDropped,
        Handler,
        Headers,
        Request,
        Response,
    )
    from drytune_simulator.journal import (
        Journal,
        journaled,
    )
    from drytune_simulator.profile import (
        Profile,
        WebhookEndpoint,
    )
    from drytune_simulator.scripts import (
        Fail,
        Say,
        Script,
        ScriptError,
        Scripts,
        ToolCall,
    )
    from drytune_simulator.simulator import (
        Simulator,
    )
    from drytune_simulator.store import (
        Store,
        StoreError,
    )

__all__ = [
    "AdvancingClock",
    "ApiError",
    "Chunk",
    "Clock",
    "ConnectionDropped",
    "Fail",
    "Fault",
    "FaultError",
    "FaultPlan",
    "Handler",
    "Headers",
    "InstantClock",
    "Journal",
    "ManualClock",
    "PacedClock",
    "Profile",
    "Request",
    "Response",
    "Say",
    "ScaledClock",
    "ScenarioRule",
    "Scenarios",
    "Script",
    "ScriptError",
    "Scripts",
    "Simulator",
    "Store",
    "StoreError",
    "SystemClock",
    "ToolCall",
    "WebhookEndpoint",
    "__version__",
    "controlled",
    "failing",
    "journaled",
]


_LATE = {
    "clock": (
        "AdvancingClock",
        "Clock",
        "InstantClock",
        "ManualClock",
        "PacedClock",
        "ScaledClock",
        "SystemClock",
    ),
    "control": ("controlled",),
    "faults": (
        "Fault",
        "FaultError",
        "FaultPlan",
        "ScenarioRule",
        "Scenarios",
        "failing",
    ),
    "http": (
        "ApiError",
        "Chunk",
        "ConnectionDropped",
        "Handler",
        "Headers",
        "Request",
        "Response",
    ),
    "journal": (
        "Journal",
        "journaled",
    ),
    "profile": (
        "Profile",
        "WebhookEndpoint",
    ),
    "scripts": (
        "Fail",
        "Say",
        "Script",
        "ScriptError",
        "Scripts",
        "ToolCall",
    ),
    "simulator": ("Simulator",),
    "store": (
        "Store",
        "StoreError",
    ),
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for: `drytune check` needs neither HTTP nor the store's SQL."""
    for module, names in _LATE.items():
        if name in names:
            value: object = getattr(importlib.import_module(f"{__name__}.{module}"), name)
            globals()[name] = value
            return value
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
