"""What a fine-tune is: what a user wants, and the same, exact.

Job    what a user wants
Task   hashes instead of paths to look for, numbers instead of ``auto``
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from drytune.workflow.questions import Question

__all__ = ["MAX_TOKENS", "Job", "Role", "SourceFile", "Task"]

MAX_TOKENS: Final = 2_048
"""Tokens that an answer may have if nobody says otherwise: so its worst cost is known."""

Role = Literal["training", "validation", "holdout"]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What a user wants: one fine-tune.

    Attributes:
        training: The training file, JSONL.
        model: The base model.
        validation: A validation file.
        holdout: Examples that are not trained on, in the form of the training file: afterwards the tuned model and
            the base model are asked them, and what they say is compared with what was wanted.
        method: ``supervised``, ``dpo`` or ``reinforcement``; by default what the file's first lines look like.
        grader: Of a reinforcement job, as the API takes it.
        response_format: Of a reinforcement job, as the API takes it.
        n_epochs: 1 to 50; by default what the platform is thought to choose, and then that number is sent.
        batch_size: 1 to 256; the platform chooses if None.
        learning_rate_multiplier: Above 0; the platform chooses if None.
        suffix: Part of the tuned model's name.
        seed: The job's seed, 0 to 2147483647; the platform draws one if None.
        ask: Prompts for the tuned model; without any, the dataset's first and a greeting that it does not have.
        system: System prompt of these questions; by default the dataset's.
        max_tokens: The longest answer to one of them, in tokens.
    """

    training: str | os.PathLike[str]
    model: str = "gpt-4.1-mini"
    validation: str | os.PathLike[str] | None = None
    holdout: str | os.PathLike[str] | None = None
    method: str | None = None
    grader: Mapping[str, Any] | None = None
    response_format: Mapping[str, Any] | None = None
    n_epochs: int | None = None
    batch_size: int | None = None
    learning_rate_multiplier: float | None = None
    suffix: str | None = None
    seed: int | None = None
    ask: tuple[str, ...] = ()
    system: str | None = None
    max_tokens: int = MAX_TOKENS


class SourceFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file on this machine, as it was when it was looked at.

    Attributes:
        role: What it is for.
        path: Absolute.
        bytes: Its size.
        sha256: Of its bytes, hexadecimal.
        upload_name: Under which it is uploaded: it has the beginning of the hash, so that an upload whose answer
            was lost is found again. Of a holdout file None, for it stays here.
        examples: Lines that hold an example.
    """

    role: Role
    path: str
    bytes: int
    sha256: str
    upload_name: str | None = None
    examples: int = 0

    @property
    def local(self) -> Path:
        """The path."""
        return Path(self.path)


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One fine-tune, exactly.

    Attributes:
        training: Is uploaded.
        model: The snapshot.
        validation: Is uploaded, too.
        holdout: Stays here.
        method: ``supervised``, ``dpo`` or ``reinforcement``.
        hyperparameters: As they are sent; what is not in it is for the platform to choose.
        grader: Of a reinforcement job.
        response_format: Of a reinforcement job.
        suffix: Part of the tuned model's name.
        seed: The job's seed.
        questions: What the tuned model is asked at the end.
        max_tokens: The longest answer to one of them, in tokens.
    """

    training: SourceFile
    model: str
    validation: SourceFile | None = None
    holdout: SourceFile | None = None
    method: str = "supervised"
    hyperparameters: dict[str, int | float] = {}
    grader: dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None
    suffix: str | None = None
    seed: int | None = None
    questions: tuple[Question, ...] = ()
    max_tokens: int = MAX_TOKENS

    def body_of(self, question: Question) -> dict[str, Any]:
        """The body of the request that asks `question`, without its model."""
        from drytune.keeping.budget import base_of

        body = question.body()
        if "messages" in body:
            # OpenAI's newer models do not take the old name, and other vendors' do not know the new one
            name = "max_tokens" if base_of(self.model) is None else "max_completion_tokens"
            body[name] = self.max_tokens
        return body

    @property
    def uploads(self) -> tuple[SourceFile, ...]:
        """The files that are uploaded, in their order."""
        return (self.training,) if self.validation is None else (self.training, self.validation)
