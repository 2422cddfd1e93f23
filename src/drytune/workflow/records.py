"""How far a fine-tune has come, as frozen data that JSON can hold: whoever keeps a `Run` can go on from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from drytune.workflow.questions import Question
from drytune.workflow.tasks import Task

__all__ = [
    "STATES",
    "TERMINAL",
    "Answer",
    "Bill",
    "Holdout",
    "Marks",
    "Refusal",
    "Run",
    "state_of",
]

TERMINAL: Final = frozenset({"succeeded", "failed", "cancelled"})
"""States of a job that nothing follows."""

_SAME: Final = {"completed": "succeeded", "canceled": "cancelled", "error": "failed", "expired": "failed"}
"""What other vendors call a state, and what OpenAI does."""

STATES: Final = TERMINAL | {
    "validating_files",
    "queued",
    "running",
    "paused",
    "created",
    "pending",
    "cancelling",
}
"""States that are known."""

_OF_THE_KEY: Final = frozenset({401, 402, 403, 429})
"""Statuses of refusals that another key, or money, mends."""


def state_of(job: Mapping[str, Any]) -> str:
    """The state of a job, in OpenAI's words; ``unknown`` if it does not say."""
    state = job.get("status")
    return _SAME.get(state, state) if isinstance(state, str) else "unknown"


class Answer(msgspec.Struct, frozen=True):
    """What a model said.

    Attributes:
        question: What it was asked.
        message: The assistant message, as JSON-able data.
        finish_reason: ``stop``, ``length``, ``tool_calls`` or ``function_call``.
        usage: Tokens of the prompt, the completion, and both.
        layer: Where a simulated answer comes from: ``taught`` or ``base``; None from a real API.
        similarity: 1.0 if this very conversation was trained, less if a similar one was.
        line: Line of the training file that the answer was recalled from.
        repaired: What was trained is not valid against a schema that must be kept, and was changed.
        usd: What it cost, None if no price is known.
    """

    question: Question
    message: dict[str, Any]
    finish_reason: str
    usage: dict[str, int]
    layer: str | None = None
    similarity: float | None = None
    line: int | None = None
    repaired: bool = False
    usd: float | None = None


class Refusal(msgspec.Struct, frozen=True):
    """The API said no.

    Attributes:
        step: At which one: ``upload``, ``create`` or ``infer``.
        status: HTTP status.
    """

    step: str
    status: int
    message: str
    code: str | None = None
    param: str | None = None

    @property
    def can_be_mended(self) -> bool:
        """Whether the same would be taken with another key, or with money."""
        return self.status in _OF_THE_KEY


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """How a model did on held-out examples; shares are 0.0 to 1.0.

    Attributes:
        model: Which one.
        asked: Examples that it was asked.
        answered: How many of them it answered; the others failed, or the budget did not cover them.
        exact: Share of the answers that are what was wanted, blanks at the ends aside, calls with it.
        near: Share that is exact, equal by meaning as JSON, or shares four fifths of its character n-grams.
        likeness: Mean share of character n-grams in common; None where there are only calls.
        calls: Share that calls the functions that were wanted, None where none were.
        arguments: Share that does so with the same arguments by meaning.
        usd: What the answers cost; None if no price is known.
    """

    model: str
    asked: int
    answered: int
    exact: float
    near: float
    likeness: float | None = None
    calls: float | None = None
    arguments: float | None = None
    usd: float | None = None


