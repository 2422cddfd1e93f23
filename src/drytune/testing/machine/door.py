"""The door through which a tuner asks its platform: what passes is noted, and nobody asks for ever."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from drytune.testing.unanswered import Endless
from drytune_simulator import AdvancingClock, ConnectionDropped, Handler, Request, Response
from drytune_simulator.world import NewJob
from drytune_simulator.wrapping import Wrapper

__all__ = ["Behind", "Door", "Fates", "Seen", "StepClock", "json_object"]

_SLEEPS: Final = 10
"""Pauses without a question in between, for each look in vain that is suffered."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A request of the tuner, and how it was answered.

    Attributes:
        request: As it came.
        status: Of the answer; 0 if the connection broke.
        fault: Name or number of the fault that struck, or empty.
        answer: Its body, if that came whole.
        is_lost: Whether it had an effect of which the answer does not tell.
    """

    request: Request
    status: int
    fault: str = ""
    answer: bytes = b""
    is_lost: bool = False

    @property
    def asked(self) -> dict[str, Any]:
        """The JSON object that was sent; empty if it was none."""
        return json_object(self.request.body)

    @property
    def answered(self) -> dict[str, Any]:
        """The JSON object of the answer; empty if it was none."""
        return json_object(self.answer)

    def is_call(self, method: str, path: str) -> bool:
        """Whether it is one of a method and a path."""
        return self.request.method == method and self.request.path.endswith(path)

    def __str__(self) -> str:
        spoilt = f", fault {self.fault}" if self.fault else ""
        what = str(self.status) if self.status else "the connection broke"
        return f"{self.request.method} {self.request.path}: {what}{spoilt}"


class StepClock(AdvancingClock):
    """Moves on looks, unless it is held; counts looks at what has no more to come, and pauses without a look.

    One look moves to the next happening, the next one over a quarter of what is still to come: so all that a job
    can be is seen, and one of a hundred steps is over after twenty looks.
    """

    held = False
    looks = 0
    vain = 0
    slept = 0
    patience = 0

    def advance(self, seconds: float) -> None:
        """Somebody sleeps."""
        self.slept += seconds > 0
        if self.slept > _SLEEPS * self.patience:
            msg = "it sleeps for ever, and asks nothing in between"
            raise Endless(msg)
        super().advance(seconds)

    def polled(self, happenings: Sequence[float]) -> None:
        """Somebody looks at jobs."""
        if self.held:
            return
        if not happenings:
            self.vain += 1
            return
        self.looks += 1
        self.advance_to(happenings[0 if self.looks % 2 else len(happenings) // 4])


class Fates:
    """What new jobs meet with, for the time of one step."""

    now: str | None = None

    def choose(self, job: NewJob) -> str | None:  # noqa: ARG002 - the protocol's signature
        """The scenario of this step."""
        return self.now


class Behind(Wrapper):
    """Notes whether what was asked for has happened, whatever is made of the answer."""

    has_done = False

    def __call__(self, request: Request) -> Response:
        """Answer it, and note that."""
        response = self._handler(request)
        self.has_done = request.method != "GET" and response.status < 400
        return response


class Door(Wrapper):
    """Notes what passes, and closes before those who ask for ever."""

    def __init__(self, handler: Handler, clock: StepClock, behind: Behind) -> None:
        super().__init__(handler)
        self._clock = clock
        self._behind = behind
        self.seen: list[Seen] = []

    def __call__(self, request: Request) -> Response:
        """Answer `request`, unless it is one too many."""
        self._clock.slept = 0
        if self._clock.vain > self._clock.patience and request.method == "GET":
            msg = f"{request.method} {request.path} is asked for ever, though nothing changes any more"
            raise Endless(msg, url=request.target)
        self._behind.has_done = False
        try:
            response = self._handler(request)
        except ConnectionDropped:
            self.seen.append(Seen(request, 0, "connection", is_lost=self._behind.has_done))
            raise
        whole = response.body if isinstance(response.body, bytes) else b""
        fault = response.headers.get("x-drytune-fault", "")
        is_lost = self._behind.has_done and response.status >= 400
        self.seen.append(Seen(request, response.status, fault, whole, is_lost))
        return response


def json_object(body: Any) -> dict[str, Any]:
    """A JSON object; empty if it is none."""
    try:
        value = json.loads(body)
    except (TypeError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
