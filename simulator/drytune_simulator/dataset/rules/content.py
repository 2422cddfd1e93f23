"""Rules of what a message says: its content, in text or parts, and what no text may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from unicodedata import category

from drytune_simulator.dataset.finding import shown
from drytune_simulator.dataset.formats import CONTENT_PARTS, SPECIAL_TOKENS, Message, speaks_otherwise
from drytune_simulator.dataset.rules.registry import Found, rule
from drytune_simulator.dataset.rules.tools import Offer
from drytune_simulator.dataset.wordings import says

__all__ = ["calls_of", "is_blank", "special_tokens_in_tools", "texts_of", "texts_of_tools"]

_SPECIAL = re.compile("|".join(map(re.escape, SPECIAL_TOKENS)))
_DETAILS = ("low", "high", "auto")
_ANSWERS = ("tool", "function")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


@rule("missing-content", "message")
def missing_content(message: Message) -> Iterator[Found]:
    """A message has content, or a call or a refusal instead."""
    if message.value.get("content") is not None or speaks_otherwise(message):
        return
    if message.role == "function" and "content" in message.value:
        return  # a function may answer nothing: null is in the schema of that role
    absent = "content" not in message.value
    yield Found(
        message.pointer() if absent else message.pointer("content"),
        f"The content is {'missing' if absent else 'null'}.",
        "Add a text; only an assistant message with a call or a refusal goes without.",
        says("missing-content", message=message.number),
    )


@rule("wrong-content", "message")
def wrong_content(message: Message) -> Iterator[Found]:
    """Content is a text or a list of content parts that the role may have."""
    content = message.value.get("content")
    if content is None or isinstance(content, str):
        return
    number = message.number
    if not isinstance(content, list) or not content:
        found = "an empty list" if content == [] else shown(content)
        yield Found(
            message.pointer("content"),
            f"The content is {found}; it must be a text or a list of parts.",
            "Write it as a string.",
            says("wrong-content", message=number, error="str type expected"),
        )
        return
    allowed = CONTENT_PARTS.get(message.role or "", CONTENT_PARTS["user"])
    for index, part in enumerate(content):
        if fault := _part_fault(part, allowed):
            yield Found(
                message.pointer("content", index),
                f"This part of the content {fault}.",
                'Write {"type": "text", "text": …}.',
                says("wrong-content", message=number, error=f"part {index + 1} is not valid"),
            )


def _part_fault(part: Any, allowed: tuple[str, ...]) -> str | None:
    """What is wrong with a content part, or None."""
    if not isinstance(part, dict):
        return f"is {shown(part)}; it must be an object"
    kind = part.get("type")
    if not isinstance(kind, str) or kind not in allowed:
        return f"is of the type {shown(kind)}; this role may have {' and '.join(allowed)}"
    value = part.get(kind)
    if kind == "image_url":
        image = value if isinstance(value, dict) else {}
        value, detail = image.get("url"), image.get("detail")
        if detail is not None and detail not in _DETAILS:
            return f'has the "detail" {shown(detail)}; allowed are {", ".join(_DETAILS)}'
    if not isinstance(value, str):
        return 'has no "url"' if kind == "image_url" else f'has no "{kind}" that is a string'
    return None


@rule("empty-content", "message", severity="warning", effect="harmful", source="FACTS.md §5.1 (I)")
def empty_content(message: Message) -> Iterator[Found]:
    """A text is not empty, unless it is what a tool or a function answers.

    The platform is not known to refuse it; an empty reply teaches the model to say nothing.
    """
    if message.role in _ANSWERS or speaks_otherwise(message):
        return
    for path, text in _contents(message.value):
        if text == "":
            yield Found(
                message.pointer(*path), "The text is empty.", "Write what is said, or remove the message."
            )


@rule("whitespace-content", "message", severity="warning", effect="harmful", source="FACTS.md §5.1 (I)")
def whitespace_content(message: Message) -> Iterator[Found]:
    """A text holds more than white space, and more than characters that are not seen, such as U+200B."""
    for path, text in _contents(message.value):
        if is_blank(text):
            what = "white space only" if text.isspace() else "white space and invisible characters only"
            yield Found(
                message.pointer(*path),
                f"The text is {what} ({shown(text)}).",
                "Write what is said, or remove the message.",
            )


@rule("control-character", "message", severity="warning", effect="harmful", source="no source (I)")
def control_character(message: Message) -> Iterator[Found]:
    """A text holds no control characters but tabs and ends of lines.

    They come from terminals, logs and broken conversions; the model learns to write them.
    """
    for path, text in texts_of(message.value):
        if match := _CONTROL.search(text):
            yield Found(
                message.pointer(*path),
                f"The text holds the control character U+{ord(match[0]):04X}.",
                "Remove it.",
            )


@rule("special-token", "message")
def special_token(message: Message) -> Iterator[Found]:
    """No text spells a token that only the platform may write."""
    for path, text in texts_of(message.value):
        if match := _SPECIAL.search(text):
            yield Found(
                message.pointer(*path),
                f"The text holds {match[0]}, a token that only the platform may write.",
                "Remove it, or break it up with a space.",
                says("special-token", token=match[0]),
            )


def special_tokens_in_tools(offer: Offer) -> Iterator[Found]:
    """What to say of special tokens in the definitions of tools and functions; of the rule ``special-token``."""
    for path, text in texts_of_tools(offer.value):
        if match := _SPECIAL.search(text):
            yield Found(
                offer.pointer(*path),
                f"The definition holds {match[0]}, a token that only the platform may write.",
                "Remove it, or break it up with a space.",
                says("special-token", token=match[0]),
            )


def is_blank(text: str) -> bool:
    """Whether nothing of `text` is seen: it is white space and format characters (U+200B, U+FEFF, …) only.

    As quick as `str.isspace` on texts that begin with a letter, or are ASCII. An empty text is empty, not blank.
    """
    if text.isspace():
        return True
    if text[:1].isalnum() or text.isascii():
        return False
    return all(character.isspace() or category(character) == "Cf" for character in text)


def texts_of(message: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The texts of a message, with their paths: content, name, refusal, names and arguments of calls."""
    for key in ("content", "name", "refusal"):
        if isinstance(message.get(key), str):
            yield (key,), message[key]
    content = message.get("content")
    for index, part in enumerate(content if isinstance(content, list) else ()):
        for key in ("text", "refusal"):
            if isinstance(part, dict) and isinstance(part.get(key), str):
                yield ("content", index, key), part[key]
    for path, call in calls_of(message):
        for key in ("name", "arguments"):
            if isinstance(call.get(key), str):
                yield (*path, key), call[key]


