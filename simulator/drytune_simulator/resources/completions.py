"""``POST /v1/completions``: text by the models that complete it, and by what was tuned from them."""

from __future__ import annotations

from drytune_simulator import ids
from drytune_simulator.http import Response
from drytune_simulator.reading import json_object
from drytune_simulator.resources.asked import asked, metered, pace, voices
from drytune_simulator.resources.taught import taught
from drytune_simulator.world import Call, World

__all__ = ["create"]


def create(world: World, call: Call) -> Response:
    """Complete prompts."""
    from drytune_simulator.inference.completions import complete_text

    body = json_object(call.request)
    model = asked(world, call, body.get("model"), wants="completions")
    rates = metered(world, call, model, body.get("prompt"), body.get("max_tokens"))
    number = world.store.number("completion", call.tenant.scope)
    completion_id = "cmpl-" + ids.identifier(29, world.seed, call.tenant.scope, "completion", number)
    response = complete_text(
        body,
        model=model.name,
        encoding=model.answering.encoding,
        context=model.context,
        taught=taught(world, model.row),
        completion_id=completion_id,
        created=int(world.now()),
        seed=world.seed,
        specified=call.specified,
        pace=pace(world, completion_id),
        voices=voices(world, "completions", body.get("model")),
    ).with_headers({"openai-model": model.name})
    return model.told(response, rates)
