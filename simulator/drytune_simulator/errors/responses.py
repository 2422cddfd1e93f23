"""Refusals about responses; those about schemas and about what a model does not take are among the chat's."""

from __future__ import annotations

from drytune_simulator.errors.refusal import Refusal

__all__ = ["RESPONSES"]

_MEASURED = "measured against the API by one public test suite, August 2026"
_PASTED = "answers of 2025-26 pasted into public code"
_MIRRORED = "two public servers that keep to the platform's words"

RESPONSES: dict[str, Refusal] = {
    # which response
    "unknown-response": Refusal(
        404, "Response with id '{id}' not found.", "R", "openai-dotnet's recordings, 2025-26"
    ),
    "no-previous-response": Refusal(
        400,
        "Previous response with id '{id}' not found.",
        "R",
        _PASTED + "; code: WebSocket guide (O)",
        param="previous_response_id",
        code="previous_response_not_found",
    ),
    "no-such-item": Refusal(
        404,
        "Item with id '{id}' not found.",
        "R",
        _PASTED,
        param="input",
    ),
    "no-model-for-response": Refusal(
        400,
        "The requested model '{model}' does not exist.",
        "R",
        _PASTED + "; " + _MEASURED,
        param="model",
        code="model_not_found",
    ),
    # input
    "nothing-to-answer": Refusal(
        400,
        "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided.",
        "R",
        _MEASURED,
        code="missing_required_parameter",
    ),
    "not-an-input-item": Refusal(
        400,
        "Invalid type for '{name}': expected an input item, but got {got} instead.",
        "R",
        _MEASURED,
        param="{name}",
        code="invalid_type",
    ),
    "wrong-item-id": Refusal(
        400,
        "Invalid '{name}': '{id}'. Expected an ID that begins with '{prefix}'.",
        "R",
        _PASTED,
        param="{name}",
        code="invalid_value",
    ),
    "no-call-for-output": Refusal(
        400,
        "No tool call found for function call output with call_id {id}.",
        "R",
        _PASTED,
        param="input",
    ),
    "no-output-for-call": Refusal(
        400, "No tool output found for function call {id}.", "R", _PASTED, param="input"
    ),
    "no-word-json-in-input": Refusal(
        400,
        "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
        "'json_object'.",
        "R",
        _PASTED + "; they differ in the param: input, or text.format",
        param="input",
    ),
    "input-too-long": Refusal(
        400,
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        "R",
        _PASTED,
        param="input",
        code="context_length_exceeded",
    ),
    # parameters
    "moved-parameter": Refusal(
        400,
        "Unsupported parameter: '{name}'. In the Responses API, this parameter has moved to '{to}'. Try again "
        "with the new parameter. See the API documentation for more information: "
        "https://platform.openai.com/docs/api-reference/responses/create.",
        "R",
        _PASTED,
        param="{name}",
        code="unsupported_parameter",
    ),
    "text-format-not-of-model": Refusal(
        400,
        "Invalid parameter: 'text.format' of type '{kind}' is not supported with this model.",
        "U",
        "one public test",
        param="text.format",
    ),
    "text-verbosity-not-of-model": Refusal(
        400,
        "Unsupported value: '{got}' is not supported with the '{model}' model. Supported values are: 'medium'.",
        "R",
        _PASTED + " of gpt-4o and gpt-4.1-mini, among others",
        param="text.verbosity",
        code="unsupported_value",
    ),
    "no-logprobs-of-model": Refusal(
        400,
        "logprobs are not supported with reasoning models.",
        "R",
        _MEASURED,
        param="include",
        code="unsupported_parameter",
    ),
    "two-histories": Refusal(
        400,
        "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'.",
        "R",
        _MEASURED,
        code="mutually_exclusive_parameters",
    ),
    "choice-without-tools": Refusal(
        400,
        "Tool choice '{choice}' must be specified with 'tools' parameter.",
        "R",
        _PASTED,
        param="tool_choice",
    ),
    "choice-not-in-tools": Refusal(
        400,
        "Tool choice '{choice}' not found in 'tools' parameter.",
        "R",
        _PASTED,
        param="tool_choice",
    ),
    # what was stored
    "not-in-background": Refusal(400, "Cannot cancel a synchronous response.", "U", _MIRRORED),
    "response-has-ended": Refusal(
        400, "Cannot cancel a completed response.", "U", "litellm's tests against the API, 2025"
    ),
    "no-stream-of-it": Refusal(
        400,
        "This response cannot be streamed because it was not created with {needed}=true.",
        "U",
        _MIRRORED,
        param="stream",
    ),
}
