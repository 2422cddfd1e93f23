"""What a message or a result consists of: texts, pictures, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from drytune_simulator.checks import as_object, as_string, invalid_type, invalid_value, missing, not_simulated
from drytune_simulator.wire.responses import ImagePart, InputTextPart, OutputRefusal, OutputText

__all__ = ["Part", "parts_of", "result_of", "text_of"]

Part = InputTextPart | ImagePart | OutputText | OutputRefusal

_TYPES: Final = (
    "input_text",
    "input_image",
    "output_text",
    "refusal",
    "input_file",
    "computer_screenshot",
    "summary_text",
)
_OF_ASSISTANT: Final = ("output_text", "refusal")
_OF_OTHERS: Final = ("input_text", "input_image", "input_file")
_DETAILS: Final = ("low", "high", "auto", "original")


def parts_of(content: object, at: str, role: str) -> list[Part]:
    """The parts of a message.

    Args:
        content: A text or a list of parts.
        at: Its path.
        role: Who speaks; the assistant says other parts than it hears.

    Raises:
        ApiError: 400, it is neither, or a part is not one that `role` may have; 501 for files.
    """
    if isinstance(content, str):
        return [_spoken(content) if role == "assistant" else InputTextPart(text=content)]
    if not isinstance(content, list):
        raise invalid_type(at, "one of a string or array of objects", content)
    allowed = _OF_ASSISTANT if role == "assistant" else _OF_OTHERS
    return [_part(part, f"{at}[{number}]", allowed) for number, part in enumerate(content)]


def result_of(output: object, at: str) -> str | list[InputTextPart | ImagePart]:
    """The result of a call: a text, or a list of texts and pictures.

    Raises:
        ApiError: As `parts_of`.
    """
    if isinstance(output, str):
        return output
    parts = parts_of(output, at, "user")
    return [part for part in parts if isinstance(part, InputTextPart | ImagePart)]


def text_of(part: Part) -> str:
    """The words of a part."""
    if isinstance(part, OutputRefusal):
        return part.refusal
    return "" if isinstance(part, ImagePart) else part.text


def _spoken(text: str) -> OutputText:
    return OutputText(annotations=[], logprobs=[], text=text)


def _part(part: object, at: str, allowed: tuple[str, ...]) -> Part:
    fields = {name: value for name, value in as_object(part, at).items() if value is not None}
    if "type" not in fields:
        raise missing(f"{at}.type")
    kind = as_string(fields["type"], f"{at}.type", supported=_TYPES)
    if kind not in allowed:
        raise invalid_value(at, kind, allowed)
    if kind == "input_file":
        raise not_simulated(f"{at}.type", "files in messages")
    if kind == "input_image":
        return _image(fields, at)
    name = "refusal" if kind == "refusal" else "text"
    if name not in fields:
        raise missing(f"{at}.{name}")
    text = as_string(fields[name], f"{at}.{name}")
    if kind == "refusal":
        return OutputRefusal(refusal=text)
    return InputTextPart(text=text) if kind == "input_text" else _spoken(text)


def _image(fields: Mapping[str, Any], at: str) -> ImagePart:
    for name in ("image_url", "file_id"):
        if name in fields:
            as_string(fields[name], f"{at}.{name}")
    if "image_url" not in fields and "file_id" not in fields:
        raise missing(f"{at}.image_url")
    detail = as_string(fields.get("detail", "auto"), f"{at}.detail", supported=_DETAILS)
    return ImagePart(
        detail=detail,  # type: ignore[arg-type]
        file_id=fields.get("file_id"),
        image_url=fields.get("image_url"),
    )
