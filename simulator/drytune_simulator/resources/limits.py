"""How many jobs a model may have, and ``/v1/fine_tuning/model_limits`` which tells it (FACTS.md §4.3).

The platform counts for an organization; the simulator for a tenant, since state is kept apart by key. A job that
starts from a tuned model counts for its base (grade I).
"""

from __future__ import annotations

import math
from collections import Counter
from itertools import islice, takewhile

import msgspec

from drytune_simulator import catalog
from drytune_simulator.errors import refuse
from drytune_simulator.http import ApiError, Response
from drytune_simulator.resources import dates
from drytune_simulator.resources.job_record import Job
from drytune_simulator.store import Row
from drytune_simulator.wire import objects
from drytune_simulator.world import Call, Tenant, World

__all__ = ["check", "model_limits", "refuse_for_the_day"]

_DAY = 24 * 60 * 60.0
_DAILY = 8
"""What is told as the daily limit where none is set: seen in February 2026 (FACTS.md §4.3)."""

_WHENEVER = 60.0
"""Seconds after which to try again if no job ends by itself: those that are paused or stuck."""


class _Tuned(msgspec.Struct):
    model: str


class _Counted(msgspec.Struct):
    """Of a job as it is kept (`Job`), what is counted by."""

    plan: _Tuned


def check(world: World, tenant: Tenant, base: catalog.Model) -> None:
    """Refuse another job with `base`, if there are too many. Counted in one transaction with what it is about.

    Raises:
        ApiError: 429, as many jobs run or wait as may, or as many were created within 24 hours (grade I: whether
            the platform's day is a calendar day is not known). ``retry-after`` tells when there may be room
            (grade I), and the client is told not to try again by itself: a job takes longer than any client waits.
    """
    profile, now = world.profile, world.now()
    if profile.concurrent_jobs is not None:
        rows = [row for row in world.store.active("job", tenant.scope, now) if _base_of(row) == base.id]
        if len(rows) >= profile.concurrent_jobs:
            running = sum(Job.of(row).state(now).started for row in rows)
            refusal = refuse(
                "too-many-jobs",
                limit=profile.concurrent_jobs,
                running=running,
                pending=len(rows) - running,
                model=base.id,
                reason="wait for one to end, cancel one, or simulate without this limit",
            )
            raise _with_wait(refusal, min(row.ends_at for row in rows) - now)
    if profile.daily_jobs is not None:
        room = _room_at(world, tenant, base, profile.daily_jobs)
        if room is not None:
            raise refuse_for_the_day(world, base, wait=room - now)


def refuse_for_the_day(
    world: World, base: catalog.Model, *, wait: float = _DAY, reason: str | None = None
) -> ApiError:
    """The refusal of a job beyond the daily limit.

    Args:
        world: Its profile counts.
        base: The model that has too many.
        wait: Seconds until there is room.
        reason: drytune's own explanation.
    """
    limit = world.profile.daily_jobs or _DAILY
    return _with_wait(refuse("too-many-jobs-a-day", limit=limit, model=base.id, reason=reason), wait)


def _with_wait(refusal: ApiError, seconds: float) -> ApiError:
    """`refusal` with ``retry-after`` (FACTS.md §6): whole seconds, at least one."""
    refusal.headers["retry-after"] = str(max(1, math.ceil(seconds if seconds < math.inf else _WHENEVER)))
    return refusal


def model_limits(world: World, call: Call) -> Response:
    """For each model that can be tuned: how many jobs it may have, and how many it has.

    The shape is one report's (grade U); a limit that does not exist is null (grade D). Once nobody can create jobs
    any more, and dates are applied, no model is left in it (grade I).
    """
    now = world.now()
    active = Counter(_base_of(row) for row in world.store.active("job", call.tenant.scope, now))
    limits = world.profile.limits()
    models = () if world.strict and dates.is_closed(world) else dates.existing(world)
    return Response.json(
        {
            model.id: objects.ModelLimits(**limits, active_jobs=active[model.id])
            for model in models
            if model.methods and not (world.strict and dates.closed_since(world, model))
        }
    )


def _room_at(world: World, tenant: Tenant, base: catalog.Model, limit: int) -> float | None:
    """When there is room again, if `limit` jobs with `base` were created within 24 hours; None if there is."""
    now = world.now()
    if world.store.count("job", tenant.scope, now - _DAY, now) < limit:
        return None
    lately = takewhile(
        lambda row: row.visible_at >= now - _DAY,
        world.store.scan("job", tenant.scope, now, newest_first=True),
    )
    created = (row.visible_at for row in lately if _base_of(row) == base.id)
    oldest = next(islice(created, limit - 1, None), None)
    return None if oldest is None else oldest + _DAY


def _base_of(row: Row) -> str:
    """The base of a job's tuned model, which stands in that one's name."""
    return msgspec.convert(row.document, _Counted).plan.model.split(":")[1]
