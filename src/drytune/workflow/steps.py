"""One step at a time: a `Run` says how far a fine-tune has come, `advance` takes it one request further.

A `Run` holds all there is to know; whoever keeps it can go on from it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drytune.errors import UsageError
from drytune.workflow.questions import Question

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["Answer", "Job", "Refusal", "Run", "advance", "perform"]

TERMINAL = frozenset({"succeeded", "failed", "cancelled"})
_LONGEST_COMPLETION = 256
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 5.0, 300.0, 1.25


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done.

    Attributes:
        training: The training file, JSONL.
        model: The base model.
        suffix: Part of the tuned model's name.
        seed: The job's seed, 0 to 2147483647; the platform draws one if None.
        n_epochs: ``auto`` if None.
        questions: What the tuned model is asked at the end.
        method: How the model is tuned: ``supervised``, ``dpo`` or ``reinforcement``.
        grader: Of a reinforcement job, as the API takes it.
        response_format: Of a reinforcement job, as the API takes it.
    """

    training: Path
    model: str
    suffix: str | None = None
    seed: int | None = None
    n_epochs: int | None = None
    questions: tuple[Question, ...] = ()
    method: str = "supervised"
    grader: Mapping[str, Any] | None = None
    response_format: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the tuned model said.

    Attributes:
        question: What it was asked.
        message: The assistant message, as JSON-able data.
        finish_reason: ``stop``, ``length``, ``tool_calls`` or ``function_call``.
        usage: Tokens of the prompt, the completion, and both.
        layer: Where a simulated answer comes from: ``taught`` or ``base``; None from a real API.
        similarity: 1.0 if this very conversation was trained, less if a similar one was.
        line: Line of the training file that the answer was recalled from.
        repaired: What was trained is not valid against a schema that must be kept, and was changed.
    """

    question: Question
    message: dict[str, Any]
    finish_reason: str
    usage: dict[str, int]
    layer: str | None = None
    similarity: float | None = None
    line: int | None = None
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """The API said no.

    Attributes:
        step: At which one: ``upload``, ``create``, ``train`` or ``infer``.
        status: HTTP status.
    """

    step: str
    status: int
    message: str
    code: str | None = None
    param: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """How far a job has come.

    Attributes:
        job: What is to be done.
        file: The uploaded File object, once there is one.
        remote: The FineTuningJob object as last seen.
        events: Its events so far, oldest first.
        answers: What the tuned model has been asked and said so far.
        refusal: What ended the run early, if the API refused a step.
    """

    job: Job
    file: dict[str, Any] | None = None
    remote: dict[str, Any] | None = None
    events: tuple[dict[str, Any], ...] = ()
    answers: tuple[Answer, ...] = field(default_factory=tuple)
    refusal: Refusal | None = None

    @property
    def status(self) -> str:
        """The job's status, or which step comes next before there is a job; ``refused`` if the API said no."""
        if self.refusal is not None:
            return "refused"
        return self.step if self.remote is None else str(self.remote["status"])

    @property
    def step(self) -> str:
        """Which step comes next: ``upload``, ``create``, ``train`` or ``infer``."""
        if self.file is None:
            return "upload"
        if self.remote is None:
            return "create"
        return "train" if self.waiting else "infer"

    @property
    def waiting(self) -> bool:
        """The next step is to look at the job again."""
        return self.remote is not None and self.remote["status"] not in TERMINAL

    @property
    def done(self) -> bool:
        """Nothing is left to do."""
        if self.refusal is not None:
            return True
        if self.remote is None or self.waiting:
            return False
        return self.status != "succeeded" or len(self.answers) == len(self.job.questions)


def perform(
    run: Run,
    client: OpenAI,
    *,
    sleep: Callable[[float], None],
    progress: Callable[[Run], None] | None = None,
) -> Run:
    """Go on from `run` until nothing is left to do.

    Args:
        run: Where to begin.
        client: What the requests go through.
        sleep: Called with the seconds until the job should be looked at again; they grow from 5 to 300.
        progress: Called after each step.
    """
    pause = _FIRST_PAUSE
    while not run.done:
        if run.waiting:
            sleep(pause)
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)
        run = advance(run, client)
        if progress is not None:
            progress(run)
    return run


