"""All that decides a job's course, small enough to keep with the job."""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["Cut", "Failure", "Plan"]


class Failure(msgspec.Struct, frozen=True):
    """Why a job fails, in the platform's words (FACTS.md §4.5)."""

    code: str
    message: str
    param: str | None = "training_file"


class Cut(msgspec.Struct, frozen=True):
    """What ended a job before its schedule did.

    Attributes:
        at: Unix seconds.
        status: How it ended.
        failure: Why, if it failed.
    """

    at: float
    status: Literal["cancelled", "failed"]
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
        examples: How many examples the training file has.
        epochs, batch_size, learning_rate_multiplier: As trained with, ``auto`` resolved.
        trained_tokens: Tokens that are billed.
        results_file: Id of the results file.
        checkpoints: (step, model name) of the checkpoints before the last, oldest first.
        failure: Set if validation refuses the training file.
    """

    job_id: str
    created_at: float
    seed: int
    model: str
    training_file: str
    validation_file: str | None = None
    examples: int
    epochs: int
    batch_size: int
    learning_rate_multiplier: float
    trained_tokens: int
    results_file: str
    checkpoints: tuple[tuple[int, str], ...] = ()
    failure: Failure | None = None

    @property
    def steps_per_epoch(self) -> int:
        """Steps of one pass over the training file."""
        return max(1, -(-self.examples // self.batch_size))

    @property
    def total_steps(self) -> int:
        """Steps of the whole training."""
        return self.steps_per_epoch * self.epochs

    def checkpoint_steps(self) -> list[int]:
        """Steps at which the kept checkpoints are taken: the ends of the last three epochs (FACTS.md §4.7)."""
        return [self.steps_per_epoch * epoch for epoch in range(max(1, self.epochs - 2), self.epochs + 1)]
