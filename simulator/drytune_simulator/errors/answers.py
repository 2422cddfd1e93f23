"""Refusals about chats, and about the schemas of what is answered."""

from __future__ import annotations

from drytune_simulator.errors.refusal import Refusal

__all__ = ["ANSWERS"]

_PASTED = "answers of 2023-26 pasted into public code"
_MEASURED = "measured by two public test suites against the API, August and September 2026"
_GUIDE = "structured outputs guide"

ANSWERS: dict[str, Refusal] = {
    # schemas
    "invalid-function-schema": Refusal(
        400,
        "Invalid schema for function '{function}': {problem}",
        "R",
        _PASTED,
        param="{param}",
        code="invalid_function_parameters",
    ),
    "invalid-format-schema": Refusal(
        400,
        "Invalid schema for response_format '{name}': {problem}",
        "R",
        _PASTED,
        param="response_format",
    ),
    "invalid-text-schema": Refusal(
        400,
        "Invalid schema for response_format '{name}': {problem}",
        "R",
        _PASTED,
        param="text.format.schema",
        code="invalid_json_schema",
    ),
    "arguments-not-simulated": Refusal(
        501,
        "drytune could not build arguments for function '{function}' that are valid against its parameters. Teach "
        "a call of it in the training file, or simplify the schema at {param}.",
        "D",
        "drytune",
        param="{param}",
        code="not_simulated",
        type="drytune_not_simulated",
    ),
    "shape-not-simulated": Refusal(
        501,
        "drytune could not build an answer that is valid against the schema. Teach one in the training file, or "
        "simplify the schema at {param}.",
        "D",
        "drytune",
        param="{param}",
        code="not_simulated",
        type="drytune_not_simulated",
    ),
    # parameters of a chat
    "name-not-matching": Refusal(
        400,
        "Invalid '{name}': string does not match pattern. Expected a string that matches the pattern '{pattern}'.",
        "R",
        _PASTED,
        param="{name}",
        code="invalid_value",
    ),
    "no-word-json": Refusal(
        400,
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
        "R",
        _PASTED,
        param="messages",
    ),
    "format-not-of-model": Refusal(
        400,
        "Invalid parameter: 'response_format' of type '{kind}' is not supported with this model. Learn more about "
        "supported models at the Structured Outputs guide: https://platform.openai.com/docs/guides/structured-outputs",
        "R",
        "one stored answer of 2024-25, and others without the second sentence",
    ),
    "parameter-not-of-model": Refusal(
        400,
        "Unsupported parameter: '{name}' is not supported with this model.{instead}",
        "R",
        _PASTED + "; " + _MEASURED,
        param="{name}",
        code="unsupported_parameter",
    ),
    "value-not-of-model": Refusal(
        400,
        "Unsupported value: '{name}' does not support {got} with this model. Only the default ({default}) value "
        "is supported.",
        "R",
        _PASTED,
        param="{name}",
        code="unsupported_value",
    ),
    "verbosity-not-of-model": Refusal(
        400,
        "Unsupported value: 'verbosity' does not support '{got}' with this model. Supported values are: 'medium'.",
        "U",
        _PASTED,
        param="verbosity",
        code="unsupported_value",
    ),
    "only-with": Refusal(
        400,
        "Invalid value for '{name}': '{name}' is only allowed when '{needed}' are specified.",
        "R",
        _PASTED,
        param="{name}",
    ),
    "only-enabled": Refusal(
        400,
        "The '{name}' parameter is only allowed when '{needed}' is enabled.",
        "R",
        _PASTED + "; " + _MEASURED,
        param="{name}",
    ),
    "two-limits": Refusal(
        400,
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
        "U",
        "one answer of 2024",
        code="invalid_parameter_combination",
    ),
    "too-many-tokens-asked": Refusal(
        400,
        "max_tokens is too large: {got}. This model supports at most {most} completion tokens, whereas you "
        "provided {got}.",
        "R",
        _PASTED,
        param="{name}",
        code="invalid_value",
    ),
    "context-too-long": Refusal(
        400,
        "This model's maximum context length is {most} tokens. However, your messages resulted in {got} tokens. "
        "Please reduce the length of the messages.",
        "R",
        _PASTED,
        param="messages",
        code="context_length_exceeded",
    ),
    "unknown-function": Refusal(
        400,
        "Invalid value for 'function_call': no function named '{name}' was specified in the 'functions' "
        "parameter.",
        "R",
        _MEASURED + ": with tool_choice as well",
        param="function_call",
    ),
    "predicted-otherwise": Refusal(
        400,
        "'prediction' cannot be used with '{other}'.",
        "D",
        "that it cannot: predicted outputs guide (O)",
        param="prediction",
    ),
    # messages of a chat
    "null-content": Refusal(
        400,
        "Invalid value for 'content': expected a string, got null.",
        "R",
        _PASTED,
        param="messages.[{number}].content",
    ),
    "calls-unanswered": Refusal(
        400,
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        "'tool_call_id'. The following tool_call_ids did not have response messages: {ids}",
        "R",
        _PASTED,
        param="messages.[{number}].role",
    ),
    "answer-unasked": Refusal(
        400,
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
        "'tool_calls'.",
        "R",
        _PASTED,
        param="messages.[{number}].role",
    ),
    "part-not-of-model": Refusal(
        400,
        "Invalid content type. {kind} is only supported by certain models.",
        "R",
        _PASTED + " of 'image_url'; of 'input_audio' taken for the same (I)",
        param="{place}.type",
    ),
    # stored chat completions
    "unknown-chat": Refusal(
        404,
        "Completion {id} not found",
        "R",
        "openai/openai-dotnet tests/SessionRecords/ChatStoreTests, September 2025",
        param="completion_id",
        code="not_found",
    ),
}
