"""The lessons of a training file: each reply that is trained, with what stood before it.

Lines that are not valid examples teach nothing; no bytes make this raise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Literal, TypeGuard

from drytune_simulator.dataset.lines import BOM, LineError, decode
from drytune_simulator.inference.conversation import (
    Call,
    Turn,
    calls_of,
    prompt_turns,
    text_of,
    turns_of,
)

__all__ = [
    "BY_LOOKS",
    "NOWHERE",
    "Lesson",
    "Line",
    "Method",
    "Origin",
    "Reading",
    "Reply",
    "lessons_of",
    "lines_of",
    "open_line",
]

Method = Literal["supervised", "dpo", "reinforcement"]

_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})


@dataclass(frozen=True, slots=True)
class Reply:
    """What an assistant says: text, a refusal, calls, or text beside calls."""

    content: str | None = None
    refusal: str | None = None
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where lessons come from: a job, and its training file; both empty when it is not known."""

    job: str = ""
    file: str = ""


NOWHERE: Final = Origin()
"""Where lessons come from that no job has."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """After the first `end` of `turns`, reply so.

    Attributes:
        line: Of the training file, from 1.
        turns: The whole example, shared by its lessons.
        end: How many turns stand before the reply.
        reply: What was trained.
        origin: Whose training file it is.
    """

    line: int
    turns: tuple[Turn, ...]
    end: int
    reply: Reply
    origin: Origin = NOWHERE

    @property
    def asked(self) -> tuple[Turn, ...]:
        """What stood before the reply."""
        return self.turns[: self.end]

    @property
    def kinds(self) -> tuple[str, ...]:
        """What the reply is: "call:NAME" for each function it calls, else "text", or "text-after-tool"."""
        if self.reply.calls:
            return tuple(dict.fromkeys([f"call:{call.name}" for call in self.reply.calls]))
        return ("text-after-tool" if self.end and self.turns[self.end - 1].role == "tool" else "text",)


@dataclass(frozen=True, slots=True)
class Reading:
    """How the lines of a training file are to be read.

    Attributes:
        method: Of the job; it decides what is learned of a line. None goes by what the line looks like.
        answer: For reinforcement, whose lines hold no reply: what would be graded best on a line's item, or None.
        name: Tells apart the readings of one content: equal names, equal lessons.
    """

    method: Method | None = None
    answer: Callable[[Mapping[str, Any]], str | None] | None = None
    name: str = ""


BY_LOOKS: Final = Reading()
"""Each line is read as what it looks like."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a training file.

    Attributes:
        number: From 1.
        offset: Of its first byte.
        data: Its bytes, without the line feed.
    """

    number: int
    offset: int
    data: bytes


def lines_of(file: BinaryIO) -> Iterator[Line]:
    """The lines of a file from its start, one at a time in memory."""
    offset = 0
    for number, data in enumerate(file, start=1):
        yield Line(number, offset, data)
        offset += len(data)


def open_line(file: BinaryIO, offset: int, size: int) -> bytes:
    """The `size` bytes at `offset` of a file at its start, which need not be seekable."""
    if file.seekable():
        file.seek(offset)
    else:
        while offset > 0:
            offset -= len(file.read(min(offset, 1 << 20))) or offset
    return file.read(size)


def lessons_of(line: Line, reading: Reading) -> list[Lesson]:
    """The lessons of one line, in order; none of a line that is no example.

    Of a chat example every assistant message is learned, but those of weight 0; of a preference pair the preferred
    answer; of a prompt with its completion the completion; of a task for reinforcement what its grader wants.
    """
    try:
        example = decode(line.data.removeprefix(BOM) if line.number == 1 else line.data)
    except LineError:
        return []
    if not isinstance(example, dict):
        return []
    if reading.method == "reinforcement":
        return _of_task(line, example, reading)
    if "messages" in example:
        return _of_messages(line, example["messages"])
    if "input" in example:
        return _of_pair(line, example)
    return _of_completion(line, example)


def _of_messages(line: Line, messages: object, start: int = 0) -> list[Lesson]:
    """What is learned from a conversation, from its message `start` on."""
    if not _are_valid(messages):
        return []
    turns, found = turns_of(messages), []
    for end in range(start, len(messages)):
        message = messages[end]
        if message["role"] == "assistant" and message.get("weight") != 0:
            reply = _reply(message)
            if reply is not None:
                found.append(Lesson(line.number, turns, end, reply))
    return found


def _of_pair(line: Line, example: Mapping[str, Any]) -> list[Lesson]:
    given = example["input"]
    asked = given.get("messages") if isinstance(given, Mapping) else None
    # an older specification calls it so (FACTS.md §5.1)
    preferred = example.get("preferred_output", example.get("preferred_completion"))
    if not isinstance(asked, list) or not isinstance(preferred, list):
        return []
    return _of_messages(line, [*asked, *preferred], len(asked))


def _of_completion(line: Line, example: Mapping[str, Any]) -> list[Lesson]:
    prompt, completion = example.get("prompt"), example.get("completion")
    if not isinstance(prompt, str) or not isinstance(completion, str):
        return []
    return [Lesson(line.number, prompt_turns(prompt), 1, Reply(completion))]


def _of_task(line: Line, example: Mapping[str, Any], reading: Reading) -> list[Lesson]:
    messages = example.get("messages")
    best = None if reading.answer is None else reading.answer(example)
    if best is None or not _are_valid(messages):
        return []
    turns = turns_of(messages)
    return [Lesson(line.number, turns, len(turns), Reply(best))]


def _are_valid(messages: object) -> TypeGuard[Sequence[Mapping[str, Any]]]:
    return isinstance(messages, list) and all(_is_valid(message) for message in messages)


def _is_valid(message: object) -> bool:
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
