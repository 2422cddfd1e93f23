"""``/v1/fine_tuning/checkpoints/{}/permissions``: which projects may use a checkpoint (FACTS.md §4.8).

An admin key (``sk-admin-…``) opens the tuned models of its organization to that organization's projects. Who
belongs to an organization is told by the header ``OpenAI-Organization``; requests without one belong together.
"""

from __future__ import annotations

from collections.abc import Iterator

from drytune_simulator import ids
from drytune_simulator.errors import refuse
from drytune_simulator.http import Response
from drytune_simulator.reading import json_object, read, read_query
from drytune_simulator.resources import paging
from drytune_simulator.store import Row
from drytune_simulator.wire import objects, requests
from drytune_simulator.world import PROJECT, Call, Tenant, World

__all__ = ["create", "delete", "forget", "list_permissions", "opened"]

_KIND = "permission"


def create(world: World, call: Call) -> Response:
    """Open a checkpoint to projects; one that may use it already keeps its permission (grade D)."""
    _check_key(call, "api.management.write")
    asked = read(json_object(call.request), requests.CreatePermissions)
    for number, project in enumerate(asked.project_ids):
        if not PROJECT.fullmatch(project):
            raise refuse("not-a-project", name=f"project_ids[{number}]", value=project[:100])
    with world.store.transaction():
        model = _administered(world, call)
        scope, now = _scope(model), world.now()
        known = {row.document["project"]: row for row in world.store.scan(_KIND, scope, now)}
        new: dict[str, Row] = {}
        for project in dict.fromkeys(asked.project_ids):
            if project not in known:
                number = world.store.number(_KIND, scope)
                new[project] = Row(
                    kind=_KIND,
                    scope=scope,
                    id="cp_" + ids.identifier(24, world.seed, scope, number),
                    seq=number,
                    visible_at=now,
                    document={"project": project},
                )
        if new:
            world.store.insert(new.values())
    rows = known | new
    data = [_show(rows[project]) for project in dict.fromkeys(asked.project_ids)]
    return Response.json(paging.first_page(data, len(data), ends=True))


def list_permissions(world: World, call: Call) -> Response:
    """Which projects may use a checkpoint, newest first unless `order` says otherwise."""
    _check_key(call, "api.management.read")
    asked = read_query(call.request.query, requests.ListPermissions)
    model = _administered(world, call)
    rows = paging.rows_behind(
        world, _scope(model), _KIND, asked.after, newest_first=asked.order == "descending"
    )
    wanted = (_show(row) for row in rows if asked.project_id in (None, row.document["project"]))
    return Response.json(paging.first_page(wanted, asked.limit, ends=True))


def delete(world: World, call: Call) -> Response:
    """Close a checkpoint to a project."""
    _check_key(call, "api.management.write")
    with world.store.transaction():
        model, permission = _administered(world, call), call.path[1]
        if world.store.get(_KIND, _scope(model), permission, world.now()) is None:
            raise refuse("unknown-permission", id=permission)
        world.store.delete(_KIND, _scope(model), [permission])
    return Response.json(objects.DeletedPermission(id=permission))


def opened(world: World, tenant: Tenant, model: Row) -> bool:
    """Whether the tenant's project is permitted to use a tuned model of its organization."""
    return _belongs(model) == tenant.belongs and any(
        row.document["project"] == tenant.project for row in _all(world, model)
    )


def forget(world: World, model: Row) -> None:
    """Remove all permissions of a model that is about to be deleted. Call it in a transaction."""
    world.store.delete(_KIND, _scope(model), [row.id for row in list(_all(world, model))])


def _all(world: World, model: Row) -> Iterator[Row]:
    return world.store.scan(_KIND, _scope(model), world.now())


def _check_key(call: Call, scope: str) -> None:
    if not call.tenant.administers:
        raise refuse("needs-admin-key", scope=scope, reason="send an admin key: sk-admin-...")


def _administered(world: World, call: Call) -> Row:
    """The checkpoint of the path.

    Raises:
        ApiError: 404, there is none, or the key's organization is another one.
    """
    name = call.path[0]
    model = world.store.anywhere("model", name, world.now())
    if model is None or _belongs(model) != call.tenant.administers:
        reason = "send the same OpenAI-Organization header as the requests that tuned it"
        raise refuse("no-such-model", model=name, reason=reason)
    return model


def _belongs(model: Row) -> str | None:
    belongs: str | None = model.document.get("belongs")
    return belongs


def _scope(model: Row) -> str:
    """Permissions are kept by model, whoever created them."""
    return ids.digest("permission", model.scope, model.id).hex()[:32]


def _show(row: Row) -> objects.Permission:
    return objects.Permission(id=row.id, created_at=int(row.visible_at), project_id=row.document["project"])
