"""Keeps what passes: a `Handler` around another one that hands over each exchange when it is complete.

What the client gets is what the other handler gave, piece by piece and at once. A stream is kept when it has
ended; one that breaks off, or that the client leaves, is kept as far as it came, as `interrupted`. A question that
got no answer at all is not kept: an SDK asks it again, and that one is.

Nothing that goes wrong in keeping reaches the client: it is logged, and stands in `Recorder.problems`.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Final, Protocol

from drytune.cassettes.model import Asked, Exchange, Provenance, Told
from drytune.handlers.keepable import asked_of, keys_of, provenance_of, sdk_of, told_fields
from drytune_simulator import Chunk, Handler, Request, Response
from drytune_simulator.clock import Clock, SystemClock
from drytune_simulator.wrapping import Wrapper, close_body

__all__ = ["Learner", "Recorder", "recording"]

_LOG = logging.getLogger("drytune")
_LAST_EVENT = re.compile(rb"data: ?\[DONE\]|event: ?(?:response\.(?:completed|failed|incomplete)|done)\b")
_REASONS: Final[Mapping[int, str]] = {status.value: status.phrase for status in HTTPStatus}
_TICK = 1e-6


class Learner(Protocol):
    """What a recorder asks of `drytune.cassettes.redaction.Redactor`."""

    def learn(self, secret: str) -> None:
        """Hide this text from now on, wherever it stands."""


def recording(
    handler: Handler,
    tape_add: Callable[[Exchange], object],
    *,
    base_url: str,
    keep_uploads: bool = False,
    clock: Clock | None = None,
    redactor: Learner | None = None,
) -> Recorder:
    """`handler`, and each exchange with it is given to `tape_add` when it is complete.

    Args:
        handler: What answers.
        tape_add: Called once for each exchange, from any thread, in the order in which they end; `Exchange.at`
            grows with the order in which they were asked.
        base_url: Of the platform: exchanges are kept under its addresses.
        keep_uploads: Keep the contents of uploaded files, rather than their hashes only.
        clock: Measures how long answers take; the wall clock by default.
        redactor: Learns the keys that clients send, before anything is kept.
    """
    return Recorder(
        handler, tape_add, base_url=base_url, keep_uploads=keep_uploads, clock=clock, redactor=redactor
    )


class Recorder(Wrapper):
    """The handler that `recording` makes; safe to share between threads.

    Attributes:
        problems: A sentence for each exchange that was answered and could not be kept.
        kept: How many were.
        provenance: What the answers say of themselves; None where they say nothing, as a real platform does.
        sdk: The first SDK that asked and said its name, e.g. ``openai-python 3.54.0``.
        clock: Measures.
    """

    def __init__(
        self,
        handler: Handler,
        tape_add: Callable[[Exchange], object],
        *,
        base_url: str,
        keep_uploads: bool = False,
        clock: Clock | None = None,
        redactor: Learner | None = None,
    ) -> None:
        super().__init__(handler)
        self.problems: list[str] = []
        self.kept = 0
        self.provenance: Provenance | None = None
        self.sdk: str | None = None
        self.clock = clock or SystemClock()
        self._add = tape_add
        self._base_url = base_url
        self._keep_uploads = keep_uploads
        self._redactor = redactor
        self._began = self.clock.now()
        self._last = -_TICK
        self._lock = threading.Lock()
        self._open: set[_Teed] = set()

    def __call__(self, request: Request) -> Response:
        """The handler's answer."""
        at = self._moment()
        asked = self._asked(request)
        before = self.clock.now()
        response = self._handler(request)
        wait = max(self.clock.now() - before, 0.0) + response.delay
        if asked is None:
            return response
        taking = _Taking(self, asked, at, response, wait)
        if isinstance(response.body, bytes):
            taking.whole(response.body)
            return response
        teed = _Teed(response.body, taking)
        with self._lock:
            self._open.add(teed)
        return Response(response.status, response.headers, teed, response.delay)

    def close(self) -> None:
        """Let go of the streams that nobody has let go of, and keep what they gave so far."""
        with self._lock:
            still = list(self._open)
        for one in still:
            with suppress(
                ValueError
            ):  # a generator that another thread is in cannot be closed; it is over all the same
                one.close()

    def keep(self, exchange: Exchange) -> None:
        """Hand an exchange over."""
        says = provenance_of(dict(exchange.response.headers))
        try:
            self._add(exchange)
        except Exception as error:  # noqa: BLE001 - the client has its answer, and it must stay one
            self._failed(exchange.request.method, exchange.request.uri, error)
            return
        with self._lock:
            self.kept += 1
            if self.provenance != "simulated":  # one such answer, and this is no recording of a real platform
                self.provenance = says or self.provenance

    def ended(self, teed: _Teed) -> None:
        """A stream is over."""
        with self._lock:
            self._open.discard(teed)

    def _moment(self) -> float:
        """Seconds since the beginning; later than any before, for the order of exchanges hangs on it."""
        with self._lock:
            self._last = max(round(self.clock.now() - self._began, 6), round(self._last + _TICK, 6))
            return self._last

    def _asked(self, request: Request) -> Asked | None:
        """The request as it is kept; None if that is not possible."""
        try:
            self.sdk = self.sdk or sdk_of(request.headers)
            if self._redactor is not None:
                for secret in keys_of(request.headers):
                    self._redactor.learn(secret)
            return asked_of(request, self._base_url, keep_uploads=self._keep_uploads)
        except Exception as error:  # noqa: BLE001 - it is asked all the same
            self._failed(request.method, request.target, error)
            return None

    def _failed(self, method: str, target: str, error: Exception) -> None:
        """Note that an exchange is not kept, without the error's own words: they may quote what is secret."""
        path = target.partition("?")[0]
        said = f"the exchange {method} {path} could not be kept ({type(error).__name__})"
        with self._lock:
            self.problems.append(said)
        _LOG.warning("%s", said)


