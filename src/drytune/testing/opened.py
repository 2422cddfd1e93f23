"""The simulators that are open, so that a test that fails can show what they were asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from drytune.testing.simulator import OpenAISimulator

__all__ = ["begin", "opened", "seen", "still_open"]

_OPEN: Final[list[OpenAISimulator]] = []
_SEEN: Final[list[OpenAISimulator]] = []


@contextmanager
def opened(simulator: OpenAISimulator) -> Iterator[None]:
    """Until its end, `simulator` is open."""
    _OPEN.append(simulator)
    _SEEN.append(simulator)
    try:
        yield
    finally:
        _OPEN[:] = [other for other in _OPEN if other is not simulator]


def begin() -> None:
    """A test begins: what was open before and is so no more is none of its business."""
    _SEEN[:] = _OPEN


def still_open() -> list[OpenAISimulator]:
    """Those that are open."""
    return list(_OPEN)


def seen() -> list[OpenAISimulator]:
    """Those that are or were open since then."""
    return list(_SEEN)
