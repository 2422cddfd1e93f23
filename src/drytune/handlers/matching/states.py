"""The state of what a recorded answer shows, as far as a loop that polls would look at it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from drytune.cassettes.model import Told

__all__ = ["UNENDED", "is_passing", "json_of", "unended"]

UNENDED: Final = frozenset(
    {
        "cancelling",
        "created",
        "finalizing",
        "in_progress",
        "notRunning",
        "paused",
        "pausing",
        "pending",
        "queued",
        "requires_action",
        "resuming",
        "running",
        "validating",
        "validating_files",
    }
)
"""States that something else has to follow."""

_PASSING: Final = frozenset({408, 409, 429})


def json_of(told: Told) -> Any:
    """The answer's JSON value; None if it has none."""
    if not told.body[:1].strip() or told.body.lstrip()[:1] not in {b"{", b"["}:
        return None
    try:
        return msgspec.json.decode(told.body)
    except (msgspec.DecodeError, RecursionError):
        return None


def unended(told: Told) -> tuple[str, str] | None:
    """Id and state of an object that has not come to its end; of a list, those of the first such object in it.

    The id is ``""`` where the object has none.
    """
    if told.status >= 400:
        return None
    value = json_of(told)
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("data"), list):
        found = (_unended(one) for one in value["data"])
        return next((one for one in found if one is not None), None)
    return _unended(value)


def is_list(told: Told) -> bool:
    """Whether the answer is a page of a list."""
    value = json_of(told)
    return isinstance(value, dict) and isinstance(value.get("data"), list)


def is_passing(told: Told) -> bool:
    """Whether the answer is an accident that the next attempt does not meet again."""
    return told.interrupted or told.status in _PASSING or told.status >= 500


def _unended(value: Any) -> tuple[str, str] | None:
    if isinstance(value, dict) and value.get("status") in UNENDED:
        return str(value.get("id") or ""), value["status"]
    return None


__all__ += ["is_list"]