class _Taking:
    """An exchange whose answer is on its way."""

    def __init__(self, recorder: Recorder, asked: Asked, at: float, response: Response, wait: float) -> None:
        self.recorder = recorder
        self._asked = asked
        self._at = at
        self._response = response
        self._wait = wait

    def whole(self, body: bytes) -> None:
        """The body came whole."""
        self._keep(body, (), interrupted=self._lacks(body))

    def streamed(self, pieces: list[tuple[bytes, float]], *, interrupted: bool) -> None:
        """The body came in pieces, as far as it came."""
        body = b"".join(data for data, _ in pieces)
        is_events = str(self._response.headers.get("content-type", "")).startswith("text/event-stream")
        told = pieces if is_events or len(pieces) > 1 else []
        chunks = tuple((len(data), round(delay, 4)) for data, delay in told)
        self._keep(body, chunks, interrupted=interrupted or self._lacks(body))

    def _lacks(self, body: bytes) -> bool:
        declared = str(self._response.headers.get("content-length", ""))
        return self._asked.method != "HEAD" and declared.isdigit() and len(body) < int(declared)

    def _keep(self, body: bytes, chunks: tuple[tuple[int, float], ...], *, interrupted: bool) -> None:
        status = self._response.status
        told = Told(
            status=status,
            reason=_REASONS.get(status, ""),
            headers=told_fields(self._response.headers),
            body=body,
            wait=round(self._wait, 4),
            chunks=chunks,
            interrupted=interrupted,
        )
        self.recorder.keep(Exchange(request=self._asked, response=told, at=self._at))


class _Teed(Iterator[Chunk]):
    """A stream on its way to the client, of which each piece is noted.

    What is measured is how long a piece let its reader wait, not when it was asked for: a slow reader reads slowly
    again when this is replayed.
    """

    def __init__(self, source: Iterator[Chunk], taking: _Taking) -> None:
        self._source = source
        self._taking = taking
        self._pieces: list[tuple[bytes, float]] = []
        self._owed = 0.0
        self._is_over = False
        self._lock = threading.Lock()

    def __next__(self) -> Chunk:
        clock = self._taking.recorder.clock
        before = clock.now()
        try:
            chunk = next(self._source)
        except StopIteration:
            self._end(interrupted=False)
            raise
        except BaseException:
            # behind the last event it does not matter how the connection ends: a client may have let go of it
            self._end(interrupted=not _is_finished(self._pieces))
            raise
        self._owed += max(clock.now() - before, 0.0) + chunk.delay
        if chunk.data:
            self._pieces.append((chunk.data, self._owed))
            self._owed = 0.0
        return chunk

    def close(self) -> None:
        """Let go of it: what came so far is kept.

        The SDK lets go of a stream of events behind the last one, without looking for its end.
        """
        try:
            close_body(self._source)
        finally:
            self._end(interrupted=not _is_finished(self._pieces))

    def _end(self, *, interrupted: bool) -> None:
        with (
            self._lock
        ):  # until it is kept: whoever closes it in another thread may go on to seal the recording
            if self._is_over:
                return
            self._is_over = True
            self._taking.streamed(list(self._pieces), interrupted=interrupted)
            self._taking.recorder.ended(self)


def _is_finished(pieces: list[tuple[bytes, float]]) -> bool:
    """Whether a stream of events has come to its last event."""
    end = b"".join(data for data, _ in pieces[-64:]).replace(b"\r\n", b"\n")
    if not end.endswith(b"\n\n"):
        return False
    return _LAST_EVENT.match(end.rstrip().rpartition(b"\n\n")[2]) is not None
