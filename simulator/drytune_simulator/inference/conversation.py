"""A conversation without its accidents: what two conversations must share to be the same one.

Text parts equal one string, `developer` equals `system`, the older function results equal tool results, call
ids do not matter, and arguments that are JSON count by value (clients parse them and write them anew).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

__all__ = [
    "KEY_SIZE",
    "Call",
    "Turn",
    "calls_of",
    "keys",
    "prompt_turns",
    "question_of",
    "text_of",
    "turn",
    "turns_of",
]

KEY_SIZE = 16
"""Bytes of a conversation's digest: so many that no two conversations ever share one."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function call: its name and its arguments, a string as written."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One message, normalised.

    Attributes:
        role: system, user, assistant or tool.
        text: Content or refusal; parts that are not text stand in it as JSON.
        name: The speaker's name; empty when there is none, and for results of calls.
        calls: What an assistant calls.
    """

    role: str
    text: str
    name: str = ""
    calls: tuple[Call, ...] = ()

    def words(self) -> str:
        """Everything said in this turn, for likeness."""
        return "\n".join([self.text, *(f"{call.name} {call.arguments}" for call in self.calls)]).strip()


def turn(message: Mapping[str, Any]) -> Turn:
    """The message, normalised; whatever in it is malformed counts as left out."""
    role = {"developer": "system", "function": "tool"}.get(message["role"], message["role"])
    name = message.get("name")
    text = text_of(message.get("content"))
    if text is None:
        text = text_of(message.get("refusal"))
    return Turn(
        role=role,
        text=text or "",
        name=name if isinstance(name, str) and role != "tool" else "",
        calls=calls_of(message) if role == "assistant" else (),
    )


def text_of(content: object) -> str | None:
    """A message's content as one string: parts joined; None for null."""
    if content is None or isinstance(content, str):
        return content
    if not isinstance(content, list):
        return _json(content)
    pieces: list[str] = []
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        text = part.get(kind) if isinstance(part, dict) and kind in {"text", "refusal"} else None
        pieces.append(text if isinstance(text, str) else _json(part))
    return "".join(pieces)


def calls_of(message: Mapping[str, Any]) -> tuple[Call, ...]:
    """The calls of an assistant message, of either form, in order."""
    listed = message.get("tool_calls")
    functions = (
        [call.get("function") for call in listed if isinstance(call, dict)]
        if isinstance(listed, list)
        else []
    )
    functions.append(message.get("function_call"))
    return tuple(
        Call(call["name"], call["arguments"])
        for call in functions
        if isinstance(call, dict)
        and isinstance(call.get("name"), str)
        and isinstance(call.get("arguments"), str)
    )


def keys(turns: Iterable[Turn]) -> list[bytes]:
    """For each turn, a digest of the conversation up to and including it; `KEY_SIZE` bytes each.

    Chained, so that a conversation of any length costs one pass.
    """
    chained: list[bytes] = []
    last = b""
    for each in turns:
        said = [each.role, each.text, each.name]
        for call in each.calls:
            said += (call.name, _canonical(call.arguments))
        # each part with its length before it, so that no two conversations are written alike
        written = "".join([f"{len(part)}:{part}" for part in said])
        digest = hashlib.blake2b(last, digest_size=KEY_SIZE)
        digest.update(written.encode("utf-8", "surrogatepass"))
        chained.append(last := digest.digest())
    return chained


def _canonical(arguments: str) -> str:
    try:
        return _json(msgspec.json.decode(arguments))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return arguments


def _json(value: object) -> str:
    """A JSON value in one spelling; nesting beyond Python's own limit is not told apart."""
    try:
        return json.dumps(value, sort_keys=True)
    except RecursionError:
        return "…"


def turns_of(messages: Sequence[Mapping[str, Any]]) -> tuple[Turn, ...]:
    """The whole conversation, normalised."""
    return tuple(turn(message) for message in messages)


def question_of(turns: Sequence[Turn]) -> str:
    """The text of the last message of the user; empty without one."""
    return next((each.text for each in reversed(turns) if each.role == "user"), "")


def prompt_turns(prompt: str) -> tuple[Turn, ...]:
    """A bare prompt as a conversation: what models that complete text are asked, and were taught."""
    return (Turn("user", prompt),)
