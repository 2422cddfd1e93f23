"""Refusals of completions, embeddings and moderations.

The first two are routes of 2022. What they say of a parameter that does not fit is what a checker of JSON Schema
says; of embeddings so recorded in September 2025 (openai/openai-dotnet, tests/SessionRecords), of completions
taken for so (I).
"""

from __future__ import annotations

from drytune_simulator.errors.refusal import Refusal

__all__ = ["OTHERS"]

_RECORDED = "openai/openai-dotnet tests/SessionRecords/EmbeddingsTests, September 2025"
_SAME_CHECKER = "the same checker; chat had these words until 2023"

OTHERS: dict[str, Refusal] = {
    # parameters, in the words of the older routes
    "unrecognized-argument": Refusal(
        400, "Unrecognized request argument supplied: {name}", "R", "FACTS.md §6"
    ),
    "older-required": Refusal(400, "'{name}' is a required property", "I", _SAME_CHECKER),
    "older-type": Refusal(400, "{got} is not of type '{type}' - '{name}'", "I", _SAME_CHECKER),
    "older-value": Refusal(400, "{got} is not one of {supported} - '{name}'", "I", _SAME_CHECKER),
    "older-minimum": Refusal(400, "{got} is less than the minimum of {bound} - '{name}'", "R", _RECORDED),
    "older-maximum": Refusal(
        400, "{got} is greater than the maximum of {bound} - '{name}'", "I", _SAME_CHECKER
    ),
    "older-too-long": Refusal(400, "{got} is too long - '{name}'", "I", _SAME_CHECKER),
    "older-shape": Refusal(
        400,
        "'$.{name}' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
        "R",
        "of 'input', for an empty text and for too many, answers of 2023-26 pasted into public code",
    ),
    "context-too-short": Refusal(
        400,
        "This model's maximum context length is {context} tokens, however you requested {total} tokens ({prompt} "
        "in your prompt; {completion} for the completion). Please reduce your prompt; or completion length.",
        "R",
        "answers of 2023-25 pasted into public code",
    ),
    # completions
    "more-choices-than-made": Refusal(
        400,
        "You requested that the server return more choices than it will generate (HINT: you must set 'n' "
        "(currently {n}) to be at most 'best_of' (currently {best_of}), or omit either parameter if you don't "
        "specifically want to use them.)",
        "U",
        "one copy of the API in public code",
    ),
    "best-of-streamed": Refusal(
        400,
        "Results of 'best_of' greater than 'n' cannot be streamed.",
        "D",
        "that they cannot: API reference (O); text not found",
        param="stream",
    ),
    "no-insertion": Refusal(
        400,
        "Unrecognized request argument supplied: suffix",
        "I",
        "only gpt-3.5-turbo-instruct takes it: API reference (O); so answered of a model without it in September "
        "2023 (openai-python#619)",
    ),
    "too-many-completions": Refusal(
        400,
        "The request asks for {asked} completions; drytune makes at most {most} at a time.",
        "D",
        "drytune's own bound",
    ),
    "bad-logit-bias": Refusal(
        400,
        "Invalid key in 'logit_bias': {key}. You should only be submitting non-negative integers.",
        "U",
        "one answer of 2023 pasted into public code",
    ),
    "unknown-token": Refusal(
        400,
        "Invalid '{name}': {token} is no token of the encoding {encoding}.",
        "D",
        "text not found",
        param="{name}",
    ),
    # embeddings
    "embedding-input-too-long": Refusal(
        400,
        "Invalid 'input[{number}]': maximum input length is 8192 tokens.",
        "R",
        "answers of 2026 pasted into public code, one with type, param and code",
    ),
    "embeddings-too-many-tokens": Refusal(
        400,
        "Requested {tokens} tokens, max 300000 tokens per request",
        "R",
        "answers of 2025-26 pasted into public code",
        code="max_tokens_per_request",
        type="max_tokens_per_request",
    ),
    "no-dimensions": Refusal(
        400,
        "This model does not support specifying dimensions.",
        "R",
        "answers of 2024-25 pasted into public code",
    ),
    "too-many-dimensions": Refusal(
        400,
        "Invalid value for 'dimensions' = {got}. Must be less than or equal to {most}.",
        "M",
        "text not found",
    ),
    # moderations
    "too-many-images": Refusal(
        400,
        "Number of images ({count}) exceeds maximum of 1",
        "R",
        "antiwork/gumroad#4709, April 2026",
        param="input",
        code="too_many_images",
    ),
    "images-not-moderated": Refusal(
        400,
        "The model '{model}' does not take images; omni-moderation-latest does.",
        "D",
        "that it takes text only: guide to moderation (O); text not found",
        param="input",
    ),
    "bad-image-url": Refusal(
        400,
        "Invalid '{name}': expected an address that begins with http:// or https://, or a data URL of an image.",
        "D",
        "text not found",
        param="{name}",
    ),
}
