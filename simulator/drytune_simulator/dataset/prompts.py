"""What a file's conversations start with: its system prompts and its first question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

__all__ = ["Opening", "Prompts", "merge_prompts", "opening_of", "prompts_of"]

MAX_DISTINCT = 64
MAX_CHARACTERS = 100_000

Opening = tuple[int, str | None, str | None]
"""Of an example: its line, its system prompt, and the first message of the user."""


class Prompts(msgspec.Struct, frozen=True):
    """System prompts and first question of a file.

    Attributes:
        system: How many examples begin with which system prompt, in order of appearance; None when there are more
            than 64 different ones. Very long ones are cut and marked by a hash of the whole.
        lines: The first line of each.
        without: How many examples have none; `first_without` is the line of the first of them.
        first_system: The first of them, None when no example has one.
        first_user: The first message of a user in the file, None when there is none.
    """

    system: dict[str, int] | None = {}
    lines: dict[str, int] = {}
    without: int = 0
    first_without: int | None = None
    first_system: str | None = None
    first_user: str | None = None


def opening_of(line: int, messages: object) -> Opening:
    """How some decoded messages of any shape begin."""
    system: str | None = None
    opening = True
    for message in messages if isinstance(messages, list) else ():
        if not isinstance(message, dict):
            continue
        role, content = message.get("role"), message.get("content")
        if not isinstance(content, str):
            content = _text_of(content)
        if opening and role in ("system", "developer"):
            system = content
        opening = False
        if role == "user" and content is not None:
            return line, system, content
    return line, system, None


def prompts_of(openings: Iterable[Opening]) -> Prompts:
    """The prompts of some examples, in order."""
    system: dict[str, int] | None = {}
    lines: dict[str, int] = {}
    first_system = first_user = None
    first_without: int | None = None
    without = 0
    for line, prompt, question in openings:
        if prompt is None:
            without += 1
            first_without = line if first_without is None else first_without
        else:
            text = _cut(prompt)
            first_system = text if first_system is None else first_system
            if system is not None:
                if text not in system:
                    lines[text] = line
                system[text] = system.get(text, 0) + 1
                system = None if len(system) > MAX_DISTINCT else system
        if first_user is None and question is not None:
            first_user = _cut(question)
    return Prompts(
        system, lines if system is not None else {}, without, first_without, first_system, first_user
    )


def merge_prompts(many: Sequence[tuple[Prompts, int]]) -> Prompts:
    """The prompts of stretches that follow one another, each with the number of lines before it."""
    system: dict[str, int] | None = {}
    lines: dict[str, int] = {}
    first_system = first_user = None
    first_without: int | None = None
    without = 0
    for prompts, offset in many:
        first_system = prompts.first_system if first_system is None else first_system
        first_user = prompts.first_user if first_user is None else first_user
        without += prompts.without
        if first_without is None and prompts.first_without is not None:
            first_without = prompts.first_without + offset
        if prompts.system is None:
            system = None
        elif system is not None:
            for text, count in prompts.system.items():
                if text not in system:
                    lines[text] = prompts.lines[text] + offset
                system[text] = system.get(text, 0) + count
            system = None if len(system) > MAX_DISTINCT else system
    return Prompts(
        system, lines if system is not None else {}, without, first_without, first_system, first_user
    )


def _text_of(parts: object) -> str | None:
    """The first text of a list of content parts."""
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            text: str = part["text"]
            return text
    return None


def _cut(text: str) -> str:
    if len(text) <= MAX_CHARACTERS:
        return text
    import hashlib  # late: few prompts are so long

    return f"{text[:MAX_CHARACTERS]}… [{hashlib.sha256(text.encode(errors='replace')).hexdigest()}]"
