"""Jobs, their events and their checkpoints as the platform shows them (FACTS.md §4.4, §4.6, §4.7, §9)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from msgspec import UNSET

from drytune_simulator import ids
from drytune_simulator.resources.job_record import Job, Requested
from drytune_simulator.training import DEFAULTS, Checkpoint, Happening, Plan, State, step_metrics
from drytune_simulator.wire import objects

__all__ = ["checkpoint", "event", "event_id", "event_number", "show"]

_LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PLACES: Final = 8
_NUMBERS: Final = len(_LETTERS) ** _PLACES
# has no factor with 62 in common, so that every number has its own image
_FACTOR: Final = 104_729_000_000_009
_INVERSE: Final = pow(_FACTOR, -1, _NUMBERS)


def show(job: Job, now: float, *, specified: bool = False) -> objects.Job:
    """The job object at `now`.

    Args:
        job: The job.
        now: Unix seconds.
        specified: In the form of the published specification: no error is null, ``paused`` is ``queued``, and
            the older ``hyperparameters`` are there whatever the method.
    """
    plan, requested = job.plan, job.requested
    state = job.state(now)
    failure = state.failure
    error = None if specified else objects.JobError()
    if failure is not None:
        error = objects.JobError(code=failure.code, message=failure.message, param=failure.param)
    # the older field is of supervised tuning only (FACTS.md §4.1, §4.5)
    older = requested.method == "supervised" or specified
    ended_well = state.succeeded
    return objects.Job(
        id=plan.job_id,
        model=requested.model,
        created_at=int(plan.created_at),
        finished_at=state.finished_at,
        fine_tuned_model=plan.model if ended_well else None,
        organization_id=requested.organization,
        result_files=[plan.results_file] if ended_well else [],
        status="queued" if specified and state.status == "paused" else state.status,
        validation_file=plan.validation_file,
        training_file=plan.training_file,
        hyperparameters=_hyperparameters(plan, requested, state) if older else None,
        trained_tokens=plan.trained_tokens if ended_well else None,
        error=error,
        user_provided_suffix=requested.suffix,
        seed=plan.seed,
        estimated_finish=state.estimated_finish,
        integrations=list(requested.integrations),
        metadata=requested.metadata,
        usage_metrics=None,
        shared_with_openai=False,
        eval_id=_eval_id(plan) if requested.method == "reinforcement" else None,
        method=_method(plan, requested, state),
    )


def _hyperparameters(plan: Plan, requested: Requested, state: State) -> objects.Hyperparameters:
    """Those of all methods: what was asked for, and what it was trained with once it has started."""
    if state.started:
        return objects.Hyperparameters(
            n_epochs=plan.epochs,
            batch_size=plan.batch_size,
            learning_rate_multiplier=plan.learning_rate_multiplier,
        )
    return objects.Hyperparameters(
        n_epochs=requested.n_epochs or "auto",
        batch_size=requested.batch_size or "auto",
        learning_rate_multiplier=requested.learning_rate_multiplier or "auto",
    )


def _method(plan: Plan, requested: Requested, state: State) -> objects.Method:
    hyperparameters = _hyperparameters(plan, requested, state)
    settings = objects.MethodSettings(hyperparameters=hyperparameters)
    if requested.method == "supervised":
        return objects.Method(type="supervised", supervised=settings)
    started = state.started
    if requested.method == "dpo":
        hyperparameters.beta = requested.beta or (DEFAULTS["beta"].value if started else "auto")
        return objects.Method(type="dpo", dpo=settings)
    hyperparameters.reasoning_effort = requested.reasoning_effort or "default"  # type: ignore[assignment]
    hyperparameters.compute_multiplier = requested.compute_multiplier or (
        DEFAULTS["compute_multiplier"].value if started else "auto"
    )
    hyperparameters.eval_interval = requested.eval_interval or (plan.validation_steps if started else "auto")
    hyperparameters.eval_samples = requested.eval_samples or (
        int(DEFAULTS["eval_samples"].value) if started else "auto"
    )
    settings.grader = UNSET if requested.grader is None else requested.grader
    settings.response_format = UNSET if requested.response_format is None else requested.response_format
    return objects.Method(type="reinforcement", reinforcement=settings)


def _eval_id(plan: Plan) -> str:
    return "eval_" + ids.digest(plan.job_id, plan.created_at, "eval").hex()[:32]


def event(plan: Plan, number: int, happening: Happening, *, specified: bool = False) -> objects.Event:
    """The event that tells of the `number`-th happening."""
    kind = happening.type
    return objects.Event(
        id=event_id(plan, number),
        created_at=int(happening.at),
        level=happening.level,
        message=happening.message,
        data=happening.data,
        type="message" if specified and kind == "moderation_checks" else kind,
    )


def event_id(plan: Plan, number: int) -> str:
    """Id of the `number`-th event of a job; its last letters carry the number, so that none is searched for."""
    seal, mask = _secrets(plan.job_id, plan.created_at)
    hidden = (number * _FACTOR + mask) % _NUMBERS
    letters = []
    for _ in range(_PLACES):
        hidden, letter = divmod(hidden, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return "ftevent-" + ids.identifier(16, seal, number) + "".join(letters)


@lru_cache(maxsize=256)
def _secrets(job: str, created_at: float) -> tuple[str, int]:
    """What the ids of a job's events are made from."""
    key = ids.digest(job, created_at, "events")
    return key.hex(), int.from_bytes(key[:8], "big")


def event_number(plan: Plan, event: str) -> int | None:
    """The number of the event with that id, or None where it is not of this job."""
    hidden = 0
    for letter in reversed(event[-_PLACES:]):
        place = _LETTERS.find(letter)
        if place < 0:
            return None
        hidden = hidden * len(_LETTERS) + place
    _, mask = _secrets(plan.job_id, plan.created_at)
    number = (hidden - mask) * _INVERSE % _NUMBERS
    return number if event_id(plan, number) == event else None


_METRICS: Final = objects.CheckpointMetrics.__struct_fields__


def checkpoint(plan: Plan, one: Checkpoint) -> objects.Checkpoint:
    """A checkpoint with the metrics of its step; those of reinforcement are rewards."""
    data = step_metrics(plan, one.step)
    measured = {"type": "metrics", **data, **data.get("scores", {})}
    return objects.Checkpoint(
        id="ftckpt_" + ids.identifier(24, plan.job_id, plan.created_at, "checkpoint", one.name),
        created_at=int(one.at),
        fine_tuned_model_checkpoint=one.name,
        fine_tuning_job_id=plan.job_id,
        step_number=one.step,
        metrics=objects.CheckpointMetrics(**{name: measured[name] for name in _METRICS if name in measured}),
    )
