"""The objects that the platform answers with; their fields are in the recorded order."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from msgspec import UNSET, Struct, UnsetType

from drytune_simulator.wire.chat import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionDeleted,
    StoredChatCompletion,
    StoredMessage,
)
from drytune_simulator.wire.graders import (
    GraderRun,
    GraderRunErrors,
    GraderRunMetadata,
    GraderValidation,
)

__all__ = [
    "ChatCompletion",
    "ChatCompletionChunk",
    "ChatCompletionDeleted",
    "Checkpoint",
    "CheckpointMetrics",
    "Deleted",
    "DeletedPermission",
    "Error",
    "ErrorEnvelope",
    "Event",
    "File",
    "GraderRun",
    "GraderRunErrors",
    "GraderRunMetadata",
    "GraderValidation",
    "Hyperparameters",
    "Integration",
    "Job",
    "JobError",
    "Method",
    "MethodSettings",
    "Model",
    "ModelLimits",
    "Page",
    "Permission",
    "StoredChatCompletion",
    "StoredMessage",
    "Upload",
    "UploadPart",
    "Wandb",
    "WebhookData",
    "WebhookEvent",
]

_Item = TypeVar("_Item")

FilePurpose = Literal[
    "assistants",
    "assistants_output",
    "batch",
    "batch_output",
    "evals",
    "fine-tune",
    "fine-tune-results",
    "user_data",
    "vision",
]
JobStatus = Literal["validating_files", "queued", "running", "paused", "succeeded", "failed", "cancelled"]


class Page(Struct, Generic[_Item], kw_only=True):
    """One page of a list; only some lists tell their first and last id (FACTS.md §3.1, §4.8)."""

    object: Literal["list"] = "list"
    data: list[_Item]
    first_id: str | UnsetType | None = UNSET
    last_id: str | UnsetType | None = UNSET
    has_more: bool | UnsetType = UNSET


class Error(Struct, kw_only=True):
    """A refusal (FACTS.md §6)."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorEnvelope(Struct, kw_only=True):
    """What an answer that is a refusal consists of."""

    error: Error


class Deleted(Struct, kw_only=True):
    """What is left of a deleted object (FACTS.md §9)."""

    object: Literal["file", "model"]
    deleted: bool = True
    id: str


class DeletedPermission(Struct, kw_only=True):
    """A permission that was taken back; in the order of the specification."""

    id: str
    object: Literal["checkpoint.permission"] = "checkpoint.permission"
    deleted: bool = True


class File(Struct, kw_only=True):
    """A file (FACTS.md §3.1). `bytes` is its size; times are Unix seconds."""

    object: Literal["file"] = "file"
    id: str
    purpose: FilePurpose
    filename: str
    bytes: int
    created_at: int
    expires_at: int | None = None
    status: Literal["uploaded", "processed", "error"] = "processed"
    status_details: str | None = None


class Upload(Struct, kw_only=True):
    """A file that is uploaded in parts (FACTS.md §3.3). `bytes` is the declared size."""

    id: str
    object: Literal["upload"] = "upload"
    bytes: int
    created_at: int
    filename: str
    purpose: FilePurpose
    status: Literal["pending", "completed", "cancelled", "expired"]
    expires_at: int
    file: File | UnsetType = UNSET


class UploadPart(Struct, kw_only=True):
    """One part of an upload."""

    id: str
    object: Literal["upload.part"] = "upload.part"
    created_at: int
    upload_id: str


class JobError(Struct, kw_only=True):
    """Why a job failed (FACTS.md §4.5); without fields, ``{}``, where nothing is wrong (FACTS.md §9)."""

    code: str | UnsetType = UNSET
    message: str | UnsetType = UNSET
    param: str | UnsetType | None = UNSET


class Hyperparameters(Struct, kw_only=True):
    """As trained with; ``auto`` until the training starts (FACTS.md §4.2)."""

    n_epochs: int | Literal["auto"]
    batch_size: int | Literal["auto"]
    learning_rate_multiplier: float | Literal["auto"]
    beta: float | Literal["auto"] | UnsetType = UNSET
    reasoning_effort: Literal["default", "low", "medium", "high"] | UnsetType = UNSET
    compute_multiplier: float | Literal["auto"] | UnsetType = UNSET
    eval_interval: int | Literal["auto"] | UnsetType = UNSET
    eval_samples: int | Literal["auto"] | UnsetType = UNSET


