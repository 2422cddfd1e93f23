"""PostgreSQL, through psycopg 3: for processes on several machines, or a database that is backed up anyway."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from drytune_simulator.store.database import SECONDS_TO_WAIT, Values
from drytune_simulator.store.error import StoreError

__all__ = ["Postgres"]

_MOST_CONNECTIONS = 8
# any number will do that no one else in the database uses; it is what all writers of drytune wait for
_LOCK = 0x6472797475
# The isolation is named, since that of the session may be another: what a writer reads is what others had
# committed when it got the lock, not when it asked for it.
_BEGIN = f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({_LOCK})"
_FORM = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"


class Postgres:
    """A database at a PostgreSQL server, with a few connections that threads share.

    Args:
        url: ``postgres://``, ``postgresql://`` or ``postgresql+psycopg://``, as libpq reads it.

    Raises:
        StoreError: psycopg is missing, the URL cannot be read, or the server cannot be reached. The password
            is in none of the texts.
    """

    dialect = "postgresql"

    def __init__(self, url: str) -> None:
        self._driver = _driver()
        self.errors: type[Exception] = self._driver.Error
        self._conninfo, self.where = _read(self._driver, url)
        self._turn = threading.Lock()
        self._room = threading.Semaphore(_MOST_CONNECTIONS)
        self._idle: list[Any] = []
        self._closed = False
        self._idle.append(self._connect())

    def read(self, sql: str, values: Values) -> list[Any]:
        """All rows of a query; repeated once on a new connection if the old one is lost."""
        with self._room:
            connection = self._take()
            try:
                try:
                    rows: list[Any] = connection.execute(sql, values).fetchall()
                except self._driver.OperationalError:
                    connection = self._instead_of(connection)
                    rows = connection.execute(sql, values).fetchall()
            except self._driver.Error as error:
                raise self.explained(error) from error
            finally:
                self._give_back(connection)
            return rows

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """A transaction that has the lock of all writers from its beginning.

        A connection that was lost before is replaced; one that is lost inside takes the transaction with it.
        """
        with self._turn, self._room:
            connection = self._take()
            try:
                try:
                    connection.execute(_BEGIN, prepare=False)
                except self._driver.OperationalError:
                    connection = self._instead_of(connection)
                    connection.execute(_BEGIN, prepare=False)
                yield connection
                # a transaction in which a statement failed is rolled back by COMMIT, which says so in passing
                if connection.execute("COMMIT").statusmessage != "COMMIT":
                    raise StoreError(f"state in {self.where}: a statement had failed, nothing was written")
            except self._driver.Error as error:
                raise self.explained(error) from error
            finally:
                self._give_back(connection)

    def explained(self, error: Exception) -> StoreError:
        """What it means, without the password."""
        text = " ".join(str(error).split())
        secret = self._driver.conninfo.conninfo_to_dict(self._conninfo).get("password")
        if secret:
            text = text.replace(str(secret), "***")
        if isinstance(error, self._driver.errors.LockNotAvailable):
            text = f"it was being written by another process for more than {SECONDS_TO_WAIT:.0f} s"
        return StoreError(f"state cannot be kept in {self.where}: {text}")

    def close(self) -> None:
        """Close what is idle; what is in use is closed when it is given back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> Any:
        if self._closed:
            raise StoreError("the store has been closed")
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def _give_back(self, connection: Any) -> None:
        if (
            not connection.closed
            and connection.info.transaction_status != self._driver.pq.TransactionStatus.IDLE
        ):
            self._roll_back(connection)
        if not connection.closed:
            self._idle.append(connection)
        if self._closed:
            self.close()

    def _instead_of(self, lost: Any) -> Any:
        """A new connection, if this one is lost; what was idle beside it is likely to be as well.

        Call it in an `except` block, whose error goes on if the connection is alive.
        """
        if not lost.closed:
            raise  # noqa: PLE0704 - of the caller's block
        while self._idle:
            self._idle.pop().close()
        return self._connect()

    def _roll_back(self, connection: Any) -> None:
        try:
            connection.execute("ROLLBACK")
        except self._driver.Error:
            connection.close()

    def _connect(self) -> Any:
        try:
            connection = self._driver.connect(self._conninfo, autocommit=True)
            connection.execute(f"SET lock_timeout = {SECONDS_TO_WAIT * 1000:.0f}")
        except self._driver.Error as error:
            raise self.explained(error) from error
        return connection


def _driver() -> ModuleType:
    try:
        import psycopg
    except ImportError as error:
        raise StoreError(
            f"a database at PostgreSQL needs psycopg ({error}): pip install 'drytune[postgres]'"
        ) from error
    return psycopg


def _read(driver: ModuleType, url: str) -> tuple[str, str]:
    """What libpq is given, and what may be shown of it."""
    unreadable = StoreError(
        f"the database's URL cannot be read: expected {_FORM}, where characters such as @ / : in the password are "
        "percent-encoded"
    )
    scheme, found, rest = url.partition("://")
    if not found or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
        raise StoreError(
            f"the database's URL begins with {scheme!r}: expected {_FORM}; SQLite needs no URL, but a directory"
            if found and scheme.replace("+", "").isalnum()
            else str(unreadable)
        )
    try:
        parts = driver.conninfo.conninfo_to_dict("postgresql://" + rest)
    except driver.Error:
        raise unreadable from None
    host, port = str(parts.get("host", "")), str(parts.get("port", ""))
    if "@" in host or (port and not port.replace(",", "").isdigit()):
        raise unreadable  # pieces of a password
    conninfo = driver.conninfo.make_conninfo(
        **{"connect_timeout": "10", "application_name": "drytune", **parts},
    )
    user = f"{parts['user']}@" if "user" in parts else ""
    return conninfo, f"postgresql://{user}{host}{':' if port else ''}{port}/{parts.get('dbname', '')}"
