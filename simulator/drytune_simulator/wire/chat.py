"""Chat completions: what is asked for and what is answered (API reference, 2025-26).

`drytune_simulator.inference` reads the requests and words the refusals, since a chat's fields depend on each
other; the types here describe them, and the answers, to the rest of the world.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

__all__ = [
    "ChatCompletion",
    "ChatCompletionChunk",
    "ChatCompletionDeleted",
    "CreateChatCompletion",
    "ListChatCompletions",
    "ListChatMessages",
    "Metadata",
    "PromptCacheOptions",
    "StoredChatCompletion",
    "StoredMessage",
    "UpdateChatCompletion",
]

Penalty = Annotated[float, Meta(ge=-2, le=2)]
Metadata = Annotated[
    dict[Annotated[str, Meta(max_length=64)], Annotated[str, Meta(max_length=512)]], Meta(max_length=16)
]
ServiceTier = Literal["auto", "default", "fast", "flex", "priority", "scale"]
FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "function_call"]


class PromptCacheOptions(Struct, kw_only=True):
    """How prompts are cached; nothing is here."""

    mode: Literal["implicit", "explicit"] | None = None
    ttl: Literal["30m"] | None = None


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
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    response_format: dict[str, Any] | None = None
    seed: int | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    service_tier: ServiceTier | None = None
    store: bool | None = None
    metadata: Metadata | None = None
    # what follows is checked and changes nothing
    frequency_penalty: Penalty | None = None
    logit_bias: dict[str, Annotated[float, Meta(ge=-100, le=100)]] | None = None
    prediction: dict[str, Any] | None = None
    presence_penalty: Penalty | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: PromptCacheOptions | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    safety_identifier: Annotated[str, Meta(max_length=128)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    user: str | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    # what follows is refused with 501 where it would change the answer
    audio: dict[str, Any] | None = None
    modalities: Annotated[list[Literal["text", "audio"]], Meta(min_length=1)] | None = None
    moderation: dict[str, Any] | None = None
    web_search_options: dict[str, Any] | None = None


class UpdateChatCompletion(Struct, kw_only=True):
    """``POST /v1/chat/completions/{id}``."""

    metadata: Metadata | None = None


class ListChatCompletions(Struct, kw_only=True):
    """``GET /v1/chat/completions``; ``metadata[key]=value`` picks those that carry it."""

    after: str | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    metadata: dict[str, str] | None = None
    model: str | None = None
    # recorded so; the API reference says that it is `asc`
    order: Literal["asc", "desc"] = "desc"


class ListChatMessages(Struct, kw_only=True):
    """``GET /v1/chat/completions/{id}/messages``."""

    after: str | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    order: Literal["asc", "desc"] = "asc"


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
    tool_calls: list[ToolCall] | UnsetType = UNSET
    function_call: Function | UnsetType = UNSET
    refusal: str | None
    annotations: list[dict[str, Any]]


class TopLogprob(Struct, kw_only=True):
    """A token that might have been said, as text and as bytes."""

    token: str
    logprob: float
    bytes: list[int]


class TokenLogprob(TopLogprob, kw_only=True):
    """A token that was said, and what might have been said in its place."""

    top_logprobs: list[TopLogprob]


class Logprobs(Struct, kw_only=True):
    """The tokens of an answer, or of a piece of it."""

    content: list[TokenLogprob] | None
    refusal: list[TokenLogprob] | None


class Choice(Struct, kw_only=True):
    """One of the answers."""

    index: int
    message: Message
    logprobs: Logprobs | None
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
    choices: list[Choice]
    usage: Usage
    service_tier: ServiceTier
    system_fingerprint: str


class StoredUsage(Struct, kw_only=True):
    """What was billed, as it is kept."""

    total_tokens: int
    completion_tokens: int
    prompt_tokens: int


class StoredChoiceMessage(Struct, kw_only=True):
    """What was said, as it is kept."""

    content: str | None
    role: Literal["assistant"] = "assistant"
    tool_calls: list[ToolCall] | None = None
    function_call: Function | None = None
    refusal: str | UnsetType = UNSET


class StoredChoice(Struct, kw_only=True):
    """One of the answers, as it is kept."""

    index: int
    message: StoredChoiceMessage
    finish_reason: FinishReason
    logprobs: Logprobs | None = None


class StoredChatCompletion(Struct, kw_only=True):
    """A chat completion that was stored (openai-dotnet's recordings, September 2025).

    The platform's own has a `request_id` besides.
    """

    object: Literal["chat.completion"] = "chat.completion"
    id: str
    model: str
    created: int
    tool_choice: str | dict[str, Any] | None = None
    usage: StoredUsage
    seed: int
    top_p: float = 1.0
    temperature: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    system_fingerprint: str
    input_user: str | None = None
    service_tier: ServiceTier
    tools: list[dict[str, Any]] | None = None
    metadata: dict[str, str]
    choices: list[StoredChoice]
    response_format: dict[str, Any] | None = None


class StoredMessage(Struct, kw_only=True):
    """A message of the request of a stored chat completion."""

    id: str
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | None
    content_parts: list[dict[str, Any]] | None = None
    name: str | None = None
    refusal: str | UnsetType = UNSET
    tool_calls: list[dict[str, Any]] | UnsetType = UNSET
    function_call: dict[str, Any] | UnsetType = UNSET
    tool_call_id: str | UnsetType = UNSET


class ChatCompletionDeleted(Struct, kw_only=True):
    """What is left of a stored chat completion."""

    object: Literal["chat.completion.deleted"] = "chat.completion.deleted"
    id: str
    deleted: bool = True


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
    logprobs: Logprobs | None
    finish_reason: FinishReason | None


class ChatCompletionChunk(Struct, kw_only=True):
    """A piece of a chat completion, as one server-sent event."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    service_tier: ServiceTier
    system_fingerprint: str
    choices: list[ChunkChoice]
    usage: Usage | UnsetType | None = UNSET
    obfuscation: str | UnsetType = UNSET
