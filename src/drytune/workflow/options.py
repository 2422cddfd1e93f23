"""How a run goes, and where: the keyword arguments of `drytune.run` and its like."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypedDict

from drytune.backends import Backend
from drytune.workflow.conditions import Condition
from drytune.workflow.context import Choice
from drytune.workflow.records import Run
from drytune_simulator.clock import Clock

__all__ = ["Options", "Where"]


class Where(TypedDict, total=False):
    """Which API is asked, and where the journal is.

    Attributes:
        backend: ``simulated``, ``live``, ``live:PROFILE`` or ``replayed:FILE``, or one that is open; by default as
            ``DRYTUNE_BACKEND``, the project, or CI say (see `drytune.backends.choose`).
        profile: Of ``[tool.drytune.profiles]``.
        base_url: Of a live one.
        key_env: The environment variable with its key.
        state: The directory of the journal; by default the user's state directory.
        clock: Tells the time; by default the wall clock, or that of the backend.
    """

    backend: str | Backend | None
    profile: str | None
    base_url: str | None
    key_env: str | None
    state: Path | str | None
    clock: Clock | None


class Options(Where, total=False):
    """How a run goes.

    Attributes:
        timeout_s: Seconds after which the job is waited for no longer.
        at_timeout: Whether it is then left running (the default), or cancelled.
        cancel_if: Cancels the job, e.g. ``valid_loss > 2.5 after 100``.
        follow: Whether the job is waited for at all; True by default.
        progress: Told the run after each thing that changed it.
        waiting: Told the seconds of a pause after a failure, and why.
        interrupted: Asked at Ctrl-C, while the job is waited for, what becomes of it. (Not in async runs, where
            Ctrl-C is a cancellation.)
        sleep: Lets seconds pass; by default real ones. An async twin may be given a function that is awaited.
        news: Lets seconds pass, or less if there are news of the job with this id: `Receiver.wait` of
            `drytune.workflow.webhooks`, or its `async_wait`. By default a job is looked at when time is up.
    """

    timeout_s: float | None
    at_timeout: Literal["leave", "cancel"]
    cancel_if: str | Condition | None
    follow: bool
    progress: Callable[[Run], object] | None
    waiting: Callable[[float, str], object] | None
    interrupted: Callable[[Run], Choice] | None
    sleep: Callable[[float], Any] | None
    news: Callable[[float, str], Any] | None
