"""Which requests for an answer take so little time that a server may answer them in its event loop.

A visit to a thread costs more than a plain answer of a model whose lessons are found already. What may take long
(the first question to a model, schemas, tools, log probabilities, many choices) goes there.
"""

from __future__ import annotations

import sys
from typing import Any, Final, TypeVar

import msgspec

from drytune_simulator import catalog
from drytune_simulator.dataset.tokens import counter
from drytune_simulator.http import ApiError, Request
from drytune_simulator.world import World, authenticate

__all__ = ["chat_is_quick", "response_is_quick"]

_MOST_BYTES: Final = 4 * 1024
_MOST_CHOICES: Final = 4
_LOADED: Final = "drytune_simulator.inference.speaking"


class _Chat(msgspec.Struct):
    model: str
    n: Any = None
    store: Any = None
    logprobs: Any = None
    tools: Any = None
    functions: Any = None
    response_format: Any = None
    prediction: Any = None


class _Response(msgspec.Struct):
    model: str
    store: Any = None
    include: Any = None
    tools: Any = None
    text: Any = None
    previous_response_id: Any = None


_Asked = TypeVar("_Asked", _Chat, _Response)

_CHAT: Final = msgspec.json.Decoder(_Chat)
_RESPONSE: Final = msgspec.json.Decoder(_Response)


def chat_is_quick(world: World, request: Request) -> bool:
    """Whether a chat takes no time."""
    asked = _read(request, _CHAT)
    if (
        asked is None
        or asked.logprobs
        or asked.tools
        or asked.functions
        or asked.response_format
        or asked.prediction
    ):
        return False
    if asked.n is not None and not (type(asked.n) is int and asked.n <= _MOST_CHOICES):
        return False
    return not (asked.store and world.store.durable) and _is_known(world, request, asked.model)


def response_is_quick(world: World, request: Request) -> bool:
    """Whether a response takes no time: where it is written to a disk, it does."""
    asked = _read(request, _RESPONSE)
    if asked is None or asked.include or asked.tools or asked.text or asked.previous_response_id:
        return False
    stored = asked.store is not False
    return not (stored and world.store.durable) and _is_known(world, request, asked.model)


def _read(request: Request, decoder: msgspec.json.Decoder[_Asked]) -> _Asked | None:
    """What is asked, if it is little and all that reads it is loaded."""
    if request.stream is not None or len(request.body) > _MOST_BYTES or _LOADED not in sys.modules:
        return None
    try:
        return decoder.decode(request.body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _is_known(world: World, request: Request, model: str) -> bool:
    """Whether all that answers is there already."""
    try:
        if model.startswith("ft:"):
            tenant = authenticate(request, world.profile.keys)
            if not world.ready(f"{tenant.scope}/{model}"):
                return False
        return counter(catalog.find(model).encoding).ready
    except (ApiError, catalog.UnknownModelError):
        return False
