"""JSON that may be anything: what is not as it should be counts as left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["number_in", "object_in", "objects_in", "text_in"]


def text_in(value: object) -> str:
    """The text, else an empty one."""
    return value if isinstance(value, str) else ""


def number_in(value: object) -> int | None:
    """The number if it is whole and no less than 0, else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def object_in(value: object) -> Mapping[str, Any]:
    """The object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects_in(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects of a list; none if it is no list."""
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())
