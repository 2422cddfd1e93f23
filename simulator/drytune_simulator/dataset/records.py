"""What is kept of an example until its block has been looked at: what to count, and what to compare it by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
import xxhash

from drytune_simulator.catalog import ImageTokens
from drytune_simulator.dataset.accounting import Load, load_of
from drytune_simulator.dataset.forms import Form
from drytune_simulator.dataset.prompts import opening_of
from drytune_simulator.dataset.tokens import Counter

__all__ = ["LETTERS", "ROLE_OF_LETTER", "Record", "hashes", "record_of"]

LETTERS: Final = {
    "system": "s",
    "developer": "d",
    "user": "u",
    "assistant": "a",
    "tool": "t",
    "function": "f",
}
"""Roles as one letter each; an assistant's message that calls is a ``c``, anything else a ``?``."""

ROLE_OF_LETTER: Final = {**{letter: role for role, letter in LETTERS.items()}, "c": "assistant", "?": "other"}

_BETWEEN: Final = b"\x1e"

_hash = xxhash.xxh3_64_intdigest


class Record(NamedTuple):
    """An example, reduced.

    Attributes:
        line: Its number in the block, from 1.
        pattern: Its roles, a letter a message.
        load: What is to be counted.
        images: How many it has.
        exact, prompt: Hashes (`Fingerprints`).
        words: What is said after the instructions, as bytes, for the sketch.
        system: Its system prompt, if it begins with one.
        question: The user's first message.
        begun: Whether there are messages that could begin with a system prompt.
    """

    line: int
    pattern: str
    load: Load
    images: int
    exact: int
    prompt: int
    words: bytes
    system: str | None
    question: str | None
    begun: bool = True


def hashes(pattern: str, said: list[bytes], seed: int) -> tuple[int, int]:
    """The hash of all that a conversation says, and of what stands before its last reply.

    The second is 0 without a reply, and where nobody has asked for it: instructions alone have many answers.

    Args:
        pattern: Its roles; one letter for each of `said`.
        said: What each message says.
        seed: The digest of the tools, and whether they are called one at a time.
    """
    cut = max(pattern.rfind("a"), pattern.rfind("c"))
    asked = any(said[pattern[:1] in {"s", "d"} : cut])
    roles = pattern.encode()
    if cut < 0:
        return _hash(_BETWEEN.join([roles, *said]), seed), 0
    prompt = _hash(_BETWEEN.join([roles[:cut], *said[:cut]]), seed)
    return _hash(_BETWEEN.join([roles[cut:], *said[cut:]]), prompt), prompt if asked else 0


def record_of(
    line: int, example: dict[str, Any], form: Form, counter: Counter, scheme: ImageTokens | None
) -> Record:
    """The record of a decoded line of any shape."""
    messages = _messages(example, form)
    load = load_of(example, counter, scheme)
    pattern = "".join(map(_letter, messages))
    said = [_said(message).encode() for message in messages]
    holder = example.get("input") if form == "preference" else example
    alone = isinstance(holder, dict) and holder.get("parallel_tool_calls") is False
    exact, prompt = hashes(pattern, said, load.toolbox.digest ^ alone)
    if form == "reinforcement":  # the same question with another reference is another example
        rest = msgspec.json.encode(example, order="deterministic")
        exact, prompt = _hash(rest), exact
    elif form == "preference":
        turns = len(_asked(example))
        pattern, prompt = pattern[: turns + 1], 0  # both outputs are one turn
    start = 1 if pattern[:1] in {"s", "d"} else 0
    asked = _asked(example) if form == "preference" else messages
    line, system, question = opening_of(line, asked)
    begun = any(isinstance(message, dict) for message in asked)
    words = b"\n".join(said[start:])
    return Record(line, pattern, load, _images(messages), exact, prompt, words, system, question, begun)


def _messages(example: Mapping[str, Any], form: Form) -> list[Any]:
    """All messages of an example, whatever its form; a prompt and a completion are a user's and a reply."""
    if form == "completion":
        roles = {"prompt": "user", "completion": "assistant"}
        return [{"role": role, "content": example.get(key)} for key, role in roles.items() if key in example]
    if form == "preference":
        outputs = (example.get("preferred_output"), example.get("non_preferred_output"))
        return _asked(example) + [
            message for output in outputs if isinstance(output, list) for message in output
        ]
    messages = example.get("messages")
    return messages if isinstance(messages, list) else []


def _asked(example: Mapping[str, Any]) -> list[Any]:
    """The messages of a preference example's input."""
    given = example.get("input")
    messages = given.get("messages") if isinstance(given, dict) else None
    return messages if isinstance(messages, list) else []


def _letter(message: object) -> str:
    role = message.get("role") if isinstance(message, dict) else None
    letter = LETTERS.get(role, "?") if isinstance(role, str) else "?"
    if (
        letter == "a"
        and isinstance(message, dict)
        and (message.get("tool_calls") or message.get("function_call"))
    ):
        return "c"
    return letter


def _said(message: object) -> str:
    """All that a message says, in one text."""
    if not isinstance(message, dict):
        return ""
    content = message.get("content")
    if isinstance(content, str):
        text = content
    else:
        text = "" if content is None else msgspec.json.encode(content, order="deterministic").decode()
    for key in ("refusal", "function_call", "name", "weight"):
        if message.get(key) is not None:
            text += "\x1f" + msgspec.json.encode(message[key], order="deterministic").decode()
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            text += f"\x1f{function.get('name')}\x1f{function.get('arguments')}"
    return text


def _images(messages: list[Any]) -> int:
    images = 0
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, list):
            images += sum(isinstance(part, dict) and part.get("type") == "image_url" for part in content)
    return images
