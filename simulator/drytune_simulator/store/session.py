"""Transactions that nest, and statements that know whether they are in one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from drytune_simulator.store import statements
from drytune_simulator.store.database import Connection, Cursor, Database
from drytune_simulator.store.error import StoreError

__all__ = ["Session"]

_Hook = Callable[[], None]


@dataclass(slots=True)
class _Transaction:
    connection: Connection
    after_commit: list[_Hook] = field(default_factory=list)
    after_rollback: list[_Hook] = field(default_factory=list)


class _Mine(threading.local):
    transaction: _Transaction | None = None
    remembered: dict[str, Any] | None = None


class Session:
    """A database as threads see it: each in its own transaction, or in none."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._mine = _Mine()
        self._texts: dict[statements.Statement, str] = {}

    @property
    def remembered(self) -> dict[str, Any] | None:
        """What this thread need not read again, by name; None outside of a transaction and of a `moment`."""
        return self._mine.remembered

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Inside, what may be remembered is read once."""
        mine = self._mine
        if mine.remembered is not None:
            yield
            return
        mine.remembered = {}
        try:
            yield
        finally:
            mine.remembered = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that this thread does inside is done as one; nested ones are a part of the outermost."""
        if self._mine.transaction is not None:
            yield
            return
        mine, transaction, before = self._mine, None, self._mine.remembered
        try:
            with self._database.writing() as connection:
                transaction = mine.transaction = _Transaction(connection)
                # others may have written while it waited for its turn; until it ends, nobody does
                known = mine.remembered = {}
                try:
                    yield
                finally:
                    mine.transaction, mine.remembered = None, before
        except BaseException:
            for hook in reversed(transaction.after_rollback if transaction else ()):
                with suppress(StoreError):  # what went wrong first is what is told
                    hook()
            raise
        if before is not None:
            before.update(known)
        for hook in transaction.after_commit:
            with suppress(StoreError):  # what was asked for has been done
                hook()

    def run(self, statement: statements.Statement, values: Mapping[str, Any]) -> Cursor:
        """Run a statement that changes something; in a transaction only."""
        transaction = self._mine.transaction
        if transaction is None:
            msg = "only a transaction writes"
            raise RuntimeError(msg)
        try:
            return transaction.connection.execute(self._text(statement), values)
        except self._database.errors as error:
            raise self._database.explained(error) from error

    def select(self, statement: statements.Statement, values: Mapping[str, Any]) -> list[Any]:
        """All rows of a query: in a transaction with what it has changed, else as last committed."""
        transaction = self._mine.transaction
        if transaction is None:
            return self._database.read(self._text(statement), values)
        return self.run(statement, values).fetchall()

    def after_commit(self, hook: _Hook) -> None:
        """Call `hook` when the transaction that is open has been committed."""
        if self._mine.transaction is not None:
            self._mine.transaction.after_commit.append(hook)

    def after_rollback(self, hook: _Hook) -> None:
        """Call `hook` if the transaction that is open comes to nothing; the last one named is called first."""
        if self._mine.transaction is not None:
            self._mine.transaction.after_rollback.append(hook)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _text(self, statement: statements.Statement) -> str:
        text = self._texts.get(statement)
        if text is None:
            text = self._texts[statement] = statements.text(self._database.dialect, statement)
        return text
