"""The bodies and queries that the platform takes, with their limits (FACTS.md §3, §4.1)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from drytune_simulator.wire.chat import (
    CreateChatCompletion,
    ListChatCompletions,
    ListChatMessages,
    Metadata,
    UpdateChatCompletion,
)

__all__ = [
    "AddUploadPart",
    "CompleteUpload",
    "CreateChatCompletion",
    "CreateFile",
    "CreateJob",
    "CreatePermissions",
    "CreateUpload",
    "DpoHyperparameters",
    "DpoMethod",
    "ExpiresAfter",
    "Hyperparameters",
    "Integration",
    "ListChatCompletions",
    "ListChatMessages",
    "ListCheckpoints",
    "ListEvents",
    "ListFiles",
    "ListJobs",
    "ListPermissions",
    "Method",
    "ReinforcementHyperparameters",
    "ReinforcementMethod",
    "RunGrader",
    "SupervisedMethod",
    "UpdateChatCompletion",
    "ValidateGrader",
    "Wandb",
]

Auto = Literal["auto"]
Positive = Annotated[float, Meta(gt=0)]
UploadPurpose = Literal["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]


class Hyperparameters(Struct, kw_only=True):
    """Of supervised tuning, and of every method (FACTS.md §4.1)."""

    n_epochs: Auto | Annotated[int, Meta(ge=1, le=50)] | None = None
    batch_size: Auto | Annotated[int, Meta(ge=1, le=256)] | None = None
    learning_rate_multiplier: Auto | Positive | None = None


class DpoHyperparameters(Hyperparameters, kw_only=True):
    """Of direct preference optimization."""

    beta: Auto | Annotated[float, Meta(gt=0, le=2)] | None = None


class ReinforcementHyperparameters(Hyperparameters, kw_only=True):
    """Of reinforcement tuning."""

    reasoning_effort: Literal["default", "low", "medium", "high"] | None = None
    compute_multiplier: Auto | Annotated[float, Meta(gt=1e-5, le=10)] | None = None
    eval_interval: Auto | Annotated[int, Meta(ge=1)] | None = None
    eval_samples: Auto | Annotated[int, Meta(ge=1)] | None = None


class SupervisedMethod(Struct, kw_only=True):
    """Settings of supervised tuning."""

    hyperparameters: Hyperparameters | None = None


class DpoMethod(Struct, kw_only=True):
    """Settings of direct preference optimization."""

    hyperparameters: DpoHyperparameters | None = None


class ReinforcementMethod(Struct, kw_only=True):
    """Settings of reinforcement tuning; what is wrong with a grader is found when the files are validated."""

    grader: dict[str, Any]
    hyperparameters: ReinforcementHyperparameters | None = None
    response_format: dict[str, Any] | None = None


class Method(Struct, kw_only=True):
    """The method of tuning, with its settings under its own name."""

    type: Literal["supervised", "dpo", "reinforcement"]
    supervised: SupervisedMethod | None = None
    dpo: DpoMethod | None = None
    reinforcement: ReinforcementMethod | None = None


class Wandb(Struct, kw_only=True):
    """Settings of a Weights & Biases run."""

    project: str
    name: str | None = None
    entity: str | None = None
    tags: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=50)] | None = None


class Integration(Struct, kw_only=True):
    """Where metrics are sent."""

    type: Literal["wandb"]
    wandb: Wandb


class CreateJob(Struct, kw_only=True):
    """``POST /v1/fine_tuning/jobs``."""

    model: str
    training_file: str
    validation_file: str | None = None
    method: Method | None = None
    hyperparameters: Hyperparameters | None = None
    suffix: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    seed: Annotated[int, Meta(ge=0, le=2_147_483_647)] | None = None
    metadata: Metadata | None = None
    integrations: Annotated[list[Integration], Meta(max_length=5)] | None = None


class ExpiresAfter(Struct, kw_only=True):
    """When a file expires, counted from its creation."""

    anchor: Literal["created_at"]
    seconds: Annotated[int, Meta(ge=3600, le=2_592_000)]


class CreateFile(Struct, kw_only=True):
    """``POST /v1/files``, a form; its nested fields are written ``expires_after[anchor]``."""

    file: bytes
    purpose: UploadPurpose
    expires_after: ExpiresAfter | None = None


class AddUploadPart(Struct, kw_only=True):
    """``POST /v1/uploads/{id}/parts``, a form."""

    data: bytes


class CreateUpload(Struct, kw_only=True):
    """``POST /v1/uploads``."""

    filename: Annotated[str, Meta(min_length=1)]
    purpose: UploadPurpose
    bytes: Annotated[int, Meta(ge=0)]
    mime_type: str
    expires_after: ExpiresAfter | None = None


class CompleteUpload(Struct, kw_only=True):
    """``POST /v1/uploads/{id}/complete``."""

    part_ids: list[str]
    md5: str | None = None


class CreatePermissions(Struct, kw_only=True):
    """``POST /v1/fine_tuning/checkpoints/{id}/permissions``."""

    project_ids: Annotated[list[str], Meta(min_length=1)]


class RunGrader(Struct, kw_only=True):
    """``POST /v1/fine_tuning/alpha/graders/run``; SDKs of early 2025 send `reference_answer`, and no `item`."""

    grader: dict[str, Any]
    model_sample: str
    item: dict[str, Any] | None = None
    reference_answer: Any = None


class ValidateGrader(Struct, kw_only=True):
    """``POST /v1/fine_tuning/alpha/graders/validate``."""

    grader: dict[str, Any]


class ListFiles(Struct, kw_only=True):
    """``GET /v1/files``."""

    after: str | None = None
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 10_000
    order: Literal["asc", "desc"] = "desc"
    purpose: str | None = None


class ListJobs(Struct, kw_only=True):
    """``GET /v1/fine_tuning/jobs``; ``metadata[key]=value`` picks jobs that carry it, ``metadata=null`` others."""

    after: str | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    metadata: dict[str, str] | None = None


class ListEvents(Struct, kw_only=True):
    """``GET /v1/fine_tuning/jobs/{id}/events``."""

    after: str | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20


class ListCheckpoints(Struct, kw_only=True):
    """``GET /v1/fine_tuning/jobs/{id}/checkpoints``."""

    after: str | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 10


class ListPermissions(Struct, kw_only=True):
    """``GET /v1/fine_tuning/checkpoints/{id}/permissions``."""

    after: str | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 10
    order: Literal["ascending", "descending"] = "descending"
    project_id: str | None = None
