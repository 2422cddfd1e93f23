"""A response as it is streamed: events in the recorded order, numbered from 0, without ``[DONE]`` at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from drytune_simulator.dataset.tokens import Counter
from drytune_simulator.http import Chunk
from drytune_simulator.inference.logprobs import pieces_of
from drytune_simulator.inference.pace import AT_ONCE, Pace
from drytune_simulator.inference.responses.names import Names
from drytune_simulator.wire import response_events as events
from drytune_simulator.wire.response_events import ResponseEvent
from drytune_simulator.wire.responses import FunctionCall, OutputMessage, OutputRefusal, OutputText, Response

__all__ = ["streamed"]

_HOLE: Final = "\0hole"
"""Stands for what differs from event to event; no id and nothing else around it has that."""
_WRITTEN_HOLE: Final = msgspec.json.encode(_HOLE)
_STEP = 16
"""Deltas are padded to multiples of so many characters."""


def streamed(
    response: Response,
    names: Names,
    counter: Counter,
    *,
    padded: bool = True,
    after: int = -1,
    pace: Pace = AT_ONCE,
) -> Iterator[Chunk]:
    """The events of a response that is known whole.

    Args:
        response: At its end.
        names: Of the response; they pad.
        counter: Of the model's encoding: it cuts the text.
        padded: Whether deltas are padded; what runs in the background never is (recorded).
        after: The number of the last event that is known already.
        pace: When each event is due.

    Yields:
        One server-sent event each.
    """
    letters = names.letters().encode() if padded and not response.background else b""
    number = 0
    for event in _events(response, counter):
        if isinstance(event, _Deltas):
            for data, tokens in event.written(number, letters):
                if number > after:
                    yield Chunk(data, 0.0 if pace is AT_ONCE else pace.between(number, tokens))
                number += 1
            continue
        if number > after:
            event.sequence_number = number
            delay = pace.between(number, 0) if number else pace.until_first()
            yield Chunk(_written(event) + b"\n\n", delay)
        number += 1


@dataclass(frozen=True, slots=True)
class _Deltas:
    """The events of one text.

    Attributes:
        event: What they are but for the text, its padding and their numbers.
        pieces: Of the text, each with the number of its tokens.
    """

    event: events.TextDelta | events.RefusalDelta | events.ArgumentsDelta
    pieces: Sequence[tuple[str, int]]

    def written(self, number: int, letters: bytes) -> Iterator[tuple[bytes, int]]:
        """Each event, the first of which has that number, and how many tokens it carries.

        What is the same in all of them is written once; the number stands at the end.
        """
        if letters:
            self.event.obfuscation = _HOLE
        begin, _, end = _written(self.event).removesuffix(b"0}").partition(_WRITTEN_HOLE)
        middle, _, end = end.partition(_WRITTEN_HOLE) if letters else (b"", b"", end)
        encode = msgspec.json.encode
        for place, (piece, tokens) in enumerate(self.pieces, start=number):
            padding = b""
            if letters:
                start = place * 7 % (len(letters) - _STEP)  # not the same letters each time
                padding = b'%b"%b"' % (middle, letters[start : start + -len(piece) % _STEP])
            yield b"%b%b%b%b%d}\n\n" % (begin, encode(piece), padding, end, place), tokens


def _written(event: ResponseEvent) -> bytes:
    """An event but for the empty line at its end."""
    name: str = event.__struct_config__.tag  # type: ignore[assignment]
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(event)


def _events(response: Response, counter: Counter) -> Iterator[ResponseEvent | _Deltas]:
    """The events; their numbers are still to be set."""
    begun = replace(
        response,
        status="in_progress",
        completed_at=None,
        incomplete_details=None,
        output=[],
        usage=None,
        service_tier="auto",
    )
    if response.background:
        waiting = replace(begun, status="queued")
        yield events.Created(response=waiting, sequence_number=0)
        yield events.Queued(response=waiting, sequence_number=0)
    else:
        yield events.Created(response=begun, sequence_number=0)
    yield events.InProgress(response=begun, sequence_number=0)
    for index, item in enumerate(response.output):
        if isinstance(item, FunctionCall):
            yield from _call(item, index, counter)
        else:
            yield from _message(item, index, counter)
    ended = events.Incomplete if response.status == "incomplete" else events.Completed
    yield ended(response=response, sequence_number=0)


def _call(item: FunctionCall, index: int, counter: Counter) -> Iterator[ResponseEvent | _Deltas]:
    place: dict[str, Any] = {"item_id": item.id, "output_index": index, "sequence_number": 0}
    begun = replace(item, status="in_progress", arguments="")
    yield events.ItemAdded(item=begun, output_index=index, sequence_number=0)
    yield _Deltas(events.ArgumentsDelta(delta=_HOLE, **place), pieces_of(item.arguments, counter))
    yield events.ArgumentsDone(arguments=item.arguments, **place)
    yield events.ItemDone(item=item, output_index=index, sequence_number=0)


def _message(item: OutputMessage, index: int, counter: Counter) -> Iterator[ResponseEvent | _Deltas]:
    begun = replace(item, status="in_progress", content=[])
    yield events.ItemAdded(item=begun, output_index=index, sequence_number=0)
    for number, part in enumerate(item.content):
        place: dict[str, Any] = {
            "content_index": number,
            "item_id": item.id,
            "output_index": index,
            "sequence_number": 0,
        }
        if isinstance(part, OutputRefusal):
            yield events.PartAdded(part=OutputRefusal(refusal=""), **place)
            yield _Deltas(events.RefusalDelta(delta=_HOLE, **place), pieces_of(part.refusal, counter))
            yield events.RefusalDone(refusal=part.refusal, **place)
        else:
            yield events.PartAdded(part=OutputText(annotations=[], logprobs=[], text=""), **place)
            start = 0
            pieces = pieces_of(part.text, counter)
            if not part.logprobs:
                yield _Deltas(events.TextDelta(delta=_HOLE, logprobs=[], **place), pieces)
                pieces = ()
            for piece, tokens in pieces:
                told = part.logprobs[start : start + tokens]
                start += tokens
                yield _Deltas(events.TextDelta(delta=_HOLE, logprobs=told, **place), [(piece, tokens)])
            yield events.TextDone(logprobs=part.logprobs, text=part.text, **place)
        yield events.PartDone(part=part, **place)
    yield events.ItemDone(item=item, output_index=index, sequence_number=0)
