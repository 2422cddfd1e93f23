"""``/v1/fine_tuning/jobs``: list, retrieve, cancel, pause, resume, events, checkpoints (FACTS.md §4)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from drytune_simulator.errors import refuse
from drytune_simulator.http import Response
from drytune_simulator.reading import read_query
from drytune_simulator.resources import job_objects, legacy, paging
from drytune_simulator.resources.job_record import TERMINAL, Job, Requested, change
from drytune_simulator.training import Change, ChangeKind, checkpoints_at, how_many, told, trained_steps
from drytune_simulator.wire import objects, requests
from drytune_simulator.world import Call, World

__all__ = [
    "TERMINAL",
    "Job",
    "Requested",
    "cancel",
    "change",
    "checkpoints",
    "events",
    "find",
    "list_jobs",
    "pause",
    "resume",
    "retrieve",
    "show",
]


def find(world: World, call: Call, *, poll: bool = True) -> Job:
    """The tenant's job of the path; a clock that moves on polls is moved first.

    Raises:
        ApiError: 404.
    """
    job_id = call.path[0]
    now = world.now()
    row = world.store.get("job", call.tenant.scope, job_id, now)
    if row is None:
        raise refuse("unknown-job", id=job_id)
    job = Job.of(row)
    if poll:
        world.clock.polled(job.upcoming(now))
    return job


def show(world: World, job: Job, *, specified: bool = False) -> objects.Job:
    """The job object at this moment."""
    return job_objects.show(job, world.now(), specified=specified)


def retrieve(world: World, call: Call) -> Response:
    """One job.

    To read a row needs no transaction, but that a job has ended is told only when nobody can be about to pause or
    to cancel it at an earlier moment.
    """
    job = find(world, call)
    now = world.now()
    if job.state(now).status in TERMINAL and not world.is_over(call.tenant.scope, job.plan.job_id):
        with world.store.transaction():
            job = find(world, call, poll=False)
        if job.state(now).status in TERMINAL:
            world.note_over(call.tenant.scope, job.plan.job_id)
    return Response.json(job_objects.show(job, now, specified=call.specified))


def list_jobs(world: World, call: Call) -> Response:
    """The tenant's jobs, newest first; `metadata[key]=value` picks those that carry it."""
    asked = {name: value for name, value in call.request.query if _is_filter(name)}
    query = read_query(legacy.query_of(call.request), requests.ListJobs, names=tuple(asked))
    with world.store.transaction():
        rows = paging.rows_behind(world, call.tenant.scope, "job", query.after)
        picked = (job for job in map(Job.of, rows) if _carries(job, asked))
        listed = list(islice(picked, query.limit + 1))
        now = world.now()
        # all that a clock asks of them is the first and the last
        ahead = [times for job in listed if (times := job.upcoming(now))]
        world.clock.polled(sorted(moment for times in ahead for moment in (times[0], times[-1])))
        now = world.now()
    shown = (job_objects.show(job, now, specified=call.specified) for job in listed)
    return Response.json(paging.first_page(shown, query.limit, ends=False))


def cancel(world: World, call: Call) -> Response:
    """Stop a job that has not ended, paused or not."""

    def ended(job: Job, now: float) -> None:
        state = job.state(now)
        if state.status in TERMINAL:
            raise refuse("job-has-ended", id=job.plan.job_id, status=state.status)

    return _changed(world, call, "cancelled", ended)


def pause(world: World, call: Call) -> Response:
    """Stop the training for a while; it leaves a model that can be used once its safety checks are through."""

    def not_in_training(job: Job, now: float) -> None:
        state, plan = job.state(now), job.plan
        if state.status != "running":
            raise refuse("job-not-running", id=plan.job_id, status=state.status)
        steps = trained_steps(plan, now, job.changes)
        if steps == 0:
            raise refuse("job-not-trained-yet", id=plan.job_id)
        if steps == plan.total_steps or state.finished_at is not None:
            raise refuse("job-trained-already", id=plan.job_id)

    return _changed(world, call, "paused", not_in_training)


def resume(world: World, call: Call) -> Response:
    """Go on with the training of a paused job, from where it stood."""

    def not_paused(job: Job, now: float) -> None:
        state = job.state(now)
        if state.status != "paused":
            raise refuse("job-not-paused", id=job.plan.job_id, status=state.status)

    return _changed(world, call, "resumed", not_paused)


def _changed(world: World, call: Call, kind: ChangeKind, check: Callable[[Job, float], None]) -> Response:
    """The job of the path after a change, unless `check` refuses it."""
    with world.store.transaction():
        job = find(world, call, poll=False)
        # read after the row: whoever saw the job end has seen an earlier time
        now = world.now()
        check(job, now)
        job = change(world, job, Change(now, kind), belongs=call.tenant.belongs)
        return Response.json(job_objects.show(job, now, specified=call.specified))


def events(world: World, call: Call) -> Response:
    """What has happened to a job, newest first."""
    query = read_query(call.request.query, requests.ListEvents)
    with world.store.transaction():
        job = find(world, call)
        now = world.now()
    plan, changes, before = job.plan, job.changes, None
    if query.after is not None:
        before = job_objects.event_number(plan, query.after)
        if before is None or before >= how_many(plan, now, changes):
            raise refuse("bad-cursor", id=query.after)
    listed = (
        job_objects.event(plan, number, happening, specified=call.specified)
        for number, happening in told(plan, now, changes, before=before)
    )
    return Response.json(paging.first_page(listed, query.limit, ends=False))


def checkpoints(world: World, call: Call) -> Response:
    """The models that a job has left, newest first; the first of one that succeeded is its own (FACTS.md §9).

    To look at them is no poll: only a job, its events and the list of jobs move a clock that moves by polls.
    """
    query = read_query(call.request.query, requests.ListCheckpoints)
    with world.store.transaction():
        job = find(world, call, poll=False)
        now = world.now()
    ready = checkpoints_at(job.plan, now, job.changes)
    items = [job_objects.checkpoint(job.plan, one) for one in ready]
    return Response.json(paging.first_page(_following(items, query.after), query.limit, ends=True))


def _following(items: list[objects.Checkpoint], after: str | None) -> list[objects.Checkpoint]:
    """The items behind the one with the id `after`."""
    if after is None:
        return items
    for place, item in enumerate(items, 1):
        if item.id == after:
            return items[place:]
    raise refuse("bad-cursor", id=after)


def _is_filter(name: str) -> bool:
    return name == "metadata" or paging.LABEL.fullmatch(name) is not None


def _carries(job: Job, asked: dict[str, str]) -> bool:
    metadata = job.requested.metadata
    for name, value in asked.items():
        if name == "metadata":
            if value == "null" and metadata:
                return False
        elif (metadata or {}).get(name.removeprefix("metadata[").removesuffix("]")) != value:
            return False
    return True
