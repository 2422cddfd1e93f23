"""Rules of a message: its role, its keys, what its values may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drytune_simulator.dataset.finding import shown
from drytune_simulator.dataset.formats import MESSAGE_KEYS, ROLES, Message, keys_of, pointer_to
from drytune_simulator.dataset.rules.registry import Found, rule
from drytune_simulator.dataset.wordings import says

_ALLOWED_ROLES = ", ".join(ROLES)


@rule("message-not-object", "element")
def message_not_object(element: tuple[tuple[str | int, ...], int, Any]) -> Iterator[Found]:
    """A message is an object."""
    base, index, value = element
    if not isinstance(value, dict):
        yield Found(
            pointer_to(*base, index),
            f"The message is {shown(value)}; it must be an object.",
            'Write {"role": …, "content": …}.',
            says("message-not-object", message=index + 1),
        )


@rule("missing-role", "message")
def missing_role(message: Message) -> Iterator[Found]:
    """A message has a role."""
    if "role" not in message.value:
        yield Found(
            message.pointer(),
            'The key "role" is missing.',
            f"Add one of {_ALLOWED_ROLES}.",
            says("missing-role", message=message.number),
        )


@rule("unknown-role", "message")
def unknown_role(message: Message) -> Iterator[Found]:
    """The role is system, user, assistant, tool or function."""
    role = message.value.get("role")
    if "role" in message.value and message.role is None:
        value = repr(role[:100]) if isinstance(role, str) else shown(role)
        yield Found(
            message.pointer("role"),
            f"The role is {shown(role)}; allowed are {_ALLOWED_ROLES}.",
            _role_hint(role),
            says("unknown-role", message=message.number, value=value),
        )


def _role_hint(role: object) -> str:
    usual = {"bot": "assistant", "ai": "assistant", "model": "assistant", "gpt": "assistant", "human": "user"}
    if isinstance(role, str):
        name = role[:20].strip().lower()
        if name in MESSAGE_KEYS:
            return f'Write "{name}".'
        if name in usual:
            return f'Write "{usual[name]}" if that is what you mean.'
    return "Use one of the allowed roles."


@rule("developer-role", "message", severity="warning", effect="none", source="FACTS.md §5.1 (not found)")
def developer_role(message: Message) -> Iterator[Found]:
    """Instructions come from the role system; whether developer is taken is not known."""
    if message.role == "developer":
        yield Found(
            message.pointer("role"),
            'The role is "developer"; whether supervised fine-tuning takes it is not known.',
            'Write "system" to be safe.',
        )


@rule("unknown-message-key", "message")
def unknown_message_key(message: Message) -> Iterator[Found]:
    """A message has only the keys of its role."""
    for key, allowed in keys_of(message):
        if not allowed and key != "weight":
            keys = MESSAGE_KEYS.get(message.role or "")
            yield Found(
                message.pointer(key),
                f"The key {shown(key)} is not allowed here"
                + (f"; allowed are {', '.join(keys)}." if keys else "."),
                "Remove it.",
                says("unknown-message-key", message=message.number, key=key),
            )


@rule("missing-message-key", "message")
def missing_message_key(message: Message) -> Iterator[Found]:
    """A tool message says which call it answers, a function message which function."""
    needed = {"tool": "tool_call_id", "function": "name"}.get(message.role or "")
    if needed and message.value.get(needed) is None:
        what = (
            "the id of the call that it answers" if needed == "tool_call_id" else "the name of the function"
        )
        yield Found(
            message.pointer(),
            f'The key "{needed}" is missing.',
            f"Add {what}.",
            says("missing-message-key", message=message.number, key=needed),
        )


@rule("wrong-type", "message")
def wrong_type(message: Message) -> Iterator[Found]:
    """Names, ids and refusals are texts."""
    for key in ("name", "tool_call_id", "refusal"):
        value = message.value.get(key)
        if value is not None and not isinstance(value, str):
            yield Found(
                message.pointer(key),
                f'"{key}" is {shown(value)}; it must be a text.',
                "Write it as a string.",
                says("wrong-type", message=message.number, key=key),
            )


@rule("wrong-weight", "message")
def wrong_weight(message: Message) -> Iterator[Found]:
    """A weight is 0 or 1."""
    value = message.value.get("weight")
    if message.role in {"assistant", None} and value is not None and not _is_weight(value):
        yield Found(
            message.pointer("weight"),
            f"The weight is {shown(value)}; it must be 0 or 1.",
            "Write 0 to leave the message out of training, 1 to train on it.",
            says("wrong-weight", message=message.number),
        )


def _is_weight(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value in {0, 1}


@rule("misplaced-weight", "message")
def misplaced_weight(message: Message) -> Iterator[Found]:
    """Only messages of the assistant have a weight."""
    if message.role not in {"assistant", None} and message.value.get("weight") is not None:
        yield Found(
            message.pointer("weight"),
            f"A message of the role {message.role} has no weight; only the assistant's are trained on.",
            "Remove it.",
            says("misplaced-weight", message=message.number),
        )
