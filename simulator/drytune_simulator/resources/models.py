"""``/v1/models``: list, retrieve, delete (FACTS.md §1.5)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from drytune_simulator import catalog, ids
from drytune_simulator.catalog.others import OTHERS, OtherModel
from drytune_simulator.errors import refuse
from drytune_simulator.http import Response
from drytune_simulator.resources import dates, permissions
from drytune_simulator.store import Row
from drytune_simulator.wire import objects
from drytune_simulator.world import Call, Tenant, World

if TYPE_CHECKING:
    from drytune_simulator.inference.voice import KnownModel

__all__ = ["base_of", "delete", "is_kept", "list_models", "retrieve", "usable"]

_RECORDED = {"gpt-3.5-turbo": (1_677_610_602, "openai")}
"""`created` and `owned_by` of floating names, where they were recorded; else those of the snapshot are told."""


def usable(world: World, tenant: Tenant, name: str) -> Row | None:
    """The tuned model, or checkpoint, of that name: the tenant's own, or one that its project may use.

    Or one for which a voice of the world answers, which is everybody's.
    """
    kept = _kept(world, name)
    if kept is not None:
        return kept
    if not name.startswith("ft:"):
        return None
    now = world.now()
    row = world.store.get("model", tenant.scope, name, now)
    if row is None and tenant.project:
        row = world.store.anywhere("model", name, now)
        if row is not None and not permissions.opened(world, tenant, row):
            return None
    return row


def is_kept(row: Row) -> bool:
    """Whether a voice answers for the model, which no calendar can silence."""
    return "owned_by" in row.document


def base_of(row: Row) -> catalog.Model:
    """What a tuned model was tuned from."""
    return catalog.find(row.document["base"])


def list_models(world: World, call: Call) -> Response:
    """The catalog's bases, floating names and snapshots, what cannot be tuned, and what this tenant has tuned."""
    floating = _floating_names(world)
    models = [
        _base(name, model)
        for model in dates.existing(world)
        for name in (*floating.get(model.id, ()), model.id)
    ]
    models += [_other(model) for model in OTHERS.values() if _is_listed(world, model)]
    models += [
        _tuned(world, row)
        for row in world.store.scan("model", call.tenant.scope, world.now())
        if not _dead(world, row)
    ]
    models += [_tuned(world, _row(model)) for model in _voiced(world)]
    return Response.json(objects.Page(data=models))


def retrieve(world: World, call: Call) -> Response:
    """One model; without applied dates also one that is gone, with a warning."""
    name = call.path[0]
    if name in OTHERS and _is_listed(world, OTHERS[name]):
        return Response.json(_other(OTHERS[name]))
    row = usable(world, call.tenant, name)
    if row is None:
        base = _existing_base(world, name)
        return dates.with_warnings(
            Response.json(_base(name, base)), dates.obituary(world, name, base, tuned=False)
        )
    if _dead(world, row):
        raise refuse("no-such-model", model=name, reason=f"as of {world.today()} it is shut down")
    warnings = dates.obituary(world, name, base_of(row), tuned=True)
    return dates.with_warnings(Response.json(_tuned(world, row)), warnings)


def delete(world: World, call: Call) -> Response:
    """Delete a tuned model of one's own, and who else was permitted to use it."""
    name = call.path[0]
    with world.store.transaction():
        row = world.store.get("model", call.tenant.scope, name, world.now())
        if row is not None:
            permissions.forget(world, row)
            world.store.delete("model", row.scope, [row.id])
            return Response.json(objects.Deleted(object="model", id=row.id))
        if name not in OTHERS and usable(world, call.tenant, name) is None:
            _existing_base(world, name)
    raise refuse("not-yours-to-delete", reason="only a model that you have tuned can be deleted")


def _floating_names(world: World) -> dict[str, list[str]]:
    """By snapshot, the floating names that mean it on the world's day."""
    names: dict[str, list[str]] = {}
    for name in dict.fromkeys(alias for model in catalog.models() for alias in model.aliases):
        with contextlib.suppress(catalog.UnknownModelError):
            names.setdefault(dates.find_model(world, name).id, []).append(name)
    return names


def _voiced(world: World) -> Iterator[KnownModel]:
    """The models that voices bring with them."""
    for voice in world.voices:
        yield from getattr(voice, "models", {}).values()


def _kept(world: World, name: str) -> Row | None:
    """The model of that name that a voice brings with it."""
    for voice in world.voices:
        known = getattr(voice, "models", {}).get(name)
        if known is not None:
            return _row(known)
    return None


def _row(known: KnownModel) -> Row:
    """A model that no job of this world has made, as if one had; it was taught nothing."""
    document = {"base": known.base, "job": None, "step": None, "owned_by": known.owned_by}
    return Row(
        kind="model", scope="", id=known.name, seq=0, visible_at=float(known.created), document=document
    )


def _dead(world: World, row: Row) -> bool:
    return world.strict and not is_kept(row) and dates.gone(world, base_of(row), tuned=True)


def _existing_base(world: World, name: str) -> catalog.Model:
    """The base of that name.

    Raises:
        ApiError: 404, it is none, or one that the platform does not have on the world's day.
    """
    reason = None
    if not name.startswith("ft:"):
        try:
            model = dates.find_model(world, name)
        except catalog.UnknownModelError as error:
            reason = str(error)
        else:
            if not world.strict or not dates.gone(world, model):
                return model
            reason = f"as of {world.today()} it is shut down"
    raise refuse("no-such-model", model=name, reason=reason)


def _base(name: str, model: catalog.Model) -> objects.Model:
    created, owned_by = _RECORDED.get(name, (model.created, model.owned_by))
    return objects.Model(id=name, created=created, owned_by=owned_by, shutdown_date=_day(dates.end_of(model)))


def _is_listed(world: World, model: OtherModel) -> bool:
    return model.created is not None and dates.released(world, model.created)


def _other(model: OtherModel) -> objects.Model:
    return objects.Model(id=model.id, created=model.created or 0, owned_by=model.owned_by)


def _tuned(world: World, row: Row) -> objects.Model:
    # a person owns as `user-…`, an organization as its slug (FACTS.md §1.5)
    slug = world.profile.organization
    owner = slug if slug != "personal" else "user-" + ids.identifier(24, row.scope)
    return objects.Model(
        id=row.id,
        created=int(row.visible_at),
        owned_by=row.document.get("owned_by", owner),
        shutdown_date=_day(dates.end_of(base_of(row), tuned=True)),
    )


def _day(day: object) -> str | None:
    return None if day is None else str(day)
