"""One choice of a completion: the answer cut by `stop` and `max_tokens`, and counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from drytune_simulator.dataset.tokens import Counter, well_formed
from drytune_simulator.inference.conversation import Call
from drytune_simulator.inference.lessons import Reply
from drytune_simulator.inference.parameters import ChatRequest

__all__ = ["Choice", "choice_of"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What one choice says.

    Attributes:
        reply: As cut.
        form: The form in which calls are written.
        finish_reason: stop, length, tool_calls or function_call.
        tokens: Of the content, or of names and arguments of calls.
    """

    reply: Reply
    form: Literal["tools", "functions"]
    finish_reason: str
    tokens: int


def choice_of(reply: Reply, request: ChatRequest, counter: Counter) -> Choice:
    """The reply as the request wants it: ended before a stop text, cut at a token after `max_tokens`."""
    meter = _Meter(counter, request.max_tokens)
    content = refusal = None
    if reply.content is not None:
        content = meter.cut(_before_stop(well_formed(reply.content), request.stop))
    if reply.refusal is not None:
        refusal = meter.cut(well_formed(reply.refusal))
    calls: list[Call] = []
    for call in reply.calls:
        if meter.full:
            break
        meter.take(call.name)
        calls.append(Call(call.name, meter.cut(well_formed(call.arguments))))
    if meter.full:
        finish_reason = "length"
    elif not calls or request.offer.named:
        # A call that the request named was no decision of the model: the platform says "stop" then.
        finish_reason = "stop"
    else:
        finish_reason = "tool_calls" if request.offer.form == "tools" else "function_call"
    cut = Reply(content, refusal, tuple(calls))
    return Choice(cut, request.offer.form, finish_reason, meter.used)


def _before_stop(text: str, stops: tuple[str, ...]) -> str:
    ends = [at for stop in stops if (at := text.find(stop)) >= 0]
    return text[: min(ends)] if ends else text


class _Meter:
    """Counts tokens up to a limit; `full` once something had to be left out."""

    def __init__(self, counter: Counter, limit: int | None) -> None:
        self._counter = counter
        self._limit = limit
        self.used = 0
        self.full = False

    def take(self, text: str) -> None:
        """Count a text that cannot be cut."""
        self.used += self._counter.count(text)
        if self._limit is not None and self.used > self._limit:
            self.used, self.full = self._limit, True

    def cut(self, text: str) -> str:
        """As much of `text` as there is room for, cut where tokens meet."""
        if self.full:
            return ""
        tokens = self._counter.count(text)
        room = tokens if self._limit is None else self._limit - self.used
        if tokens <= room:
            self.used += tokens
            return text
        self.full = True
        kept = ""
        for piece in self._counter.pieces(text):
            size = self._counter.count(piece)
            if size > room:
                break
            room -= size
            self.used += size
            kept += piece
        return kept
