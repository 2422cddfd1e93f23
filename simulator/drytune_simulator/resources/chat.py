"""``POST /v1/chat/completions``: which model is meant, and what it has been taught."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drytune_simulator import catalog, clock, ids
from drytune_simulator.errors import refuse
from drytune_simulator.http import Response, header_text
from drytune_simulator.resources.body import Body, json_object
from drytune_simulator.resources.jobs import Job
from drytune_simulator.store import Row
from drytune_simulator.world import Call, World

if TYPE_CHECKING:
    from drytune_simulator.inference import Taught

__all__ = ["create"]


def create(world: World, call: Call) -> Response:
    """Answer a conversation."""
    from drytune_simulator.inference import complete

    fields = json_object(call.request)
    name = Body(fields).string("model")
    if not name:
        raise refuse("no-model")
    now = world.now()
    tuned = world.store.get("model", call.tenant.scope, name, now) if name.startswith("ft:") else None
    base = _base(name) if tuned is None else catalog.find(tuned.document["base"])
    if base.data_format != "chat":
        raise refuse("not-a-chat-model")
    number = world.store.number("chat", call.tenant.scope)
    response = complete(
        fields,
        model=base.id if tuned is None else name,
        encoding=base.encoding,
        taught=None if tuned is None else _taught(world, call, tuned),
        completion_id="chatcmpl-" + ids.identifier(29, world.seed, call.tenant.scope, "chat", number),
        created=int(now),
        seed=world.seed,
    )
    end = base.shutdown_date if tuned is None else base.shutdown_date_ft or base.shutdown_date
    if end is not None and clock.to_date(now) >= end:
        # it answers all the same, since old pipelines are rehearsed too
        warning = f"{name} was shut down on {end}: the platform answers 404 since then"
        return response.with_headers({"x-drytune-warning": header_text(warning)})
    return response


def _base(name: str) -> catalog.Model:
    try:
        if name.startswith("ft:"):
            raise refuse("model-not-found", model=name, reason="no job of this key has made such a model")
        return catalog.find(name)
    except catalog.UnknownModelError as error:
        raise refuse("model-not-found", model=name, reason=str(error)) from error


def _taught(world: World, call: Call, tuned: Row) -> Taught:
    from drytune_simulator.inference import Taught

    def build() -> Taught:
        # a tune of a tune knows both; what it was taught last comes first
        contents, job_id = [], tuned.document["job"]
        while job_id is not None:
            row = world.store.get("job", call.tenant.scope, job_id, world.now())
            if row is None:
                break
            contents.append(world.store.blobs.get(row.blob or ""))
            job_id = Job.of(row).base_job
        return Taught.from_jsonl(*contents)

    return world.taught(f"{call.tenant.scope}/{tuned.document['job']}", build)
