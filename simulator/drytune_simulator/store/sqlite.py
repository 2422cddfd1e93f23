"""SQLite, in memory or in a file that several processes share (write-ahead log)."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from drytune_simulator.store.database import SECONDS_TO_WAIT, Values, check_version
from drytune_simulator.store.error import StoreError
from drytune_simulator.store.turn import Turn

__all__ = ["SqliteFile", "SqliteMemory"]

_CLOSED = "the store has been closed"


class SqliteMemory:
    """A database of this process: one connection, whose users take turns."""

    dialect = "sqlite"
    errors: type[Exception] = sqlite3.Error

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)

    def read(self, sql: str, values: Values) -> list[Any]:
        """All rows of a query."""
        try:
            with self._turn:
                return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise self.explained(error) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction."""
        with self._turn:
            try:
                with _transaction(self._connection):
                    yield self._connection
            except sqlite3.Error as error:
                raise self.explained(error) from error

    def explained(self, error: Exception) -> StoreError:
        """What it means."""
        return _explained(error, "memory")

    def close(self) -> None:
        """It is gone."""
        with self._turn:
            self._connection.close()


class SqliteFile:
    """A file, and its write-ahead log beside it: readers see what was committed when they began.

    Raises:
        StoreError: The file cannot be opened or written, or an earlier drytune made it.
    """

    dialect = "sqlite"
    errors: type[Exception] = sqlite3.Error

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        self._turn = Turn(path.with_suffix(".turn"))
        with self._turn():
            self._give_back(self._shared())

    def read(self, sql: str, values: Values) -> list[Any]:
        """All rows of a query; it waits for no writer."""
        connection = self._take()
        try:
            return connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise self.explained(error) from error
        finally:
            self._give_back(connection)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that has the file's write lock from its beginning."""
        with self._turn():
            connection = self._take()
            try:
                with _transaction(connection):
                    yield connection
            except sqlite3.Error as error:
                raise self.explained(error) from error
            finally:
                self._give_back(connection)

    def explained(self, error: Exception) -> StoreError:
        """What it means."""
        return _explained(error, str(self._path.parent))

    def close(self) -> None:
        """Close what is idle; what is in use is closed when it is given back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreError(_CLOSED)
        try:
            return self._idle.pop()  # a list's pop and append are atomic
        except IndexError:
            return self._connect()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        self._idle.append(connection)
        if self._closed:
            self.close()

    def _shared(self) -> sqlite3.Connection:
        """The first connection; the file is of this version, and several processes may use it."""
        connection = self._connect()
        try:
            _share(connection)
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'objects'").fetchone():
                check_version(1, str(self._path.parent))
        except sqlite3.Error as error:
            connection.close()
            raise self.explained(error) from error
        except StoreError:
            connection.close()
            raise
        return connection

    def _connect(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self._path, timeout=SECONDS_TO_WAIT, isolation_level=None, check_same_thread=False
            )
            try:
                # what was acknowledged survives a loss of power; on macOS fsync alone would not do
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("PRAGMA fullfsync=ON")
            except BaseException:
                connection.close()
                raise
        except sqlite3.Error as error:
            raise self.explained(error) from error
        return connection


def _share(connection: sqlite3.Connection) -> None:
    """Turn on the write-ahead log, which is a property of the file; the change itself does not wait for a lock."""
    pause, patience = threading.Event(), int(SECONDS_TO_WAIT / 0.01)
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            if connection.execute("PRAGMA journal_mode=WAL").fetchone()[0] != "wal":
                return  # a file system without shared memory: readers and writers wait for each other
        except sqlite3.OperationalError as error:
            patience -= 1
            if not patience or "locked" not in str(error):
                raise
            pause.wait(0.01)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _explained(error: Exception, where: str) -> StoreError:
    text = str(error)
    if "closed" in text:
        return StoreError(_CLOSED)
    if "locked" in text:
        return StoreError(
            f"state in {where} was being written by another process for more than {SECONDS_TO_WAIT:.0f} s; "
            "see what that process is waiting for"
        )
    if "full" in text:
        return StoreError(f"state cannot be kept in {where}: {text}; make room, then repeat what failed")
    if "not a database" in text:
        return StoreError(
            f"state cannot be kept in {where}: its drytune.sqlite3 is not a database; name another directory"
        )
    return StoreError(f"state cannot be kept in {where}: {text}; name a directory that you may write to")
