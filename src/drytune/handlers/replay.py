"""`Replay`: a Handler that answers from a cassette."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from drytune.cassettes.model import Cassette, Exchange
from drytune.cassettes.redaction import Redactor
from drytune.errors import UsageError
from drytune.handlers.matching.outcome import Miss, Pick
from drytune.handlers.matching.session import Session
from drytune.handlers.modes import Mode, check_mode, recorded
from drytune.handlers.playing import headers_of, played, provenance_told
from drytune_simulator import Handler, Request, Response
from drytune_simulator.clock import Clock, SystemClock
from drytune_simulator.http import ApiError

__all__ = ["Replay"]

_LOG = logging.getLogger("drytune")
_MANY_UNMATCHED: Final = 1000
_LONGEST_PATH: Final = 200
_LARGE: Final = 1024 * 1024
_MANY: Final = 1000


class Replay:
    """Answers from a cassette; what nothing in it answers is refused, never invented.

    Args:
        cassette: What is replayed.
        mode: When a platform is asked instead.
        upstream: That platform; for modes that ask one.
        record: Is given each exchange with it.
        speed: How many times as fast as recorded answers come; 0 is at once.
        polls: The look, from 1, with which the end of a job that is polled is shown; None for that at which it was
            recorded.
        repeats: Whether what creates or changes something may be asked more often than it was recorded.
        redactor: Hides what is secret in the sentences about what did not match.
        clock: Tells the time of the client, where `speed` is not 0.

    Attributes:
        unmatched: A sentence about each request that nothing answered.
        played: How many recorded answers were given.

    Raises:
        UsageError: A setting makes no sense.
    """

    def __init__(
        self,
        cassette: Cassette,
        *,
        mode: Mode = "none",
        upstream: Handler | None = None,
        record: Callable[[Exchange], None] | None = None,
        speed: float = 0.0,
        polls: int | None = None,
        repeats: bool = False,
        redactor: Redactor | None = None,
        clock: Clock | None = None,
    ) -> None:
        if not 0 <= speed < float("inf"):
            msg = f"a replay's speed is how many times as fast answers come, and 0 for at once, not {speed!r}"
            raise UsageError(msg)
        if polls is not None and polls < 1:
            msg = f"polls counts from 1, the first look that shows the end, but got {polls!r}"
            raise UsageError(msg)
        self._what = check_mode(mode, has_upstream=upstream is not None, is_empty=not cassette.exchanges)
        self.cassette = cassette
        self.mode = mode
        self.unmatched: list[str] = []
        self.played = 0
        self._redactor = redactor or Redactor()
        self._upstream = upstream
        if upstream is not None and record is not None:
            self._upstream = recorded(upstream, record, cassette, self._redactor, clock)
        self._speed = speed
        self._lock = threading.Lock()
        self._session = Session(
            cassette, speed=speed, polls=polls, repeats=repeats, clock=clock or SystemClock()
        )

    @property
    def waits(self) -> bool:
        """Whether answers may wait for a real platform."""
        return self._what != "replay" and bool(getattr(self._upstream, "waits", False))

    def blocks(self, request: Request) -> bool:
        """Whether answering may take long.

        A platform has to be waited for, a large upload to be hashed; and in a large cassette it takes a while to
        find what is nearest to a request that nothing answers.
        """
        if self._what != "replay":
            says = getattr(self._upstream, "blocks", None)
            return True if says is None else bool(says(request))
        is_large = request.stream is not None or len(request.body) > _LARGE
        return is_large or len(self.cassette.exchanges) > _MANY

    def unused(self) -> list[int]:
        """Numbers of the exchanges that were never given, from 1."""
        return self._session.unused()

    def rewind(self) -> None:
        """Begin anew, as if nothing had been asked."""
        self._session.rewind()
        self.unmatched.clear()
        self.played = 0

    def __call__(self, request: Request) -> Response:
        """The recorded answer to `request`."""
        if self._what == "live":
            return self._live(request, None)
        outcome = self._session.choose(request)
        if isinstance(outcome, Pick):
            return self._told(outcome)
        return self._live(request, outcome) if self._what == "mixed" else self._refused(request, outcome)

    def _told(self, pick: Pick) -> Response:
        with self._lock:
            self.played += 1
        told = self.cassette.exchanges[pick.number].response
        change = self._session.retelling(pick.given)
        if change is not None:
            told = change(told)
        headers = headers_of(told, pick.number + 1, provenance_told(self.cassette.header, told), self._speed)
        return played(told, headers, self._speed)

    def _live(self, request: Request, miss: Miss | None) -> Response:
        if self._upstream is None:  # `check_mode` sees to it
            raise AssertionError
        response = self._upstream(request)
        if self._what == "mixed":
            self._session.answered_live(request, miss, response)
        return response

    def _refused(self, request: Request, miss: Miss) -> Response:
        why, pointer = miss.why, miss.pointer
        if not why:
            near = self._session.nearest(request, self._redactor.text)
            why, pointer = near.why, near.pointer
        path = self._redactor.text(request.path)[:_LONGEST_PATH]
        said = f"nothing recorded answers {request.method} {path}: {why}"
        _LOG.warning("%s", said)
        with self._lock:
            if len(self.unmatched) < _MANY_UNMATCHED:
                self.unmatched.append(said)
        return ApiError(
            501,
            said,
            type="drytune_error",
            param=pointer,
            code="no_recording",
            headers={"x-drytune": "replayed", "x-should-retry": "false"},
        ).response()
