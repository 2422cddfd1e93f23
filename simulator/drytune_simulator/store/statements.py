"""The tables, and every statement about them: built once with SQLAlchemy Core, shared by SQLite and PostgreSQL.

What is run is the compiled text, on the driver's own connection: building a statement costs more than running it.
"""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.schema import CreateIndex, CreateTable

__all__ = ["COLUMNS", "PLACE", "VERSION", "Statement", "creation", "text"]

#: Of the tables and of what their documents say; a store of another version is refused.
VERSION = 2
#: The kind of the one row that says where the contents are: it is of the store itself, and is never forgotten.
PLACE = "drytune-contents"

_METADATA = sa.MetaData()
OBJECTS = sa.Table(
    "drytune_objects",
    _METADATA,
    sa.Column("id", sa.String(255), primary_key=True),
    sa.Column("kind", sa.String(32), primary_key=True),
    sa.Column("scope", sa.String(64), primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("visible_at", sa.Float(53), nullable=False),
    sa.Column("ends_at", sa.Float(53), nullable=False),
    sa.Column("blob", sa.String(64), nullable=True, index=True),
    sa.Column("document", sa.LargeBinary, nullable=False),
    sa.Index("drytune_in_order", "kind", "scope", "visible_at", "seq"),
    sa.Index("drytune_active", "kind", "scope", "ends_at"),
    sa.Index("drytune_due", "kind", "ends_at"),
)
COUNTERS = sa.Table(
    "drytune_counters",
    _METADATA,
    sa.Column("name", sa.String(128), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)
LEASES = sa.Table(  # contents that somebody is about to write a row for
    "drytune_leases",
    _METADATA,
    sa.Column("blob", sa.String(64), primary_key=True),
    sa.Column("holder", sa.String(64), primary_key=True),
    sa.Column("since", sa.Float(53), nullable=False),
)
ANCHORS = sa.Table(  # of clocks
    "drytune_anchors",
    _METADATA,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("real", sa.Float(53), nullable=False),
    sa.Column("world", sa.Float(53), nullable=False),
    sa.Column("speed", sa.Float(53), nullable=False),
    sa.Column("base", sa.String(16), nullable=False),
)

COLUMNS = tuple(OBJECTS.columns.keys())
Statement = sa.ClauseElement


@cache
def _dialect(name: str) -> sa.Dialect:
    if name == "sqlite":
        return SQLiteDialect_pysqlite(paramstyle="named")
    from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

    return PGDialect_psycopg(paramstyle="pyformat")  # type: ignore[no-untyped-call]


@cache
def text(dialect: str, statement: Statement) -> str:
    """The SQL of a statement of this module, with named parameters."""
    return str(statement.compile(dialect=_dialect(dialect)))


@cache
def creation(dialect: str) -> tuple[str, ...]:
    """The SQL that makes the tables where they are not there, that of the counters first."""
    tables = (COUNTERS, OBJECTS, LEASES, ANCHORS)
    indexes = sorted(OBJECTS.indexes, key=lambda one: str(one.name))
    makers: list[CreateTable | CreateIndex] = [
        *(CreateTable(table, if_not_exists=True) for table in tables),
        *(CreateIndex(index, if_not_exists=True) for index in indexes),
    ]
    return tuple(str(maker.compile(dialect=_dialect(dialect))) for maker in makers)


def _is(*columns: sa.Column[object]) -> list[sa.ColumnElement[bool]]:
    return [column == sa.bindparam(f"of_{column.name}") for column in columns]


# A database that has not counted its rows yet takes one condition for as selective as another. What is more than
# a plain column is in no index: where it stands for one, rows are found by what is left.
def _in_no_index(column: sa.Column[str]) -> sa.ColumnElement[bool]:
    return column + sa.literal_column("''") == sa.bindparam(f"of_{column.name}", type_=sa.String)


_APPEARED = OBJECTS.c.visible_at + sa.literal_column("0.0")
_MINE = _is(OBJECTS.c.kind, OBJECTS.c.scope)
_NAMED = (*_is(OBJECTS.c.id), _in_no_index(OBJECTS.c.kind))
_KEY = (*_NAMED, _in_no_index(OBJECTS.c.scope))
_NOW = sa.bindparam("now", type_=sa.Float(53))
_VISIBLE = OBJECTS.c.visible_at <= _NOW
_MOST = sa.bindparam("most", type_=sa.Integer)
_ONE: sa.ColumnElement[int] = sa.literal_column("1")
_NOUGHT: sa.ColumnElement[int] = sa.literal_column("0")
_ROWS = sa.select(OBJECTS)

GET = _ROWS.where(*_KEY)
ANYWHERE = _ROWS.where(*_NAMED, _APPEARED <= _NOW).limit(_ONE).offset(_NOUGHT)
INSERT = OBJECTS.insert()
CHANGED = ("document", "blob", "visible_at", "ends_at")
UPDATE = OBJECTS.update().where(*_KEY).values({name: sa.bindparam(f"new_{name}") for name in CHANGED})
CLAIM = (
    OBJECTS.update()
    .where(*_KEY, sa.bindparam("seen", type_=sa.Float(53)) == _APPEARED)
    .values(visible_at=sa.bindparam("until"))
)
DELETE = OBJECTS.delete().where(*_KEY)
BURY = (
    OBJECTS.update()
    .where(*_KEY)
    .values(kind=sa.bindparam("new_kind"), document=sa.bindparam("new_document"), blob=sa.null())
)

_PLACE = sa.tuple_(OBJECTS.c.visible_at, OBJECTS.c.seq)
_EDGE = sa.tuple_(sa.bindparam("edge_at", type_=sa.Float(53)), sa.bindparam("edge_seq", type_=sa.BigInteger))
_LISTED = _ROWS.where(*_MINE).limit(_MOST).offset(_NOUGHT)
_BACKWARDS = _LISTED.order_by(OBJECTS.c.visible_at.desc(), OBJECTS.c.seq.desc())
_FORWARDS = _LISTED.where(_VISIBLE).order_by(OBJECTS.c.visible_at, OBJECTS.c.seq)
NEWEST, OLDEST = _BACKWARDS.where(_VISIBLE), _FORWARDS
# one upper bound each: with two, SQLite would begin at the wrong one
OLDER, NEWER = _BACKWARDS.where(_PLACE < _EDGE), _FORWARDS.where(_PLACE > _EDGE)

# few of many go on: they are found by their end, and sorted
_GOES_ON = (OBJECTS.c.ends_at > _NOW, _APPEARED <= _NOW)
ACTIVE = _ROWS.where(*_MINE, *_GOES_ON).order_by(_APPEARED, OBJECTS.c.seq)
DUE = (
    _ROWS.where(_MINE[0], *_GOES_ON)
    .order_by(_APPEARED, OBJECTS.c.scope, OBJECTS.c.seq)
    .limit(_MOST)
    .offset(_NOUGHT)
)
COUNT = (
    sa.select(sa.func.count())
    .select_from(OBJECTS)
    .where(*_MINE, OBJECTS.c.visible_at >= sa.bindparam("since", type_=sa.Float(53)), _VISIBLE)
)

# the one spelling that SQLite and PostgreSQL share
NEXT_NUMBER = sa.text(
    "INSERT INTO drytune_counters (name, value) VALUES (:name, 1) "
    "ON CONFLICT (name) DO UPDATE SET value = drytune_counters.value + 1 RETURNING value"
)
NEXT_NUMBERS = sa.text(
    "INSERT INTO drytune_counters (name, value) VALUES (:name, :many) "
    "ON CONFLICT (name) DO UPDATE SET value = drytune_counters.value + :many RETURNING value"
)
SET_NUMBER = sa.text(
    "INSERT INTO drytune_counters (name, value) VALUES (:name, :value) "
    "ON CONFLICT (name) DO UPDATE SET value = :value"
)
READ_NUMBER = sa.select(COUNTERS.c.value).where(*_is(COUNTERS.c.name))

CONTENT = sa.select(OBJECTS.c.blob).where(*_KEY)
CONTENTS = sa.select(OBJECTS.c.blob).where(OBJECTS.c.blob.is_not(None)).distinct()
FORGET = OBJECTS.delete().where(OBJECTS.c.kind != sa.literal_column(f"'{PLACE}'"))
REFERRED = sa.select(OBJECTS.c.blob).where(*_is(OBJECTS.c.blob)).limit(_ONE).offset(_NOUGHT)
LEASE = LEASES.insert()
RELEASE = LEASES.delete().where(*_is(LEASES.c.blob, LEASES.c.holder))
LEASED = sa.select(sa.func.count()).where(*_is(LEASES.c.blob), LEASES.c.since > sa.bindparam("since"))
EXPIRE = LEASES.delete().where(LEASES.c.since <= sa.bindparam("since"))

READ_ANCHOR = sa.select(ANCHORS.c.real, ANCHORS.c.world, ANCHORS.c.speed, ANCHORS.c.base).where(
    *_is(ANCHORS.c.name)
)
SET_ANCHOR = sa.text(
    "INSERT INTO drytune_anchors (name, real, world, speed, base) VALUES (:name, :real, :world, :speed, :base) "
    "ON CONFLICT (name) DO UPDATE SET real = :real, world = :world, speed = :speed, base = :base"
)
