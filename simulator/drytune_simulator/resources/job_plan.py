"""The plan of a new job: what its files, its request and the model it starts from make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from drytune_simulator import catalog, ids
from drytune_simulator.dataset import (
    Verdict,
    auto_batch_size,
    auto_learning_rate,
    share_found_in,
    share_repeated,
)
from drytune_simulator.resources import files
from drytune_simulator.resources.job_record import Job
from drytune_simulator.resources.job_request import JobRequest
from drytune_simulator.store import Row
from drytune_simulator.training import Failure, Plan, ends_at, state_at
from drytune_simulator.world import Tenant, World

__all__ = ["Origin", "failure_of", "fruits", "plan_of", "reminders"]


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What a job starts from.

    Attributes:
        name: As the job object tells it: a snapshot, or a tuned model or checkpoint.
        base: The snapshot; that of a tuned model is its own base.
        tuned: The row of the tuned model, if it is one.
    """

    name: str
    base: catalog.Model
    tuned: Row | None = None

    @property
    def job(self) -> str | None:
        """The job that tuned it."""
        return None if self.tuned is None else str(self.tuned.document["job"])

    def passes(self, world: World) -> float:
        """How many passes over data it has had, those of its own origin included."""
        if self.tuned is None or self.job is None:
            return 0.0
        row = world.store.anywhere("job", self.job, world.now())
        if row is None:
            return 0.0
        plan = Job.of(row).plan
        return plan.prior + float(self.tuned.document["step"]) / plan.steps_per_epoch


def failure_of(verdicts: tuple[Verdict, ...]) -> Failure | None:
    """How validation ends: faults of the training file count first.

    Those of a validation file are told as those of a training file are (grade I).
    """
    failures = (verdict.job_failure for verdict in verdicts)
    failure = next((failure for failure in failures if failure is not None), None)
    return None if failure is None else Failure(failure.code, failure.message, failure.param)


def plan_of(
    world: World,
    tenant: Tenant,
    request: JobRequest,
    origin: Origin,
    verdicts: tuple[Verdict, ...],
    *,
    job_id: str,
    training: Row,
    scenario: str | None,
) -> Plan:
    """All that decides the job's course.

    Args:
        world: Its time and seed count.
        tenant: Who asks.
        request: What for.
        origin: Which model is to be trained.
        verdicts: On the training file and, if there is one, on the validation file.
        job_id: Of the new job.
        training: The row of the training file.
        scenario: What is to go wrong.
    """
    place = (world.seed, tenant.scope, job_id)
    verdict, *more = verdicts
    results_file, _ = world.new_id("file-", 22, "file", tenant)
    chosen = request.hyperparameters
    expires_at = files.expires_at(training)

    def name(step: int | None) -> str:
        unique = ids.identifier(8, *place, "model", step)
        organization = world.profile.organization
        return str(
            catalog.TunedName(origin.base.id, organization, catalog.slug(request.suffix), unique, step)
        )

    plan = Plan(
        job_id=job_id,
        created_at=world.now(),
        seed=ids.integer(2_147_483_648, *place, "seed") if request.seed is None else request.seed,
        model=name(None),
        training_file=request.training_file,
        validation_file=request.validation_file,
        method=request.method,
        examples=verdict.examples,
        validation_examples=more[0].examples if more else 0,
        tokens=verdict.facts.billable,
        duplicates=share_repeated(verdict.facts.fingerprints),
        overlap=_overlap(verdict, more[0]) if more else None,
        prior=origin.passes(world),
        epochs=verdict.epochs,
        batch_size=chosen.get("batch_size") or auto_batch_size(verdict.examples),
        learning_rate_multiplier=chosen.get("learning_rate_multiplier") or auto_learning_rate(origin.base),
        eval_interval=chosen.get("eval_interval"),
        graders=tuple(_graders(request.grader)),
        trained_tokens=verdict.tokens.billed,
        results_file=results_file,
        failure=failure_of(verdicts),
        expires_at=expires_at if expires_at < float("inf") else None,
        scenario=scenario,
    )
    kept = tuple((step, name(step)) for step in plan.checkpoint_steps()[:-1])
    return msgspec.structs.replace(plan, checkpoints=kept)


def fruits(world: World, tenant: Tenant, plan: Plan, base: catalog.Model) -> list[Row]:
    """The rows that appear when the job succeeds, if it will: its models and its results file."""
    ripe = ends_at(plan)
    if not state_at(plan, ripe).succeeded:
        return []

    def row(kind: str, name: str, document: dict[str, Any]) -> Row:
        number = world.store.number(kind, tenant.scope)
        return Row(kind=kind, scope=tenant.scope, id=name, seq=number, visible_at=ripe, document=document)

    tuned = {"job": plan.job_id, "base": base.id, "belongs": tenant.belongs}
    models = [
        row("model", name, {**tuned, "step": step})
        for step, name in (*plan.checkpoints, (plan.checkpoint_steps()[-1], plan.model))
    ]
    return [*models, row("file", plan.results_file, files.results_document(plan))]


def reminders(world: World, tenant: Tenant, plan: Plan) -> list[Row]:
    """What is to be told to others when the job ends, if anybody listens."""
    if not world.profile.webhooks:
        return []
    return [
        Row(
            kind="webhook",
            scope=tenant.scope,
            id=plan.job_id,
            seq=world.store.number("webhook", tenant.scope),
            visible_at=ends_at(plan),
            document={"job": plan.job_id, "attempts": 0},
        )
    ]


def _overlap(training: Verdict, validation: Verdict) -> float:
    """Which share of the validation examples is trained on."""
    return share_found_in(validation.facts.fingerprints, training.facts.fingerprints)


def _graders(grader: Mapping[str, Any] | None) -> Iterator[tuple[str, str, str]]:
    """(name, type, model) of a grader, or of those that a multi grader holds; of any shape."""
    if grader is None:
        return
    inner = grader.get("graders")
    if grader.get("type") == "multi" and isinstance(inner, Mapping):
        several = {"": inner} if "type" in inner else inner
        for key, one in several.items():
            if isinstance(one, Mapping) and one.get("type") != "multi":
                yield _grader(one, key)
    else:
        yield _grader(grader, "grader")


def _grader(grader: Mapping[str, Any], key: str) -> tuple[str, str, str]:
    name, kind, model = (grader.get(field) for field in ("name", "type", "model"))
    return str(name or key or "grader"), str(kind), str(model) if kind == "score_model" and model else ""
