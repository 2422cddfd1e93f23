"""A response, its items, and what else is answered about it (recorded by openai-dotnet, 2025-26; SDK types).

The order of the fields is the recorded one, but that an item's type comes first. What tools report that are not
simulated (``tool_usage``, newer) is not there.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

__all__ = [
    "FunctionCall",
    "FunctionCallOutput",
    "FunctionTool",
    "ImagePart",
    "InputItem",
    "InputItems",
    "InputMessage",
    "InputTextPart",
    "InputTokenCount",
    "OutputMessage",
    "OutputRefusal",
    "OutputText",
    "Response",
    "ResponseDeleted",
    "ResponseUsage",
]

ItemStatus = Literal["in_progress", "completed", "incomplete"]


class OutputTopLogprob(Struct, kw_only=True):
    """A token that could have stood there, and how likely it was."""

    bytes: list[int]
    logprob: float
    token: str


class OutputLogprob(Struct, kw_only=True):
    """A token, how likely it was, and what else could have stood there."""

    bytes: list[int]
    logprob: float
    token: str
    top_logprobs: list[OutputTopLogprob]


class OutputText(Struct, kw_only=True, tag_field="type", tag="output_text"):
    """What the model says."""

    annotations: list[dict[str, Any]]
    logprobs: list[OutputLogprob]
    text: str


class OutputRefusal(Struct, kw_only=True, tag_field="type", tag="refusal"):
    """What the model says instead of an answer."""

    refusal: str


class InputTextPart(Struct, kw_only=True, tag_field="type", tag="input_text"):
    """What the model is told."""

    text: str


class ImagePart(Struct, kw_only=True, tag_field="type", tag="input_image"):
    """A picture; `image_url` is listed only where it is asked for."""

    detail: Literal["low", "high", "auto", "original"]
    file_id: str | None
    image_url: str | None


class OutputMessage(Struct, kw_only=True, tag_field="type", tag="message"):
    """A message of the model."""

    id: str
    status: ItemStatus
    content: list[OutputText | OutputRefusal]
    phase: str | UnsetType = UNSET
    role: Literal["assistant"] = "assistant"


class InputMessage(Struct, kw_only=True, tag_field="type", tag="message"):
    """A message of anybody."""

    id: str
    status: ItemStatus
    content: list[InputTextPart | ImagePart | OutputText | OutputRefusal]
    phase: str | UnsetType = UNSET
    role: Literal["user", "system", "developer", "assistant"]


class FunctionCall(Struct, kw_only=True, tag_field="type", tag="function_call"):
    """A call of a function; `call_id` is what its result refers to."""

    id: str
    status: ItemStatus
    arguments: str
    call_id: str
    name: str


class FunctionCallOutput(Struct, kw_only=True, tag_field="type", tag="function_call_output"):
    """The result of a call."""

    id: str
    status: ItemStatus
    call_id: str
    output: str | list[InputTextPart | ImagePart]


InputItem = InputMessage | FunctionCall | FunctionCallOutput
"""What a conversation consists of."""


class FunctionTool(Struct, kw_only=True, tag_field="type", tag="function"):
    """A function that may be called; `strict` as it was decided where the request left it open."""

    description: str | None
    name: str
    parameters: dict[str, Any] | None
    strict: bool


class InputTokensDetails(Struct, kw_only=True):
    """Of the tokens of the input."""

    cache_write_tokens: int
    cached_tokens: int


class OutputTokensDetails(Struct, kw_only=True):
    """Of the tokens of the output."""

    reasoning_tokens: int


class ResponseUsage(Struct, kw_only=True):
    """What is billed."""

    input_tokens: int
    input_tokens_details: InputTokensDetails
    output_tokens: int
    output_tokens_details: OutputTokensDetails
    total_tokens: int


class Billing(Struct, kw_only=True):
    """Who pays; not told in streams."""

    payer: Literal["developer"] = "developer"


class IncompleteDetails(Struct, kw_only=True):
    """Why a response is not complete."""

    reason: Literal["max_output_tokens", "content_filter"] = "max_output_tokens"


class AnsweredReasoning(Struct, kw_only=True):
    """As asked for."""

    effort: str | None
    summary: str | None


class AnsweredText(Struct, kw_only=True):
    """The form of the text, as asked for."""

    format: dict[str, Any]
    verbosity: str


class Response(Struct, kw_only=True):
    """A response."""

    id: str
    object: Literal["response"] = "response"
    created_at: int
    status: Literal["completed", "in_progress", "cancelled", "queued", "incomplete"]
    background: bool
    billing: Billing | UnsetType = UNSET
    completed_at: int | None
    error: None = None
    frequency_penalty: float
    incomplete_details: IncompleteDetails | None
    instructions: str | None
    max_output_tokens: int | None
    max_tool_calls: int | None
    model: str
    moderation: None = None
    output: list[OutputMessage | FunctionCall]
    parallel_tool_calls: bool
    presence_penalty: float
    previous_response_id: str | None
    prompt_cache_key: str | None
    prompt_cache_retention: str
    reasoning: AnsweredReasoning
    safety_identifier: str | None
    service_tier: str
    store: bool
    temperature: float
    text: AnsweredText
    tool_choice: str | dict[str, Any]
    tools: list[FunctionTool]
    top_logprobs: int
    top_p: float
    truncation: str
    usage: ResponseUsage | None
    user: str | None
    metadata: dict[str, str]


class ResponseDeleted(Struct, kw_only=True):
    """What is left of a deleted response."""

    id: str
    object: Literal["response.deleted"] = "response.deleted"
    deleted: bool = True


class InputItems(Struct, kw_only=True):
    """One page of what a response was asked with, the conversation before it included."""

    object: Literal["list"] = "list"
    data: list[InputItem]
    first_id: str | None
    has_more: bool
    last_id: str | None


class InputTokenCount(Struct, kw_only=True):
    """How many tokens an input is."""

    object: Literal["response.input_tokens"] = "response.input_tokens"
    input_tokens: int
