"""``/v1/fine_tuning/checkpoints/{}/permissions`` (FACTS.md §4.8)."""

from __future__ import annotations

from drytune_simulator.errors import refuse
from drytune_simulator.http import Response
from drytune_simulator.version import __version__
from drytune_simulator.world import Call, World

__all__ = ["create", "delete", "list_permissions"]


def create(world: World, call: Call) -> Response:  # noqa: ARG001
    """Not yet."""
    raise refuse("not-simulated", what=call.request.path, version=__version__)


def list_permissions(world: World, call: Call) -> Response:  # noqa: ARG001
    """Not yet."""
    raise refuse("not-simulated", what=call.request.path, version=__version__)


def delete(world: World, call: Call) -> Response:  # noqa: ARG001
    """Not yet."""
    raise refuse("not-simulated", what=call.request.path, version=__version__)
