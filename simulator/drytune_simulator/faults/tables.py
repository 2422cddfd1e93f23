"""A TOML file of tables, as faults, scenarios and scripted answers are written; nothing else may be in it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from os import fspath
from pathlib import Path
from typing import Any

from drytune_simulator.faults.words import FaultError, shown

__all__ = ["read", "table_of", "tables_of"]


def read(path: str | Path) -> str:
    """The text of a file.

    Raises:
        FaultError: It cannot be read, or is not in UTF-8.
    """
    try:
        return Path(path).read_bytes().decode()
    except UnicodeDecodeError:
        msg = f"{fspath(path)} is not valid TOML: it is not in UTF-8; save it in UTF-8"
        raise FaultError(msg) from None
    except (OSError, ValueError) as error:
        msg = f"{fspath(path)} cannot be read: {getattr(error, 'strerror', None) or error}"
        raise FaultError(msg) from None


def tables_of(text: str, name: str, kinds: Sequence[str]) -> dict[str, list[tuple[object, str]]]:
    """The tables of TOML text by kind, each with its place: what a sentence about it begins with.

    Args:
        text: Tables ``[[kind]]``, and nothing else.
        name: What sentences call the text.
        kinds: Of the tables that there may be.

    Raises:
        FaultError: It is no TOML, or holds something else.
    """
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        msg = f"{name} is not valid TOML: {error}"
        raise FaultError(msg) from None
    for key in content:
        if key not in kinds:
            may = " and ".join(f"[[{kind}]]" for kind in kinds)
            msg = f"{name} has {shown(key)}; it may have tables {may}, and nothing else"
            raise FaultError(msg)
    return {kind: list(_tables(content, kind, name)) for kind in kinds}


def table_of(value: object, place: str) -> dict[str, Any]:
    """`value`, which must be a table.

    Raises:
        FaultError: It is none.
    """
    if not isinstance(value, dict):
        msg = f"{place} is {shown(value)}; it must be a table"
        raise FaultError(msg)
    return value


def _tables(content: Mapping[str, Any], kind: str, name: str) -> Iterator[tuple[object, str]]:
    tables = content.get(kind, [])
    if not isinstance(tables, list):
        msg = f"{name}: {kind} is {shown(tables)}; write each as a table of its own, under [[{kind}]]"
        raise FaultError(msg)
    for number, table in enumerate(tables, 1):
        called = table.get("name") if isinstance(table, dict) else None
        which = shown(called) if isinstance(called, str) else f"number {number}"
        yield table, f"{name}: [[{kind}]] {which}"
