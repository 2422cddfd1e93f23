"""``POST /v1/fine_tuning/jobs``: the verdict on the file and the request decide the job's whole course."""

from __future__ import annotations

import datetime as dt
from typing import Any

from drytune_simulator import catalog, clock, ids
from drytune_simulator.dataset import Verdict, auto_batch_size, auto_learning_rate, judge
from drytune_simulator.errors import refuse
from drytune_simulator.http import Response
from drytune_simulator.resources import files, job_request, jobs
from drytune_simulator.resources.body import json_object
from drytune_simulator.store import Row
from drytune_simulator.training import Failure, Plan, happenings
from drytune_simulator.world import Call, World

__all__ = ["create"]


def create(world: World, call: Call) -> Response:
    """Start a job: its schedule is fixed from here on, unless it is cancelled."""
    request = job_request.parse(json_object(call.request))
    with world.store.transaction():
        training = _usable(world, call, request.training_file, "invalid-training-file")
        contents = [world.store.blobs.get(training.blob or "")]
        if request.validation_file is not None:
            validation = _usable(world, call, request.validation_file, "invalid-validation-file")
            contents.append(world.store.blobs.get(validation.blob or ""))
    base, parent = _base(world, call, request.model)
    if request.method not in base.methods:
        if base.methods:
            raise refuse("wrong-method-of-finetuning", model=base.id, method=base.methods[0])
        raise refuse("model-not-available", model=request.model)
    failure, verdict = _judged(request, base, contents)
    with world.store.transaction():
        # the verdict took its time: are the files still there?
        _usable(world, call, request.training_file, "invalid-training-file")
        job_id, number = world.new_id("ftjob-", 24, "job", call.tenant)
        plan = _plan(world, call, request, base, job_id, verdict, failure)
        job = jobs.Job(
            requested=jobs.Requested(
                model=base.id if parent is None else request.model,
                organization=call.tenant.organization,
                suffix=request.suffix,
                metadata=request.metadata,
                n_epochs=request.n_epochs,
                batch_size=request.batch_size,
                learning_rate_multiplier=request.learning_rate_multiplier,
                method=request.method,
            ),
            plan=plan,
            base_job=parent,
        )
        row = Row(
            kind="job",
            scope=call.tenant.scope,
            id=job_id,
            seq=number,
            visible_at=plan.created_at,
            document=job.document(),
            blob=training.blob,
        )
        world.store.insert([row, *_fruits(world, call, plan, base)])
        world.clock.created(job.upcoming(world.now()))
        return Response.json(jobs.show(world, job))


def _usable(world: World, call: Call, file_id: str, refusal: str) -> Row:
    row = files.find(world, call, file_id)
    if row is None:
        raise refuse(refusal, id=file_id, reason=f"there is no file {file_id}")
    purpose = row.document["purpose"]
    if purpose != "fine-tune":
        raise refuse(refusal, id=file_id, reason=f"its purpose is '{purpose}', and must be 'fine-tune'")
    return row


def _base(world: World, call: Call, name: str) -> tuple[catalog.Model, str | None]:
    """The base model of a name, and the job that tuned it if it is a tuned model of this tenant."""
    today = clock.to_date(world.now())
    try:
        model = catalog.find(name, as_of=_known_day(today))
    except catalog.UnknownModelError as error:
        raise refuse("model-not-available", model=name, reason=str(error)) from error
    if not name.startswith("ft:"):
        return model, None
    tuned = world.store.get("model", call.tenant.scope, name, world.now())
    if tuned is None:
        raise refuse("model-not-available", model=name, reason=f"no job of this key made a model {name}")
    return model, tuned.document["job"]


def _known_day(today: dt.date) -> dt.date | None:
    """The catalog knows floating names from the day that fine-tuning of chat models began."""
    return today if today >= dt.date(2023, 8, 22) else None


def _judged(
    request: job_request.JobRequest, base: catalog.Model, contents: list[bytes]
) -> tuple[Failure | None, Verdict]:
    """How validation ends, and the verdict on the training file, the first of `contents`."""
    # the upload has looked at the names already
    verdict, *more = (
        judge(
            data,
            model=base,
            method=request.method,
            n_epochs=request.n_epochs,
            grader=request.grader,
            response_format=request.response_format,
            file_id=file_id,
            is_validation=number > 0,
        )
        for number, (data, file_id) in enumerate(
            zip(contents, (request.training_file, request.validation_file), strict=False)
        )
    )
    failure = verdict.job_failure
    if failure is not None:
        return Failure(failure.code, failure.message, failure.param), verdict
    for validation in more:
        failure = validation.job_failure
        # its faults are told as those of a training file are (grade I)
        if failure is not None:
            return Failure(failure.code, failure.message, failure.param), verdict
    return None, verdict


def _plan(
    world: World,
    call: Call,
    request: job_request.JobRequest,
    base: catalog.Model,
    job_id: str,
    verdict: Verdict,
    failure: Failure | None,
) -> Plan:
    place = (world.seed, call.tenant.scope, job_id)
    suffix = job_request.slug(request.suffix)
    results_file, _ = world.new_id("file-", 22, "file", call.tenant)
    fields: dict[str, Any] = {
        "job_id": job_id,
        "created_at": world.now(),
        "seed": ids.integer(2_147_483_648, *place, "seed") if request.seed is None else request.seed,
        "training_file": request.training_file,
        "validation_file": request.validation_file,
        "examples": verdict.examples,
        "epochs": verdict.epochs,
        "batch_size": request.batch_size or auto_batch_size(verdict.examples),
        "learning_rate_multiplier": request.learning_rate_multiplier or auto_learning_rate(base),
        "trained_tokens": verdict.tokens.billed,
        "results_file": results_file,
        "failure": failure,
    }

    def name(step: int | None) -> str:
        unique = ids.identifier(8, *place, "model", step)
        return str(catalog.TunedName(base.id, world.profile.organization, suffix, unique, step))

    plan = Plan(model=name(None), **fields)
    kept = tuple((step, name(step)) for step in plan.checkpoint_steps()[:-1])
    return Plan(model=plan.model, checkpoints=kept, **fields)


def _fruits(world: World, call: Call, plan: Plan, base: catalog.Model) -> list[Row]:
    """The rows that appear when the job has succeeded: its models and its results file."""
    if plan.failure is not None:
        return []
    ripe = happenings(plan).moments[-1]
    models = [*plan.checkpoints, (plan.total_steps, plan.model)]
    rows = [
        Row(
            kind="model",
            scope=call.tenant.scope,
            id=name,
            seq=world.store.number("model", call.tenant.scope),
            visible_at=ripe,
            document={"job": plan.job_id, "base": base.id, "step": step},
        )
        for step, name in models
    ]
    results = Row(
        kind="file",
        scope=call.tenant.scope,
        id=plan.results_file,
        seq=world.store.number("file", call.tenant.scope),
        visible_at=ripe,
        document=files.results_document(plan),
    )
    return [*rows, results]
