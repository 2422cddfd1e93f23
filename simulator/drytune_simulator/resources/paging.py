"""Cursor paging, as every list of the platform has it: `after`, `limit`, `order`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from drytune_simulator.errors import refuse
from drytune_simulator.http import Response
from drytune_simulator.resources.body import Body
from drytune_simulator.store import Row
from drytune_simulator.world import Call, World

__all__ = ["number", "page", "parameters", "rows"]


def parameters(call: Call, *, default: int, largest: int, names: tuple[str, ...] = ()) -> dict[str, Any]:
    """The list parameters of a request: `after`, `limit` and what else is among `names`.

    Raises:
        ApiError: 400, a parameter is unknown, or `limit` is no number from 1 to `largest`.
    """
    query = dict(call.request.query)
    values: dict[str, Any] = dict(query)
    values["limit"] = number(query.get("limit"))
    body = Body(values)
    body.only("after", "limit", *names)
    body.string("order", supported=("asc", "desc"))
    return {**values, "limit": body.integer("limit", 1, largest) or default, "after": body.string("after")}


def number(text: str | None) -> int | str | None:
    """What stands for a whole number in a query or a form, as that number; anything else as it is."""
    return int(text) if text is not None and re.fullmatch(r"-?[0-9]{1,18}", text) else text


def page(items: Iterable[dict[str, Any]], limit: int, *, ends: bool) -> Response:
    """The list object of the first `limit` items; `ends` adds ``first_id`` and ``last_id``."""
    data: list[dict[str, Any]] = []
    more = False
    for item in items:
        if len(data) == limit:
            more = True
            break
        data.append(item)
    body: dict[str, Any] = {"object": "list", "data": data}
    if ends:
        body["first_id"] = data[0]["id"] if data else None
        body["last_id"] = data[-1]["id"] if data else None
    return Response.json({**body, "has_more": more})


def rows(world: World, call: Call, kind: str, values: dict[str, Any]) -> Iterator[Row]:
    """The tenant's rows of a kind from behind `after` on, in the order that was asked for.

    Raises:
        ApiError: 400, there is no object `after`.
    """
    now = world.now()
    after = None
    if values["after"] is not None:
        after = world.store.place(kind, call.tenant.scope, values["after"], now)
        if after is None:
            raise refuse("bad-cursor", id=values["after"])
    newest_first = values.get("order", "desc") != "asc"
    return world.store.scan(kind, call.tenant.scope, now, after=after, newest_first=newest_first)
