"""One way in which the platform says no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Refusal"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way in which the platform says no."""

    status: int
    message: str
    grade: Literal["O", "R", "U", "I", "M", "D"]
    source: str
    param: str | None = None
    code: str | None = None
    type: str = "invalid_request_error"
    headers: Mapping[str, str] = field(default_factory=dict)
