"""The hunt for a shorter way to a mistake: it ends after some runs, so that the mistake is told soon."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, Final

from hypothesis import HealthCheck, Phase, settings
from hypothesis.control import current_build_context
from hypothesis.errors import HypothesisException, StopTest

__all__ = ["begin_run", "bounded", "hunting", "note_mistake"]


class _Hunt:
    """What is left of one; counted in runs, so that it comes to the same on each machine."""

    def __init__(self, runs: int) -> None:
        self.left = max(runs, 1)  # Hypothesis makes the run once more before it believes it
        self.has_begun = False


_HUNT: Final[ContextVar[_Hunt | None]] = ContextVar("drytune_hunt", default=None)


@contextmanager
def hunting(runs: int) -> Iterator[None]:
    """Within it, only so many runs are made after one that has found a mistake; then all end at once."""
    token = _HUNT.set(_Hunt(runs))
    try:
        yield
    finally:
        _HUNT.reset(token)


def begin_run() -> None:
    """A run begins; it ends at once if it is one too many.

    Hypothesis takes that for a run that would have been too long, which says nothing of a tuner. The very
    last run, which shows the way that was found, never is too many.
    """
    hunt = _HUNT.get()
    if hunt is None or not hunt.has_begun:
        return
    hunt.left -= 1
    # a version of Hypothesis that calls these otherwise hunts for as long as it likes
    with suppress(AttributeError):
        if hunt.left < 0 and not current_build_context().is_final:
            current_build_context().data.mark_overrun()


def note_mistake(looks: int = 0) -> None:
    """A run ends; if what is raised just now is a mistake of the tuner, the hunt has begun.

    Args:
        looks: How often it has looked in vain; a hundred times last as long as a run.
    """
    error = sys.exc_info()[1]
    if (hunt := _HUNT.get()) is not None and error and not isinstance(error, (HypothesisException, StopTest)):
        hunt.left -= looks // 100 if hunt.has_begun else 0
        hunt.has_begun = True


def bounded(given: settings) -> settings:
    """Settings with which one mistake is told, soon; what its user has chosen stays.

    Runs are no unit tests: they may be slow. So this is not told, as it is not by the settings of all machines.
    """
    default = settings.get_profile("default")
    changes: dict[str, Any] = {"report_multiple_bugs": False}
    if given.phases == default.phases:
        changes["phases"] = [one for one in given.phases if one is not Phase.explain]
    if given.deadline == default.deadline:
        changes["deadline"] = None
    if given.suppress_health_check == default.suppress_health_check:
        changes["suppress_health_check"] = list(HealthCheck)
    return settings(given, **changes)
