"""One object of the platform, and how it stands in a table."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from drytune_simulator.store import statements

__all__ = ["Row", "from_record", "to_record"]

_encode, _decode = msgspec.json.Encoder().encode, msgspec.json.Decoder().decode


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
        ends_at: Unix seconds from which on nothing more happens to it: a job has ended, a message was delivered.
    """

    kind: str
    scope: str
    id: str
    seq: int
    visible_at: float
    document: dict[str, Any]
    blob: str | None = None
    ends_at: float = math.inf


def to_record(row: Row) -> dict[str, Any]:
    """The values of a row's columns, by name."""
    return {**msgspec.structs.asdict(row), "document": _encode(row.document)}


def from_record(found: tuple[Any, ...]) -> Row:
    """The row of what was selected, in the order of `statements.COLUMNS`."""
    id_, kind, scope, seq, visible_at, ends_at, blob, document = found
    return Row(
        kind=kind,
        scope=scope,
        id=id_,
        seq=seq,
        visible_at=visible_at,
        document=_decode(document),
        blob=blob,
        ends_at=ends_at,
    )


if statements.COLUMNS != ("id", "kind", "scope", "seq", "visible_at", "ends_at", "blob", "document"):
    msg = "the order of the columns is that in which `from_record` takes them apart"  # pragma: no cover
    raise AssertionError(msg)
