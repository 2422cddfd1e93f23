"""``POST /v1/fine_tuning/jobs``: the verdict on the files and the request decide the job's whole course.

What is looked at, in this order; the first fault is told (that files come before the model is recorded, FACTS.md
§4.3; the rest of the order is inferred):

1. the body, its fields and their limits
2. whether jobs can be created at all on this day (`dates`); likewise the scenario ``permission_denied``
3. the training file, then the validation file
4. the model, and whether it can be trained on this day
5. the method
6. how many jobs the model has (`limits`); likewise the scenario ``quota_reached``

What is in the files is not: the job is created, and fails.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import BinaryIO

import msgspec

from drytune_simulator import catalog
from drytune_simulator.dataset import Verdict, judge
from drytune_simulator.errors import refuse
from drytune_simulator.http import Response
from drytune_simulator.reading import json_object
from drytune_simulator.resources import dates, files, job_request, jobs, limits, models
from drytune_simulator.resources.contents import opened as content_of
from drytune_simulator.resources.job_plan import Origin, fruits, plan_of, reminders
from drytune_simulator.store import Row
from drytune_simulator.training import Plan, ends_at
from drytune_simulator.wire import objects, requests
from drytune_simulator.world import Call, NewJob, World

__all__ = ["create"]


def create(world: World, call: Call) -> Response:
    """Start a job: its schedule is fixed from here on, unless something is done to it."""
    request = job_request.parse(json_object(call.request))
    warnings = [*request.warnings, *dates.organization_may_train(world)]
    scenario = _scenario(world, call, request)
    if scenario == "permission_denied":
        raise refuse("training-not-available", reason=_by(scenario))
    with ExitStack() as opened:
        with world.store.transaction():
            # what is open stays readable, even if it is deleted meanwhile
            rows = _files(world, call, request)
            contents = [opened.enter_context(content_of(world, row)) for row in rows]
        origin = _origin(world, call, request.model)
        warnings += dates.model_can_be_trained(
            world, request.model, origin.base, tuned=origin.tuned is not None
        )
        _check_method(request, origin.base)
        limits.check(world, call.tenant, origin.base)
        if scenario == "quota_reached":
            raise limits.refuse_for_the_day(world, origin.base, reason=_by(scenario))
        verdicts = _judged(request, origin.base, contents)
    with world.store.transaction():
        # the verdict took its time: is all still as it was?
        training, *_ = _files(world, call, request)
        limits.check(world, call.tenant, origin.base)
        job_id, number = world.new_id("ftjob-", 24, "job", call.tenant)
        plan = plan_of(
            world,
            call.tenant,
            request,
            origin,
            verdicts,
            job_id=job_id,
            training=training,
            scenario=scenario,
        )
        if scenario == "file_expired" and plan.failure is None:
            # in whole seconds, as files tell it
            ends = int(ends_at(plan))
            files.expire(world, training, ends)
            plan = msgspec.structs.replace(plan, expires_at=min(float(ends), files.expires_at(training)))
        job = jobs.Job(requested=_requested(call, request, origin, plan), plan=plan, base_job=origin.job)
        row = Row(
            kind="job",
            scope=call.tenant.scope,
            id=job_id,
            seq=number,
            visible_at=plan.created_at,
            ends_at=ends_at(plan),
            document=job.document(),
            blob=training.blob,
        )
        others = [*fruits(world, call.tenant, plan, origin.base), *reminders(world, call.tenant, plan)]
        world.store.insert([row, *others])
        world.clock.created(job.upcoming(world.now()))
        return dates.with_warnings(Response.json(jobs.show(world, job, specified=call.specified)), warnings)


def _files(world: World, call: Call, request: job_request.JobRequest) -> list[Row]:
    """The rows of the training file and, if there is one, of the validation file."""
    rows = [_usable(world, call, request.training_file, "invalid-training-file")]
    if request.validation_file is not None:
        rows.append(_usable(world, call, request.validation_file, "invalid-validation-file"))
    return rows


def _usable(world: World, call: Call, file_id: str, refusal: str) -> Row:
    row = files.find(world, call, file_id)
    if row is None:
        raise refuse(refusal, id=file_id, reason=f"there is no file {file_id}")
    purpose = row.document["purpose"]
    if purpose != "fine-tune":
        raise refuse(refusal, id=file_id, reason=f"its purpose is '{purpose}', and must be 'fine-tune'")
    return row


def _origin(world: World, call: Call, name: str) -> Origin:
    """What the job is to start from: a base, or a tuned model or checkpoint that this tenant may use."""
    if name.startswith("ft:"):
        row = models.usable(world, call.tenant, name)
        if row is None:
            reason = f"no job of this key made a model {name}, and no permission opens it to this project"
            raise refuse("model-not-available", model=name, reason=reason)
        return Origin(name=name, base=models.base_of(row), tuned=row)
    try:
        base = dates.find_model(world, name)
    except catalog.UnknownModelError as error:
        raise refuse("model-not-available", model=name, reason=str(error)) from error
    return Origin(name=base.id, base=base)


def _check_method(request: job_request.JobRequest, base: catalog.Model) -> None:
    if request.method not in base.methods:
        if base.methods:
            raise refuse("wrong-method-of-finetuning", model=base.id, method=base.methods[0])
        reason = f"{base.id} is known, but no official page says that it can be fine-tuned"
        raise refuse("model-not-available", model=request.model, reason=reason)


def _scenario(world: World, call: Call, request: job_request.JobRequest) -> str | None:
    """What is to go wrong with the job; what its own metadata names comes before what is chosen for it.

    It is chosen before files and limits are looked at, since it may be that nobody gets so far. So each
    well-formed request counts as a job, as each request counts for a fault.
    """
    name = request.model
    if not name.startswith("ft:"):
        with suppress(catalog.UnknownModelError):  # which is refused when its turn comes
            name = dates.find_model(world, name).id
    asked = NewJob(model=name, suffix=request.suffix, metadata=request.metadata or {}, tenant=call.tenant)
    chosen = world.scenarios.choose(asked)
    return request.scenario or chosen


def _by(scenario: str) -> str:
    return f"by the scenario {scenario}"


def _judged(
    request: job_request.JobRequest, base: catalog.Model, contents: list[BinaryIO]
) -> tuple[Verdict, ...]:
    """The verdicts on the training file and, if there is one, on the validation file."""
    names = (request.training_file, request.validation_file)
    # the upload has looked at the names already
    return tuple(
        judge(
            content,
            model=base,
            method=request.method,
            n_epochs=request.n_epochs,
            grader=request.grader,
            response_format=request.response_format,
            file_id=file_id,
            is_validation=number > 0,
        )
        for number, (content, file_id) in enumerate(zip(contents, names, strict=False))
    )


def _requested(call: Call, request: job_request.JobRequest, origin: Origin, plan: Plan) -> jobs.Requested:
    """What of the request the job object repeats."""
    chosen = request.hyperparameters
    return jobs.Requested(
        model=origin.name,
        organization=call.tenant.organization,
        suffix=request.suffix,
        metadata=request.metadata,
        method=request.method,
        n_epochs=request.n_epochs,
        batch_size=chosen.get("batch_size"),
        learning_rate_multiplier=chosen.get("learning_rate_multiplier"),
        beta=chosen.get("beta"),
        reasoning_effort=chosen.get("reasoning_effort"),
        compute_multiplier=chosen.get("compute_multiplier"),
        eval_interval=chosen.get("eval_interval"),
        eval_samples=chosen.get("eval_samples"),
        grader=request.grader,
        response_format=request.response_format,
        integrations=tuple(_integration(one, origin, plan) for one in request.integrations),
    )


def _integration(asked: requests.Integration, origin: Origin, plan: Plan) -> objects.Integration:
    """An integration as the job object tells it: with the run's id and the default tags (FACTS.md §4.1).

    That the default tags stand in the object, and before the others, is inferred. The platform refuses the job of
    an organization that has no account at Weights & Biases; drytune takes it for one that has, and sends nothing.
    """
    tags = ["openai/finetune", f"openai/{origin.base.id}", f"openai/{plan.job_id}", *(asked.wandb.tags or ())]
    settings = msgspec.structs.asdict(asked.wandb)
    return objects.Integration(wandb=objects.Wandb(**{**settings, "tags": tags, "run_id": plan.job_id}))
