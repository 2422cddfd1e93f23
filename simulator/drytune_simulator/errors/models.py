"""Refusals about models."""

from __future__ import annotations

from drytune_simulator.errors.refusal import Refusal

__all__ = ["MODELS"]

MODELS: dict[str, Refusal] = {
    # models (FACTS.md §1.5, §2)
    "no-such-model": Refusal(
        404,
        "The model '{model}' does not exist",
        "R",
        "FACTS.md §1.5",
        param="model",
        code="model_not_found",
    ),
    "model-not-found": Refusal(
        404,
        "The model `{model}` does not exist or you do not have access to it.",
        "R",
        "FACTS.md §2",
        code="model_not_found",
    ),
    "model-deprecated": Refusal(
        404,
        "The model `{model}` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations",
        "R",
        "FACTS.md §2",
        code="model_not_found",
    ),
    "not-yours-to-delete": Refusal(
        403, "You have insufficient permissions for this operation.", "M", "FACTS.md §1.5"
    ),
    # a model that is there, asked at the wrong door
    "not-a-chat-model": Refusal(
        404,
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to "
        "use v1/completions?",
        "R",
        "answers of 2025-26 pasted into public code",
        param="model",
    ),
    "not-a-completions-model": Refusal(
        404,
        "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use "
        "v1/chat/completions?",
        "R",
        "answers of 2023-26 pasted into public code; pinned live in 2026 by one test suite",
        param="model",
    ),
    "not-an-embeddings-model": Refusal(
        403,
        "You are not allowed to generate embeddings from this model",
        "R",
        "answers of 2023-25 pasted into public code",
    ),
    "not-a-responses-model": Refusal(
        400,
        "The requested model '{model}' cannot be used with the Responses API.",
        "M",
        "text not found",
        param="model",
    ),
    "not-a-moderations-model": Refusal(
        400,
        "Invalid value for 'model': '{model}' is not a moderation model.",
        "D",
        "text not found",
        param="model",
    ),
    "requests-a-minute": Refusal(
        429,
        "Rate limit reached for {model} in organization {organization} on requests per min (RPM): Limit {limit}, "
        "Used {used}, Requested 1. Please try again in {wait}. Visit "
        "https://platform.openai.com/account/rate-limits to learn more.",
        "R",
        "pasted answers of 2024-26 in public code; code: FACTS.md §6 (O)",
        code="rate_limit_exceeded",
        type="requests",
        headers={"x-should-retry": "false"},
    ),
    "tokens-a-minute": Refusal(
        429,
        "Rate limit reached for {model} in organization {organization} on tokens per min (TPM): Limit {limit}, "
        "Used {used}, Requested {requested}. Please try again in {wait}. Visit "
        "https://platform.openai.com/account/rate-limits to learn more.",
        "R",
        "pasted answers of 2024-26 in public code; code: FACTS.md §6 (O)",
        code="rate_limit_exceeded",
        type="tokens",
        headers={"x-should-retry": "false"},
    ),
}
