"""Chat completions: what is asked for and what is answered (API reference, 2025-26).

`drytune_simulator.inference` reads the requests and words the refusals, since a chat's fields depend on each
other; the types here describe them, and the answers, to the rest of the world.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

__all__ = ["ChatCompletion", "ChatCompletionChunk", "CreateChatCompletion"]

Penalty = Annotated[float, Meta(ge=-2, le=2)]
FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]


class CreateChatCompletion(Struct, kw_only=True):
    """``POST /v1/chat/completions``."""

    model: Annotated[str, Meta(min_length=1)]
    messages: Annotated[list[dict[str, Any]], Meta(min_length=1)]
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    stop: str | Annotated[list[str], Meta(max_length=4)] | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1)] | None = None
    stream: bool | None = None
    stream_options: dict[str, bool | None] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    functions: list[dict[str, Any]] | None = None
    function_call: str | dict[str, Any] | None = None
    # what follows is checked and changes nothing
    frequency_penalty: Penalty | None = None
    logit_bias: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    prediction: dict[str, Any] | None = None
    presence_penalty: Penalty | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: dict[str, Any] | None = None
    prompt_cache_retention: str | None = None
    reasoning_effort: str | None = None
    safety_identifier: str | None = None
    seed: int | None = None
    service_tier: str | None = None
    store: bool | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    user: str | None = None
    verbosity: str | None = None
    # what follows is refused with 501 where it would change the answer
    audio: dict[str, Any] | None = None
    logprobs: bool | None = None
    modalities: list[Literal["text", "audio"]] | None = None
    moderation: dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    web_search_options: dict[str, Any] | None = None


class Function(Struct, kw_only=True):
    """What is called, and with what; in a chunk, a piece of it."""

    name: str | UnsetType = UNSET
    arguments: str


class ToolCall(Struct, kw_only=True):
    """A call of a tool; in a chunk `index` says which call it is a piece of."""

    index: int | UnsetType = UNSET
    id: str | UnsetType = UNSET
    type: Literal["function"] | UnsetType = UNSET
    function: Function


class Message(Struct, kw_only=True):
    """What the model says."""

    role: Literal["assistant"] = "assistant"
    content: str | None
    refusal: str | None
    function_call: Function | UnsetType = UNSET
    tool_calls: list[ToolCall] | UnsetType = UNSET
    annotations: list[dict[str, Any]]


class Choice(Struct, kw_only=True):
    """One of the answers."""

    index: int
    message: Message
    logprobs: None
    finish_reason: FinishReason


class PromptTokens(Struct, kw_only=True):
    """Of the tokens of the prompt."""

    cached_tokens: int
    audio_tokens: int


class CompletionTokens(Struct, kw_only=True):
    """Of the tokens of the answers."""

    reasoning_tokens: int
    audio_tokens: int
    accepted_prediction_tokens: int
    rejected_prediction_tokens: int


class Usage(Struct, kw_only=True):
    """What is billed."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptTokens
    completion_tokens_details: CompletionTokens


class ChatCompletion(Struct, kw_only=True):
    """A chat completion."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    service_tier: str
    system_fingerprint: str
    choices: list[Choice]
    usage: Usage


class Delta(Struct, kw_only=True):
    """A piece of what the model says."""

    role: Literal["assistant"] | UnsetType = UNSET
    content: str | UnsetType | None = UNSET
    refusal: str | UnsetType | None = UNSET
    function_call: Function | UnsetType = UNSET
    tool_calls: list[ToolCall] | UnsetType = UNSET


class ChunkChoice(Struct, kw_only=True):
    """A piece of one of the answers."""

    index: int
    delta: Delta
    logprobs: None
    finish_reason: FinishReason | None


class ChatCompletionChunk(Struct, kw_only=True):
    """A piece of a chat completion, as one server-sent event."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    service_tier: str
    system_fingerprint: str
    choices: list[ChunkChoice]
    usage: Usage | UnsetType | None = UNSET
