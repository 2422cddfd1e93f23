"""A response as it is streamed: events in the recorded order, numbered from 0, without ``[DONE]`` at the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from drytune_simulator.dataset.tokens import Counter
from drytune_simulator.http import Chunk
from drytune_simulator.inference.logprobs import grouped
from drytune_simulator.inference.pace import AT_ONCE, Pace
from drytune_simulator.inference.responses.names import Names
from drytune_simulator.wire import response_events as events
from drytune_simulator.wire.response_events import ResponseEvent
from drytune_simulator.wire.responses import FunctionCall, OutputMessage, OutputRefusal, OutputText, Response

__all__ = ["streamed"]

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
    letters = names.letters() if padded and not response.background else ""
    for number, event in enumerate(_events(response, counter)):
        if number <= after:
            continue
        event.sequence_number = number
        delta = getattr(event, "delta", None)
        if letters and delta is not None:
            start = number * 7 % (len(letters) - _STEP)  # not the same letters each time
            event.obfuscation = letters[start : start + -len(delta) % _STEP]  # type: ignore[union-attr]
        body = msgspec.json.encode(event)
        name: str = event.__struct_config__.tag  # type: ignore[assignment]
        tokens = counter.count(delta) if delta and pace is not AT_ONCE else 0
        delay = pace.between(number, tokens) if number else pace.until_first()
        yield Chunk(b"event: " + name.encode() + b"\ndata: " + body + b"\n\n", delay)


def _events(response: Response, counter: Counter) -> Iterator[ResponseEvent]:
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


def _call(item: FunctionCall, index: int, counter: Counter) -> Iterator[ResponseEvent]:
    place: dict[str, Any] = {"item_id": item.id, "output_index": index, "sequence_number": 0}
    begun = replace(item, status="in_progress", arguments="")
    yield events.ItemAdded(item=begun, output_index=index, sequence_number=0)
    for piece in counter.pieces(item.arguments):
        yield events.ArgumentsDelta(delta=piece, **place)
    yield events.ArgumentsDone(arguments=item.arguments, **place)
    yield events.ItemDone(item=item, output_index=index, sequence_number=0)


def _message(item: OutputMessage, index: int, counter: Counter) -> Iterator[ResponseEvent]:
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
            for piece in counter.pieces(part.refusal):
                yield events.RefusalDelta(delta=piece, **place)
            yield events.RefusalDone(refusal=part.refusal, **place)
        else:
            yield events.PartAdded(part=OutputText(annotations=[], logprobs=[], text=""), **place)
            start = 0
            for piece, tokens in grouped(counter.tokens(part.text)):
                told = part.logprobs[start : start + len(tokens)]
                start += len(tokens)
                yield events.TextDelta(delta=piece, logprobs=told, **place)
            yield events.TextDone(logprobs=part.logprobs, text=part.text, **place)
        yield events.PartDone(part=part, **place)
    yield events.ItemDone(item=item, output_index=index, sequence_number=0)
