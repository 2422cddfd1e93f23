"""From what a user wants to a plan: exact, priced, and nothing sent."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Final

import msgspec

from drytune.backends.endpoint import Endpoint
from drytune.checking import Progress, Report, check
from drytune.errors import Refused
from drytune.estimate import checked_budget, model_for, standing
from drytune.workflow.changes import require_unchanged
from drytune.workflow.held_out import form_of, read_holdout
from drytune.workflow.originals import Originals
from drytune.workflow.plan import Correction, Dates, Estimate, Plan, Prices
from drytune.workflow.plan_files import is_plan, load_plan, save_plan
from drytune.workflow.pricing import estimate_of, prices_for
from drytune.workflow.questions import Question, questions
from drytune.workflow.sendable import sendable
from drytune.workflow.tasks import Job, Task
from drytune.workflow.wishes import checked_job
from drytune.workflow.worries import worries
from drytune_simulator.clock import Clock, SystemClock, to_date
from drytune_simulator.version import __version__

__all__ = [
    "Corrections",
    "NotPlanned",
    "is_plan",
    "load_plan",
    "plan",
    "require_unchanged",
    "save_plan",
]

_OPENAI: Final = "https://api.openai.com/v1"


Corrections = Callable[[str, str, str], Correction | None]
"""Asked for a correction by model, method and form, which are known only when the file was looked at."""


class NotPlanned(Refused):
    """There is no plan: the dataset has errors, or it would cost too much. `report` is the verdict on it."""

    def __init__(self, message: str, report: Report) -> None:
        super().__init__(message)
        self.report = report


def plan(
    job: Job | str | os.PathLike[str],
    *,
    max_usd: float | None = None,
    endpoint: Endpoint | None = None,
    prices: Prices | None = None,
    as_of: date | None = None,
    correction: Correction | Corrections | None = None,
    rules: Mapping[str, str] | None = None,
    encoding: str | None = None,
    clock: Clock | None = None,
    progress: Progress | None = None,
) -> Plan:
    """What a fine-tune would do and cost, exactly; nothing is sent.

    Args:
        job: What is wanted, or only its training file.
        max_usd: The budget of all of it: the training, the questions and the held-out examples.
        endpoint: Which API is to be asked; by default OpenAI's.
        prices: Instead of the catalog's.
        as_of: The day whose prices and names count; by default today (UTC).
        correction: From one's own jobs.
        rules: ``off``, ``error``, ``warning`` or ``info`` by the code of a rule.
        encoding: ``o200k_base`` or ``cl100k_base``, for another vendor's model.
        clock: Tells today.
        progress: Is told how many bytes were looked at, of how many.

    Raises:
        UsageError: A file cannot be read or is none that can be sent as it is, or an argument is out of range.
        NotPlanned: The dataset has errors, or all of it may cost more than the budget, or nobody can say.
        Refused: A file changed while it was looked at.
    """
    wanted = checked_job(job if isinstance(job, Job) else Job(training=job))
    checked_budget(max_usd)
    endpoint = _named(Endpoint() if endpoint is None else endpoint)
    moment = (SystemClock() if clock is None else clock).now()
    day = to_date(moment) if as_of is None else as_of
    originals = Originals.of(wanted)
    report = check(
        originals.training,
        wanted.model,
        method=wanted.method,
        as_of=day,
        n_epochs=wanted.n_epochs,
        validation=originals.validation,
        encoding=encoding,
        rules=rules,
        grader=wanted.grader,
        response_format=wanted.response_format,
        progress=progress,
    )
    _require_ok(report)
    task = _task(wanted, report, originals)
    held_out = None
    if originals.holdout is not None:
        held_out = [example.body for example in read_holdout(originals.holdout.local, form_of(task))]
        holdout = msgspec.structs.replace(originals.holdout, examples=len(held_out))
        task = msgspec.structs.replace(task, holdout=holdout)
    model = model_for(wanted.model, encoding, day)
    if not isinstance(correction, Correction | None):
        correction = correction(task.model, task.method, form_of(task))
    estimate = estimate_of(
        report,
        prices_for(task.model, model, day, prices),
        encoding=model.encoding,
        correction=correction,
        questions=[task.body_of(question) for question in task.questions],
        holdout=held_out,
    )
    warnings = worries(report, task, endpoint, is_priced=prices is not None)
    originals.require_unchanged()
    _require_room(estimate, max_usd, task, report)
    stands = standing(model, day)
    return Plan(
        made_at=datetime.fromtimestamp(int(moment), tz=UTC).isoformat().replace("+00:00", "Z"),
        made_by=__version__,
        endpoint=endpoint,
        task=task,
        estimate=estimate,
        max_usd=max_usd,
        rules=dict(rules or {}),
        warnings=warnings,
        dates=Dates(
            today=str(day),
            training_ends=_iso(stands.training_ends),
            tunes_end=_iso(stands.tunes_end),
            base_ends=_iso(stands.base_ends),
            prices_of=model.price_on(day).valid if prices is None else None,
        ),
    ).sealed()


def _named(endpoint: Endpoint) -> Endpoint:
    """A live API by its address: OpenAI's is the same whether it was named or not."""
    if endpoint.backend != "live" or endpoint.base_url is not None or endpoint.azure:
        return endpoint
    return msgspec.structs.replace(endpoint, base_url=_OPENAI)


