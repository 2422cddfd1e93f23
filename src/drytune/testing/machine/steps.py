"""One step of a tuner: what was done, what it said, what it asked for, what is true before and after."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from drytune.testing.machine.door import Seen
from drytune.testing.machine.platform import Platform, Truth
from drytune.testing.machine.tuner import Claims
from drytune.testing.unanswered import Endless
from drytune_simulator.faults import Fault

__all__ = ["Side", "Step"]

_OWN_MISTAKES: Final = (TypeError, AttributeError, NameError, RecursionError, SyntaxError)
"""No refusal is told by these: they are shown as they are."""


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one call of a tuner's method.

    Attributes:
        what: The call, as one would write it.
        value: What it gave.
        error: What it raised instead.
        endless: What ended it, if it would not have ended.
        before, after: What was there.
        seen: What was asked in between.
        struck: How often something went wrong on purpose.
        lost: To how many requests the answer was lost, though they had their effect.
        claims: What the tuner promises.
    """

    what: str
    value: Any
    error: Exception | None
    endless: Endless | None
    before: Truth
    after: Truth
    seen: Sequence[Seen]
    struck: int
    lost: int
    claims: Claims

    @property
    def has_raised(self) -> bool:
        """Whether it told that something is wrong."""
        return self.error is not None

    @property
    def new_jobs(self) -> list[str]:
        """Jobs that came to be."""
        return [job for job in self.after.jobs if job not in self.before.jobs]

    @property
    def new_files(self) -> list[str]:
        """Files that came to be, and are still there."""
        return [file for file in self.after.files if file not in self.before.files]

    @property
    def gone_files(self) -> list[str]:
        """Files that were deleted."""
        return [file for file in self.before.files if file not in self.after.files]

    @property
    def gone_models(self) -> list[str]:
        """Models that were deleted."""
        return sorted(self.before.models - self.after.models)

    @property
    def cancelled(self) -> list[str]:
        """Jobs that were cancelled."""
        return [
            job
            for job in self.after.jobs
            if self.after.status(job) == "cancelled" and self.before.status(job) != "cancelled"
        ]

    def statuses(self, job_id: str) -> set[str]:
        """All that the job was in this step, as far as anybody could know."""
        told = {
            str(one.answered.get("status")) for one in self.seen if one.answered.get("id") == job_id
        }  # lists tell them too, but nothing else than before and after
        return told | {self.before.status(job_id), self.after.status(job_id)}

    @property
    def outcome(self) -> str:
        """What it came to, in words."""
        if self.endless is not None:
            return f"did not end: {self.endless}"
        if self.error is None:
            return f"gave {self.value!r}"
        text = " ".join(str(self.error).split())
        return f"raised {type(self.error).__name__}: {text if len(text) <= 200 else text[:199] + '…'}"


class Side:
    """A tuner with the platform that it works on.

    Args:
        platform: Its own.
        tuner: Bound to that one's client.
    """

    def __init__(self, platform: Platform, tuner: Any) -> None:
        self.platform = platform
        self.tuner = tuner
        self.claims = Claims.of(tuner)
        self.truth = platform.truth()

    def take(
        self,
        name: str,
        arguments: Sequence[object],
        options: dict[str, Any] | None = None,
        *,
        faults: Iterable[Fault] = (),
        fate: str | None = None,
        is_nonsense: bool = False,
    ) -> Step:
        """Call a method of the tuner.

        Args:
            name: Of the method.
            arguments: For it.
            options: For it, by name.
            faults: What goes wrong meanwhile.
            fate: What a job that is created meanwhile meets with.
            is_nonsense: Whether values are of wrong types, so that a TypeError is no mistake of the tuner.
        """
        platform, options = self.platform, options or {}
        value: Any = None
        error: Exception | None = None
        endless: Endless | None = None
        with platform.step(faults, fate):
            try:
                value = _done(lambda: getattr(self.tuner, name)(*arguments, **options))
            except Endless as problem:
                endless = problem
            except _OWN_MISTAKES as problem:
                if not is_nonsense:
                    raise
                error = problem
            except Exception as problem:  # noqa: BLE001 - whatever it is: that is how a tuner tells
                error = problem
        before, self.truth = self.truth, platform.truth()
        return Step(
            what=_call(name, arguments, options),
            value=value,
            error=error,
            endless=endless,
            before=before,
            after=self.truth,
            seen=platform.seen,
            struck=platform.struck(),
            lost=platform.lost(),
            claims=self.claims,
        )

    def itself(self, do: Callable[[], Any]) -> Any:
        """Do something that is not the tuner's."""
        result = do()
        self.truth = self.platform.truth()
        return result


def _done(call: Callable[[], Any]) -> Any:
    value = call()
    return asyncio.run(_awaited(value)) if inspect.isawaitable(value) else value


async def _awaited(value: Any) -> Any:
    return await value


def _call(name: str, arguments: Sequence[object], options: dict[str, Any]) -> str:
    shown = [f"<{len(one)} bytes>" if isinstance(one, bytes) else repr(one) for one in arguments]
    shown += [f"{key}={value!r}" for key, value in options.items()]
    return f"{name}({', '.join(shown)})"
