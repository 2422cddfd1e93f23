"""``/v1/models``: list, retrieve, delete (FACTS.md §1.5)."""

from __future__ import annotations

from typing import Any

from drytune_simulator import catalog, ids
from drytune_simulator.errors import refuse
from drytune_simulator.http import Response
from drytune_simulator.store import Row
from drytune_simulator.world import Call, World

__all__ = ["delete", "list_models", "retrieve"]


def list_models(world: World, call: Call) -> Response:
    """The catalog's bases and what this tenant has tuned, checkpoints included."""
    bases = [_base(model) for model in catalog.models()]
    tuned = [_tuned(world, row) for row in world.store.scan("model", call.tenant.scope, world.now())]
    return Response.json({"object": "list", "data": [*bases, *tuned]})


def retrieve(world: World, call: Call) -> Response:
    """One model."""
    row = _row(world, call)
    if row is not None:
        return Response.json(_tuned(world, row))
    return Response.json({**_base(_existing_base(call.path[0])), "id": call.path[0]})


def delete(world: World, call: Call) -> Response:
    """Delete a tuned model."""
    row = _row(world, call)
    if row is None:
        _existing_base(call.path[0])
        raise refuse("not-yours-to-delete", reason="only a model that you have tuned can be deleted")
    world.store.delete("model", row.scope, [row.id])
    return Response.json({"object": "model", "deleted": True, "id": row.id})


def _row(world: World, call: Call) -> Row | None:
    return world.store.get("model", call.tenant.scope, call.path[0], world.now())


def _existing_base(name: str) -> catalog.Model:
    if not name.startswith("ft:"):
        try:
            return catalog.find(name)
        except catalog.UnknownModelError:
            pass
    raise refuse("no-such-model", model=name)


def _base(model: catalog.Model) -> dict[str, Any]:
    return _model(model.id, model.created, model.owned_by, model.shutdown_date)


def _tuned(world: World, row: Row) -> dict[str, Any]:
    base = catalog.find(row.document["base"])
    shutdown = base.shutdown_date_ft or base.shutdown_date
    # a person owns as `user-…`, an organization as its slug (FACTS.md §1.5)
    slug = world.profile.organization
    owner = slug if slug != "personal" else "user-" + ids.identifier(24, row.scope)
    return _model(row.id, int(row.visible_at), owner, shutdown)


def _model(name: str, created: int, owned_by: str, shutdown: object) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": created,
        "owned_by": owned_by,
        "shutdown_date": None if shutdown is None else str(shutdown),
    }
