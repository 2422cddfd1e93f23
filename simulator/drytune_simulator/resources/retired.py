"""Operations that the platform has retired, and now only refuses."""

from __future__ import annotations

from drytune_simulator.errors import refuse
from drytune_simulator.http import Response
from drytune_simulator.reading import json_object
from drytune_simulator.world import Call, World

__all__ = ["create_fine_tune"]


def create_fine_tune(world: World, call: Call) -> Response:  # noqa: ARG001 - every operation's signature
    """``POST /v1/fine-tunes``, which a program from before August 2023 calls (FACTS.md §4.3)."""
    model = json_object(call.request).get("model")
    shown = model if isinstance(model, str) else "curie"  # its default
    raise refuse("older-fine-tunes", model=shown, reason="create a job at POST /v1/fine_tuning/jobs instead")
