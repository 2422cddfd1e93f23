"""What is said as the items of a response: cut at a token after `max_output_tokens`, and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from drytune_simulator.dataset.tokens import Counter, well_formed
from drytune_simulator.inference.conversation import Call
from drytune_simulator.inference.lessons import Reply
from drytune_simulator.inference.logprobs import Guesses
from drytune_simulator.inference.offer import Offer
from drytune_simulator.inference.responses.counting import CALL, END, FORCED_CALL, is_named
from drytune_simulator.inference.responses.names import Names
from drytune_simulator.wire.responses import (
    FunctionCall,
    OutputLogprob,
    OutputMessage,
    OutputRefusal,
    OutputText,
)

__all__ = ["Output", "output_of"]


@dataclass(frozen=True, slots=True)
class Output:
    """What a response says.

    Attributes:
        items: A message, calls, or a message and calls.
        tokens: Of all of them.
        whole: Whether nothing had to be left out.
    """

    items: Sequence[OutputMessage | FunctionCall]
    tokens: int
    whole: bool


def output_of(
    reply: Reply,
    offer: Offer,
    most: int | None,
    names: Names,
    counter: Counter,
    top_logprobs: int | None = None,
) -> Output:
    """The reply as items, each cut where there is no more room.

    Args:
        reply: What is said.
        offer: What it was allowed to call; a forced call counts less.
        most: The most tokens, or None.
        names: Gives ids.
        counter: Of the model's encoding.
        top_logprobs: How many alternatives are told of each token of the text; None tells nothing of them.
    """
    room = _Room(counter, most)
    items: list[OutputMessage | FunctionCall] = []
    parts: list[OutputText | OutputRefusal] = []
    if reply.content is not None:
        text = room.cut(well_formed(reply.content))
        parts.append(
            OutputText(annotations=[], logprobs=_logprobs(text, names, counter, top_logprobs), text=text)
        )
    if reply.refusal is not None and not room.full:
        parts.append(OutputRefusal(refusal=room.cut(well_formed(reply.refusal))))
    if parts:
        room.take(END + (1 if offer.functions else 0))
        items.append(
            OutputMessage(id=names.made("msg", 0), status=_status(room), content=parts, role="assistant")
        )
    for call in reply.calls:
        if room.full:
            break
        items.append(_call(call, len(items), offer, room, names))
    return Output(items, room.used, not room.full)


def _call(call: Call, index: int, offer: Offer, room: _Room, names: Names) -> FunctionCall:
    forced = is_named(offer)
    if not forced:
        room.take(CALL - END + room.counter.count(call.name), must=True)
    arguments = room.cut(well_formed(call.arguments))
    room.take(FORCED_CALL if forced else END)
    return FunctionCall(
        id=names.made("fc", index),
        status=_status(room),
        arguments=arguments,
        call_id=names.call(index),
        name=call.name,
    )


def _logprobs(text: str, names: Names, counter: Counter, top: int | None) -> list[OutputLogprob]:
    """What is told of each token."""
    if top is None:
        return []
    guesses = Guesses.of(names.seed, text, counter.encoding, top)
    return msgspec.convert(guesses.entries(counter.tokens(text)), list[OutputLogprob])


def _status(room: _Room) -> Literal["completed", "incomplete"]:
    return "incomplete" if room.full else "completed"


class _Room:
    """Room for tokens up to a limit; `full` once something had to be left out."""

    def __init__(self, counter: Counter, most: int | None) -> None:
        self.counter = counter
        self._most = most
        self.used = 0
        self.full = False

    def take(self, tokens: int, *, must: bool = False) -> None:
        """Tokens that no text shows; those at an end are left out where there is no room, others must be."""
        if self.full:
            return
        self.used += tokens
        if self._most is not None and self.used > self._most:
            self.used = self._most
            self.full = must

    def cut(self, text: str) -> str:
        """As much of `text` as there is room for, cut where tokens meet."""
        if self.full:
            return ""
        tokens = self.counter.count(text)
        room = tokens if self._most is None else self._most - self.used
        if tokens <= room:
            self.used += tokens
            return text
        self.full = True
        kept = ""
        for piece in self.counter.pieces(text):
            size = self.counter.count(piece)
            if size > room:
                break
            room -= size
            self.used += size
            kept += piece
        return kept
