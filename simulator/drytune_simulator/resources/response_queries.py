"""The queries about stored responses: flags and lists, which no other query has, and pages of items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from drytune_simulator.checks import as_string
from drytune_simulator.dataset.tokens import well_formed
from drytune_simulator.errors import refuse
from drytune_simulator.http import Request
from drytune_simulator.reading import read, whole_number
from drytune_simulator.wire.response_requests import INCLUDABLE, ListInputItems
from drytune_simulator.wire.responses import InputItem, InputItems

__all__ = ["input_page", "read_flags", "read_include"]

_Query = TypeVar("_Query", bound=msgspec.Struct)
_FLAGS = {"true": True, "false": False}
_LISTS = ("include", "include[]")
"""The official SDK writes ``include[]=…``."""


def read_include(request: Request) -> Sequence[str]:
    """What is asked for besides.

    Raises:
        ApiError: 400, there is no such thing.
    """
    given = [value for name, value in request.query if name in _LISTS]
    return [as_string(value, f"include[{n}]", supported=INCLUDABLE) for n, value in enumerate(given)]


def read_flags(request: Request, kind: type[_Query]) -> _Query:
    """The query, but for its lists, as a `kind`.

    Raises:
        ApiError: 400, a parameter is unknown, of a wrong type or out of its range.
    """
    fields: dict[str, Any] = {}
    described = {field.name: field.type for field in msgspec.structs.fields(kind)}
    for name, value in request.query:
        if name in _LISTS:
            continue
        whole = name in {"limit", "starting_after"}
        flag = described.get(name) == bool | None
        fields[name] = whole_number(value) if whole else _FLAGS.get(value, value) if flag else value
    return read(fields, kind)


def input_page(items: Sequence[InputItem], query: ListInputItems) -> InputItems:
    """A page of items, the last of them first unless it is asked otherwise.

    Raises:
        ApiError: 400, `after` is none of them.
    """
    if query.order == "desc":
        items = items[::-1]
    start = 0
    if query.after is not None:
        places = [place for place, item in enumerate(items) if item.id == query.after]
        if not places:
            raise refuse("bad-cursor", id=well_formed(query.after))
        start = places[0] + 1
    data = list(items[start : start + query.limit])
    return InputItems(
        data=data,
        first_id=data[0].id if data else None,
        has_more=start + query.limit < len(items),
        last_id=data[-1].id if data else None,
    )
