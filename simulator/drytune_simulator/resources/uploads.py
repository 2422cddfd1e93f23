"""``/v1/uploads``: files in parts (FACTS.md §3.3)."""

from __future__ import annotations

from drytune_simulator.errors import refuse
from drytune_simulator.http import Response
from drytune_simulator.version import __version__
from drytune_simulator.world import Call, World

__all__ = ["add_part", "cancel", "complete", "create"]


def create(world: World, call: Call) -> Response:  # noqa: ARG001
    """Not yet."""
    raise refuse("not-simulated", what=call.request.path, version=__version__)


def add_part(world: World, call: Call) -> Response:  # noqa: ARG001
    """Not yet."""
    raise refuse("not-simulated", what=call.request.path, version=__version__)


def complete(world: World, call: Call) -> Response:  # noqa: ARG001
    """Not yet."""
    raise refuse("not-simulated", what=call.request.path, version=__version__)


def cancel(world: World, call: Call) -> Response:  # noqa: ARG001
    """Not yet."""
    raise refuse("not-simulated", what=call.request.path, version=__version__)
