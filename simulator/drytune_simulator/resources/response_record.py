"""What is kept of a response: the object, what it was asked with, and the response that it goes on from.

A response is kept for 30 days (conversation state guide, O). One that was deleted is gone, but what was said in it
goes on being read by the responses that continue it (a decision of drytune's).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from drytune_simulator.store import Row
from drytune_simulator.wire.responses import InputItem, Response
from drytune_simulator.world import Tenant, World

__all__ = ["KIND", "Kept", "before", "conversation", "find", "keep", "referred", "rewritten"]

KIND = "response"
_DAYS_KEPT = 30
_SECONDS_KEPT_UNSTORED = 600
"""So long is kept what runs in the background and is not to be stored (background guide, O)."""
_BEGINS, _ENDS = 1.0, 2.0
"""Seconds until a response in the background begins, and until it ends (drytune's)."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a response.

    Attributes:
        response: At its end.
        asked: The items of its own input.
        previous: Id of the response before it.
        streamed: Whether it was streamed when it was made.
        encoding: Of its model: it cuts the text of a stream.
        until: From when on it is gone, in Unix seconds.
        begins, ends: When it is worked on; both are the moment of its creation unless it runs in the background.
        cancelled: Whether that was cancelled.
        deleted: Whether only the conversation is left of it.
        row: As read.
    """

    response: Response
    asked: list[InputItem]
    previous: str | None
    streamed: bool
    encoding: str
    until: float
    begins: float
    ends: float
    cancelled: bool = False
    deleted: bool = False
    row: Row | None = None

    def upcoming(self, now: float) -> Sequence[float]:
        """When it is worth looking at it again."""
        return [] if self.cancelled else [moment for moment in (self.begins, self.ends) if moment > now]

    def shown(self, now: float) -> Response:
        """The response as it is at that moment."""
        status: Literal["cancelled", "queued", "in_progress"]
        if self.cancelled:
            status = "cancelled"
        elif now < self.begins:
            status = "queued"
        elif now < self.ends:
            status = "in_progress"
        else:
            return self.response
        return replace(
            self.response,
            status=status,
            completed_at=None,
            incomplete_details=None,
            output=[],
            usage=None,
            service_tier="auto",
        )


def keep(
    world: World,
    tenant: Tenant,
    response: Response,
    asked: list[InputItem],
    *,
    number: int,
    streamed: bool,
    encoding: str,
) -> Kept:
    """Keep a new response with the `number` of its id, unless it is not to be stored.

    One that runs in the background without a stream is worked on a little later; else all is there at once.
    """
    now = world.now()
    waits = response.background and not streamed
    kept = Kept(
        response=replace(response, completed_at=response.completed_at and int(now + _ENDS))
        if waits
        else response,
        asked=asked,
        previous=response.previous_response_id,
        streamed=streamed,
        encoding=encoding,
        until=now + (_DAYS_KEPT * 86_400 if response.store else _SECONDS_KEPT_UNSTORED),
        begins=now + _BEGINS if waits else now,
        ends=now + _ENDS if waits else now,
    )
    if response.store or response.background:
        row = Row(
            kind=KIND,
            scope=tenant.scope,
            id=response.id,
            seq=number,
            visible_at=now,
            document=_document(kept),
            ends_at=now,
        )
        world.store.insert([row])
    return kept


def find(world: World, tenant: Tenant, response_id: str) -> Kept | None:
    """The response of that id, if this tenant has one."""
    kept = _read(world, tenant, response_id)
    return None if kept is None or kept.deleted or kept.until <= world.now() else kept


def rewritten(world: World, kept: Kept) -> Kept:
    """Keep what has changed of a response that was read."""
    assert kept.row is not None  # noqa: S101 - it was read
    world.store.update(replace(kept.row, document=_document(kept)))
    return kept


def before(world: World, tenant: Tenant, kept: Kept) -> Kept | None:
    """The response that one goes on from, be it gone or not."""
    return None if kept.previous is None else _read(world, tenant, kept.previous)


def conversation(world: World, tenant: Tenant, last: Kept | None) -> list[InputItem]:
    """All items up to the end of a response, from the first of its predecessors on."""
    parts: list[list[InputItem]] = []
    while last is not None:
        parts.append([*last.asked, *_said(last.shown(world.now()))])
        last = before(world, tenant, last)
    return [item for part in reversed(parts) for item in part]


def referred(world: World, tenant: Tenant, item_id: str) -> InputItem | None:
    """The item of that id, which a kept response of this tenant was asked with or has answered."""
    from drytune_simulator.inference.responses import Names

    kept = find(world, tenant, Names.around(item_id, world.seed).response)
    if kept is None:
        return None
    items = [*kept.asked, *_said(kept.shown(world.now()))]
    return next((item for item in items if item.id == item_id), None)


def _said(response: Response) -> list[InputItem]:
    """The output of a response as items of a conversation."""
    items: list[InputItem] = msgspec.convert(msgspec.to_builtins(response.output), list[InputItem])
    return items


def _document(kept: Kept) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(replace(kept, row=None))
    return document


def _read(world: World, tenant: Tenant, response_id: str) -> Kept | None:
    row = world.store.get(KIND, tenant.scope, response_id, world.now())
    return None if row is None else replace(msgspec.convert(row.document, Kept), row=row)
