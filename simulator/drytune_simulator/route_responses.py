"""The operations on responses, in their order in the table of routes."""

from __future__ import annotations

from drytune_simulator.resources import responses
from drytune_simulator.resources.quickness import response_is_quick
from drytune_simulator.route import Route
from drytune_simulator.wire import response_requests as requests
from drytune_simulator.wire import responses as wire
from drytune_simulator.wire.response_events import ResponseEvent

__all__ = ["RESPONSES"]

_OF_MODEL = ("no-model-for-response", "not-a-responses-model")
_OF_INPUT = (
    "moved-parameter",
    "two-histories",
    "no-previous-response",
    "nothing-to-answer",
    "no-such-item",
    "not-an-input-item",
    "wrong-item-id",
    "no-call-for-output",
    "no-output-for-call",
    "no-word-json-in-input",
    "name-not-matching",
    "invalid-function-schema",
    "invalid-text-schema",
    "text-format-not-of-model",
    "choice-without-tools",
    "choice-not-in-tools",
    "parameter-not-simulated",
)

RESPONSES = (
    Route(
        "POST",
        "/v1/responses",
        "responses.create",
        responses.create,
        "Answer a conversation of items.",
        answer=wire.Response,
        body=requests.CreateResponse,
        stream=ResponseEvent,
        quick=response_is_quick,
        refusals=(
            *_OF_MODEL,
            *_OF_INPUT,
            "only-enabled",
            "parameter-not-of-model",
            "no-logprobs-of-model",
            "part-not-of-model",
            "input-too-long",
            "arguments-not-simulated",
            "shape-not-simulated",
            "requests-a-minute",
            "tokens-a-minute",
        ),
        note="functions are the only tools; no files, no conversations, no stored prompts",
    ),
    Route(
        "GET",
        "/v1/responses/{response_id}",
        "responses.retrieve",
        responses.retrieve,
        "Retrieve a response, or its events if it was streamed from the background.",
        answer=wire.Response,
        query=requests.RetrieveResponse,
        stream=ResponseEvent,
        refusals=("unknown-response", "no-stream-of-it"),
    ),
    Route(
        "DELETE",
        "/v1/responses/{response_id}",
        "responses.delete",
        responses.delete,
        "Delete a response.",
        answer=wire.ResponseDeleted,
        refusals=("unknown-response",),
    ),
    Route(
        "POST",
        "/v1/responses/{response_id}/cancel",
        "responses.cancel",
        responses.cancel,
        "Cancel a response that runs in the background.",
        answer=wire.Response,
        refusals=("unknown-response", "not-in-background", "response-has-ended"),
    ),
    Route(
        "GET",
        "/v1/responses/{response_id}/input_items",
        "responses.input_items.list",
        responses.input_items,
        "List what a response was asked with, and the conversation before it.",
        answer=wire.InputItems,
        query=requests.ListInputItems,
        quick=False,
        refusals=("unknown-response", "bad-cursor"),
    ),
    Route(
        "POST",
        "/v1/responses/input_tokens",
        "responses.input_tokens.count",
        responses.count_tokens,
        "Count the tokens of an input, by the model's own tokenizer.",
        answer=wire.InputTokenCount,
        body=requests.CountInputTokens,
        quick=False,
        refusals=(*_OF_MODEL, *_OF_INPUT),
    ),
)
