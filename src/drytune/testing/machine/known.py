"""What the machine knows of files and jobs, and of what can go wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from drytune.testing.machine.contents import Content
from drytune_simulator import catalog
from drytune_simulator.dataset import judge
from drytune_simulator.dataset.upload import inspect_upload

__all__ = [
    "CREATE",
    "FAILING",
    "PASSING",
    "REFUSING",
    "KnownFile",
    "KnownJob",
    "as_options",
    "billed",
    "flaw_of",
]

CREATE: Final = "POST /v1/fine_tuning/jobs"
"""The route that makes jobs."""

PASSING: Final = ("rate_limited", "server_error", "overloaded", "bad_gateway")
"""Errors that are over soon."""

FAILING: Final = ("fails_in_training", "moderation_refusal")
"""Scenarios in which a job fails though its file is good."""

REFUSING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "quota_reached": "the day's jobs of this model are used up",
        "permission_denied": "this organization may not create jobs",
    }
)
"""Scenarios in which a job is refused, and why."""

_FLAT: Final = ("n_epochs", "batch_size", "learning_rate_multiplier")


@dataclass(eq=False)
class KnownFile:
    """A file.

    Attributes:
        ids: On the platform of each side.
        content: What was sent.
        deleted: Whether it is gone.
    """

    ids: Sequence[str]
    content: Content
    deleted: bool = False


@dataclass(eq=False)
class KnownJob:
    """A job.

    Attributes:
        ids: On the platform of each side.
        content: What it is trained on.
        is_stuck: Whether it never ends.
        said: What the tuner of each side has last said that it is.
    """

    ids: Sequence[str]
    content: Content
    is_stuck: bool = False
    said: list[str | None] = field(default_factory=lambda: [None, None])


def as_options(taken: Mapping[str, Any]) -> dict[str, Any]:
    """Options as a job shows them: hyperparameters that were given one by one are together."""
    flat = {name: taken[name] for name in _FLAT if name in taken}
    rest = {name: value for name, value in taken.items() if name not in flat}
    return {**rest, "hyperparameters": flat} if flat else rest


@lru_cache(maxsize=512)
def flaw_of(data: bytes, model: str) -> str:
    """Why a file is not taken, or a job of it fails; empty if it is good."""
    refusal = inspect_upload(data, "t.jsonl")
    if refusal is not None:
        return refusal.message
    failure = judge(data, model=_known(model), method="supervised").job_failure
    return "" if failure is None else failure.message


@lru_cache(maxsize=512)
def billed(data: bytes, model: str, epochs: int | None) -> int:
    """How many tokens are trained for a file."""
    return judge(data, model=_known(model), method="supervised", n_epochs=epochs).tokens.billed


def _known(model: str) -> catalog.Model:
    try:
        return catalog.find(model)
    except catalog.UnknownModelError:
        return catalog.find("gpt-4.1-nano")  # it will not be trained; any is as good
