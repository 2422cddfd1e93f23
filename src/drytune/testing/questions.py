"""What a request asks a model, at any door: the last message of the user, and what the model is told before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from drytune_simulator import catalog

__all__ = ["is_model", "snapshot", "system_in", "text_in"]

_TOLD_BEFORE: Final = ("system", "developer")


def text_in(body: object) -> str:
    """The last message of the user, or the prompt; empty without one."""
    if not isinstance(body, Mapping):
        return ""
    if "messages" not in body and "input" not in body:
        return _shown(body.get("prompt"))
    if isinstance(body.get("input"), str):
        return str(body["input"])
    return next((_shown(one.get("content")) for one in reversed(_messages(body)) if _role(one) == "user"), "")


def system_in(body: object) -> str:
    """All that the system or the developer says, and the instructions of a response, a blank line between."""
    if not isinstance(body, Mapping):
        return ""
    told = [_shown(one.get("content")) for one in _messages(body) if _role(one) in _TOLD_BEFORE]
    instructions = body.get("instructions")
    return "\n\n".join([instructions, *told] if isinstance(instructions, str) else told)


def is_model(wanted: str, name: str | None) -> bool:
    """Whether the model that a request names is the one that is wanted.

    A floating name and the snapshot that it means are one model, under both names.

    Args:
        wanted: A name; ``*`` and ``?`` stand for anything.
        name: As the request has it; None if it has none.
    """
    return name is not None and (
        snapshot(wanted) == snapshot(name) or any(fnmatchcase(one, wanted) for one in _names_of(name))
    )


def snapshot(name: Any) -> Any:
    """The snapshot that a floating name means; what the catalog does not know means itself."""
    model = _model(name)
    return name if model is None else model.id


def _names_of(name: str) -> tuple[str, ...]:
    model = _model(name)
    return (name,) if model is None else (name, model.id, *model.aliases)


def _model(name: object) -> catalog.Model | None:
    if not isinstance(name, str) or name.startswith("ft:"):
        return None
    try:
        return catalog.find(name)
    except catalog.UnknownModelError:
        return None


def _messages(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    asked = body.get("messages", body.get("input"))
    return [one for one in asked if isinstance(one, Mapping)] if isinstance(asked, list) else []


def _role(message: Mapping[str, Any]) -> object:
    return message.get("role")


def _shown(content: object) -> str:
    """Content of any form as text; what is no text is left out."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_parts(content))
    return "" if content is None else json.dumps(content, ensure_ascii=False)


def _parts(content: list[Any]) -> Iterator[str]:
    for part in content:
        if isinstance(part, str):
            yield part
        elif isinstance(part, Mapping) and isinstance(part.get("text"), str):
            yield part["text"]
