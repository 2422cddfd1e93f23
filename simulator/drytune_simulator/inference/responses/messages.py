"""A conversation of items as the messages of a chat, so that a model hears the same at both doors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from drytune_simulator.errors import refuse
from drytune_simulator.inference.responses.parts import Part, text_of
from drytune_simulator.wire.responses import (
    FunctionCall,
    FunctionCallOutput,
    ImagePart,
    InputItem,
    InputMessage,
    OutputRefusal,
)

__all__ = ["check_calls", "check_images", "mentions", "messages_of"]

Message = dict[str, Any]


def messages_of(items: Iterable[InputItem], instructions: str | None) -> list[Message]:
    """The messages of a chat that say the same.

    What the model calls in one go, behind what it says beside it, is one message there.
    """
    messages: list[Message] = []
    if instructions is not None:
        messages.append({"role": "system", "content": instructions})
    for item in items:
        if isinstance(item, FunctionCall):
            if not messages or messages[-1]["role"] != "assistant":
                messages.append({"role": "assistant", "content": None})
            function = {"name": item.name, "arguments": item.arguments}
            calls = messages[-1].setdefault("tool_calls", [])
            calls.append({"id": item.call_id, "type": "function", "function": function})
        elif isinstance(item, FunctionCallOutput):
            messages.append({"role": "tool", "tool_call_id": item.call_id, "content": _content(item.output)})
        elif item.role == "assistant":
            messages.append(_spoken(item))
        else:
            messages.append({"role": item.role, "content": _content(item.content)})
    return messages


def check_calls(items: Sequence[InputItem]) -> None:
    """Refuse results of calls that nobody has made before, and calls without a result.

    Raises:
        ApiError: 400 in the platform's words.
    """
    waiting: dict[str, None] = {}
    made: set[str] = set()
    for item in items:
        if isinstance(item, FunctionCall):
            made.add(item.call_id)
            waiting[item.call_id] = None
        elif isinstance(item, FunctionCallOutput):
            if item.call_id not in made:
                raise refuse("no-call-for-output", id=item.call_id)
            waiting.pop(item.call_id, None)
    if waiting:
        raise refuse("no-output-for-call", id=next(iter(waiting)))


def check_images(items: Iterable[InputItem]) -> None:
    """Refuse pictures, which a model does not read.

    Raises:
        ApiError: 400.
    """
    for number, item in enumerate(items):
        for place, part in enumerate(item.content if isinstance(item, InputMessage) else ()):
            if isinstance(part, ImagePart):
                raise refuse(
                    "part-not-of-model", kind="input_image", place=f"input[{number}].content[{place}]"
                )


def mentions(items: Iterable[InputItem], word: str) -> bool:
    """Whether a message has `word` in it, in whatever case."""
    return any(
        word in text_of(part).lower()
        for item in items
        if isinstance(item, InputMessage)
        for part in item.content
    )


def _spoken(item: InputMessage) -> Message:
    refusals = [part.refusal for part in item.content if isinstance(part, OutputRefusal)]
    texts = [text_of(part) for part in item.content if not isinstance(part, OutputRefusal)]
    message: Message = {"role": "assistant", "content": "".join(texts) if texts or not refusals else None}
    if refusals:
        message["refusal"] = "".join(refusals)
    return message


def _content(content: str | Sequence[Part]) -> str | list[Message]:
    if isinstance(content, str):
        return content
    if any(isinstance(part, ImagePart) for part in content):
        return [_part(part) for part in content]
    return "".join(map(text_of, content))


def _part(part: Part) -> Message:
    if not isinstance(part, ImagePart):
        return {"type": "text", "text": text_of(part)}
    image = {"url": part.image_url or part.file_id or ""}
    return {
        "type": "image_url",
        "image_url": image if part.detail == "auto" else {**image, "detail": part.detail},
    }
