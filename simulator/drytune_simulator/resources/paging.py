"""Cursor paging, as every list of the platform has it: `after`, `limit`, `order`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Protocol, TypeVar

from drytune_simulator.errors import refuse
from drytune_simulator.store import Row
from drytune_simulator.wire import objects
from drytune_simulator.world import World

__all__ = ["LABEL", "first_page", "rows_behind"]

LABEL = re.compile(r"metadata\[[^\[\]]+\]")
"""The parameter of a list that picks by one key of the metadata."""


class _Identified(Protocol):
    """What a list is made of."""

    @property
    def id(self) -> str:
        """Where the next page may begin."""


_Item = TypeVar("_Item", bound=_Identified)


def first_page(items: Iterable[_Item], limit: int, *, ends: bool) -> objects.Page[_Item]:
    """The first `limit` of `items` as a list object; no more than one item behind them is looked at.

    Args:
        items: What is left of the list, from where it is to begin.
        limit: At least 1.
        ends: Whether the list tells its first and its last id (FACTS.md §3.1, §4.8: not every list does).
    """
    data = list(islice(items, limit + 1))
    has_more, data = len(data) > limit, data[:limit]
    listed = objects.Page(data=data, has_more=has_more)
    if ends:
        listed.first_id = data[0].id if data else None
        listed.last_id = data[-1].id if data else None
    return listed


def rows_behind(
    world: World, scope: str, kind: str, after: str | None, *, newest_first: bool = True
) -> Iterator[Row]:
    """The visible rows of a kind in a scope, in order of appearance, from the one behind `after` on.

    `after` may have been deleted in between: the list goes on from where it was.

    Raises:
        ApiError: 400, there is and was no object `after`.
    """
    now = world.now()
    place = None
    if after is not None:
        place = world.store.place(kind, scope, after, now)
        if place is None:
            raise refuse("bad-cursor", id=after)
    return world.store.scan(kind, scope, now, after=place, newest_first=newest_first)
