"""All that decides a job's course, small enough to keep with the job."""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["Change", "ChangeKind", "Failure", "Plan"]


class Failure(msgspec.Struct, frozen=True):
    """Why a job fails, in the platform's words (FACTS.md §4.5)."""

    code: str
    message: str
    param: str | None = "training_file"


ChangeKind = Literal["cancelled", "failed", "paused", "resumed"]


class Change(msgspec.Struct, frozen=True):
    """Something done to a job from outside its schedule.

    Attributes:
        at: Unix seconds.
        kind: What was done; ``cancelled`` and ``failed`` end the job, ``paused`` stops its time until it is
            ``resumed``.
        failure: Why, if it failed.
    """

    at: float
    kind: ChangeKind
    failure: Failure | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The input of a schedule; equal plans have equal schedules.

    Attributes:
        job_id: ``ftjob-…``.
        created_at: Unix seconds.
        seed: The job's own seed (0 to 2147483647), which also seeds its losses.
        model: Name of the tuned model, ``ft:…``.
        training_file: Its id.
        validation_file: Its id, if there is one.
        method: Of tuning.
        examples: How many examples the training file has; `validation_examples` likewise.
        tokens: Of one epoch; 0 if not known, and then taken from `trained_tokens`.
        duplicates: Share of the training examples that repeat another one, 0 to 1.
        overlap: Share of the validation examples that are training examples too, 0 to 1; None if not known.
        prior: Passes over data that the model it starts from has already had; 0 for a base model.
        epochs, batch_size, learning_rate_multiplier: As trained with, ``auto`` resolved.
        eval_interval: Steps from one validation to the next, of reinforcement; None is ``auto``.
        graders: (name, type, model) of the graders of reinforcement; the model is empty where none judges.
        trained_tokens: Tokens that are billed.
        results_file: Id of the results file.
        checkpoints: (step, model name) of the checkpoints besides the job's own model, oldest first.
        failure: Set if validation refuses the training file.
        expires_at: When the training file expires, if it does: a job that has not begun by then fails.
        scenario: What is made to go wrong (`scenarios.SCENARIOS`).
    """

    job_id: str
    created_at: float
    seed: int
    model: str
    training_file: str
    validation_file: str | None = None
    method: Literal["supervised", "dpo", "reinforcement"] = "supervised"
    examples: int
    validation_examples: int = 0
    tokens: int = 0
    duplicates: float = 0.0
    overlap: float | None = None
    prior: float = 0.0
    epochs: int
    batch_size: int
    learning_rate_multiplier: float
    eval_interval: int | None = None
    graders: tuple[tuple[str, str, str], ...] = ()
    trained_tokens: int
    results_file: str
    checkpoints: tuple[tuple[int, str], ...] = ()
    failure: Failure | None = None
    expires_at: float | None = None
    scenario: str | None = None

    @property
    def base(self) -> str:
        """The snapshot whose tune `model` is."""
        return self.model.split(":")[1]

    @property
    def steps_per_epoch(self) -> int:
        """Steps of one pass over the training file."""
        return max(1, -(-self.examples // self.batch_size))

    @property
    def total_steps(self) -> int:
        """Steps of the whole training."""
        return self.steps_per_epoch * self.epochs

    @property
    def epoch_tokens(self) -> int:
        """Tokens of one pass over the training file."""
        return self.tokens or max(1, self.trained_tokens // max(1, self.epochs))

    @property
    def validation_steps(self) -> int:
        """Steps from one validation of reinforcement to the next; ``auto`` is ten in a job (grade I)."""
        return self.eval_interval or max(1, self.total_steps // 10)

    def checkpoint_steps(self) -> list[int]:
        """Steps whose models are kept, that of the job's own model last (`checkpoints.kept`)."""
        from drytune_simulator.training.checkpoints import kept

        return [*kept(self)]
