"""The prompts of a cassette, each with all that was recorded in answer to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from drytune.cassettes.model import Cassette, Exchange
from drytune.errors import UsageError
from drytune.keeping.doors import Door
from drytune.keeping.said import Said, door_in, said_in

__all__ = ["Prompt", "model_of", "prompts_of"]

_PASSING: Final = frozenset({408, 409, 429})
"""Refusals, with those from 500 on, that are the platform's and not the model's; a client asks again."""


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked, and what was answered.

    Attributes:
        number: In the order in which they were asked first, from 1.
        door: Where it was asked.
        body: Of the request, without the model.
        recorded: What was answered, in order; refusals of the platform only where there is nothing else.
    """

    number: int
    door: Door
    body: dict[str, Any]
    recorded: tuple[Said, ...]

    @property
    def text(self) -> str:
        """What is asked, for people: the last message of the user, or the whole prompt."""
        if self.door == "completions":
            return _shown(self.body.get("prompt"))
        asked = self.body.get("messages" if self.door == "chat" else "input")
        if not isinstance(asked, list):
            return _shown(asked)
        said = [message for message in asked if isinstance(message, dict)]
        users = [message for message in said if message.get("role") == "user"] or said
        return _shown(users[-1].get("content", "")) if users else ""


def model_of(archive: Cassette) -> str:
    """The model whose answers are compared: the archive's, else the only one that was asked.

    Raises:
        UsageError: No model was asked, or several were.
    """
    kept = (archive.header.archive or {}).get("model")
    if isinstance(kept, str) and kept:
        return kept
    asked: list[str] = list(dict.fromkeys(body["model"] for _, _, body in _questions(archive)))
    if len(asked) == 1:
        return asked[0]
    if not asked:
        raise UsageError(
            f"{archive.name}: no model was asked anything in this recording; keep one: drytune keep."
        )
    names = ", ".join(asked[:5]) + ("" if len(asked) <= 5 else ", …")
    raise UsageError(f"{archive.name}: several models were asked ({names}); name one of them.")


def prompts_of(archive: Cassette, model: str) -> tuple[Prompt, ...]:
    """All that `model` was asked, each prompt once however often it was asked.

    Two requests are the same prompt if they are equal by meaning, with all their parameters.

    Raises:
        UsageError: It was asked nothing.
    """
    found: dict[bytes, tuple[Door, dict[str, Any], list[Said]]] = {}
    for exchange, door, body in _questions(archive):
        if body["model"] != model:
            continue
        asked = {name: value for name, value in body.items() if name != "model"}
        key = f"{door} {json.dumps(asked, sort_keys=True)}".encode()
        found.setdefault(key, (door, asked, []))[2].extend(said_in(exchange.response, door))
    if not found:
        raise UsageError(f"{archive.name}: {model} was asked nothing in this recording.")
    return tuple(
        Prompt(number=number, door=door, body=asked, recorded=_lasting(said))
        for number, (door, asked, said) in enumerate(found.values(), 1)
    )


def _questions(archive: Cassette) -> Iterator[tuple[Exchange, Door, dict[str, Any]]]:
    """The exchanges in which a model is asked, with the request's body."""
    for exchange in archive.exchanges:
        request = exchange.request
        door = door_in(request.uri)
        if request.method != "POST" or door is None:
            continue
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            continue
        if isinstance(body, dict) and isinstance(body.get("model"), str):
            yield exchange, door, body


def _lasting(said: list[Said]) -> tuple[Said, ...]:
    """Without what a client got on the way to an answer, if it got one."""
    lasting = tuple(one for one in said if not _is_passing(one))
    return lasting if any(one.error is None for one in lasting) else lasting or tuple(said)


def _is_passing(said: Said) -> bool:
    # an answer that broke off has a good status, and was asked for again too
    return said.error is not None and (said.status < 400 or said.status in _PASSING or said.status >= 500)


def _shown(content: object) -> str:
    """Content of any form as text; what is no text stands in brackets."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(_part(part) for part in content)
    return "" if content is None else json.dumps(content, ensure_ascii=False)


def _part(part: object) -> str:
    if isinstance(part, Mapping):
        if isinstance(part.get("text"), str):
            return str(part["text"])
        return f"[{part.get('type', 'something')}]"
    return _shown(part)
