"""The wire form of a chat completion, streamed: server-sent events in the documented order.

For each choice: the role, the text a token at a time, each call opened and then its arguments a token at a
time, an empty delta with the finish reason; then the usage if it was asked for, then ``[DONE]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from drytune_simulator.dataset.tokens import Counter
from drytune_simulator.http import Chunk
from drytune_simulator.inference.choices import Choice
from drytune_simulator.inference.completion import Envelope, tool_call_id

__all__ = ["events"]


def events(
    envelope: Envelope, choices: Sequence[Choice], used: Mapping[str, Any] | None, counter: Counter
) -> Iterator[Chunk]:
    """The events of a stream.

    Args:
        envelope: What each chunk carries.
        choices: One after the other, as the indexes tell.
        used: The usage object, or None when it was not asked for (then no chunk has the field).
        counter: Of the model's encoding: it cuts the text.

    Yields:
        One event each, due at once.
    """
    fields = envelope.fields("chat.completion.chunk")
    unknown = {} if used is None else {"usage": None}
    first_call = 0
    for index, choice in enumerate(choices):
        for delta, finish_reason in _deltas(choice, envelope, first_call, counter):
            said = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
            yield _event({**fields, "choices": [said], **unknown})
        first_call += len(choice.reply.calls)
    if used is not None:
        yield _event({**fields, "choices": [], "usage": used})
    yield Chunk(b"data: [DONE]\n\n")


def _event(value: object) -> Chunk:
    return Chunk(b"data: " + msgspec.json.encode(value) + b"\n\n")


def _deltas(
    choice: Choice, envelope: Envelope, first_call: int, counter: Counter
) -> Iterator[tuple[dict[str, Any], str | None]]:
    """The deltas of one choice, each with its finish reason (null but for the last)."""
    reply = choice.reply
    yield {"role": "assistant", "content": None if reply.content is None else "", "refusal": None}, None
    for field, text in (("content", reply.content), ("refusal", reply.refusal)):
        for piece in counter.pieces(text or ""):
            yield {field: piece}, None
    for number, call in enumerate(reply.calls):
        opened = {"name": call.name, "arguments": ""}
        if choice.form == "functions":
            yield {"function_call": opened}, None
            for piece in counter.pieces(call.arguments):
                yield {"function_call": {"arguments": piece}}, None
            break  # this form has room for one
        call_id = tool_call_id(envelope, first_call + number)
        yield {"tool_calls": [{"index": number, "id": call_id, "type": "function", "function": opened}]}, None
        for piece in counter.pieces(call.arguments):
            yield {"tool_calls": [{"index": number, "function": {"arguments": piece}}]}, None
    yield {}, choice.finish_reason
