"""The wire form of a chat completion, streamed: server-sent events in the documented order.

For each choice: the role, the text a token at a time, each call opened and then its arguments a token at a
time, an empty delta with the finish reason; then the usage if it was asked for, then ``[DONE]``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from drytune_simulator.dataset.tokens import Counter
from drytune_simulator.http import Chunk
from drytune_simulator.ids import identifier
from drytune_simulator.inference.choices import Choice
from drytune_simulator.inference.completion import Envelope, tool_call_id
from drytune_simulator.inference.logprobs import grouped, pieces_of
from drytune_simulator.inference.pace import AT_ONCE, Pace

__all__ = ["events"]

_Event = tuple[bytes, int]
"""An event, and how many tokens it carries."""

_HOLE: Final = "\0hole"
"""Stands for a piece of text; no name of a function, and nothing else around such a piece, has that."""
_WRITTEN_HOLE: Final = msgspec.json.encode(_HOLE)
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
    first_call = 0
    for index, choice in enumerate(choices):
        said = _said(choice, index, frame, first_call, counter)
        if pace is AT_ONCE:
            for data, _ in said:
                yield Chunk(data)
        else:
            for data, tokens in said:
                number = frame.number - 1
                yield Chunk(data, pace.between(number, tokens) if number else pace.until_first())
        first_call += len(choice.reply.calls)
    if used is not None:
        yield Chunk(frame.around([], used))
    yield Chunk(b"data: [DONE]\n\n")


class _Frame:
    """What is the same in every event of a stream, written once.

    Attributes:
        envelope: What each event carries.
        number: How many events there have been.
    """

    def __init__(self, envelope: Envelope, *, used: bool, obfuscated: bool) -> None:
        fields = {**envelope.fields("chat.completion.chunk"), **envelope.served()}
        self.envelope = envelope
        self.number = 0
        self._head = b"data: " + msgspec.json.encode(fields)[:-1] + b',"choices":'
        self._used = used
        # what hides how long a text is; other letters each time, but the same for the same stream
        self._letters = (
            identifier(64, envelope.seed, envelope.id, "obfuscation").encode() if obfuscated else b""
        )

    def around(self, choices: Sequence[Mapping[str, Any]], used: object = None) -> bytes:
        """The next event."""
        said = self._begun(choices, used)
        return self._ended(said, _characters(said))

    def delta(
        self, index: int, delta: object, logprobs: object = None, finish_reason: str | None = None
    ) -> bytes:
        """The next event, of one choice."""
        return self.around([_choice(index, delta, logprobs, finish_reason)])

    def texts(self, index: int, delta: object, pieces: Iterable[tuple[str, int]]) -> Iterator[_Event]:
        """The next events: `delta` with each of the `pieces` where it has a hole."""
        before, after = self._begun([_choice(index, delta)], None).split(_WRITTEN_HOLE)
        around = _characters(before) + _characters(after)
        encode = msgspec.json.encode
        for piece, tokens in pieces:
            text = encode(piece)
            characters = around + (len(text) if text.isascii() else len(text.decode()))
            yield self._ended(before + text + after, characters), tokens

    def _begun(self, choices: object, used: object) -> bytes:
        """An event but for its end."""
        said = self._head + msgspec.json.encode(choices)
        if self._used:
            said += b',"usage":' + (b"null" if used is None else msgspec.json.encode(used))
        return said + b',"obfuscation":"' if self._letters else said

    def _ended(self, said: bytes, characters: int) -> bytes:
        number = self.number
        self.number += 1
        if not self._letters:
            return said + b"}\n\n"
        start = number * 7 % (len(self._letters) - _STEP)
        # '"}' is still to come, and "data: " does not count
        return said + self._letters[start : start + (_REST + 4 - characters) % _STEP] + b'"}\n\n'


def _characters(said: bytes) -> int:
    return len(said) if said.isascii() else len(said.decode())


def _choice(
    index: int, delta: object, logprobs: object = None, finish_reason: str | None = None
) -> dict[str, Any]:
    return {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}


def _said(choice: Choice, index: int, frame: _Frame, first_call: int, counter: Counter) -> Iterator[_Event]:
    """The events of one choice, each with its finish reason (null but for the last)."""
    reply, envelope = choice.reply, frame.envelope
    nothing: object = None if envelope.top_logprobs is None else {"content": [], "refusal": None}
    opening = {"role": "assistant", "content": None if reply.content is None else "", "refusal": None}
    yield frame.delta(index, opening, nothing), 0
    for field, text in (("content", reply.content), ("refusal", reply.refusal)):
        if text and envelope.top_logprobs is None:
            yield from frame.texts(index, {field: _HOLE}, _pieces(choice, text, counter))
        elif text:
            yield from _told(choice, index, frame, field, text, counter)
    for number, call in enumerate(reply.calls):
        opened = {"name": call.name, "arguments": ""}
        pieces = _pieces(choice, call.arguments, counter)
        if choice.form == "functions":
            yield frame.delta(index, {"function_call": opened}), 1
            yield from frame.texts(index, {"function_call": {"arguments": _HOLE}}, pieces)
            break  # this form has room for one
        call_id = tool_call_id(envelope, first_call + number)
        call_opened = {"index": number, "id": call_id, "type": "function", "function": opened}
        yield frame.delta(index, {"tool_calls": [call_opened]}), 1
        going_on = {"index": number, "function": {"arguments": _HOLE}}
        yield from frame.texts(index, {"tool_calls": [going_on]}, pieces)
    yield frame.delta(index, {}, None, choice.finish_reason), 0


def _pieces(choice: Choice, text: str, counter: Counter) -> Iterable[tuple[str, int]]:
    """A text in pieces, each with the number of its tokens."""
    if text == choice.cut[0]:
        return [(piece, len(group)) for piece, group in grouped(choice.cut[1])]
    return pieces_of(text, counter)


def _told(
    choice: Choice, index: int, frame: _Frame, field: str, text: str, counter: Counter
) -> Iterator[_Event]:
    """The events of a text, with what is told of its tokens."""
    guesses = frame.envelope.guesses(text, counter)
    place = 0
    for piece, group in grouped(choice.tokens_of(text, counter)):
        told = None if guesses is None else guesses.entries(group, place)
        yield (
            frame.delta(index, {field: piece}, {"content": None, "refusal": None, field: told}),
            len(group),
        )
        place += len(group)
