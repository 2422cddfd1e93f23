"""What was asked and what was answered: the last so many requests, without secrets.

    journal = Journal()
    client = drytune.simulated(journaled(Simulator(), journal))
    ...
    assert [entry.path for entry in journal.entries(method="POST")] == ["/v1/files", "/v1/fine_tuning/jobs"]

Headers are not kept at all. What is or looks like a key in a path, a query or a body is replaced before it is
shown.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from drytune_simulator.clock import Clock, SystemClock
from drytune_simulator.http import ApiError, Chunk, ConnectionDropped, Handler, Request, Response
from drytune_simulator.journal_entry import Entry, Filter, Hider, kept
from drytune_simulator.layers import FAULT, origin_of
from drytune_simulator.store import StoreError
from drytune_simulator.world import authenticate
from drytune_simulator.wrapping import Remade, Wrapper, close_body

__all__ = ["Entry", "Journal", "journaled"]

_MAX_ENTRIES = 1_000
_MAX_BYTES = 8 * 1024 * 1024


class Journal:
    """The last requests; safe to share between threads.

    Args:
        clock: Of the simulator, for `Entry.at`; by default the time of this machine.
        timer: For `Entry.seconds`.
        entries: How many are kept.
        bytes: How many bytes of bodies are kept; the oldest entries go first.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        timer: Clock | None = None,
        entries: int = _MAX_ENTRIES,
        bytes: int = _MAX_BYTES,  # noqa: A002 - what it is
    ) -> None:
        self._timer = timer or SystemClock()
        self._clock = clock or self._timer
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque()
        self._most, self._most_bytes = entries, bytes
        self._bytes = 0
        self._number = 0
        self._last: float | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries())

    @property
    def seen(self) -> int:
        """How many requests there have been, kept or not."""
        return self._number

    def entries(
        self,
        *,
        path: str | None = None,
        method: str | None = None,
        status: int | None = None,
        fault: str | None = None,
        layer: str | None = None,
        tenant: str | None = None,
        since: int = 0,
        limit: int | None = None,
    ) -> list[Entry]:
        """Those that fit all that is asked for, oldest first.

        Args:
            path: Begins with this.
            method: Is this.
            status: Is this.
            fault: This one struck.
            layer: This one answered.
            tenant: Is this.
            since: Has a greater number.
            limit: Only the newest so many.
        """
        wanted = Filter(path, method, status, fault, tenant, since, layer)
        with self._lock:
            found = [entry for entry in self._entries if wanted.takes(entry)]
        return found if limit is None else found[max(0, len(found) - limit) :]

    def clear(self) -> None:
        """Forget all entries; the next one's number goes on."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def begin(self, request: Request, tenant: str | None, hider: Hider) -> tuple[Entry, float]:
        """An entry for a request that has come, and the timer's time; it is kept at once.

        Args:
            request: The request.
            tenant: Whose it is.
            hider: Hides what must not be shown.
        """
        body, size = _kept(request)
        now = self._now()
        with self._lock:
            self._number += 1
            entry = Entry(
                number=self._number,
                at=now,
                method=request.method,
                raw_path=request.path,
                tenant=tenant,
                request_bytes=size,
                raw_query=request.target.partition("?")[2],
                raw_request=body,
                raw_hider=hider,
            )
            self._entries.append(entry)
            self._room_for(body)
        return entry, self._timer.now()

    def _now(self) -> float | None:
        """The clock's time, or the last one known: a database that does not answer must not spoil the answer."""
        with suppress(StoreError):
            self._last = self._clock.now()
        return self._last

    def answered(self, entry: Entry, began: float, response: Response) -> None:
        """Note the answer."""
        entry.seconds = max(0.0, self._timer.now() - began)
        entry.status = response.status
        entry.request_id = response.headers.get("x-request-id")
        entry.fault = response.headers.get("x-drytune-fault")
        entry.note_origin(origin_of(response.headers))
        if isinstance(response.body, bytes):
            entry.response_bytes = len(response.body)
            body = kept(response.body, response.headers.get("content-type", ""))
            with self._lock:
                # one that has gone meanwhile must not count
                if self._entries and entry.number >= self._entries[0].number:
                    entry.raw_response = body
                    self._room_for(body)

    def dropped(self, entry: Entry, began: float | None, error: ConnectionDropped) -> None:
        """Note that the connection broke, before an answer (then `began` is given) or in it."""
        if began is not None:
            entry.seconds = max(0.0, self._timer.now() - began)
        entry.dropped = True
        if (origin := origin_of(error.headers)) is not None:
            entry.note_origin(origin)
        elif entry.fault is None and (fault := str(error).removeprefix("fault ")):
            entry.fault = fault
            entry.note_origin(origin_of(FAULT))

    def _room_for(self, body: bytes | None) -> None:
        self._bytes += len(body or b"")
        while self._entries and (len(self._entries) > self._most or self._bytes > self._most_bytes):
            old = self._entries.popleft()
            self._bytes -= len(old.raw_request or b"") + len(old.raw_response or b"")


class _Journaled(Wrapper):
    def __init__(self, handler: Handler, journal: Journal, keys: frozenset[str] | None) -> None:
        super().__init__(handler)
        self._journal = journal
        self._keys = keys
        self._hider = Hider(keys or ())

    def __call__(self, request: Request) -> Response:
        entry, began = self._journal.begin(request, _tenant(request, self._keys), self._hider)
        try:
            response = self._handler(request)
        except ConnectionDropped as error:
            self._journal.dropped(entry, began, error)
            raise
        self._journal.answered(entry, began, response)
        if isinstance(response.body, bytes):
            return response
        chunks = response.body
        return replace(response, body=Remade(chunks, self._watched(entry, chunks)))

    def _watched(self, entry: Entry, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        try:
            for chunk in chunks:
                entry.response_bytes += len(chunk.data)
                yield chunk
        except ConnectionDropped as error:
            self._journal.dropped(entry, None, error)
            raise
        finally:
            close_body(chunks)


def journaled(handler: Handler, journal: Journal, keys: frozenset[str] | None = None) -> Handler:
    """`handler`, with each request and its answer noted in `journal`.

    Args:
        handler: Its faults are noted, too, if it is a `failing` one.
        journal: May be looked at while this is in use.
        keys: The API keys that are taken, as in `Profile.keys`; they are shown nowhere.
    """
    return _Journaled(handler, journal, keys)


def _kept(request: Request) -> tuple[bytes | None, int]:
    """What is kept of a request's body, and its size in bytes."""
    if request.stream is None:
        return kept(request.body, request.headers.get("content-type", "")), len(request.body)
    return None, request.stream.seek(0, 2)


def _tenant(request: Request, keys: frozenset[str] | None) -> str | None:
    try:
        return authenticate(request, keys).scope
    except ApiError:
        return None
