"""Ids that a platform gives during a replay, beside those that it gave when the same was recorded."""

from __future__ import annotations

from typing import Any

import msgspec

from drytune.handlers.matching.operations import PLATFORM_ID

__all__ = ["live_ids"]


def live_ids(recorded: bytes, live: bytes) -> dict[str, str]:
    """Recorded ids, and those that stand at the same places of a live answer to the same request."""
    try:
        one, other = msgspec.json.decode(recorded), msgspec.json.decode(live)
    except (msgspec.DecodeError, RecursionError):
        return {}
    found: dict[str, str] = {}
    _beside(one, other, found)
    return found


def _beside(recorded: Any, live: Any, found: dict[str, str]) -> None:
    if isinstance(recorded, dict) and isinstance(live, dict):
        for key in recorded.keys() & live.keys():
            _beside(recorded[key], live[key], found)
    elif isinstance(recorded, list) and isinstance(live, list):
        for one, other in zip(recorded, live, strict=False):
            _beside(one, other, found)
    elif isinstance(recorded, str) and isinstance(live, str) and recorded != live and _is_id(recorded, live):
        found.setdefault(recorded, live)


def _is_id(one: str, other: str) -> bool:
    """Whether both are ids of the same sort."""
    if not PLATFORM_ID.fullmatch(one) or not PLATFORM_ID.fullmatch(other):
        return False
    return one[:4] == other[:4]