class MethodSettings(Struct, kw_only=True):
    """The settings of a method; `grader` and `response_format` are of reinforcement only."""

    hyperparameters: Hyperparameters
    grader: dict[str, Any] | UnsetType = UNSET
    response_format: dict[str, Any] | UnsetType = UNSET


class Method(Struct, kw_only=True):
    """The method of tuning, with the settings under its own name."""

    type: Literal["supervised", "dpo", "reinforcement"]
    supervised: MethodSettings | UnsetType = UNSET
    dpo: MethodSettings | UnsetType = UNSET
    reinforcement: MethodSettings | UnsetType = UNSET


class Wandb(Struct, kw_only=True):
    """Settings of a Weights & Biases run."""

    project: str
    name: str | None = None
    entity: str | None = None
    tags: list[str] | None = None
    run_id: str | UnsetType = UNSET


class Integration(Struct, kw_only=True):
    """Where metrics would be sent; drytune sends nothing."""

    type: Literal["wandb"] = "wandb"
    wandb: Wandb


class Job(Struct, kw_only=True):
    """A fine-tuning job (FACTS.md §4.4).

    Attributes:
        error: `JobError` without fields when nothing is wrong, as recorded (FACTS.md §9); None in the form of the
            specification.
    """

    object: Literal["fine_tuning.job"] = "fine_tuning.job"
    id: str
    model: str
    created_at: int
    finished_at: int | None
    fine_tuned_model: str | None
    organization_id: str
    result_files: list[str]
    status: JobStatus
    validation_file: str | None
    training_file: str
    hyperparameters: Hyperparameters | None
    trained_tokens: int | None
    error: JobError | None
    user_provided_suffix: str | None
    seed: int
    estimated_finish: int | None
    integrations: list[Integration]
    metadata: dict[str, str] | None
    usage_metrics: dict[str, Any] | None
    shared_with_openai: bool
    eval_id: str | None
    method: Method


class Event(Struct, kw_only=True):
    """Something that happened to a job (FACTS.md §4.6)."""

    object: Literal["fine_tuning.job.event"] = "fine_tuning.job.event"
    id: str
    created_at: int
    level: Literal["info", "warn", "error"]
    message: str
    data: dict[str, Any] | None
    type: Literal["message", "metrics", "moderation_checks"]


class CheckpointMetrics(Struct, kw_only=True, omit_defaults=True):
    """The metrics of a checkpoint's step; what was not measured is absent, rewards are of reinforcement only."""

    type: Literal["metrics"] | UnsetType = UNSET
    step: int
    train_loss: float | None = None
    train_mean_token_accuracy: float | None = None
    valid_loss: float | None = None
    valid_mean_token_accuracy: float | None = None
    full_valid_loss: float | None = None
    full_valid_mean_token_accuracy: float | None = None
    train_reward_mean: float | None = None
    valid_reward_mean: float | None = None


class Checkpoint(Struct, kw_only=True):
    """A model as it was at a step of its training (FACTS.md §4.7, §9)."""

    object: Literal["fine_tuning.job.checkpoint"] = "fine_tuning.job.checkpoint"
    id: str
    created_at: int
    fine_tuned_model_checkpoint: str
    fine_tuning_job_id: str
    step_number: int
    metrics: CheckpointMetrics


class Permission(Struct, kw_only=True):
    """A project that may use a checkpoint (FACTS.md §4.8)."""

    object: Literal["checkpoint.permission"] = "checkpoint.permission"
    id: str
    created_at: int
    project_id: str


class Model(Struct, kw_only=True):
    """A model (FACTS.md §1.5); `shutdown_date` is a day, ``2027-01-14``."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str
    shutdown_date: str | None = None


class ModelLimits(Struct, kw_only=True):
    """How many jobs a model may have (FACTS.md §4.3, one report)."""

    max_total_jobs: int | None
    max_concurrent_jobs: int | None
    active_jobs: int


class WebhookData(Struct, kw_only=True):
    """What a webhook is about."""

    id: str


class WebhookEvent(Struct, kw_only=True):
    """The body of a webhook (FACTS.md §4.8)."""

    object: Literal["event"] = "event"
    id: str
    type: Literal["fine_tuning.job.succeeded", "fine_tuning.job.failed", "fine_tuning.job.cancelled"]
    created_at: int
    data: WebhookData
