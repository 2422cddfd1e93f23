"""The file of a journal: SQLite, with a write-ahead log that is on the disk whenever something was written.

runs       a line a run: what it is, and its plan
snapshots  a line for each field of a run as it was last kept, so that only what changed is written again
events     those of its job, for there may be thousands
attempts   each try of a step: a line that its intent makes, and its result completes
trained    what jobs were billed beside what was expected; it stays when its run is forgotten
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from drytune.errors import DrytuneError, UsageError

__all__ = ["VERSION", "Database", "JournalError"]

VERSION: Final = 1
_APPLICATION: Final = 0x64727475
"""``drtu``: tells a journal from other databases."""

_SECONDS_TO_WAIT: Final = 30.0
"""For another process that writes."""

_TABLES: Final = (
    """CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        identity TEXT NOT NULL,
        number INTEGER NOT NULL,
        created_at REAL NOT NULL,
        updated_at REAL NOT NULL,
        plan TEXT NOT NULL,
        UNIQUE (identity, number)
    )""",
    """CREATE TABLE snapshots (
        run TEXT NOT NULL REFERENCES runs (id),
        field TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (run, field)
    ) WITHOUT ROWID""",
    """CREATE TABLE events (
        run TEXT NOT NULL REFERENCES runs (id),
        number INTEGER NOT NULL,
        event TEXT NOT NULL,
        PRIMARY KEY (run, number)
    ) WITHOUT ROWID""",
    """CREATE TABLE attempts (
        run TEXT NOT NULL REFERENCES runs (id),
        number INTEGER NOT NULL,
        step TEXT NOT NULL,
        at REAL NOT NULL,
        ending TEXT,
        ended_at REAL,
        data TEXT NOT NULL,
        PRIMARY KEY (run, number)
    ) WITHOUT ROWID""",
    """CREATE TABLE trained (
        run TEXT PRIMARY KEY,
        at REAL NOT NULL,
        endpoint TEXT NOT NULL,
        model TEXT NOT NULL,
        method TEXT NOT NULL,
        form TEXT NOT NULL,
        expected INTEGER NOT NULL,
        trained INTEGER NOT NULL
    ) WITHOUT ROWID""",
)


class JournalError(DrytuneError):
    """The journal cannot be written or read: the disk is full, a file is damaged, another process holds it."""


class Database:
    """The open file. Threads may share it: they take turns.

    Args:
        path: Where it is. Its directory and itself are made if they are not there, for this user's eyes only.
        empty: If there is no file, none is made: what is read then is empty, and what is written is forgotten.

    Raises:
        UsageError: What is there is no journal, or a newer drytune made it.
        JournalError: It cannot be opened.
    """

    def __init__(self, path: Path, *, empty: bool = False) -> None:
        self.path = path
        self._turn = threading.RLock()
        try:
            if empty and not path.exists():
                self._connection = self._connected(":memory:")
            else:
                _make(path)
                self._connection = self._connected(path)
        except OSError as error:
            msg = f"The journal {path} cannot be opened: {error.strerror or error}. Choose another --state."
            raise JournalError(msg) from error

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query."""
        with self._turn, self._explained():
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, which is durable when this ends; an exception undoes it."""
        with self._turn, self._explained(), _transaction(self._connection):
            yield self._connection

    def close(self) -> None:
        """Close the file."""
        with self._turn:
            self._connection.close()

    def _connected(self, path: Path | str) -> sqlite3.Connection:
        with self._explained():
            # transactions begin and end where this module says so
            connection = sqlite3.connect(
                path, timeout=_SECONDS_TO_WAIT, isolation_level=None, check_same_thread=False
            )
            try:
                _require_journal(connection, self.path)
                connection.execute("PRAGMA journal_mode=WAL")
                # what was acknowledged survives a loss of power; on macOS fsync alone would not do
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("PRAGMA fullfsync=ON")
                connection.execute("PRAGMA foreign_keys=ON")
                with _transaction(connection):
                    if not _require_journal(connection, self.path):  # another process may have been quicker
                        for table in _TABLES:
                            connection.execute(table)
                        connection.execute(f"PRAGMA application_id={_APPLICATION}")
                        connection.execute(f"PRAGMA user_version={VERSION}")
            except BaseException:
                connection.close()
                raise
            return connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _sentence(error, self.path) from error


def _require_journal(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether there is a journal in the file; False if nothing is in it."""
    [application] = connection.execute("PRAGMA application_id").fetchone()
    [version] = connection.execute("PRAGMA user_version").fetchone()
    if application == 0 and connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None:
        return False
    if application != _APPLICATION:
        raise UsageError(f"{path} is a database of something else: choose another --state, or move it away.")
    if version > VERSION:
        raise UsageError(
            f"{path} was written by a newer drytune: upgrade drytune, or choose another --state."
        )
    return True


def _sentence(error: sqlite3.Error, path: Path) -> DrytuneError:
    """What an error of SQLite means."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF  # the rest says more than is needed
    if code == sqlite3.SQLITE_NOTADB:
        return UsageError(f"{path} is no journal of drytune: choose another --state, or move it away.")
    if code == sqlite3.SQLITE_CORRUPT:
        what, then = (
            "is damaged",
            "copy it, and mend it with `sqlite3 FILE .recover`; jobs at the platform go on",
        )
    elif code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        what, then = "is held by another process", "try again when that has ended"
    elif code == sqlite3.SQLITE_READONLY:
        what, then = "cannot be written: it is read-only", "choose another --state, or make it writable"
    elif code == sqlite3.SQLITE_FULL:
        what, then = "cannot be written: the disk is full", "make room, then `drytune resume` goes on"
    else:
        what, then = f"cannot be used ({error})", "choose another --state, or look at its directory"
    return JournalError(f"The journal {path} {what}: {then}.")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has undone it already after some errors, e.g. a full disk
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _make(path: Path) -> None:
    """An empty file for this user only, before SQLite makes one for everybody; its log has the same mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except PermissionError:
        if not path.exists():
            raise