class Holdout(msgspec.Struct, frozen=True, kw_only=True):
    """The tuned model and the base model on the same held-out examples.

    Attributes:
        tuned: Of the tuned model.
        base: Of the base model.
        notes: What to know about the figures, a sentence each.
    """

    tuned: Marks
    base: Marks
    notes: tuple[str, ...] = ()


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has cost, beside what was expected; in USD.

    Attributes:
        expected_usd: Of the training, as planned.
        low_usd, high_usd: Its range, as planned.
        training_usd: What the trained tokens that the platform tells cost; None until the job has ended, or where
            no price is known.
        trained_tokens: As the platform tells.
        expected_tokens: As planned.
        answers_usd: What all answers cost, those that were lost at their worst.
        spent_usd: All that was or may have been billed.
        max_usd: The budget.
    """

    expected_usd: float | None = None
    low_usd: float | None = None
    high_usd: float | None = None
    training_usd: float | None = None
    trained_tokens: int | None = None
    expected_tokens: int | None = None
    answers_usd: float = 0.0
    spent_usd: float = 0.0
    max_usd: float | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """How far a fine-tune has come.

    Attributes:
        task: What is to be done.
        id: Of a run that is kept in a journal; its job has it in its metadata.
        file: The uploaded File object, once there is one.
        validation_file: Likewise.
        remote: The FineTuningJob object as last seen.
        events: Its events so far, oldest first.
        checkpoints: Its checkpoints at the end, first step first.
        results: The text of its results file (CSV); None if there is none.
        answers: What the tuned model has been asked and said so far.
        holdout: How it did on held-out examples.
        doubles: Other jobs that this run has made, as last seen: a request that was thought lost arrived late.
        called_off: Whether it was cancelled before there was a job.
        refusal: What ended the run early, if the API refused a step.
        stopped: Why the run went no further this time, though there is something left to do.
        notes: What happened on the way that one should know, a sentence each.
        bill: What it has cost.
        simulated: Whether what answers says that it is a simulation.
    """

    task: Task
    id: str | None = None
    file: dict[str, Any] | None = None
    validation_file: dict[str, Any] | None = None
    remote: dict[str, Any] | None = None
    events: tuple[dict[str, Any], ...] = ()
    checkpoints: tuple[dict[str, Any], ...] | None = None
    results: str | None = None
    answers: tuple[Answer, ...] = ()
    holdout: Holdout | None = None
    doubles: tuple[dict[str, Any], ...] = ()
    called_off: bool = False
    refusal: Refusal | None = None
    stopped: str | None = None
    notes: tuple[str, ...] = ()
    bill: Bill = Bill()
    simulated: bool = False

    @property
    def status(self) -> str:
        """The job's status, or which step comes next before there is a job; ``refused`` if the API said no."""
        if self.refusal is not None:
            return "refused"
        if self.remote is None:
            return "cancelled" if self.called_off else self.step
        return state_of(self.remote)

    @property
    def step(self) -> str:
        """Which step comes next: ``upload``, ``create``, ``train`` or ``infer``."""
        if self.file is None or (self.task.validation is not None and self.validation_file is None):
            return "upload"
        if self.remote is None:
            return "create"
        return "train" if self.waiting else "infer"

    @property
    def waiting(self) -> bool:
        """The next step is to look at the job again."""
        return self.remote is not None and state_of(self.remote) not in TERMINAL

    @property
    def done(self) -> bool:
        """Nothing is left to do."""
        if self.called_off and self.remote is None:
            return True
        if self.refusal is not None:
            return not (self.waiting or self.refusal.can_be_mended)
        if self.remote is None or self.waiting:
            return False
        if self.status != "succeeded":
            return True
        has_asked = len(self.answers) == len(self.task.questions)
        return has_asked and (self.task.holdout is None or self.holdout is not None)

    @property
    def model(self) -> str | None:
        """Name of the tuned model, once there is one."""
        name = (self.remote or {}).get("fine_tuned_model")
        return name if isinstance(name, str) and name else None

    @property
    def trained_tokens(self) -> int | None:
        """Tokens that were billed, once the platform tells."""
        tokens = (self.remote or {}).get("trained_tokens")
        return tokens if type(tokens) is int and tokens >= 0 else None

    @property
    def metrics(self) -> tuple[dict[str, Any], ...]:
        """The data of each step's event, first step first: ``step``, ``total_steps``, ``train_loss`` and so on."""
        return tuple(
            data
            for event in self.events
            if event.get("type") == "metrics" and isinstance(data := event.get("data"), dict)
        )
