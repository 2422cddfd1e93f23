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
from drytune_simulator.ids import identifier
from drytune_simulator.inference.choices import Choice
from drytune_simulator.inference.completion import Envelope, tool_call_id
from drytune_simulator.inference.logprobs import grouped
from drytune_simulator.inference.pace import AT_ONCE, Pace

__all__ = ["events"]

# the delta, how many tokens it carries, what is told of them, and why the choice ends
_Piece = tuple[dict[str, Any], int, dict[str, Any] | None, str | None]

_STEP, _REST = 16, 1
"""With obfuscation an event has so many characters more than a multiple of the first (recorded, February 2026)."""


def events(
    envelope: Envelope,
    choices: Sequence[Choice],
    used: Mapping[str, Any] | None,
    counter: Counter,
    *,
    pace: Pace = AT_ONCE,
    obfuscated: bool = False,
) -> Iterator[Chunk]:
    """The events of a stream.

    Args:
        envelope: What each chunk carries.
        choices: One after the other, as the indexes tell.
        used: The usage object, or None when it was not asked for (then no chunk has the field).
        counter: Of the model's encoding: it cuts the text.
        pace: When each event is due.
        obfuscated: Whether events carry letters that hide how long their text is, as they do unless the request
            does without.

    Yields:
        One event each.
    """
    frame = _Frame(envelope, used=used is not None, obfuscated=obfuscated)
    number = first_call = 0
    for index, choice in enumerate(choices):
        for delta, tokens, logprobs, finish_reason in _pieces(choice, envelope, first_call, counter):
            said = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
            delay = pace.between(number, tokens) if number else pace.until_first()
            yield Chunk(frame.around([said], number), delay)
            number += 1
        first_call += len(choice.reply.calls)
    if used is not None:
        yield Chunk(frame.around([], number, used))
    yield Chunk(b"data: [DONE]\n\n")


class _Frame:
    """What is the same in every event of a stream, written once."""

    def __init__(self, envelope: Envelope, *, used: bool, obfuscated: bool) -> None:
        fields = {**envelope.fields("chat.completion.chunk"), **envelope.served()}
        self._head = b"data: " + msgspec.json.encode(fields)[:-1] + b',"choices":'
        self._used = used
        # what hides how long a text is; other letters each time, but the same for the same stream
        self._letters = (
            identifier(64, envelope.seed, envelope.id, "obfuscation").encode() if obfuscated else b""
        )

    def around(self, choices: Sequence[Mapping[str, Any]], number: int, used: object = None) -> bytes:
        """The event of this `number`."""
        said = self._head + msgspec.json.encode(choices)
        if self._used:
            said += b',"usage":' + (b"null" if used is None else msgspec.json.encode(used))
        if not self._letters:
            return said + b"}\n\n"
        said += b',"obfuscation":"'
        length = (len(said) if said.isascii() else len(said.decode())) + len('"}') - len("data: ")
        start = number * 7 % (len(self._letters) - _STEP)
        return said + self._letters[start : start + (_REST - length) % _STEP] + b'"}\n\n'


def _pieces(choice: Choice, envelope: Envelope, first_call: int, counter: Counter) -> Iterator[_Piece]:
    """The deltas of one choice, each with its finish reason (null but for the last)."""
    reply = choice.reply
    nothing: dict[str, Any] | None = (
        None if envelope.top_logprobs is None else {"content": [], "refusal": None}
    )
    yield (
        {"role": "assistant", "content": None if reply.content is None else "", "refusal": None},
        0,
        nothing,
        None,
    )
    for field, text in (("content", reply.content), ("refusal", reply.refusal)):
        if text:
            yield from _text_pieces(choice, envelope, field, text, counter)
    for number, call in enumerate(reply.calls):
        opened = {"name": call.name, "arguments": ""}
        tokens = grouped(choice.tokens_of(call.arguments, counter))
        if choice.form == "functions":
            yield {"function_call": opened}, 1, None, None
            for piece, group in tokens:
                yield {"function_call": {"arguments": piece}}, len(group), None, None
            break  # this form has room for one
        call_id = tool_call_id(envelope, first_call + number)
        opening = {"index": number, "id": call_id, "type": "function", "function": opened}
        yield {"tool_calls": [opening]}, 1, None, None
        for piece, group in tokens:
            yield (
                {"tool_calls": [{"index": number, "function": {"arguments": piece}}]},
                len(group),
                None,
                None,
            )
    yield {}, 0, None, choice.finish_reason


def _text_pieces(
    choice: Choice, envelope: Envelope, field: str, text: str, counter: Counter
) -> Iterator[_Piece]:
    guesses = envelope.guesses(text, counter)
    place = 0
    for piece, group in grouped(choice.tokens_of(text, counter)):
        logprobs: dict[str, Any] | None = None
        if guesses is not None:
            logprobs = {"content": None, "refusal": None, field: guesses.entries(group, place)}
        yield {field: piece}, len(group), logprobs, None
        place += len(group)
