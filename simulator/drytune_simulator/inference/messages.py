"""The messages of a request: roles and content, refused in the platform's words (FACTS.md §6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drytune_simulator.checks import (
    as_array,
    as_object,
    as_string,
    invalid_type,
    is_object,
    missing,
)
from drytune_simulator.http import ApiError

__all__ = ["ROLES", "checked_messages"]

ROLES = ("system", "assistant", "user", "function", "tool", "developer")
_PARTS = ("text", "image_url", "input_audio", "refusal", "audio", "file")


def checked_messages(value: object) -> Sequence[Mapping[str, Any]]:
    """The messages of a request, each with a known role and content of a type its role may have.

    Raises:
        ApiError: 400, with the path of what is wrong as `param`, e.g. ``messages[0].role``.
    """
    messages = as_array(value, "messages", shortest=1)
    for number, message in enumerate(messages):
        _check_message(as_object(message, f"messages[{number}]"), number)
    return messages


def _check_message(message: Mapping[str, Any], number: int) -> None:
    at = f"messages[{number}]"
    if "role" not in message:
        raise missing(f"{at}.role")
    role = as_string(message["role"], f"{at}.role", supported=ROLES)
    if message.get("name") is not None:
        as_string(message["name"], f"{at}.name")
    speaks = role == "assistant" and _check_calls(message, at)
    for key in {"tool": ("tool_call_id",), "function": ("name",)}.get(role, ()):
        if key not in message:
            raise missing(f"{at}.{key}")
        as_string(message[key], f"{at}.{key}")
    # A function's result may be null by the API reference; an assistant's content beside a call or a refusal.
    _check_content(message, number, optional=role == "function" or speaks)


def _check_content(message: Mapping[str, Any], number: int, *, optional: bool) -> None:
    at, content = f"messages[{number}].content", message.get("content")
    if isinstance(content, list):
        _check_parts(content, at)
    elif content is None and not optional:
        if "content" not in message:
            raise missing(at)
        words = "Invalid value for 'content': expected a string, got null."
        raise ApiError(400, words, param=f"messages.[{number}].content")
    elif not isinstance(content, str | None):
        raise invalid_type(at, "one of a string or array of objects", content)


def _check_parts(parts: Sequence[object], at: str) -> None:
    as_array(parts, at, shortest=1)
    for number, part in enumerate(parts):
        path = f"{at}[{number}]"
        if "type" not in (fields := as_object(part, path)):
            raise missing(f"{path}.type")
        kind = as_string(fields["type"], f"{path}.type", supported=_PARTS)
        if kind in {"text", "refusal"}:
            if kind not in fields:
                raise missing(f"{path}.{kind}")
            as_string(fields[kind], f"{path}.{kind}")


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
