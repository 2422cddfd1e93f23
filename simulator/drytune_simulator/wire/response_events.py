"""The events of a streamed response: their types, and their fields in order (recorded by openai-dotnet, 2026).

Events are numbered from 0. `obfuscation` pads a delta to whole steps of 16 characters, unless it is not wanted.
"""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from drytune_simulator.wire.responses import (
    FunctionCall,
    OutputLogprob,
    OutputMessage,
    OutputRefusal,
    OutputText,
    Response,
)

__all__ = [
    "ArgumentsDelta",
    "ArgumentsDone",
    "Completed",
    "Created",
    "InProgress",
    "Incomplete",
    "ItemAdded",
    "ItemDone",
    "PartAdded",
    "PartDone",
    "Queued",
    "RefusalDelta",
    "RefusalDone",
    "ResponseEvent",
    "TextDelta",
    "TextDone",
]


class _Whole(Struct, kw_only=True):
    """An event that carries the response as it stands."""

    response: Response
    sequence_number: int


class Created(_Whole, kw_only=True, tag_field="type", tag="response.created"):
    """It is there."""


class Queued(_Whole, kw_only=True, tag_field="type", tag="response.queued"):
    """It waits; only what runs in the background does."""


class InProgress(_Whole, kw_only=True, tag_field="type", tag="response.in_progress"):
    """It has begun."""


class Completed(_Whole, kw_only=True, tag_field="type", tag="response.completed"):
    """It is whole."""


class Incomplete(_Whole, kw_only=True, tag_field="type", tag="response.incomplete"):
    """It ends before its time."""


class ItemAdded(Struct, kw_only=True, tag_field="type", tag="response.output_item.added"):
    """A message or a call begins."""

    item: OutputMessage | FunctionCall
    output_index: int
    sequence_number: int


class ItemDone(Struct, kw_only=True, tag_field="type", tag="response.output_item.done"):
    """A message or a call ends."""

    item: OutputMessage | FunctionCall
    output_index: int
    sequence_number: int


class PartAdded(Struct, kw_only=True, tag_field="type", tag="response.content_part.added"):
    """A part of a message begins."""

    content_index: int
    item_id: str
    output_index: int
    part: OutputText | OutputRefusal
    sequence_number: int


class PartDone(Struct, kw_only=True, tag_field="type", tag="response.content_part.done"):
    """A part of a message ends."""

    content_index: int
    item_id: str
    output_index: int
    part: OutputText | OutputRefusal
    sequence_number: int


class TextDelta(Struct, kw_only=True, tag_field="type", tag="response.output_text.delta"):
    """A piece of text."""

    content_index: int
    delta: str
    item_id: str
    logprobs: list[OutputLogprob]
    obfuscation: str | UnsetType = UNSET
    output_index: int
    sequence_number: int


class TextDone(Struct, kw_only=True, tag_field="type", tag="response.output_text.done"):
    """The whole text."""

    content_index: int
    item_id: str
    logprobs: list[OutputLogprob]
    output_index: int
    sequence_number: int
    text: str


class RefusalDelta(Struct, kw_only=True, tag_field="type", tag="response.refusal.delta"):
    """A piece of a refusal."""

    content_index: int
    delta: str
    item_id: str
    obfuscation: str | UnsetType = UNSET
    output_index: int
    sequence_number: int


class RefusalDone(Struct, kw_only=True, tag_field="type", tag="response.refusal.done"):
    """The whole refusal."""

    content_index: int
    item_id: str
    output_index: int
    refusal: str
    sequence_number: int


class ArgumentsDelta(Struct, kw_only=True, tag_field="type", tag="response.function_call_arguments.delta"):
    """A piece of the arguments of a call."""

    delta: str
    item_id: str
    obfuscation: str | UnsetType = UNSET
    output_index: int
    sequence_number: int


class ArgumentsDone(Struct, kw_only=True, tag_field="type", tag="response.function_call_arguments.done"):
    """The whole arguments of a call."""

    arguments: str
    item_id: str
    output_index: int
    sequence_number: int


ResponseEvent = (
    Created
    | Queued
    | InProgress
    | ItemAdded
    | PartAdded
    | TextDelta
    | TextDone
    | RefusalDelta
    | RefusalDone
    | PartDone
    | ArgumentsDelta
    | ArgumentsDone
    | ItemDone
    | Completed
    | Incomplete
)
"""Any of them."""
