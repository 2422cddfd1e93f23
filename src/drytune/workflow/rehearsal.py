"""A dry run: the workflow with a client that is bound to the simulator, on a clock that nobody waits for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from drytune.checking import Report, check
from drytune.errors import UsageError
from drytune.workflow.context import Context, Hooks, Settings
from drytune.workflow.effects import drive
from drytune.workflow.fine_tune import fine_tune
from drytune.workflow.questions import questions
from drytune.workflow.records import Answer, Refusal, Run
from drytune.workflow.sources import source_file
from drytune.workflow.tasks import Job, Role, Task
from drytune.workflow.worries import system_worries

__all__ = ["Rehearsal", "async_dry_run", "dry_run"]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a dry run found out. Nothing in it comes from a real platform.

    Attributes:
        report: The verdict on the dataset, and the bill.
        run: How far the simulated run came; it stays at its beginning if the dataset has errors.
        warnings: What to look at before the real run, a sentence each.
    """

    report: Report
    run: Run
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """The dataset is in order, the simulated job succeeded, and all questions were answered."""
        return self.report.ok and self.status == "succeeded"

    @property
    def status(self) -> str:
        """The job's final status; ``not sent`` if the dataset has errors, ``refused`` if the API said no."""
        return "not sent" if self.run.file is None and self.run.refusal is None else self.run.status

    @property
    def model(self) -> str | None:
        """Name of the tuned model, which exists only in the simulator."""
        return (self.run.remote or {}).get("fine_tuned_model")

    @property
    def trained_tokens(self) -> int | None:
        """Tokens that the platform would bill."""
        return (self.run.remote or {}).get("trained_tokens")

    @property
    def events(self) -> tuple[dict[str, Any], ...]:
        """The job's events, oldest first."""
        return self.run.events

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What the tuned model said."""
        return self.run.answers

    def to_dict(self) -> dict[str, Any]:
        """As ``drytune dry-run --format json`` prints it."""
        return {
            "simulated": True,
            "status": self.status,
            "check": self.report.to_dict(),
            "file": self.run.file,
            "job": self.run.remote,
            "events": list(self.events),
            "model": self.model,
            "answers": [_answer(answer) for answer in self.answers],
            "refusal": _refusal(self.run.refusal),
            "warnings": list(self.warnings),
            **({} if self.run.holdout is None else {"holdout": msgspec.to_builtins(self.run.holdout)}),
        }


def dry_run(
    training: str | os.PathLike[str] | Job,
    model: str = "gpt-4.1-mini",
    *,
    method: str | None = None,
    grader: Mapping[str, Any] | None = None,
    response_format: Mapping[str, Any] | None = None,
    as_of: date | None = None,
    seed: int = 0,
    suffix: str | None = None,
    n_epochs: int | None = None,
    ask: Sequence[str] = (),
    system: str | None = None,
    send_anyway: bool = False,
    checked: Callable[[Report], None] | None = None,
    progress: Callable[[Run], None] | None = None,
) -> Rehearsal:
    """Rehearse a fine-tune: check, upload, train and infer against the embedded simulator.

    Args:
        training: The training file; or a `Job`, and then it says all that is to be done, and the arguments up to
            `system` that describe one are not looked at.
        model: The base model.
        method: ``supervised``, ``dpo`` or ``reinforcement``; by default what the file's first lines look like.
        grader: Of a reinforcement job, as the API takes it.
        response_format: Of a reinforcement job, as the API takes it.
        as_of: The simulated day on which it begins, by default today (UTC); decides prices, retirement warnings
            and times.
        seed: Same seed, day and dataset: the same ids, losses and answers.
        suffix: Part of the tuned model's name.
        n_epochs: ``auto`` if None.
        ask: Prompts for the tuned model; by default the dataset's first and a greeting it was not trained on.
        system: System prompt of these questions; by default the dataset's.
        send_anyway: Go on with a dataset that has errors, to see how the platform refuses it.
        checked: Called with the verdict, before anything is sent to the simulator.
        progress: Called after each step of the workflow.

    Raises:
        UsageError: The file cannot be read, or the model is unknown, or it is a tuned one.
    """
    from drytune.clients import simulated
    from drytune_simulator import ManualClock, Simulator, SystemClock
    from drytune_simulator.clock import from_date, to_date

    job = (
        training
        if isinstance(training, Job)
        else Job(
            training=training,
            model=model,
            method=method,
            grader=grader,
            response_format=response_format,
            suffix=suffix,
            n_epochs=n_epochs,
            ask=tuple(ask),
            system=system,
        )
    )
    if job.model.startswith("ft:"):
        raise UsageError(
            f"{job.model} exists at the platform only, and the embedded simulator begins empty: rehearse with its "
            f"base model, --model {job.model.split(':')[1]}."
        )
    day = as_of or to_date(SystemClock().now())
    report = check(
        job.training,
        job.model,
        method=job.method,
        as_of=day,
        n_epochs=job.n_epochs,
        validation=job.validation,
        grader=job.grader,
        response_format=job.response_format,
    )
    if checked is not None:
        checked(report)
    task = _task(job, report, seed)
    run = Run(task=task)
    if not report.ok and not send_anyway:
        return Rehearsal(report, run)
    asked = questions(Path(job.training), job.ask, job.system, form=report.files[0].verdict.form)
    run = Run(task=msgspec.structs.replace(task, questions=asked))
    clock = ManualClock(from_date(day))
    simulator = Simulator(clock=clock, seed=seed)
    context = Context(hooks=Hooks(progress), settings=Settings(clock=clock), started=clock.now())
    try:
        with simulated(simulator, max_retries=0) as client:
            run = drive(fine_tune(run, context), client, sleep=clock.advance)
    finally:
        simulator.close()
    return Rehearsal(report, run, tuple(system_worries(report, asked)) if run.answers else ())


async def async_dry_run(
    training: str | os.PathLike[str] | Job, model: str = "gpt-4.1-mini", **options: Any
) -> Rehearsal:
    """As `dry_run`, with the same arguments, in a thread of its own."""
    import anyio.to_thread

    return await anyio.to_thread.run_sync(partial(dry_run, training, model, **options))


def _task(job: Job, report: Report, seed: int) -> Task:
    """What is rehearsed."""
    named: dict[Role, str | os.PathLike[str] | None] = {
        "training": job.training,
        "validation": job.validation,
        "holdout": job.holdout,
    }
    files = {role: source_file(role, path) for role, path in named.items() if path is not None}
    wanted = {
        "n_epochs": job.n_epochs,
        "batch_size": job.batch_size,
        "learning_rate_multiplier": job.learning_rate_multiplier,
    }
    return Task(
        training=files["training"],
        validation=files.get("validation"),
        holdout=files.get("holdout"),
        model=job.model,
        method=report.method,
        hyperparameters={name: value for name, value in wanted.items() if value is not None},
        grader=None if job.grader is None else dict(job.grader),
        response_format=None if job.response_format is None else dict(job.response_format),
        suffix=job.suffix,
        max_tokens=job.max_tokens,
        seed=(seed if job.seed is None else job.seed) % 2_147_483_648,
    )


def _answer(answer: Answer) -> dict[str, Any]:
    question = answer.question
    return {
        "prompt": question.prompt,
        "origin": question.origin,
        "messages": list(question.messages),
        "reply": answer.message.get("content"),
        "message": answer.message,
        "finish_reason": answer.finish_reason,
        "usage": answer.usage,
        "layer": answer.layer,
        "similarity": answer.similarity,
        "line": answer.line,
        "repaired": answer.repaired,
    }


def _refusal(refusal: Refusal | None) -> dict[str, Any] | None:
    if refusal is None:
        return None
    return {
        "step": refusal.step,
        "status": refusal.status,
        "message": refusal.message,
        "code": refusal.code,
        "param": refusal.param,
    }
