"""Objects of the platform in one SQL table, and the counters behind their ids.

A row is visible from a moment on: a job's model and results file are written when the job is created and
appear when the schedule says so. Nothing has to happen at that moment, and nothing is lost at a restart.
"""

from __future__ import annotations

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
# database of its own, which a store holds for as long as it lives.
_MEMORY = sa.create_engine("sqlite://", poolclass=NullPool, connect_args={"check_same_thread": False})

# Built once: building a statement costs more than running it.
_ONE = (
    _OBJECTS.c.kind == sa.bindparam("of_kind"),
    _OBJECTS.c.scope == sa.bindparam("of_scope"),
    _OBJECTS.c.id == sa.bindparam("of_id"),
)
_GET = sa.select(_OBJECTS).where(*_ONE, _OBJECTS.c.visible_at <= sa.bindparam("now"))
_UPDATE = _OBJECTS.update().where(*_ONE).values(document=sa.bindparam("new_document"))
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
    """Tables and blobs, in memory or under a directory; safe to share between threads.

    Raises:
        StoreError: The directory cannot be written.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self.durable = directory is not None
        self._lock = threading.RLock()
        self._memory: sa.Connection | None = None
        self.blobs: Blobs
        if directory is None:
            self._engine = _MEMORY
            self._memory = _MEMORY.connect()
            # whoever forgets to close a simulator in a test should not be told of an open connection
            weakref.finalize(self, self._memory.close)
            self.blobs = MemoryBlobs()
            with self._transaction() as connection:
                _METADATA.create_all(connection, checkfirst=False)
            return
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._engine = sa.create_engine(
                f"sqlite:///{directory / 'drytune.sqlite3'}", connect_args={"timeout": 30}
            )
            sa.event.listen(self._engine, "connect", _durably)
            self.blobs = DirectoryBlobs(directory / "blobs")
            _METADATA.create_all(self._engine)
        except (OSError, sa.exc.SQLAlchemyError) as error:
            cause = getattr(error, "orig", None) or error
            msg = f"state cannot be kept in {directory}: {cause}; name a directory that you may write to"
            raise StoreError(msg) from error

    def close(self) -> None:
        """Let go of the database; one in memory is gone."""
        if self._memory is not None:
            self._memory.close()
        else:
            self._engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        if self._memory is None:
            with self._engine.begin() as connection:
                yield connection
        else:
            # one connection serves the in-memory database, so its users take turns
            with self._lock, self._memory.begin():
                yield self._memory

    def number(self, kind: str, scope: str) -> int:
        """The next number of a kind in a scope: 1, 2, 3 …; never the same twice."""
        with self._transaction() as connection:
            return int(connection.execute(_COUNT, {"name": f"{kind}/{scope}"}).scalar_one())

    def insert(self, rows: Iterable[Row]) -> None:
        """Add `rows`, all or none."""
        with self._transaction() as connection:
            connection.execute(_INSERT, [_record(row) for row in rows])

    def update(self, row: Row) -> None:
        """Replace the document of a row that exists."""
        values = {**_key(row.kind, row.scope, row.id), "new_document": msgspec.json.encode(row.document)}
        with self._transaction() as connection:
            connection.execute(_UPDATE, values)

    def delete(self, kind: str, scope: str, ids: Iterable[str]) -> None:
        """Remove the rows with these ids, and contents that no row refers to any more."""
        names = list(ids)
        mine = (_OBJECTS.c.kind == kind, _OBJECTS.c.scope == scope, _OBJECTS.c.id.in_(names))
        with self._transaction() as connection:
            blobs = set(connection.execute(sa.select(_OBJECTS.c.blob).where(*mine)).scalars()) - {None}
            connection.execute(_OBJECTS.delete().where(*mine))
            used = sa.select(_OBJECTS.c.blob).where(_OBJECTS.c.blob.in_(blobs))
            for blob in sorted(blobs - set(connection.execute(used).scalars())):
                self.blobs.discard(blob)

    def get(self, kind: str, scope: str, id: str, now: float) -> Row | None:  # noqa: A002 - the name on the wire
        """The row, or None where it does not exist (yet)."""
        with self._transaction() as connection:
            found = connection.execute(_GET, {**_key(kind, scope, id), "now": now}).first()
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
            with self._transaction() as connection:
                rows = [_row(found) for found in connection.execute(query, values)]
            yield from rows
            if len(rows) < _PAGE_SIZE:
                return
            after = rows[-1]

    def latest(self) -> float:
        """The latest moment that was noted, in Unix seconds; 0 at first."""
        query = sa.select(_COUNTERS.c.value).where(_COUNTERS.c.name == "latest")
        with self._transaction() as connection:
            return (connection.execute(query).scalar() or 0) / 1000

    def note(self, moment: float) -> None:
        """Note that clients have seen `moment`: after a restart, time must not go back before it."""
        with self._transaction() as connection:
            connection.execute(_RAISE, {"name": "latest", "value": int(moment * 1000)})


def _durably(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _key(kind: str, scope: str, name: str) -> dict[str, str]:
    return {"of_kind": kind, "of_scope": scope, "of_id": name}


def _record(row: Row) -> dict[str, Any]:
    return {**msgspec.structs.asdict(row), "document": msgspec.json.encode(row.document)}


def _row(found: sa.Row[Any]) -> Row:
    values = found._asdict()
    return Row(**{**values, "document": msgspec.json.decode(values["document"])})
