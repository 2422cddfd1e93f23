"""How many jobs a model may have, and ``/v1/fine_tuning/model_limits`` which tells it (FACTS.md §4.3).

The platform counts for an organization; the simulator for a tenant, since state is kept apart by key. A job that
starts from a tuned model counts for its base (grade I).
"""

from __future__ import annotations

from collections import Counter
from itertools import takewhile

from drytune_simulator import catalog
from drytune_simulator.errors import refuse
from drytune_simulator.http import Response
from drytune_simulator.resources import dates
from drytune_simulator.resources.job_record import Job
from drytune_simulator.store import Row
from drytune_simulator.wire import objects
from drytune_simulator.world import Call, Tenant, World

__all__ = ["check", "model_limits", "refuse_for_the_day"]

_DAY = 24 * 60 * 60.0
_DAILY = 8
"""What is told as the daily limit where none is set: seen in February 2026 (FACTS.md §4.3)."""


def check(world: World, tenant: Tenant, base: catalog.Model) -> None:
    """Refuse another job with `base`, if there are too many. Counted in one transaction with what it is about.

    Raises:
        ApiError: 429, as many jobs run or wait as may, or as many were created within 24 hours (grade I: whether
            the platform's day is a calendar day is not known). The client is told not to try again by itself:
            a job takes longer than any client waits.
    """
    profile, now = world.profile, world.now()
    if profile.concurrent_jobs is not None:
        jobs = [job for job in map(Job.of, world.store.active("job", tenant.scope, now)) if _is_of(job, base)]
        if len(jobs) >= profile.concurrent_jobs:
            running = sum(job.state(now).started for job in jobs)
            raise refuse(
                "too-many-jobs",
                limit=profile.concurrent_jobs,
                running=running,
                pending=len(jobs) - running,
                model=base.id,
                reason="wait for one to end, cancel one, or simulate without this limit",
            )
    if profile.daily_jobs is not None and _created(world, tenant, base, profile.daily_jobs):
        raise refuse_for_the_day(world, base)


def refuse_for_the_day(world: World, base: catalog.Model, reason: str | None = None) -> Exception:
    """The refusal of a job beyond the daily limit."""
    limit = world.profile.daily_jobs or _DAILY
    return refuse("too-many-jobs-a-day", limit=limit, model=base.id, reason=reason)


def model_limits(world: World, call: Call) -> Response:
    """For each model that can be tuned: how many jobs it may have, and how many it has.

    The shape is one report's (grade U); a limit that does not exist is null (grade D).
    """
    now = world.now()
    active = Counter(_base_of(row) for row in world.store.active("job", call.tenant.scope, now))
    limits = world.profile.limits()
    return Response.json(
        {
            model.id: objects.ModelLimits(**limits, active_jobs=active[model.id])
            for model in dates.existing(world)
            if model.methods and not (world.strict and dates.closed_since(world, model))
        }
    )


def _created(world: World, tenant: Tenant, base: catalog.Model, limit: int) -> bool:
    """Whether `limit` jobs with `base` were created within 24 hours."""
    now = world.now()
    if world.store.count("job", tenant.scope, now - _DAY, now) < limit:
        return False
    lately = takewhile(
        lambda row: row.visible_at >= now - _DAY,
        world.store.scan("job", tenant.scope, now, newest_first=True),
    )
    return sum(_is_of(Job.of(row), base) for row in lately) >= limit


def _is_of(job: Job, base: catalog.Model) -> bool:
    return catalog.find(job.requested.model) is base


def _base_of(row: Row) -> str:
    return catalog.find(Job.of(row).requested.model).id
