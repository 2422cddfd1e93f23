"""Objects of the platform in one SQL table, and the counters behind their ids.

A row is visible from a moment on: a job's model and results file are written when the job is created and
appear when the schedule says so. Nothing has to happen at that moment, and nothing is lost at a restart.
"""

from __future__ import annotations

import math
import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from drytune_simulator.store.blobs import Blobs, DirectoryBlobs, MemoryBlobs

__all__ = ["Row", "Store", "StoreError"]

_METADATA = sa.MetaData()
_OBJECTS = sa.Table(
    "objects",
    _METADATA,
    sa.Column("kind", sa.String(32), primary_key=True),
    sa.Column("scope", sa.String(64), primary_key=True),
    sa.Column("id", sa.String(255), primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("visible_at", sa.Float(53), nullable=False),
    sa.Column("blob", sa.String(64), nullable=True, index=True),
    sa.Column("document", sa.LargeBinary, nullable=False),
    sa.Index("in_order", "kind", "scope", "visible_at", "seq"),
)
_COUNTERS = sa.Table(
    "counters",
    _METADATA,
    sa.Column("name", sa.String(128), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)
# the one spelling that SQLite and PostgreSQL share
_COUNT = sa.text(
    "INSERT INTO counters (name, value) VALUES (:name, 1) "
    "ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING value"
)
_RAISE = sa.text(
    "INSERT INTO counters (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = :value "
    "WHERE counters.value < :value"
)
# One engine for all stores in memory, since it remembers what it has compiled: each connection to it is a
# database of its own.
_MEMORY = sa.create_engine("sqlite://", poolclass=NullPool, connect_args={"check_same_thread": False})
_SECONDS_TO_GET_HOLD = 2.0
_DELETED = "/deleted"

# Built once: building a statement costs more than running it.
_ONE = (
    _OBJECTS.c.kind == sa.bindparam("of_kind"),
    _OBJECTS.c.scope == sa.bindparam("of_scope"),
    _OBJECTS.c.id == sa.bindparam("of_id"),
)
_GET = sa.select(_OBJECTS).where(*_ONE, _OBJECTS.c.visible_at <= sa.bindparam("now"))
_UPDATE = (
    _OBJECTS.update()
    .where(*_ONE)
    .values(document=sa.bindparam("new_document"), blob=sa.bindparam("new_blob"))
)
_INSERT = _OBJECTS.insert()
_PAGE_SIZE = 100
_PLACE = sa.tuple_(_OBJECTS.c.visible_at, _OBJECTS.c.seq)
_EDGE = sa.tuple_(sa.bindparam("edge_at", type_=sa.Float), sa.bindparam("edge_seq", type_=sa.BigInteger))
_VISIBLE = (
    sa.select(_OBJECTS).where(*_ONE[:2], _OBJECTS.c.visible_at <= sa.bindparam("now")).limit(_PAGE_SIZE)
)
_NEWEST = _VISIBLE.order_by(_OBJECTS.c.visible_at.desc(), _OBJECTS.c.seq.desc())
_OLDEST = _VISIBLE.order_by(_OBJECTS.c.visible_at, _OBJECTS.c.seq)
_OLDER, _NEWER = _NEWEST.where(_PLACE < _EDGE), _OLDEST.where(_PLACE > _EDGE)


class StoreError(Exception):
    """The state cannot be kept where it should be; the text says where and why."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One object of the platform.

    Attributes:
        kind: ``file``, ``job``, ``model`` …
        scope: Whose it is (`Tenant.scope`).
        id: Unique within kind and scope.
        seq: Order of creation within kind and scope.
        visible_at: Unix seconds from which on it exists for clients.
        document: What is kept of it, as JSON-able data.
        blob: Key of its content, if it has one.
    """

    kind: str
    scope: str
    id: str
    seq: int
    visible_at: float
    document: dict[str, Any]
    blob: str | None = None


class Store:
    """Tables and blobs, in memory or under a directory; safe to share between threads, not between processes.

    Raises:
        StoreError: The directory cannot be written, or another process has it.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self.durable = directory is not None
        self._lock = threading.RLock()
        self._depth = 0
        self._unused: set[str] = set()
        self._noted = 0.0
        self.blobs: Blobs
        if directory is None:
            self.blobs = MemoryBlobs()
            engine = _MEMORY
        else:
            self.blobs, engine = _open(directory)
        try:
            # one connection, whose users take turns: each in memory is a database of its own, and one to a file
            # keeps it from other processes, whose clocks would not agree with this one's
            self._connection = engine.connect()
            with self.transaction():
                _METADATA.create_all(self._connection)
        except sa.exc.SQLAlchemyError as error:
            raise _cannot_keep(directory, error) from error
        # whoever forgets to close a simulator in a test should not be told of an open connection
        weakref.finalize(self, self._connection.close)

    def close(self) -> None:
        """Let go of the database; one in memory is gone."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is done inside is done as one: nobody sees a part of it, and a crash leaves none of it.

        Transactions may be nested; the outermost counts.
        """
        with self._lock:
            if self._depth:
                yield
                return
            self._depth = 1
            try:
                with self._connection.begin():
                    yield
                for blob in sorted(self._unused):
                    self.blobs.discard(blob)
            finally:
                self._depth = 0
                self._unused.clear()
                moment, self._noted = self._noted, 0.0
                if moment:
                    self.note(moment)

    def _execute(self, statement: sa.Executable, values: object = None) -> sa.CursorResult[Any]:
        result: sa.CursorResult[Any] = self._connection.execute(statement, values)  # type: ignore[call-overload]
        return result

    def number(self, kind: str, scope: str) -> int:
        """The next number of a kind in a scope: 1, 2, 3 …; never the same twice."""
        with self.transaction():
            return int(self._execute(_COUNT, {"name": f"{kind}/{scope}"}).scalar_one())

    def insert(self, rows: Iterable[Row]) -> None:
        """Add `rows`, all or none."""
        with self.transaction():
            self._execute(_INSERT, [_record(row) for row in rows])

    def update(self, row: Row) -> None:
        """Replace document and content of a row that exists."""
        document = msgspec.json.encode(row.document)
        values = {**_key(row.kind, row.scope, row.id), "new_document": document, "new_blob": row.blob}
        with self.transaction():
            self._execute(_UPDATE, values)

    def delete(self, kind: str, scope: str, ids: Iterable[str]) -> None:
        """Remove the rows with these ids, and contents that no row refers to any more.

        What is left of a row is its place, so that a list can go on from there (`place`).
        """
        mine = (_OBJECTS.c.kind == kind, _OBJECTS.c.scope == scope, _OBJECTS.c.id.in_(list(ids)))
        tombstone = {"kind": kind + _DELETED, "document": b"{}", "blob": None}
        with self.transaction():
            blobs = set(self._execute(sa.select(_OBJECTS.c.blob).where(*mine)).scalars()) - {None}
            self._execute(_OBJECTS.update().where(*mine).values(tombstone))
            used = sa.select(_OBJECTS.c.blob).where(_OBJECTS.c.blob.in_(blobs))
            self._unused |= blobs - set(self._execute(used).scalars())

    def place(self, kind: str, scope: str, id: str, now: float) -> Row | None:  # noqa: A002 - the name on the wire
        """The row, or its tombstone if it was deleted: where a list goes on that was cut there."""
        row = self.get(kind, scope, id, now)
        return self.get(kind + _DELETED, scope, id, now) if row is None else row

    def get(self, kind: str, scope: str, id: str, now: float) -> Row | None:  # noqa: A002 - the name on the wire
        """The row, or None where it does not exist (yet)."""
        with self.transaction():
            found = self._execute(_GET, {**_key(kind, scope, id), "now": now}).first()
        return None if found is None else _row(found)

    def scan(
        self, kind: str, scope: str, now: float, *, after: Row | None = None, newest_first: bool = True
    ) -> Iterator[Row]:
        """The visible rows in order of appearance, from the one next to `after` on, read a page at a time."""
        values: dict[str, Any] = {"of_kind": kind, "of_scope": scope, "now": now}
        query = _NEWEST if newest_first else _OLDEST
        while True:
            if after is not None:
                query = _OLDER if newest_first else _NEWER
                values |= {"edge_at": after.visible_at, "edge_seq": after.seq}
            with self.transaction():
                rows = [_row(found) for found in self._execute(query, values)]
            yield from rows
            if len(rows) < _PAGE_SIZE:
                return
            after = rows[-1]

    def latest(self) -> float:
        """The latest moment that was noted, in Unix seconds; 0 at first."""
        query = sa.select(_COUNTERS.c.value).where(_COUNTERS.c.name == "latest")
        with self.transaction():
            return (self._execute(query).scalar() or 0) / 1000

    def note(self, moment: float) -> None:
        """Note that clients have seen `moment`: after a restart, time must not go back before it."""
        with self._lock:
            if self._depth:  # clients have seen it, whatever becomes of the transaction
                self._noted = max(self._noted, moment)
                return
            with self._connection.begin():
                self._execute(_RAISE, {"name": "latest", "value": math.ceil(moment * 1000)})


def _open(directory: Path) -> tuple[Blobs, sa.Engine]:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        blobs = DirectoryBlobs(directory / "blobs")
    except OSError as error:
        raise _cannot_keep(directory, error) from error
    engine = sa.create_engine(
        f"sqlite:///{directory / 'drytune.sqlite3'}",
        poolclass=NullPool,
        connect_args={"timeout": _SECONDS_TO_GET_HOLD, "check_same_thread": False},
    )
    sa.event.listen(engine, "connect", _durably)
    return blobs, engine


def _durably(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA locking_mode=EXCLUSIVE")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _cannot_keep(directory: Path | None, error: Exception) -> StoreError:
    cause = getattr(error, "orig", None) or error
    if "locked" in str(cause):
        return StoreError(
            f"state in {directory} is in use by another process; stop that one, or name another directory"
        )
    return StoreError(f"state cannot be kept in {directory}: {cause}; name a directory that you may write to")


def _key(kind: str, scope: str, name: str) -> dict[str, str]:
    return {"of_kind": kind, "of_scope": scope, "of_id": name}


def _record(row: Row) -> dict[str, Any]:
    return {**msgspec.structs.asdict(row), "document": msgspec.json.encode(row.document)}


def _row(found: sa.Row[Any]) -> Row:
    values = found._asdict()
    return Row(**{**values, "document": msgspec.json.decode(values["document"])})
