"""The lessons of a training file: each assistant message with what stood before it.

Lines that are not valid examples teach nothing; no bytes make this raise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from drytune_simulator.dataset.lines import LineError, decode
from drytune_simulator.inference.conversation import Call, Turn, calls_of, text_of, turns_of

__all__ = ["Lesson", "Reply", "read_lessons"]

_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})


@dataclass(frozen=True, slots=True)
class Reply:
    """What an assistant says: text, a refusal, calls, or text beside calls."""

    content: str | None = None
    refusal: str | None = None
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Lesson:
    """After the first `end` of `turns`, reply so.

    Attributes:
        line: Of the training file, from 1.
        turns: The whole example, shared by its lessons.
        end: How many turns stand before the reply.
        reply: What was trained.
    """

    line: int
    turns: tuple[Turn, ...]
    end: int
    reply: Reply

    @property
    def kinds(self) -> tuple[str, ...]:
        """What the reply is: "call:NAME" for each function it calls, else "text", or "text-after-tool"."""
        if self.reply.calls:
            return tuple(dict.fromkeys(f"call:{call.name}" for call in self.reply.calls))
        return ("text-after-tool" if self.end and self.turns[self.end - 1].role == "tool" else "text",)


def read_lessons(data: bytes) -> Iterator[Lesson]:
    """The lessons of a JSON Lines file of chat examples or preference pairs, in order.

    Messages of weight 0 are not learned, and of a pair only the preferred answer is.
    """
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        try:
            example = decode(line)
        except LineError:
            continue
        messages = _conversation(example) if isinstance(example, dict) else None
        if not isinstance(messages, list) or not all(_valid(message) for message in messages):
            continue
        turns = turns_of(messages)
        for end, message in enumerate(messages):
            if message["role"] == "assistant" and message.get("weight") != 0:
                reply = _reply(message)
                if reply is not None:
                    yield Lesson(number, turns, end, reply)


def _conversation(example: Mapping[str, Any]) -> object:
    """The messages of an example; of a preference pair the prompt with the answer that is preferred."""
    given = example.get("input")
    if "messages" in example or not isinstance(given, Mapping):
        return example.get("messages")
    asked, preferred = given.get("messages"), example.get("preferred_output")
    return [*asked, *preferred] if isinstance(asked, list) and isinstance(preferred, list) else None


def _valid(message: object) -> bool:
    if not isinstance(message, dict) or not isinstance(role := message.get("role"), str):
        return False
    return role in _ROLES and isinstance(message.get("content"), str | list | None)


def _reply(message: Mapping[str, Any]) -> Reply | None:
    """The reply of an assistant message; None when it says nothing at all."""
    content, refusal = message.get("content"), message.get("refusal")
    if isinstance(content, list):
        refused = [part for part in content if isinstance(part, dict) and part.get("type") == "refusal"]
        refusal = text_of(refused) if refused else refusal
        said = [part for part in content if part not in refused]
        content = text_of(said) if said else None
    reply = Reply(content, refusal if isinstance(refusal, str) else None, calls_of(message))
    return None if reply == Reply() else reply
