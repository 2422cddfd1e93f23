"""Objects of the platform in one SQL table, and the counters behind their ids.

A row is visible from a moment on: a job's model and results file are written when the job is created and
appear when the schedule says so. Nothing has to happen at that moment, and nothing is lost at a restart.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from drytune_simulator.store import statements
from drytune_simulator.store.anchors import StoredAnchors
from drytune_simulator.store.blobs import Blobs
from drytune_simulator.store.database import prepare
from drytune_simulator.store.leases import LeasedBlobs
from drytune_simulator.store.places import Places
from drytune_simulator.store.rows import Row, from_record, to_record
from drytune_simulator.store.session import Session

__all__ = ["Store"]

_DELETED = "/deleted"
_LAST = 2**63 - 1
_FIRST_PAGE, _LARGEST_PAGE = 25, 400
_NUMBERS_AT_ONCE = 64
_MOST_RANGES = 1024


class Store:
    """Tables and blobs, safe to share between threads; those that are durable, between processes as well.

    Whatever was acknowledged (a call has returned, outside of a transaction or with the outermost one) is on the
    disk. What is read outside of a transaction is what was committed last, and waits for no writer; only in memory
    do all take turns.

    Args:
        directory: Where SQLite's file and the contents are kept; without it, and without a URL, in memory.
        database_url: ``postgresql://…`` keeps the tables at a PostgreSQL server instead; contents then need
            `directory` or `files_url`, which all processes have to share.
        files_url: Where contents are kept instead of `directory`: any URL of fsspec.

    Attributes:
        durable: Whether it outlives the process.
        blobs: File contents.
        beside: A directory for what can be made again from contents; None where none outlives the process.
        anchors: What clocks go by that all processes share.

    Raises:
        StoreError: It cannot be kept there, its contents are kept elsewhere, or another version of drytune has
            made it. Any method raises it if the database cannot be read or written.
    """

    blobs: Blobs

    def __init__(
        self,
        directory: Path | None = None,
        *,
        database_url: str | None = None,
        files_url: str | None = None,
    ) -> None:
        self.durable = directory is not None or database_url is not None
        places = Places(directory, database_url, files_url)
        self._ranges: dict[tuple[str, str], Iterator[int]] = {}
        self._taking = threading.Lock()
        database = places.database
        self._session = Session(database)
        # whoever forgets to close a simulator in a test should not be told of an open connection
        weakref.finalize(self, database.close)
        try:
            identity = prepare(database, places.where)
            place = places.contents(identity)
            if self.durable:
                places.agree(self._session, place)
            self._leased = LeasedBlobs(self._session, place, self.number("store", ""))
            self.blobs = self._leased
            self.beside = places.beside(identity)
            self.anchors = StoredAnchors(self._session)
            if self.durable:
                self._leased.clean()
        except BaseException:
            database.close()
            raise

    def close(self) -> None:
        """Let go of the database; one in memory is gone."""
        self.anchors.close()
        self._session.close()

    def transaction(self) -> AbstractContextManager[None]:
        """All that is done inside is done as one: nobody sees a part of it, and a crash leaves none of it.

        Transactions may be nested; the outermost counts. One at a time among all processes is open, so that what
        was read inside of it is still so when it writes; keep it short, and put contents before it. To read, none
        is needed.
        """
        return self._session.transaction()

    def moment(self) -> AbstractContextManager[None]:
        """Inside, this thread asks once what clocks go by: a request is answered as of when it came.

        What it moves itself, and what others had moved when it got its turn to write, it sees.
        """
        return self._session.moment()

    def number(self, kind: str, scope: str) -> int:
        """The next number of a kind in a scope: 1, 2, 3 …; never the same twice."""
        with self.transaction():
            return int(self._session.run(statements.NEXT_NUMBER, {"name": f"{kind}/{scope}"}).fetchone()[0])

    def quick_number(self, kind: str, scope: str) -> int:
        """The same, for what comes by the thousand: numbers are taken from the database many at a time.

        A process that ends leaves a gap, and the numbers of several processes are not in the order of time. Not to
        be called in a transaction, which might take them back.
        """
        with self._taking:
            number = next(self._ranges.get((kind, scope), iter(())), None)
            if number is None:
                with self.transaction():
                    values = {"name": f"{kind}/{scope}", "many": _NUMBERS_AT_ONCE}
                    last = int(self._session.run(statements.NEXT_NUMBERS, values).fetchone()[0])
                if len(self._ranges) >= _MOST_RANGES:
                    self._ranges.clear()
                self._ranges[kind, scope] = numbers = iter(range(last - _NUMBERS_AT_ONCE + 1, last + 1))
                number = next(numbers)
        return number

    def insert(self, rows: Iterable[Row]) -> None:
        """Add `rows`, all or none.

        Raises:
            StoreError: There is one already, or its content was not put.
        """
        with self.transaction():
            for row in rows:
                if row.blob is not None:
                    self._leased.refer(row.blob)
                self._session.run(statements.INSERT, to_record(row))

    def update(self, row: Row) -> None:
        """Replace document, content and times of a row that exists; key and `seq` never change."""
        record, key = to_record(row), _key(row.kind, row.scope, row.id)
        values = {f"new_{name}": record[name] for name in statements.CHANGED}
        with self.transaction():
            before = {blob for (blob,) in self._session.select(statements.CONTENT, key)}
            if row.blob is not None and row.blob not in before:
                self._leased.refer(row.blob)
            self._session.run(statements.UPDATE, {**key, **values})
            self._unused(before - {row.blob})

    def claim(self, row: Row, until: float) -> bool:
        """Hide `row` until then, if nobody has moved it since it was read: one of many claimants gets it."""
        values = {**_key(row.kind, row.scope, row.id), "seen": row.visible_at, "until": until}
        with self.transaction():
            return self._session.run(statements.CLAIM, values).rowcount == 1

    def delete(self, kind: str, scope: str, ids: Iterable[str]) -> None:
        """Remove the rows with these ids, and contents that no row refers to any more.

        What is left of a row is its place, so that a list can go on from there (`place`).
        """
        with self.transaction():
            for name in ids:
                key = _key(kind, scope, name)
                found = self._session.select(statements.CONTENT, key)
                if found:  # then an earlier one of that name is no place of interest any more
                    self._session.run(statements.DELETE, _key(kind + _DELETED, scope, name))
                    self._session.run(
                        statements.BURY, {**key, "new_kind": kind + _DELETED, "new_document": b"{}"}
                    )
                    self._unused({found[0][0]})

    def reset(self) -> None:
        """Forget all rows and contents. Numbers go on, so that no id comes again; and so does the time."""
        with self.transaction():
            blobs = {blob for (blob,) in self._session.select(statements.CONTENTS, {})}
            self._session.run(statements.FORGET, {})
            self._unused(blobs)

    def place(self, kind: str, scope: str, id: str, now: float) -> Row | None:  # noqa: A002 - the name on the wire
        """The row, or its tombstone if it was deleted: where a list goes on that was cut there."""
        row = self.get(kind, scope, id, now)
        return self.get(kind + _DELETED, scope, id, now) if row is None else row

    def get(self, kind: str, scope: str, id: str, now: float) -> Row | None:  # noqa: A002 - the name on the wire
        """The row, or None where it does not exist (yet)."""
        row = self._one(statements.GET, _key(kind, scope, id))
        return row if row is not None and row.visible_at <= now else None

    def anywhere(self, kind: str, id: str, now: float) -> Row | None:  # noqa: A002 - the name on the wire
        """The row of whatever scope, or None where there is none (yet)."""
        return self._one(statements.ANYWHERE, {"of_kind": kind, "of_id": id, "now": now})

    def _one(self, statement: statements.Statement, values: dict[str, Any]) -> Row | None:
        name: str = values["of_id"]
        # what cannot be the name of anything is asked for all the same, in paths
        if "\0" in name or not (name.isascii() or _is_text(name)):
            return None
        found = self._session.select(statement, values)
        return from_record(found[0]) if found else None

    def active(self, kind: str, scope: str, now: float) -> Iterator[Row]:
        """The visible rows that are not over, oldest first."""
        return self._rows(statements.ACTIVE, {"of_kind": kind, "of_scope": scope, "now": now})

    def due(self, kind: str, now: float, limit: int = 100) -> list[Row]:
        """The visible rows of all scopes that are not over, by the moment they became visible."""
        return list(self._rows(statements.DUE, {"of_kind": kind, "now": now, "most": limit}))

    def count(self, kind: str, scope: str, since: float, now: float) -> int:
        """How many rows became visible from `since` to `now`, both included."""
        values = {"of_kind": kind, "of_scope": scope, "since": since, "now": now}
        return int(self._session.select(statements.COUNT, values)[0][0])

    def scan(
        self, kind: str, scope: str, now: float, *, after: Row | None = None, newest_first: bool = True
    ) -> Iterator[Row]:
        """The visible rows in order of appearance, from the one next to `after` on, read a page at a time."""
        values: dict[str, Any] = {"of_kind": kind, "of_scope": scope, "now": now}
        statement = statements.NEWEST if newest_first else statements.OLDEST
        most = _FIRST_PAGE
        while True:
            if after is not None:
                statement = statements.OLDER if newest_first else statements.NEWER
                values |= {"edge_at": after.visible_at, "edge_seq": after.seq}
                if newest_first and after.visible_at > now:  # then all that is visible is older
                    values |= {"edge_at": now, "edge_seq": _LAST}
            found = self._session.select(statement, {**values, "most": most})
            for record in found:
                after = from_record(record)
                yield after
            if len(found) < most:
                return
            most = _LARGEST_PAGE

    def _rows(self, statement: statements.Statement, values: dict[str, Any]) -> Iterator[Row]:
        return map(from_record, self._session.select(statement, values))

    def _unused(self, blobs: set[str | None]) -> None:
        keys = sorted(blob for blob in blobs if blob is not None)
        if keys:
            self._session.after_commit(lambda: self._leased.collect(keys))


def _key(kind: str, scope: str, name: str) -> dict[str, str]:
    return {"of_kind": kind, "of_scope": scope, "of_id": name}


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
