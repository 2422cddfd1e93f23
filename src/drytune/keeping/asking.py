"""One call after the other, through the official SDK: at a given rate, and again where the platform says so."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from drytune.keeping.budget import Stake
from drytune.keeping.retrying import NEVER_SENT, wanted_pause
from drytune_simulator.clock import Clock

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["OF_THE_KEY", "RETRIED", "Asker", "NoRoomError", "Outcome", "StopError"]

RETRIED: Final = frozenset({408, 409, 429})
"""Statuses that say nothing about the question; so does every one from 500 on."""

_ATTEMPTS: Final = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_LONGEST_ASKED: Final = 24 * 3600.0
"""Who is told to wait for longer than a day had better come back."""

OF_THE_KEY: Final[Mapping[int, str]] = {
    401: "the platform does not take the API key",
    403: "the API key may not use the model",
    404: "the platform has no such model, or not any more",
}
"""Refusals that every question would get."""


class StopError(Exception):
    """No further question makes sense now; the text says why."""


class NoRoomError(StopError):
    """The budget does not cover one more attempt."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a question.

    Attributes:
        status: HTTP status of the answer; 0 if there was none.
        data: The decoded body of an answer that is no error.
        words: What the platform, or the connection, says of its failing; empty for an answer.
        lost: Whether an attempt may have been answered, and billed, without anybody getting the answer.
    """

    status: int
    data: Any = None
    words: str = ""
    lost: bool = False

    @property
    def is_final(self) -> bool:
        """Whether asking again would give nothing else: an answer, or a refusal of this very request."""
        return 200 <= self.status < 500 and self.status not in RETRIED


class Asker:
    """Asks through an SDK client whose own retries are off.

    Args:
        client: With `max_retries` 0.
        rpm: Calls in a minute, at most; None for no limit.
        clock: Tells when the last call was.
        sleep: Waits for so many seconds.
        waiting: Told how long it will wait, and why, before it does.
    """

    def __init__(
        self,
        client: OpenAI,
        *,
        rpm: float | None,
        clock: Clock,
        sleep: Callable[[float], None],
        waiting: Callable[[float, str], None] | None = None,
    ) -> None:
        self._client = client
        self._interval = 0.0 if rpm is None else 60.0 / rpm
        self._clock = clock
        self._sleep = sleep
        self._waiting = waiting
        self._next = -math.inf

    def ask(self, path: str, body: Mapping[str, Any], stake: Stake) -> Outcome:
        """The outcome of a question, tried several times where it may help.

        Args:
            path: Where it is asked.
            body: What is asked.
            stake: Has to have room before each attempt, and is told of each whose answer is lost.

        Raises:
            NoRoomError: The budget does not cover the next attempt.
            StopError: The key, the model or the money is gone; or the platform asks to come back much later.
        """
        pause = _FIRST_PAUSE
        for attempt in range(1, _ATTEMPTS + 1):
            if not stake.has_room:
                raise NoRoomError("the budget does not cover another attempt")
            self._keep_rate()
            outcome, wanted = self._staked(path, body, stake)
            if outcome.is_final or attempt == _ATTEMPTS:
                break
            seconds = pause if wanted is None else wanted
            if seconds > _LONGEST_ASKED:
                raise StopError(f"the platform asks to wait for {seconds:.0f} s ({outcome.words})")
            self._wait(seconds, outcome.words)
            pause = min(2 * pause, _LONGEST_PAUSE)
        return outcome

    def _staked(self, path: str, body: Mapping[str, Any], stake: Stake) -> tuple[Outcome, float | None]:
        """One attempt, counted as lost if its answer is, also where somebody interrupts the waiting for it."""
        is_lost = True
        try:
            outcome, wanted = self._once(path, body)
            is_lost = outcome.lost
        except StopError:
            is_lost = False
            raise
        finally:
            if is_lost:
                stake.lose()
        return outcome, wanted

    def _once(self, path: str, body: Mapping[str, Any]) -> tuple[Outcome, float | None]:
        """What comes of one attempt, and after how many seconds to try again, if the platform says."""
        import openai

        from drytune.transports import family_of_openai

        try:
            response = self._client.post(path, cast_to=family_of_openai().Response, body=body)
            return Outcome(response.status_code, msgspec.json.decode(response.content)), None
        except openai.APIConnectionError as error:
            # a connection that never was cannot have been billed; all others may
            name = type(error.__cause__).__name__
            never = name in NEVER_SENT
            return Outcome(0, words=f"{error} ({name})", lost=not never), None
        except openai.APIStatusError as error:
            words = _words(error)
            if error.status_code in OF_THE_KEY:
                raise StopError(f"{OF_THE_KEY[error.status_code]}: {words}") from error
            if error.code == "insufficient_quota" or error.status_code == 402:
                raise StopError(f"the account has no money left: {words}") from error
            return Outcome(error.status_code, words=words), wanted_pause(
                error.response.headers, self._clock.now()
            )
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Outcome(0, words="the answer is no JSON", lost=True), None

    def _keep_rate(self) -> None:
        now = self._clock.now()
        if now < self._next:
            self._sleep(self._next - now)
            now = max(self._next, self._clock.now())
        self._next = now + self._interval

    def _wait(self, seconds: float, why: str) -> None:
        if self._waiting is not None:
            self._waiting(seconds, why)
        if seconds > 0:
            self._sleep(seconds)


def _words(error: Any) -> str:
    """What the platform says, on one line."""
    body = error.body if isinstance(error.body, dict) else {}
    said = " ".join(str(body.get("message") or error.message).split())
    return f"{error.status_code}, {said[:300]}"