def _require_ok(report: Report) -> None:
    try:
        report.raise_for_errors()
    except Refused as refusal:
        raise NotPlanned(str(refusal), report) from None


def _task(job: Job, report: Report, originals: Originals) -> Task:
    """The job, exactly."""
    file = report.files[0]
    # ``auto`` would let the platform choose what it bills
    hyperparameters: dict[str, int | float] = {"n_epochs": file.verdict.epochs}
    if job.batch_size is not None:
        hyperparameters["batch_size"] = job.batch_size
    if job.learning_rate_multiplier is not None:
        hyperparameters["learning_rate_multiplier"] = job.learning_rate_multiplier
    training, validation = originals.sources(report)
    return Task(
        training=training,
        # a tuned model is tuned further, and not its base anew
        model=job.model if job.model.startswith("ft:") else report.model,
        validation=validation,
        method=file.method,
        hyperparameters=hyperparameters,
        grader=None if job.grader is None else dict(job.grader),
        response_format=None if job.response_format is None else dict(job.response_format),
        suffix=job.suffix,
        seed=job.seed,
        questions=_sendable(questions(training.local, job.ask, job.system, form=file.verdict.form)),
        max_tokens=job.max_tokens,
    )


def _sendable(asked: tuple[Question, ...]) -> tuple[Question, ...]:
    """Questions as they can be sent, and a plan can have them."""
    return msgspec.convert(sendable(msgspec.to_builtins(asked)), tuple[Question, ...])


def _require_room(estimate: Estimate, max_usd: float | None, task: Task, report: Report) -> None:
    """Refuse what may cost more than the budget.

    Raises:
        NotPlanned: It may, or nobody can say.
    """
    if max_usd is None:
        return
    total = estimate.total_high_usd
    if total is None:
        why = (estimate.why_unknown or "No price is known.").removesuffix(".")
        raise NotPlanned(
            f"Nobody can say what this costs at most, so the budget of {max_usd:g} USD cannot be kept: {why}.",
            report,
        )
    if total <= max_usd:
        return
    parts = [f"training {estimate.high_usd or 0.0:.4f}", f"questions {estimate.questions_usd or 0.0:.4f}"]
    if task.holdout is not None:
        parts.append(f"held-out examples {estimate.holdout_usd or 0.0:.4f}")
    ways = ["allow more"]
    if task.hyperparameters["n_epochs"] > 1:
        ways.append("train fewer epochs")
    if task.holdout is not None:
        ways.append("hold out fewer examples")
    raise NotPlanned(
        f"All of it may cost up to {total:.4f} USD ({', '.join(parts)}), {total - max_usd:.4f} more than the"
        f" budget of {max_usd:g} USD; {' or '.join(ways)}.",
        report,
    )


def _iso(day: date | None) -> str | None:
    return None if day is None else str(day)
