"""Chat completions that were stored (``store: true``): list, retrieve, their messages, update, delete.

Their form is the recorded one (openai-dotnet, September 2025). They are there at once, while the platform takes
some seconds. What a stream said is stored as what a plain answer says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from drytune_simulator import ids
from drytune_simulator.errors import refuse
from drytune_simulator.http import Response
from drytune_simulator.reading import json_object, read, read_query
from drytune_simulator.resources import paging
from drytune_simulator.store import Row
from drytune_simulator.wire import chat as wire
from drytune_simulator.wire import objects, requests
from drytune_simulator.world import Call, World

__all__ = ["delete", "keep", "list_chats", "list_messages", "retrieve", "update"]

_KIND = "chat"


def keep(
    world: World, call: Call, number: int, asked: Mapping[str, Any], answered: Mapping[str, Any]
) -> None:
    """Store a completion.

    Args:
        world: Where.
        call: Whose it is.
        number: Of the completion, among those of its tenant.
        asked: The request.
        answered: The completion object.
    """
    completion = _stored(asked, answered)
    row = Row(
        kind=_KIND,
        scope=call.tenant.scope,
        id=answered["id"],
        seq=number,
        visible_at=world.now(),
        document={"completion": msgspec.to_builtins(completion), "messages": asked["messages"]},
    )
    with world.store.transaction():
        world.store.insert([row])


def list_chats(world: World, call: Call) -> Response:
    """The stored completions, the newest first unless `order` says otherwise."""
    query = call.request.query
    labels = {name: value for name, value in query if paging.LABEL.fullmatch(name)}
    asked = read_query(query, requests.ListChatCompletions, names=tuple(labels))
    labels = {name[len("metadata[") : -1]: value for name, value in labels.items()}
    rows = paging.rows_behind(
        world, call.tenant.scope, _KIND, asked.after, newest_first=asked.order == "desc"
    )
    wanted = (
        completion
        for completion in map(_shown, rows)
        if asked.model in (None, completion.model) and labels.items() <= completion.metadata.items()
    )
    return Response.json(paging.first_page(wanted, asked.limit, ends=True))


def retrieve(world: World, call: Call) -> Response:
    """One stored completion."""
    return Response.json(_shown(_found(world, call)))


def list_messages(world: World, call: Call) -> Response:
    """The messages that a stored completion answered, in their order unless `order` says otherwise."""
    asked = read_query(call.request.query, requests.ListChatMessages)
    row = _found(world, call)
    messages = [_message(row.id, number, each) for number, each in enumerate(row.document["messages"])]
    if asked.order == "desc":
        messages.reverse()
    if asked.after is not None:
        places = [place for place, message in enumerate(messages) if message.id == asked.after]
        if not places:
            raise refuse("bad-cursor", id=asked.after)
        messages = messages[places[0] + 1 :]
    return Response.json(paging.first_page(messages, asked.limit, ends=True))


def update(world: World, call: Call) -> Response:
    """Replace the metadata of a stored completion."""
    asked = read(json_object(call.request), requests.UpdateChatCompletion)
    with world.store.transaction():
        row = _found(world, call)
        completion = {**row.document["completion"], "metadata": asked.metadata or {}}
        row = msgspec.structs.replace(row, document={**row.document, "completion": completion})
        world.store.update(row)
    return Response.json(_shown(row))


def delete(world: World, call: Call) -> Response:
    """Delete a stored completion."""
    with world.store.transaction():
        row = _found(world, call)
        world.store.delete(_KIND, row.scope, [row.id])
    return Response.json(objects.ChatCompletionDeleted(id=row.id))


def _found(world: World, call: Call) -> Row:
    row = world.store.get(_KIND, call.tenant.scope, call.path[0], world.now())
    if row is None:
        reason = "only completions that were created with `store: true` can be found"
        raise refuse("unknown-chat", id=call.path[0], reason=reason)
    return row


def _shown(row: Row) -> wire.StoredChatCompletion:
    return msgspec.convert(row.document["completion"], wire.StoredChatCompletion)


def _stored(asked: Mapping[str, Any], answered: Mapping[str, Any]) -> wire.StoredChatCompletion:
    """What is kept of a completion: what was answered, and the parameters it was asked for with."""

    def given(name: str, default: Any = None) -> Any:
        value = asked.get(name)
        return default if value is None else value

    used = answered["usage"]
    return wire.StoredChatCompletion(
        id=answered["id"],
        model=answered["model"],
        created=answered["created"],
        tool_choice=given("tool_choice"),
        usage=wire.StoredUsage(
            total_tokens=used["total_tokens"],
            completion_tokens=used["completion_tokens"],
            prompt_tokens=used["prompt_tokens"],
        ),
        seed=given("seed", _drawn(answered["id"])),
        top_p=float(given("top_p", 1)),
        temperature=float(given("temperature", 1)),
        presence_penalty=float(given("presence_penalty", 0)),
        frequency_penalty=float(given("frequency_penalty", 0)),
        system_fingerprint=answered["system_fingerprint"],
        input_user=given("user"),
        service_tier=answered["service_tier"],
        tools=given("tools"),
        metadata=dict(given("metadata", {})),
        choices=[_choice(choice) for choice in answered["choices"]],
        response_format=given("response_format"),
    )


def _drawn(completion: str) -> int:
    """The seed that the platform tells where none was given: 64 bits."""
    return int.from_bytes(ids.digest("seed", completion)[:8], "big", signed=True)


def _choice(choice: Mapping[str, Any]) -> wire.StoredChoice:
    said = {name: value for name, value in choice["message"].items() if name != "annotations"}
    if said["refusal"] is None:
        del said["refusal"]
    return msgspec.convert({**choice, "message": said}, wire.StoredChoice)


def _message(completion: str, number: int, message: Mapping[str, Any]) -> objects.StoredMessage:
    """A message as it was sent; its id is the completion's with its place (API reference)."""
    content = message.get("content")
    parts = content if isinstance(content, list) else None
    others = {
        name: message[name]
        for name in ("refusal", "tool_calls", "function_call", "tool_call_id")
        if message.get(name) is not None
    }
    return objects.StoredMessage(
        id=f"{completion}-{number}",
        role=message["role"],
        content=None if parts is not None else content,
        name=message.get("name"),
        content_parts=parts,
        **others,
    )
