"""Contents and the rows that refer to them: never a row without its content, whoever writes and deletes at once.

A content is put before its row is inserted, and discarded when the last row that refers to it has gone. In
between anybody may delete another row with the same content. So whoever puts one takes a lease first, in the
database that all processes share, and gives it back in the transaction that inserts the row. Whoever discards one
does so while it has the turn to write, and only if no row and no lease is found. A process that dies leaves a
lease behind, which ends after an hour, and perhaps a content that nobody refers to: it is removed when a store is
opened on another day.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from typing import BinaryIO

from drytune_simulator.clock import SystemClock
from drytune_simulator.store import statements
from drytune_simulator.store.blobs import Kept, Place
from drytune_simulator.store.error import StoreError
from drytune_simulator.store.session import Session

__all__ = ["LeasedBlobs"]

_LOG = logging.getLogger("drytune_simulator")

_LEASE_ENDS_AFTER = 3600.0
_DAY = 24 * 3600.0


class LeasedBlobs:
    """The contents of a store, each of which stays while somebody needs it."""

    def __init__(self, session: Session, place: Place, opened: int) -> None:
        """`opened` is a number that no other process has."""
        self._session = session
        self._place = place
        self.where = place.where
        self._real = SystemClock()  # files have real times, and so have processes that died
        self._opened = opened
        self._taken = 0
        self._lock = threading.Lock()
        # by thread, since whoever puts a content inserts its row next, and another's row is not this one's
        self._leases: dict[tuple[int, str], list[str]] = {}

    def put(self, data: bytes) -> str:
        """Keep `data`; gives its key."""
        return self._place.put(data, self._hold)

    def put_chunks(self, chunks: Iterable[bytes]) -> Kept:
        """Keep what the chunks make together."""
        return self._place.put_chunks(chunks, self._hold)

    def open(self, key: str) -> BinaryIO:
        """The content of `key` as a file."""
        return self._place.open(key)

    def get(self, key: str) -> bytes:
        """The bytes of `key`."""
        return self._place.get(key)

    def size(self, key: str) -> int:
        """The number of bytes of `key`."""
        return self._place.size(key)

    def discard(self, key: str) -> None:
        """Say that this thread will not need `key` after all; it goes unless somebody else does."""
        with self._session.transaction():
            while (holder := self._pop(key)) is not None:
                self._session.run(statements.RELEASE, {"of_blob": key, "of_holder": holder})
            self._session.after_commit(lambda: self.collect((key,)))

    def refer(self, key: str) -> None:
        """A row with this content is being written, in the transaction that is open: the lease has done its work.

        Raises:
            StoreError: There is no such content.
        """
        holder = self._pop(key)
        if holder is not None:
            self._session.after_rollback(lambda: self._push(key, holder))
            if self._session.run(statements.RELEASE, {"of_blob": key, "of_holder": holder}).rowcount:
                return
        if self._session.select(statements.REFERRED, {"of_blob": key}):
            return
        try:  # nobody removes it now: that would take the turn to write, which is ours
            self._place.size(key)
        except KeyError as error:
            raise StoreError(f"there is no content {key!r}: put it before its row is written") from error

    def collect(self, keys: Iterable[str]) -> None:
        """Remove those that nobody needs."""
        since = self._real.now() - _LEASE_ENDS_AFTER
        with self._session.transaction():
            for key in keys:
                if self._session.select(statements.REFERRED, {"of_blob": key}):
                    continue
                [(leases,)] = self._session.select(statements.LEASED, {"of_blob": key, "since": since})
                if not leases:
                    self._discard(key)

    def clean(self) -> None:
        """Once a day, remove what processes that died have left behind; safe while others are at work."""
        now = self._real.now()
        with self._session.transaction():
            found = self._session.select(statements.READ_NUMBER, {"of_name": "cleaned"})
            if found and found[0][0] > now - _DAY:
                return
            self._session.run(statements.SET_NUMBER, {"name": "cleaned", "value": int(now)})
            self._session.run(statements.EXPIRE, {"since": now - _LEASE_ENDS_AFTER})
        if found:  # else there was no earlier process
            for key, written in self._place.leftovers(now):
                if written < now - _LEASE_ENDS_AFTER:
                    self.collect((key,))

    def _discard(self, key: str) -> None:
        try:
            self._place.discard(key)
        except (OSError, StoreError) as error:
            _LOG.warning("content %s is not needed any more, but could not be removed: %s", key, error)

    def _hold(self, key: str) -> None:
        with self._lock:
            self._taken += 1
            holder = f"{self._opened}.{self._taken}"
        with self._session.transaction():
            self._session.run(statements.LEASE, {"blob": key, "holder": holder, "since": self._real.now()})
            self._push(key, holder)
            self._session.after_rollback(lambda: self._let_go(key))

    def _let_go(self, key: str) -> None:
        """The lease was taken in a transaction that came to nothing."""
        self._pop(key)
        self.collect((key,))

    def _push(self, key: str, holder: str) -> None:
        with self._lock:
            self._leases.setdefault((threading.get_ident(), key), []).append(holder)

    def _pop(self, key: str) -> str | None:
        mine = (threading.get_ident(), key)
        with self._lock:
            holders = self._leases.get(mine)
            if not holders:
                return None
            holder = holders.pop()
            if not holders:
                del self._leases[mine]
            return holder