def advance(run: Run, client: OpenAI) -> Run:
    """Take the next step of `run`; a refusal by the API is a step too, and the last."""
    import openai

    try:
        return _step(run, client)
    except openai.APIStatusError as error:
        body = error.body if isinstance(error.body, dict) else {}
        message = str(body.get("message") or error.message)
        refusal = Refusal(run.step, error.status_code, message, body.get("code"), body.get("param"))
        return replace(run, refusal=refusal)


def _step(run: Run, client: OpenAI) -> Run:
    if run.file is None:
        return replace(run, file=_upload(run.job, client))
    if run.remote is None:
        return replace(run, remote=_create(run.job, str(run.file["id"]), client))
    if run.waiting:
        remote = _plain(client.fine_tuning.jobs.retrieve(str(run.remote["id"])))
        return replace(run, remote=remote, events=_events(str(remote["id"]), run.events, client))
    question = run.job.questions[len(run.answers)]
    return replace(run, answers=(*run.answers, _ask(client, str(run.remote["fine_tuned_model"]), question)))


def _upload(job: Job, client: OpenAI) -> dict[str, Any]:
    try:
        with job.training.open("rb") as file:
            # a name that is not UTF-8 could not be sent
            name = os.fsencode(job.training.name).decode("utf-8", "replace")
            return _plain(client.files.create(file=(name, file), purpose="fine-tune"))
    except OSError as error:
        msg = f"{job.training}: {error.strerror or error}"
        raise UsageError(msg) from error


def _create(job: Job, file_id: str, client: OpenAI) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if job.suffix is not None:
        options["suffix"] = job.suffix
    if job.seed is not None:
        options["seed"] = job.seed
    if job.n_epochs is not None or job.method != "supervised":
        # older SDKs have no type for `method`, and pass it on all the same
        hyperparameters = {} if job.n_epochs is None else {"n_epochs": job.n_epochs}
        settings: dict[str, Any] = {"hyperparameters": hyperparameters}
        if job.grader is not None:
            settings["grader"] = job.grader
        if job.response_format is not None:
            settings["response_format"] = job.response_format
        options["extra_body"] = {"method": {"type": job.method, job.method: settings}}
    return _plain(client.fine_tuning.jobs.create(training_file=file_id, model=job.model, **options))


def _events(job_id: str, known: tuple[dict[str, Any], ...], client: OpenAI) -> tuple[dict[str, Any], ...]:
    """All events of the job, oldest first; only those that are new are asked for."""
    seen = known[-1]["id"] if known else None
    fresh = []
    # few events are new at each look, but of a long training more are
    for event in client.fine_tuning.jobs.list_events(job_id, limit=min(100, max(20, len(known) // 10))):
        if event.id == seen:
            break
        fresh.append(_plain(event))
    return (*known, *reversed(fresh))


def _ask(client: OpenAI, model: str, question: Question) -> Answer:
    if question.form == "completion":
        # the API's own default would cut most completions; it may have so many that nobody waits for
        completed = client.completions.with_raw_response.create(
            model=model, prompt=question.prompt, max_tokens=_LONGEST_COMPLETION
        )
        completion = _plain(completed.parse())
        message = {"role": "assistant", "content": completion["choices"][0]["text"]}
        return _answer(question, message, completion, completed.headers)
    # as the dataset has them: whether they are well-formed is for the API to say
    messages: Any = list(question.messages)
    raw = client.chat.completions.with_raw_response.create(
        model=model, messages=messages, **question.offers()
    )
    completion = _plain(raw.parse())
    said = completion["choices"][0]["message"]
    message = {name: value for name, value in said.items() if value not in (None, [])}
    return _answer(question, message, completion, raw.headers)


def _answer(
    question: Question, message: dict[str, Any], completion: dict[str, Any], headers: Mapping[str, str]
) -> Answer:
    similarity, line = headers.get("x-drytune-similarity"), headers.get("x-drytune-line")
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    return Answer(
        question,
        message,
        completion["choices"][0]["finish_reason"],
        {name: completion["usage"][name] for name in names},
        headers.get("x-drytune-layer"),
        None if similarity is None else float(similarity),
        None if line is None else int(line),
        headers.get("x-drytune-repaired") == "true",
    )


def _plain(model: Any) -> dict[str, Any]:
    """An SDK object as the JSON it came from, with what the SDK does not know, without what it adds."""
    data: dict[str, Any] = model.to_dict(mode="json", exclude_unset=True)
    data.pop("_request_id", None)
    return data
