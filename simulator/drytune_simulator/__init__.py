"""The world: what an OpenAI-style fine-tuning platform accepts, bills, does and answers, simulated.

`Simulator` is a `Handler`: it takes a `Request` and gives a `Response`, without a socket and without waiting.
"""

from typing import TYPE_CHECKING

from drytune_simulator.clock import (
    AdvancingClock,
    Clock,
    InstantClock,
    ManualClock,
    ScaledClock,
    SystemClock,
)
from drytune_simulator.http import ApiError, Chunk, Handler, Headers, Request, Response
from drytune_simulator.version import __version__

if TYPE_CHECKING:
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


def __getattr__(name: str) -> object:
    """`Simulator` comes late: it brings the store's SQL library, which `drytune check` does not need."""
    if name == "Simulator":
        from drytune_simulator import simulator

        return simulator.Simulator
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
