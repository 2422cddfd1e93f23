"""What the store asks of a database: reads that wait for nobody, and one writer at a time."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from drytune_simulator import ids
from drytune_simulator.clock import SystemClock
from drytune_simulator.store import statements
from drytune_simulator.store.error import StoreError

__all__ = ["SECONDS_TO_WAIT", "Connection", "Cursor", "Database", "Values", "check_version", "prepare"]

#: How long a writer waits for the others to finish before it gives up.
SECONDS_TO_WAIT = 60.0

Values = Mapping[str, Any]


class Cursor(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchall(self) -> list[Any]:
        """The rows that are left."""


class Connection(Protocol):
    """A driver's own connection."""

    def execute(self, sql: str, values: Values = ..., /) -> Cursor:
        """Run one statement with named parameters."""


class Database(Protocol):
    """A place for the tables, safe to share between threads.

    Whatever goes wrong in it is raised as `StoreError`; only the connection that `writing` gives raises the
    driver's `errors`, which `explained` makes a `StoreError` of.
    """

    dialect: str
    errors: type[Exception]

    def read(self, sql: str, values: Values) -> list[Any]:
        """All rows of a query, as of one moment; not for a thread that is inside of `writing`."""

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction, when it is this thread's turn to write among all threads of all processes.

        It is committed, durably, at the end of the block, and rolled back if the block raises. Not reentrant.
        """

    def explained(self, error: Exception) -> StoreError:
        """What one of the driver's errors means, and what to do."""

    def close(self) -> None:
        """Let go of it; whoever reads on gets `StoreError`."""


def prepare(database: Database, where: str) -> int:
    """Make the tables where they are missing; the database's identity, a number that no other has.

    Raises:
        StoreError: What is there is of another version of drytune.
    """
    counters, *others = statements.creation(database.dialect)
    read, write = (
        statements.text(database.dialect, one) for one in (statements.READ_NUMBER, statements.SET_NUMBER)
    )
    with database.writing() as connection:
        connection.execute(counters)
        found = connection.execute(read, {"of_name": "version"}).fetchone()
        if found is None:
            for sql in others:
                connection.execute(sql)
            now, host = SystemClock().now(), socket.gethostname()
            connection.execute(write, {"name": "version", "value": statements.VERSION})
            connection.execute(
                write, {"name": "identity", "value": ids.integer(2**62, now, host, os.getpid(), id(database))}
            )
        else:
            check_version(int(found[0]), where)
        return int(connection.execute(read, {"of_name": "identity"}).fetchone()[0])


def check_version(version: int, where: str) -> None:
    """Refuse what is not this version's.

    Raises:
        StoreError: It says which is the newer one.
    """
    if version == statements.VERSION:
        return
    age, advice = (
        ("an earlier", "or go on with the drytune that made it")
        if version < statements.VERSION
        else ("a later", "or update drytune")
    )
    raise StoreError(
        f"the state in {where} was made by {age} version of drytune (its format is {version}, this one reads "
        f"{statements.VERSION}); name another place, {advice}"
    )
