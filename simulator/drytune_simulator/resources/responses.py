"""``/v1/responses``: create, retrieve, delete, cancel, list what was asked, count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from drytune_simulator.checks import as_string, missing
from drytune_simulator.dataset.tokens import well_formed
from drytune_simulator.errors import refuse
from drytune_simulator.http import EVENTS, ApiError, Response
from drytune_simulator.reading import json_object
from drytune_simulator.resources import response_record as record
from drytune_simulator.resources.asked import Asked, asked, metered, pace, voices
from drytune_simulator.resources.response_queries import input_page, read_flags, read_include
from drytune_simulator.resources.taught import taught
from drytune_simulator.wire import response_requests as requests
from drytune_simulator.wire import responses as wire
from drytune_simulator.wire.responses import InputItem
from drytune_simulator.world import Call, World

if TYPE_CHECKING:
    from drytune_simulator.inference.responses import Asking, Names

__all__ = ["cancel", "count_tokens", "create", "delete", "input_items", "retrieve"]

_IMAGES = "message.input_image.image_url"


def create(world: World, call: Call) -> Response:
    """Answer a conversation."""
    from drytune_simulator.dataset.tokens import counter
    from drytune_simulator.inference import responses

    body = json_object(call.request)
    model = _model(world, call, body)
    base = model.answering
    abilities = model.abilities
    asking = responses.read_request(body, abilities)
    fields = asking.fields
    assert isinstance(fields, requests.CreateResponse)  # noqa: S101 - what is read for this door
    number = world.store.quick_number(record.KIND, call.tenant.scope)
    names = responses.Names.numbered(call.tenant.scope, number, world.seed)
    own, items = _items(world, call, asking, names)
    if not abilities.images:
        responses.check_images(own)
    rates = metered(world, call, model, body["input"], fields.max_output_tokens)
    response, said = responses.answer(
        asking,
        items,
        names,
        responses.Circumstances(
            model=model.name,
            encoding=base.encoding,
            abilities=abilities,
            taught=taught(world, model.row),
            created=int(world.now()),
            voices=voices(world, "responses", body["model"]),
        ),
    )
    streamed = fields.stream is True
    kept = record.keep(
        world, call.tenant, response, own, number=number, streamed=streamed, encoding=base.encoding
    )
    world.clock.created(kept.upcoming(world.now()))
    takes = pace(world, response.id).later(said.delay)
    if response.background and not streamed:
        # recorded: what runs in the background tells no limits, and no stream does; it answers at once
        return model.told(Response.json(kept.shown(world.now()), headers=said.headers), {})
    if not streamed:
        used = 0 if response.usage is None else response.usage.output_tokens
        shown = Response.json(kept.shown(world.now()), headers=said.headers, delay=takes.whole(used))
        return model.told(shown, rates)
    padded = fields.stream_options is None or fields.stream_options.include_obfuscation is not False
    events = responses.streamed(response, names, counter(base.encoding), padded=padded, pace=takes)
    return model.told(Response(200, {**EVENTS, **said.headers}, events), {})


def retrieve(world: World, call: Call) -> Response:
    """One response; its events again, if it was streamed from the background."""
    read_include(call.request)
    query = read_flags(call.request, requests.RetrieveResponse)
    kept = _kept(world, call)
    if not query.stream:
        world.clock.polled(kept.upcoming(world.now()))
        return Response.json(kept.shown(world.now()))
    if not kept.response.background or not kept.streamed:
        raise refuse("no-stream-of-it", needed="stream" if kept.response.background else "background")
    from drytune_simulator.dataset.tokens import counter
    from drytune_simulator.inference.responses import Names, streamed

    events = streamed(
        kept.response,
        Names.around(kept.response.id, world.seed),
        counter(kept.encoding),
        padded=query.include_obfuscation is not False,
        after=-1 if query.starting_after is None else query.starting_after,
    )
    return Response(200, EVENTS, events)


def delete(world: World, call: Call) -> Response:
    """Delete a response; what goes on from it keeps its conversation."""
    with world.store.transaction():
        kept = _kept(world, call)
        record.rewritten(world, replace(kept, deleted=True))
    return Response.json(wire.ResponseDeleted(id=kept.response.id))


def cancel(world: World, call: Call) -> Response:
    """Cancel a response that runs in the background; to do it twice changes nothing (background guide, O)."""
    with world.store.transaction():
        kept = _kept(world, call)
        if not kept.response.background:
            raise refuse("not-in-background")
        if not kept.cancelled:
            if not kept.upcoming(world.now()):
                raise refuse("response-has-ended")
            kept = record.rewritten(world, replace(kept, cancelled=True))
    return Response.json(kept.shown(world.now()))


def input_items(world: World, call: Call) -> Response:
    """What a response was asked with, and what was said before."""
    include = read_include(call.request)
    query = read_flags(call.request, requests.ListInputItems)
    kept = _kept(world, call)
    said_before = record.conversation(world, call.tenant, record.before(world, call.tenant, kept))
    items = [_listed(item, images=_IMAGES in include) for item in (*said_before, *kept.asked)]
    return Response.json(input_page(items, query))


def count_tokens(world: World, call: Call) -> Response:
    """How many tokens an input is, by the model's own tokenizer."""
    from drytune_simulator.inference import responses

    body = json_object(call.request)
    model = _model(world, call, body)
    abilities = model.abilities
    asking = responses.read_count(body, abilities)
    _, items = _items(world, call, asking, responses.Names.numbered(call.tenant.scope, 0, world.seed))
    tokens = responses.count(asking, items, model.answering.encoding, abilities)
    return Response.json(wire.InputTokenCount(input_tokens=tokens))


