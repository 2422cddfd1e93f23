"""One choice of a completion: the answer cut by `stop` and `max_tokens`, and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from drytune_simulator.dataset.tokens import Counter, well_formed
from drytune_simulator.inference.conversation import Call
from drytune_simulator.inference.counting import frame_of
from drytune_simulator.inference.lessons import Reply
from drytune_simulator.inference.logprobs import grouped
from drytune_simulator.inference.parameters import ChatRequest

__all__ = ["Choice", "choice_of"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What one choice says.

    Attributes:
        reply: As cut.
        form: The form in which calls are written.
        finish_reason: stop, length, tool_calls or function_call.
        tokens: As counted for the bill (`counting`).
        cut: The text that was cut, with the tokens that were kept: written anew it might have others.
    """

    reply: Reply
    form: Literal["tools", "functions"]
    finish_reason: str
    tokens: int
    cut: tuple[str, Sequence[bytes]] = field(default=("", ()))

    def tokens_of(self, text: str, counter: Counter) -> Sequence[bytes]:
        """The tokens of one of its texts."""
        return self.cut[1] if text == self.cut[0] else counter.tokens(text)


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
        if not request.offer.named:
            meter.take(call.name)
        calls.append(Call(call.name, meter.cut(well_formed(call.arguments))))
    if meter.full:
        finish_reason = "length"
    elif not calls or request.offer.named:
        # A call that the request named was no decision of the model: the platform says "stop" then.
        finish_reason = "stop"
    else:
        finish_reason = "tool_calls" if request.offer.form == "tools" else "function_call"
    if not meter.full:
        meter.take_frame(frame_of(reply, request.offer))
    said = Reply(content, refusal, tuple(calls))
    return Choice(said, request.offer.form, finish_reason, meter.used, meter.kept)


def _before_stop(text: str, stops: tuple[str, ...]) -> str:
    ends = [at for stop in stops if (at := text.find(stop)) >= 0]
    return text[: min(ends)] if ends else text


class _Meter:
    """Counts tokens up to a limit; `full` once something had to be left out, `kept` is what it was cut to."""

    def __init__(self, counter: Counter, limit: int | None) -> None:
        self._counter = counter
        self._limit = limit
        self.used = 0
        self.full = False
        self.kept: tuple[str, Sequence[bytes]] = ("", ())

    def take(self, text: str) -> None:
        """Count a text that cannot be cut."""
        self.used += self._counter.count(text)
        if self._limit is not None and self.used > self._limit:
            self.used, self.full = self._limit, True

    def take_frame(self, tokens: int) -> None:
        """Count what is around the texts, as far as there is room; nothing is left out for it."""
        self.used += tokens if self._limit is None else min(tokens, self._limit - self.used)

    def cut(self, text: str) -> str:
        """As much of `text` as there is room for, cut where tokens meet and characters end."""
        if self.full:
            return ""
        tokens = self._counter.count(text)
        room = tokens if self._limit is None else self._limit - self.used
        if tokens <= room:
            self.used += tokens
            return text
        self.full = True
        kept: list[bytes] = []
        for _, group in grouped(self._counter.tokens(text)):
            if len(kept) + len(group) > room:
                break
            kept += group
        self.used += len(kept)
        said = b"".join(kept).decode()
        self.kept = (said, kept)
        return said
