"""What a run goes by: whom it tells, what it keeps, what it may spend, and how patient it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import msgspec

from drytune.errors import DrytuneError
from drytune.workflow.effects import Reply
from drytune.workflow.log import Log, Nothing
from drytune.workflow.records import Bill, Refusal, Run
from drytune_simulator.clock import Clock, SystemClock

__all__ = ["Choice", "Context", "Hooks", "Money", "Settings", "Stopped"]

Choice = Literal["leave", "cancel", "go on"]
"""What is to become of a job whose waiting was interrupted."""


class Stopped(DrytuneError):  # noqa: N818 - what has happened
    """The run goes no further now, though something is left to do; what was done is kept.

    Attributes:
        answered: Whether the API is there, and only does not do this.
    """

    def __init__(self, message: str, *, answered: bool = False) -> None:
        super().__init__(message)
        self.answered = answered


@dataclass(frozen=True, slots=True)
class Hooks:
    """Who is told what happens. They are called between two steps, also by the async workflow.

    Attributes:
        progress: Told the run after each thing that changed it.
        waiting: Told the seconds of a pause after a failure, and why.
        interrupted: Asked when Ctrl-C comes while the job is waited for; without it, Ctrl-C ends the waiting. In
            an async run Ctrl-C is a cancellation, of which nobody is asked.
    """

    progress: Callable[[Run], object] | None = None
    waiting: Callable[[float, str], object] | None = None
    interrupted: Callable[[Run], Choice] | None = None


class Ends(Protocol):
    """A condition on the events of a job, such as `drytune.workflow.conditions.Condition`."""

    def met(self, events: Sequence[dict[str, Any]]) -> str | None:
        """The words of what met it, or None."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a job is waited for.

    Attributes:
        timeout_s: Seconds from the beginning of this process's work until the waiting ends; None for ever.
        at_timeout: Whether the job is then left running, or cancelled.
        cancel_if: Cancels the job when it is met.
        follow: Whether the job is waited for at all.
        clock: Tells the time.
    """

    timeout_s: float | None = None
    at_timeout: Literal["leave", "cancel"] = "leave"
    cancel_if: Ends | None = None
    follow: bool = True
    clock: Clock = field(default_factory=SystemClock)


class Money(Protocol):
    """What may be spent, and what has been; see `drytune.workflow.purse.Purse`."""

    def worst(self, body: dict[str, Any], *, tuned: bool) -> float:
        """The most that the answer to a question costs, in USD.

        Raises:
            UsageError: Nobody can say, and there is a budget.
        """

    def has_room(self, usd: float) -> bool:
        """Whether so much more may be spent."""

    def covers_training(self) -> bool:
        """Whether one more job may be made, also if those that nobody knows of appear."""

    def stake(self, usd: float) -> None:
        """So much may be billed from now on."""

    def settle(self, worst: float, usd: float) -> None:
        """What was staked as `worst` has cost `usd`."""

    def cost(self, usage: object, *, tuned: bool) -> float | None:
        """What an answer cost, by its `usage`; None if nobody knows."""

    def bill(self, run: Run) -> Bill:
        """What the run has cost."""


class Free:
    """Money of a rehearsal: nothing costs anything."""

    def worst(self, body: dict[str, Any], *, tuned: bool) -> float:  # noqa: ARG002 - see Money
        """Nothing."""
        return 0.0

    def has_room(self, usd: float) -> bool:  # noqa: ARG002 - see Money
        """Always."""
        return True

    def covers_training(self) -> bool:
        """Always."""
        return True

    def stake(self, usd: float) -> None:
        """Nothing is at stake."""

    def settle(self, worst: float, usd: float) -> None:
        """Nothing was."""

    def cost(self, usage: object, *, tuned: bool) -> float | None:  # noqa: ARG002 - see Money
        """Nobody knows."""
        return None

    def bill(self, run: Run) -> Bill:
        """As it was."""
        return run.bill


@dataclass(frozen=True, slots=True)
class Context:
    """All of it.

    Attributes:
        log: What is done is written there before and after.
        money: What may be spent.
        hooks: Who is told.
        settings: How a job is waited for.
        marker: What a job's metadata has, so that it is found again; empty for a run that nobody goes on with.
        started: When this process began, Unix seconds.
        taken: Asked, in doubt, for the ids of jobs that other runs of the journal have.
        learn: Told the run when its job has succeeded.
    """

    log: Log = field(default_factory=Nothing)
    money: Money = field(default_factory=Free)
    hooks: Hooks = field(default_factory=Hooks)
    settings: Settings = field(default_factory=Settings)
    marker: dict[str, str] = field(default_factory=dict)
    started: float = 0.0
    taken: Callable[[], Iterable[str]] = tuple
    learn: Callable[[Run], object] | None = None

    @property
    def keeps(self) -> bool:
        """Whether somebody may go on with the run: then nothing is made before it was looked for."""
        return bool(self.marker)

    def left(self) -> float | None:
        """Seconds until the deadline, 0 when it has come; None if there is none."""
        limit = self.settings.timeout_s
        return None if limit is None else max(0.0, limit - (self.now() - self.started))

    def now(self) -> float:
        """Unix seconds."""
        return self.settings.clock.now()

    def billed(self, run: Run) -> Run:
        """`run` with its bill as it is now."""
        return msgspec.structs.replace(run, bill=self.money.bill(run))

    def kept(self, run: Run) -> Run:
        """Keep `run`, and tell of it."""
        run = self.billed(run)
        self.log.keep(run)
        self.told(run)
        return run

    def told(self, run: Run) -> None:
        """Tell of `run`, which is kept already."""
        if self.hooks.progress is not None:
            self.hooks.progress(run)

    def refused(self, run: Run, step: str, reply: Reply) -> Run:
        """The end of a run that the API refuses to go on with."""
        problem = reply.problem
        assert problem is not None  # noqa: S101 - only a bad reply is a refusal
        refusal = Refusal(step, reply.status, problem.message, problem.code, problem.param)
        return self.kept(msgspec.structs.replace(run, refusal=refusal))

    def noted(self, run: Run, note: str) -> Run:
        """`run` with one more note, unless it has it."""
        return run if note in run.notes else msgspec.structs.replace(run, notes=(*run.notes, note))