def _model(world: World, call: Call, body: Mapping[str, Any]) -> Asked:
    """The model that is meant; here an unknown one is refused otherwise than for a chat.

    Raises:
        ApiError: 400.
    """
    if "model" not in body:
        raise missing("model")
    if body["model"] is None:  # measured: null is said to be an object
        raise refuse("wrong-type", name="model", expected="a string", got="an object")
    name = as_string(body["model"], "model")
    try:
        if not name:
            raise refuse("no-model-for-response", model=name)
        return asked(world, call, name, wants="responses")
    except ApiError as error:
        if error.code != "model_not_found":
            raise
        raise refuse("no-model-for-response", model=name, reason=error.reason) from error


def _items(world: World, call: Call, asking: Asking, names: Names) -> tuple[list[InputItem], list[InputItem]]:
    """The items of the request itself, and the whole conversation that they end.

    Raises:
        ApiError: 400 or 404, they are malformed, refer to what is not there, or do not make a conversation.
    """
    from drytune_simulator.inference import responses

    def reference(item_id: str) -> InputItem:
        item = record.referred(world, call.tenant, item_id)
        if item is None:
            raise refuse("no-such-item", id=well_formed(item_id))
        return item

    own = responses.read_input(asking.fields.input, names, reference)
    previous_id = asking.fields.previous_response_id
    previous = None
    if previous_id is not None:
        previous = record.find(world, call.tenant, previous_id)
        if previous is None:
            raise refuse("no-previous-response", id=well_formed(previous_id))
    elif not own:
        raise refuse("nothing-to-answer")
    items = [*record.conversation(world, call.tenant, previous), *own]
    responses.check_calls(items)
    if asking.shape.kind == "json_object" and not responses.mentions(items, "json"):
        raise refuse("no-word-json-in-input")
    return own, items


def _kept(world: World, call: Call) -> record.Kept:
    """The tenant's response of the path.

    Raises:
        ApiError: 404.
    """
    kept = record.find(world, call.tenant, call.path[0])
    if kept is None:
        raise refuse("unknown-response", id=well_formed(call.path[0]))
    return kept


def _listed(item: InputItem, *, images: bool) -> InputItem:
    """An item as it is listed: addresses of pictures only where they are asked for."""
    if images or isinstance(item, wire.FunctionCall):
        return item
    if isinstance(item, wire.InputMessage):
        return replace(item, content=[_without_address(part) for part in item.content])
    if isinstance(item.output, str):
        return item
    return replace(item, output=[_without_address(part) for part in item.output])


def _without_address(part: Any) -> Any:
    return replace(part, image_url=None) if isinstance(part, wire.ImagePart) else part