def texts_of_tools(holder: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The texts of ``tools`` and ``functions``, however deep in a schema, with their paths; keys are texts too."""
    for name in ("tools", "functions"):
        stack: list[tuple[tuple[str | int, ...], object]] = [((name,), holder.get(name))]
        while stack:
            path, value = stack.pop()
            if isinstance(value, str):
                yield path, value
            elif isinstance(value, dict):
                yield from (((*path, key), key) for key in value)
                stack.extend(((*path, key), value[key]) for key in reversed(value))
            elif isinstance(value, list):
                stack.extend(((*path, at), value[at]) for at in reversed(range(len(value))))


def _contents(message: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What a message says in ``content``, as one text or in parts, with paths."""
    content = message.get("content")
    if isinstance(content, str):
        yield ("content",), content
    for index, part in enumerate(content if isinstance(content, list) else ()):
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            yield ("content", index, "text"), part["text"]


def calls_of(message: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """What a message calls (objects with name and arguments, as far as they have them), with their paths."""
    if isinstance(call := message.get("function_call"), dict):
        yield ("function_call",), call
    calls = message.get("tool_calls")
    for index, call in enumerate(calls if isinstance(calls, list) else ()):
        if isinstance(call, dict) and isinstance(call.get("function"), dict):
            yield ("tool_calls", index, "function"), call["function"]
