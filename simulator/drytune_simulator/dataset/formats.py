"""What a chat example is made of (FACTS.md §5.1): keys, roles, content parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from drytune_simulator.dataset.finding import printable

__all__ = [
    "CALL_KEYS",
    "CONTENT_PARTS",
    "EXAMPLE_KEYS",
    "FUNCTION_NAME",
    "MAX_FILE_BYTES",
    "MAX_FUNCTIONS",
    "MESSAGE_KEYS",
    "ROLES",
    "SPECIAL_TOKENS",
    "Message",
    "escape",
    "is_plain",
    "keys_of",
    "pointer_to",
    "speaks_otherwise",
]

FUNCTION_NAME: Final = "^[a-zA-Z0-9_-]+$"
"""What the chat endpoint takes as the name of a function (grade M)."""

MAX_FUNCTIONS: Final = 128  # FACTS.md §5.1
MAX_FILE_BYTES: Final = 512 * 2**20  # FACTS.md §3.1

EXAMPLE_KEYS: Final = ("messages", "tools", "parallel_tool_calls", "functions")

ROLES: Final = ("system", "user", "assistant", "tool", "function")
"""Of lines for supervised tuning; ``developer`` is taken too, with a warning, as no source settles it."""

CALL_KEYS: Final = ("tool_calls", "function_call")

_ASSISTANT_KEYS: Final = ("role", "content", "name", "weight", *CALL_KEYS, "refusal", "audio")

MESSAGE_KEYS: Final = {
    "system": ("role", "content", "name"),
    "developer": ("role", "content", "name"),
    "user": ("role", "content", "name"),
    "assistant": _ASSISTANT_KEYS,
    "tool": ("role", "content", "tool_call_id", "name"),
    "function": ("role", "content", "name"),
}
"""Keys by role. `weight` on another role than the assistant has a rule of its own."""

_ANY_KEYS: Final = frozenset({*_ASSISTANT_KEYS, "tool_call_id"})

CONTENT_PARTS: Final = {
    "system": ("text",),
    "developer": ("text",),
    "user": ("text", "image_url"),
    "assistant": ("text", "refusal"),
    "tool": ("text",),
    "function": ("text",),
}
"""Types of content parts by role; images are for the user only (FACTS.md §5.1)."""

SPECIAL_TOKENS: Final = (
    "<|endoftext|>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|endofprompt|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|im_sep|>",
)

_PLAIN_KEYS: Final = {"role", "content"}
_PLAIN_ROLES: Final = frozenset({"system", "user", "assistant"})


_MAX_KEY: Final = 200


class Message(NamedTuple):
    """A message that is an object, its place in its list (from 0), and where that list stands in the line."""

    place: int
    value: dict[str, Any]
    base: tuple[str | int, ...] = ("messages",)

    @property
    def number(self) -> int:
        """Its place counted from 1, as the platform's messages do."""
        return self.place + 1

    @property
    def role(self) -> str | None:
        """Its role, when it is one that is known."""
        role = self.value.get("role")
        return role if isinstance(role, str) and role in MESSAGE_KEYS else None

    def pointer(self, *path: str | int) -> str:
        """JSON pointer to something in it."""
        return pointer_to(*self.base, self.place, *path)


def pointer_to(*path: str | int) -> str:
    """The JSON pointer of a path."""
    return "".join(f"/{escape(str(part))}" for part in path)


def escape(key: str) -> str:
    """`key` as a part of a JSON pointer; control characters are spelled out, endless keys cut."""
    if len(key) > _MAX_KEY:
        key = f"{key[:_MAX_KEY]}…"
    key = key.replace("~", "~0").replace("/", "~1")
    return printable(key)


def is_plain(message: object) -> bool:
    """Whether `message` is only a known role and a text: nothing but the text can then be wrong with it."""
    return (
        isinstance(message, dict)
        and message.keys() == _PLAIN_KEYS
        and isinstance(message["content"], str)
        and isinstance(message["role"], str)
        and message["role"] in _PLAIN_ROLES
    )


def keys_of(message: Message) -> Iterator[tuple[str, bool]]:
    """The keys of `message`, and whether its role allows them.

    A known key that is null counts as absent whatever the role: tables saved as JSONL fill every column.
    """
    allowed = MESSAGE_KEYS.get(message.role or "", _ANY_KEYS)
    for key, value in message.value.items():
        yield key, key in allowed or (value is None and key in _ANY_KEYS)


def speaks_otherwise(message: Message) -> bool:
    """Whether an assistant message says something besides ``content``: a call, a refusal, sound."""
    return message.role == "assistant" and any(
        message.value.get(key) for key in (*CALL_KEYS, "refusal", "audio")
    )
