"""Texts with ``{{ item.answer }}`` and ``{{ sample.output_json.x[0] }}`` in them, filled in (guide "Graders", O).

A value that is no text is written as JSON (I): both sides of a comparison are written alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

__all__ = ["LONGEST", "InvalidVariableError", "Sample", "SampleNotParsedError", "TooLongError", "fill"]

LONGEST: Final = 100_000
"""Most characters of a text that is graded, once it is filled in; a limit of drytune's own."""

_VARIABLE: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_STEP: Final = re.compile(
    r"""\s*(?:\.?\s*(?P<key>[^\s.\[\]'"]+)|\[\s*(?P<number>-?[0-9]{1,9})\s*\]|\[\s*(?P<quote>['"])(?P<quoted>.*?)(?P=quote)\s*\])\s*""",
    re.DOTALL,
)
_NOTHING: Final = object()


class InvalidVariableError(ValueError):
    """A template names something that is not there; the text says what."""


class SampleNotParsedError(ValueError):
    """A template reads the sample as JSON, and it is none; the text says why."""


class TooLongError(ValueError):
    """A text has more than `LONGEST` characters."""


class Sample:
    """What templates read as ``sample.…`` of a text that a model has given; no tools were called.

    Attributes:
        values: By name; ``output_json`` is among them only if the text is JSON.
        not_json: Why the text is no JSON, or None.
    """

    def __init__(self, text: str) -> None:
        message = {"role": "assistant", "content": text}
        self.values: dict[str, Any] = {
            "output_text": text,
            "output_tools": [],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        }
        self.not_json: str | None = None
        try:
            self.values["output_json"] = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            self.not_json = str(error)


def fill(template: str, item: Mapping[str, Any], sample: Sample) -> str:
    """`template` with the values of its variables.

    Args:
        template: Text with ``{{ namespace.variable }}`` in it; all else stays as it is.
        item: What ``item.…`` names.
        sample: What ``sample.…`` names.

    Raises:
        InvalidVariableError: A variable of another namespace, or one that is not there.
        SampleNotParsedError: ``sample.output_json`` of a sample that is no JSON.
        TooLongError: The text would have more than `LONGEST` characters.
    """
    parts, length, end = [], 0, 0
    for match in _VARIABLE.finditer(template):
        for part in (template[end : match.start()], _text(_value(match[1], item, sample))):
            parts.append(part)
            length += len(part)
            if length > LONGEST:
                raise TooLongError
        end = match.end()
    if length + len(template) - end > LONGEST:
        raise TooLongError
    return "".join((*parts, template[end:]))


def _value(variable: str, item: Mapping[str, Any], sample: Sample) -> Any:
    name = variable.strip()
    steps = list(_steps(name))
    namespace = steps[0] if steps else ""
    if namespace not in ("item", "sample") or len(steps) < 2:
        msg = f"{_quoted(name)} is no variable of item or sample, as {{{{ item.answer }}}} is"
        raise InvalidVariableError(msg)
    if steps[:2] == ["sample", "output_json"] and sample.not_json is not None:
        raise SampleNotParsedError(sample.not_json)
    value: Any = item if namespace == "item" else sample.values
    for step in steps[1:]:
        value = _inside(value, step)
        if value is _NOTHING:
            msg = f"{_quoted(name)} is not there"
            raise InvalidVariableError(msg)
    return value


def _steps(path: str) -> Iterator[str | int]:
    place = 0
    while place < len(path):
        match = _STEP.match(path, place)
        if match is None:
            msg = f"{_quoted(path)} cannot be read as a path"
            raise InvalidVariableError(msg)
        place = match.end()
        if match["number"] is not None:
            yield int(match["number"])
        else:
            yield match["key"] if match["key"] is not None else match["quoted"]


def _inside(value: Any, step: str | int) -> Any:
    if isinstance(value, Mapping):
        return value.get(step, _NOTHING) if isinstance(step, str) else value.get(str(step), _NOTHING)
    if isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
        return value[step]
    return _NOTHING


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _quoted(name: str) -> str:
    return repr(name if len(name) <= 100 else name[:99] + "…")
