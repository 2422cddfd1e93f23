"""What may be asked of responses (API reference and SDK types, 2026).

What stands in an item of the input depends on its type: `drytune_simulator.inference.responses` reads and words
that.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

__all__ = [
    "INCLUDABLE",
    "CountInputTokens",
    "CreateResponse",
    "ListInputItems",
    "Reasoning",
    "RetrieveResponse",
]

Includable = Literal[
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
]
INCLUDABLE: tuple[str, ...] = Includable.__args__  # type: ignore[attr-defined]
Penalty = Annotated[float, Meta(ge=-2, le=2)]
Metadata = Annotated[
    dict[Annotated[str, Meta(max_length=64)], Annotated[str, Meta(max_length=512)]], Meta(max_length=16)
]


class Reasoning(Struct, kw_only=True):
    """How much a model thinks; nothing here does."""

    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None
    generate_summary: Literal["auto", "concise", "detailed"] | None = None
    context: Literal["auto", "current_turn", "all_turns"] | None = None
    mode: str | None = None


class StreamOptions(Struct, kw_only=True):
    """Whether deltas are padded, against those who watch the sizes of packets."""

    include_obfuscation: bool | None = None


class TextConfig(Struct, kw_only=True):
    """The form of the text."""

    format: dict[str, Any] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class _Asked(Struct, kw_only=True):
    """What an answer, and a count of tokens, may be asked with."""

    model: Annotated[str, Meta(min_length=1)]
    previous_response_id: str | None = None
    tools: Annotated[list[dict[str, Any]], Meta(max_length=128)] | None = None
    tool_choice: str | dict[str, Any] | None = None
    text: TextConfig | None = None
    parallel_tool_calls: bool | None = None
    reasoning: Reasoning | None = None
    truncation: Literal["auto", "disabled"] | None = None
    instructions: str | None = None
    # what follows is refused with 501, since it would change the answer
    conversation: str | dict[str, Any] | None = None


class CountInputTokens(_Asked, kw_only=True):
    """``POST /v1/responses/input_tokens``."""

    input: str | list[Any] | None = None
    personality: str | None = None


class CreateResponse(_Asked, kw_only=True):
    """``POST /v1/responses``."""

    input: str | list[Any]
    include: list[Includable] | None = None
    metadata: Metadata | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    background: bool | None = None
    max_output_tokens: Annotated[int, Meta(ge=16)] | None = None
    max_tool_calls: Annotated[int, Meta(ge=1)] | None = None
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_options: dict[str, Any] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    store: bool | None = None
    service_tier: Literal["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"] | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    image: dict[str, Any] | None = None
    # what follows is refused with 501, since it would change the answer
    access_programs: dict[str, Any] | None = None
    background_options: dict[str, Any] | None = None
    context_management: list[Any] | None = None
    moderation: dict[str, Any] | None = None
    prompt: dict[str, Any] | None = None


class RetrieveResponse(Struct, kw_only=True):
    """``GET /v1/responses/{response_id}``."""

    include: list[Includable] | None = None
    stream: bool | None = None
    starting_after: Annotated[int, Meta(ge=0)] | None = None
    include_obfuscation: bool | None = None


class ListInputItems(Struct, kw_only=True):
    """``GET /v1/responses/{response_id}/input_items``."""

    include: list[Includable] | None = None
    after: str | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    order: Literal["asc", "desc"] = "desc"
