"""The messages of a request: roles and content, refused in the platform's words (FACTS.md §6)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from drytune_simulator.checks import (
    as_array,
    as_object,
    as_string,
    invalid_type,
    invalid_value,
    is_object,
    missing,
    not_simulated,
)
from drytune_simulator.dataset.formats import FUNCTION_NAME
from drytune_simulator.errors import refuse

__all__ = ["ROLES", "checked_messages", "checked_text"]

ROLES: Final = ("system", "assistant", "user", "function", "tool", "developer")
_PARTS: Final = ("text", "image_url", "input_audio", "refusal", "audio", "file")
_PARTS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "user": ("text", "image_url", "input_audio", "file"),
    "assistant": ("text", "refusal"),
}
"""Of the other roles only text (API reference)."""
_SPEAKER: Final = r"^[^\s<|\\/>]+$"
"""What names of speakers look like (told in a refusal of 2025); until 2024 they were those of functions."""
_DETAILS: Final = ("auto", "low", "high", "original")


def checked_messages(value: object, *, images: bool = True) -> Sequence[Mapping[str, Any]]:
    """The messages of a request, each with a known role and content of a type its role may have.

    Calls must be answered by the messages that follow them, and only calls are answered.

    Args:
        value: As sent.
        images: Whether the model reads images.

    Raises:
        ApiError: 400, with the path of what is wrong as `param`, e.g. ``messages[0].role``; 501, a file.
    """
    if not isinstance(value, list):
        raise invalid_type("messages", "an array of objects", value)
    messages = as_array(value, "messages", shortest=1)
    for number, message in enumerate(messages):
        _check_message(as_object(message, f"messages[{number}]"), number, images=images)
    _check_answers(messages)
    return messages


def checked_text(value: object, at: str) -> None:
    """Refuse what is neither a text nor parts of one.

    Raises:
        ApiError: 400.
    """
    if isinstance(value, list):
        for place, part in enumerate(as_array(value, at, shortest=1)):
            _check_part(part, f"{at}[{place}]", f"{at}.[{place}]", "system", images=False)
    elif not isinstance(value, str):
        raise invalid_type(at, "one of a string or array of objects", value)


def _check_message(message: Mapping[str, Any], number: int, *, images: bool) -> None:
    at = f"messages[{number}]"
    if "role" not in message:
        raise missing(f"{at}.role")
    role = as_string(message["role"], f"{at}.role", supported=ROLES)
    if message.get("name") is not None:
        _check_name(message["name"], f"{at}.name", _SPEAKER)
    speaks = role == "assistant" and _check_calls(message, at)
    for key in {"tool": ("tool_call_id",), "function": ("name",)}.get(role, ()):
        if key not in message:
            raise missing(f"{at}.{key}")
        as_string(message[key], f"{at}.{key}")
    # A function's result may be null by the API reference; an assistant's content beside a call or a refusal.
    _check_content(message, number, role, optional=role == "function" or speaks, images=images)


def _check_content(
    message: Mapping[str, Any], number: int, role: str, *, optional: bool, images: bool
) -> None:
    at, content = f"messages[{number}].content", message.get("content")
    if isinstance(content, str):
        return
    if isinstance(content, list):
        for place, part in enumerate(as_array(content, at, shortest=1)):
            _check_part(part, f"{at}[{place}]", f"messages.[{number}].content.[{place}]", role, images=images)
    elif content is not None:
        raise invalid_type(at, "one of a string or array of objects", content)
    elif not optional:
        if "content" not in message:
            raise missing(at)
        raise refuse("null-content", number=number)


def _check_part(part: object, at: str, older: str, role: str, *, images: bool) -> None:
    if "type" not in (fields := as_object(part, at)):
        raise missing(f"{at}.type")
    kind = as_string(fields["type"], f"{at}.type", supported=_PARTS)
    allowed = _PARTS_OF.get(role, ("text",))
    if kind not in allowed:
        raise invalid_value(f"{at}.type", kind, allowed)
    if kind not in fields:
        raise missing(f"{at}.{kind}")
    if kind in {"text", "refusal"}:
        as_string(fields[kind], f"{at}.{kind}")
        return
    inner = as_object(fields[kind], f"{at}.{kind}")
    if kind == "input_audio" or (kind == "image_url" and not images):
        raise refuse("part-not-of-model", kind=kind, place=older)
    if kind == "file":
        raise not_simulated(f"{at}.type", "files in a conversation")
    if "url" not in inner:
        raise missing(f"{at}.image_url.url")
    as_string(inner["url"], f"{at}.image_url.url")
    if inner.get("detail") is not None:
        as_string(inner["detail"], f"{at}.image_url.detail", supported=_DETAILS)


def _check_calls(message: Mapping[str, Any], at: str) -> bool:
    """Whether an assistant message refuses or calls something; refuse calls that are not well formed."""
    if message.get("refusal") is not None:
        as_string(message["refusal"], f"{at}.refusal")
    if message.get("function_call") is not None:
        _check_call(message["function_call"], f"{at}.function_call")
    if message.get("tool_calls") is not None:
        for number, call in enumerate(as_array(message["tool_calls"], f"{at}.tool_calls", shortest=1)):
            _check_tool_call(call, f"{at}.tool_calls[{number}]")
    return any(message.get(key) is not None for key in ("refusal", "function_call", "tool_calls"))


def _check_tool_call(call: object, at: str) -> None:
    fields = as_object(call, at)
    for key, supported in (("id", None), ("type", ("function", "custom"))):
        if key not in fields:
            raise missing(f"{at}.{key}")
        as_string(fields[key], f"{at}.{key}", supported=supported)
    # Calls of custom tools are taken as they are: nothing that is taught looks like them.
    if fields["type"] == "function":
        if "function" not in fields:
            raise missing(f"{at}.function")
        _check_call(fields["function"], f"{at}.function")


def _check_call(call: object, at: str) -> None:
    if not is_object(call):
        raise invalid_type(at, "an object", call)
    for key in ("name", "arguments"):
        if key not in call:
            raise missing(f"{at}.{key}")
        as_string(call[key], f"{at}.{key}")
    _check_name(call["name"], f"{at}.name", FUNCTION_NAME)


def _check_name(name: object, at: str, pattern: str) -> None:
    if not re.fullmatch(pattern[1:-1], as_string(name, at)):
        raise refuse("name-not-matching", name=at, pattern=pattern)


def _check_answers(messages: Sequence[Mapping[str, Any]]) -> None:
    """Every call is answered by a message directly behind it, and nothing else is."""
    asked: dict[str, None] = {}  # calls that are not answered yet, in order
    known: frozenset[str] = frozenset()
    for number, message in enumerate(messages):
        if message["role"] == "tool":
            if message["tool_call_id"] not in known:
                raise refuse("answer-unasked", number=number)
            asked.pop(message["tool_call_id"], None)
            continue
        if asked:
            raise refuse("calls-unanswered", number=number, ids=", ".join(asked))
        calls = message.get("tool_calls") if message["role"] == "assistant" else None
        asked = dict.fromkeys(call["id"] for call in calls or ())
        known = frozenset(asked)
    if asked:
        raise refuse("calls-unanswered", number=len(messages), ids=", ".join(asked))
