"""What a workflow tells of itself while it goes: intents before they are tried, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

import msgspec

from drytune.workflow.records import Run

__all__ = ["LATE_S", "Attempt", "Ending", "Log", "Nothing"]

Ending = Literal["done", "refused", "lost"]
"""``lost``: the platform may have done it, and nobody got the answer."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try of a step.

    Attributes:
        number: Of the attempt, in the order of the run.
        step: E.g. ``upload:training``, ``upload:validation``, ``create``, ``cancel``, ``ask:3``,
            ``holdout:tuned:12``.
        at: When it began, Unix seconds.
        ending: None if it is not known: the process was killed meanwhile, or it still goes on.
        ended_at: Unix seconds.
        data: What was told of it, before and after; ``worst_usd`` is the most that it may cost, ``usd`` what it
            did.
    """

    number: int
    step: str
    at: float
    ending: Ending | None = None
    ended_at: float | None = None
    data: dict[str, Any] = {}

    @property
    def is_open(self) -> bool:
        """Whether it may have been done without anybody knowing."""
        return self.ending in (None, "lost")

    def may_arrive(self, now: float) -> bool:
        """Whether what it makes may still appear: nobody knows what came of it, and that was not long ago."""
        return self.is_open and now < self.at + LATE_S

    @property
    def usd(self) -> float:
        """What it has cost, or may have cost, in USD."""
        if self.ending == "refused":
            return 0.0
        return float(self.data.get("worst_usd" if self.is_open else "usd") or 0.0)


LATE_S = 900.0
"""For so long after a request whose answer nobody got, what it makes may still appear."""


class Log(Protocol):
    """A run's own part of a journal. What a method was told is durable when it returns."""

    def begin(self, step: str, **data: Any) -> int:
        """A step is about to be tried; the number of the attempt."""

    def end(self, attempt: int, ending: Ending, run: Run | None = None, **data: Any) -> None:
        """What came of it, and the run as it is now, in one transaction."""

    def keep(self, run: Run) -> None:
        """The run as it is now."""

    def attempts(self, step: str | None = None) -> Sequence[Attempt]:
        """All attempts, or those of a step, also of earlier processes; oldest first."""


class Nothing:
    """A log for what nobody goes on with: of this process, in memory."""

    def __init__(self, now: Callable[[], float] = lambda: 0.0) -> None:
        self._now = now
        self._attempts: list[Attempt] = []

    def begin(self, step: str, **data: Any) -> int:
        """See `Log`."""
        self._attempts.append(Attempt(number=len(self._attempts), step=step, at=self._now(), data=data))
        return len(self._attempts) - 1

    def end(self, attempt: int, ending: Ending, run: Run | None = None, **data: Any) -> None:  # noqa: ARG002
        """See `Log`."""
        begun = self._attempts[attempt]
        self._attempts[attempt] = msgspec.structs.replace(
            begun, ending=ending, ended_at=self._now(), data={**begun.data, **data}
        )

    def keep(self, run: Run) -> None:
        """See `Log`."""

    def attempts(self, step: str | None = None) -> Sequence[Attempt]:
        """See `Log`."""
        return [one for one in self._attempts if step is None or one.step == step]
