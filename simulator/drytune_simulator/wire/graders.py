"""What the platform answers about graders (FACTS.md §4.8); fields as in the specification."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

__all__ = ["GraderRun", "GraderRunErrors", "GraderRunMetadata", "GraderValidation"]


class GraderRunErrors(Struct, kw_only=True):
    """What went wrong while grading."""

    formula_parse_error: bool = False
    sample_parse_error: bool = False
    sample_parse_error_details: str | None = None
    truncated_observation_error: bool = False
    unresponsive_reward_error: bool = False
    invalid_variable_error: bool = False
    invalid_variable_error_details: str | None = None
    other_error: bool = False
    python_grader_server_error: bool = False
    python_grader_server_error_type: str | None = None
    python_grader_runtime_error: bool = False
    python_grader_runtime_error_details: str | None = None
    model_grader_server_error: bool = False
    model_grader_refusal_error: bool = False
    model_grader_refusal_error_details: str | None = None
    model_grader_parse_error: bool = False
    model_grader_parse_error_details: str | None = None
    model_grader_exceeded_max_tokens_error: bool = False
    model_grader_server_error_details: str | None = None
    endpoint_grader_internal_error: bool = False
    endpoint_grader_internal_error_details: str | None = None
    endpoint_grader_server_error: bool = False
    endpoint_grader_server_error_details: str | None = None
    endpoint_grader_safety_check_error: bool = False


class GraderRunMetadata(Struct, kw_only=True):
    """How a grader's run went."""

    name: str
    type: str
    errors: GraderRunErrors
    execution_time: float
    scores: dict[str, float]
    token_usage: int | None = None
    sampled_model_name: str | None = None


class GraderRun(Struct, kw_only=True):
    """What a grader says of a sample."""

    reward: float
    metadata: GraderRunMetadata
    sub_rewards: dict[str, float]
    model_grader_token_usage_per_model: dict[str, Any]


class GraderValidation(Struct, kw_only=True):
    """A grader that is well-formed."""

    grader: dict[str, Any]
