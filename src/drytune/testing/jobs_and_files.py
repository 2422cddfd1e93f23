"""A job and a file as a test sees them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["Event", "File", "Job", "nothing"]

_Data = bytes
_OVER: Final = ("succeeded", "failed", "cancelled")


def nothing() -> None:
    """Nobody has it."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that has happened to a job.

    Attributes:
        at: Unix seconds.
        level: ``info``, ``warn`` or ``error``.
        message: In words.
        type: ``message``, ``metrics`` or ``moderation_checks``.
        data: Of metrics, the figures.
    """

    at: float
    level: str
    message: str
    type: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as it is now.

    Attributes:
        id: ``ftjob-…``.
        model: What is tuned: a snapshot, or a tuned model.
        status: At this moment of the simulator's clock; looking does not move it.
        training_file: Its id; `validation_file` likewise, if there is one.
        training_name: As it was uploaded; None where nobody knows. `validation_name` likewise.
        training_sha256: Of the content; None where nobody knows. `validation_sha256` likewise.
        method: ``supervised``, ``dpo`` or ``reinforcement``.
        hyperparameters: As asked for; ``auto`` where nothing was.
        used: As it is trained; empty where nobody knows.
        suffix: As asked for; `metadata` likewise.
        seed: As asked for, or drawn.
        fine_tuned_model: Once it has succeeded.
        trained_tokens: That are billed, once it has succeeded.
        committed_tokens: That it is billed for, or will be at its end if it goes on as it does; None where nobody
            knows.
        error: Why it has failed: code, message, param.
        created_at: Unix seconds.
        finished_at: The same, once its training is over.
        tenant: Digest of key, organization and project whose it is; empty where nobody knows.
    """

    id: str
    model: str
    status: str
    training_file: str
    training_name: str | None = None
    training_sha256: str | None = None
    validation_file: str | None = None
    validation_name: str | None = None
    validation_sha256: str | None = None
    method: str = "supervised"
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    used: Mapping[str, Any] = field(default_factory=dict)
    suffix: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None
    fine_tuned_model: str | None = None
    trained_tokens: int | None = None
    committed_tokens: int | None = None
    error: Mapping[str, Any] | None = None
    created_at: float = 0.0
    finished_at: float | None = None
    tenant: str = ""
    read_events: Callable[[], tuple[Event, ...]] = field(default=tuple, repr=False, compare=False)

    @property
    def events(self) -> tuple[Event, ...]:
        """What has happened to it, oldest first; empty where nobody knows."""
        return self.read_events()

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.status in _OVER


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that was uploaded, or that a job has left.

    Attributes:
        id: ``file-…``.
        filename: As it was sent.
        purpose: What for; ``fine-tune-results`` is what a job leaves.
        bytes: Its size.
        deleted: Whether it is gone.
        created_at: Unix seconds.
        tenant: Digest of key, organization and project whose it is; empty where nobody knows.
    """

    id: str
    filename: str
    purpose: str
    bytes: int
    deleted: bool = False
    created_at: float = 0.0
    tenant: str = ""
    known_sha256: str | None = field(default=None, repr=False)
    read: Callable[[], _Data | None] = field(default=nothing, repr=False, compare=False)

    @property
    def content(self) -> _Data | None:
        """Itself; None where nobody has it any more."""
        return self.read()

    @property
    def sha256(self) -> str | None:
        """Of its content, hexadecimal; None where nobody knows."""
        if self.known_sha256 is not None:
            return self.known_sha256
        content = self.content
        return None if content is None else hashlib.sha256(content).hexdigest()

    @property
    def is_result(self) -> bool:
        """Whether no one has uploaded it: a job has left it."""
        return self.purpose == "fine-tune-results"
