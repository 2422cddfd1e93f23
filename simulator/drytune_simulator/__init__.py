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
        ScaledClock,
        SystemClock,
    )
    from drytune_simulator.http import ApiError, Chunk, Handler, Headers, Request, Response
    from drytune_simulator.simulator import Simulator

__all__ = [
    "AdvancingClock",
    "ApiError",
    "Chunk",
    "Clock",
    "Handler",
    "Headers",
    "InstantClock",
    "ManualClock",
    "Request",
    "Response",
    "ScaledClock",
    "Simulator",
    "SystemClock",
    "__version__",
]


_LATE = {
    "clock": ("AdvancingClock", "Clock", "InstantClock", "ManualClock", "ScaledClock", "SystemClock"),
    "http": ("ApiError", "Chunk", "Handler", "Headers", "Request", "Response"),
    "simulator": ("Simulator",),
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
