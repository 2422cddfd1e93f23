"""``POST /v1/chat/completions``: which model is meant, and what it has been taught."""

from __future__ import annotations

from typing import Any

from drytune_simulator import ids
from drytune_simulator.http import Response
from drytune_simulator.reading import json_object
from drytune_simulator.resources import stored_chats
from drytune_simulator.resources.asked import asked, metered, pace, voices
from drytune_simulator.resources.taught import taught
from drytune_simulator.world import Call, World

__all__ = ["create"]


def create(world: World, call: Call) -> Response:
    """Answer a conversation."""
    from drytune_simulator.inference.chat import completed

    fields = json_object(call.request)
    model = asked(world, call, fields.get("model"), wants="chat")
    rates = metered(world, call, model, fields.get("messages"), _most(fields))
    number = world.store.quick_number("chat", call.tenant.scope)
    completion_id = "chatcmpl-" + ids.identifier(29, world.seed, call.tenant.scope, "chat", number)
    answered = completed(
        fields,
        model=model.name,
        encoding=model.answering.encoding,
        taught=taught(world, model.row),
        completion_id=completion_id,
        created=int(world.now()),
        seed=world.seed,
        abilities=model.abilities,
        pace=pace(world, completion_id),
        voices=voices(world, "chat", fields.get("model")),
    )
    if answered.whole is not None:
        stored_chats.keep(world, call, number, fields, answered.whole)
    return model.told(answered.response, rates)


def _most(fields: dict[str, Any]) -> int:
    """The most tokens that are asked for."""
    limits = [fields.get(limit) for limit in ("max_completion_tokens", "max_tokens")]
    return max((number for number in limits if type(number) is int), default=0)
