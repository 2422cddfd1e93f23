"""What a file's conversations start with: its system prompts and its first question."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

__all__ = ["Prompts", "merge_prompts", "prompts_of"]

MAX_DISTINCT = 64
MAX_CHARACTERS = 100_000


class Prompts(msgspec.Struct, frozen=True):
    """System prompts and first question of a file.

    Attributes:
        system: How many examples begin with which system prompt, in order of appearance; None when there are more
            than 64 different ones. Very long ones are cut and marked by a hash of the whole.
        first_system: The first of them, None when no example has one.
        first_user: The first message of a user in the file, None when there is none.
    """

    system: dict[str, int] | None = {}
    first_system: str | None = None
    first_user: str | None = None


def prompts_of(examples: Iterable[Mapping[str, Any]]) -> Prompts:
    """The prompts of some decoded lines of any shape."""
    system: dict[str, int] | None = {}
    first_system = first_user = None
    for example in examples:
        messages = example.get("messages")
        opening = True
        for message in messages if isinstance(messages, list) else ():
            if not isinstance(message, dict):
                continue
            role, content = message.get("role"), message.get("content")
            if not isinstance(content, str):
                content = _text_of(content)
            if opening and role in ("system", "developer") and content is not None:
                text = _cut(content)
                first_system = text if first_system is None else first_system
                if system is not None:
                    system[text] = system.get(text, 0) + 1
                    system = None if len(system) > MAX_DISTINCT else system
            opening = False
            if role == "user" and content is not None:
                first_user = _cut(content) if first_user is None else first_user
                break
    return Prompts(system, first_system, first_user)


def merge_prompts(many: Iterable[Prompts]) -> Prompts:
    """The prompts of files that follow one another; associative, and ``Prompts()`` changes nothing."""
    system: dict[str, int] | None = {}
    first_system = first_user = None
    for prompts in many:
        first_system = prompts.first_system if first_system is None else first_system
        first_user = prompts.first_user if first_user is None else first_user
        if prompts.system is None:
            system = None
        elif system is not None:
            for text, count in prompts.system.items():
                system[text] = system.get(text, 0) + count
            system = None if len(system) > MAX_DISTINCT else system
    return Prompts(system, first_system, first_user)


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
    return f"{text[:MAX_CHARACTERS]}… [{hashlib.sha256(text.encode(errors='replace')).hexdigest()}]"
