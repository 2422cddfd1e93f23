"""The parameters of a chat completion: parsed, or refused in the platform's words (FACTS.md §6).

Three kinds: those that are simulated; those that change nothing here and are only checked; and those whose
absence would make the answer wrong, which are refused with 501.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from drytune_simulator.checks import (
    as_array,
    as_boolean,
    as_integer,
    as_number,
    as_object,
    as_string,
    invalid_type,
    missing,
    not_simulated,
)
from drytune_simulator.dataset.tokens import well_formed
from drytune_simulator.http import ApiError
from drytune_simulator.inference.messages import checked_messages
from drytune_simulator.inference.offer import Offer, parse_offer

__all__ = ["ChatRequest", "parse_request"]

_Check = Callable[[object, str], object]

_WITHOUT_EFFECT: dict[str, _Check] = {
    "frequency_penalty": partial(as_number, low=-2, high=2),
    "logit_bias": as_object,
    "metadata": as_object,
    "prediction": as_object,
    "presence_penalty": partial(as_number, low=-2, high=2),
    "prompt_cache_key": as_string,
    "prompt_cache_options": as_object,
    "prompt_cache_retention": as_string,
    "reasoning_effort": as_string,
    "safety_identifier": as_string,
    "seed": as_integer,
    "service_tier": as_string,
    "store": as_boolean,
    "temperature": partial(as_number, low=0, high=2),
    "top_p": partial(as_number, low=0, high=1),
    "user": as_string,
    "verbosity": as_string,
}
_SIMULATED = frozenset(
    {
        "function_call",
        "functions",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "model",
        "n",
        "parallel_tool_calls",
        "stop",
        "stream",
        "stream_options",
        "tool_choice",
        "tools",
    }
)
_PARTLY = frozenset(
    {
        "audio",
        "logprobs",
        "modalities",
        "moderation",
        "response_format",
        "top_logprobs",
        "web_search_options",
    }
)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request for a chat completion, checked.

    Attributes:
        messages: As sent, at least one.
        offer: What may be called.
        n: Number of choices, 1 to 128.
        stop: Up to four texts before which the answer ends; none is empty.
        max_tokens: Most tokens of one choice, or None.
        stream: Answer in chunks.
        include_usage: End a stream with a chunk that carries the usage.
    """

    messages: Sequence[Mapping[str, Any]]
    offer: Offer
    n: int = 1
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    stream: bool = False
    include_usage: bool = False


def parse_request(body: Mapping[str, Any]) -> ChatRequest:
    """The typed request; a null parameter counts as left out, as at the platform.

    Raises:
        ApiError: 400 in the platform's words, or 501 for what this version does not simulate.
    """
    for name in body:
        if name not in _SIMULATED and name not in _WITHOUT_EFFECT and name not in _PARTLY:
            raise ApiError(400, f"Unrecognized request argument supplied: {well_formed(name)}")
    given = {name: value for name, value in body.items() if value is not None}
    if "messages" not in body:
        raise missing("messages")
    messages = checked_messages(body["messages"])
    for name, check in _WITHOUT_EFFECT.items():
        if name in given:
            check(given[name], name)
    _refuse_not_simulated(given)
    stream = as_boolean(given.get("stream", False), "stream")
    return ChatRequest(
        messages=messages,
        offer=parse_offer(given),
        n=as_integer(given.get("n", 1), "n", low=1, high=128),
        stop=_stop(given.get("stop", [])),
        max_tokens=_max_tokens(given),
        stream=stream,
        include_usage=_include_usage(given, stream=stream),
    )


def _refuse_not_simulated(given: Mapping[str, Any]) -> None:
    if as_boolean(given.get("logprobs", False), "logprobs"):
        raise not_simulated("logprobs", "log probabilities")
    if "top_logprobs" in given:
        as_integer(given["top_logprobs"], "top_logprobs", low=0, high=20)
        raise not_simulated("top_logprobs", "log probabilities")
    if "response_format" in given:
        form = as_object(given["response_format"], "response_format")
        if "type" not in form:
            raise missing("response_format.type")
        kinds = ("json_object", "json_schema", "text")
        if as_string(form["type"], "response_format.type", supported=kinds) != "text":
            raise not_simulated("response_format", "structured output")
    for number, kind in enumerate(as_array(given.get("modalities", []), "modalities")):
        if as_string(kind, f"modalities[{number}]", supported=("text", "audio")) == "audio":
            raise not_simulated("modalities", "audio output")
    for name, what in (
        ("audio", "audio output"),
        ("moderation", "moderation of completions"),
        ("web_search_options", "web search"),
    ):
        if name in given:
            raise not_simulated(name, what)


def _stop(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    if not isinstance(value, list):
        raise invalid_type("stop", "one of a string or array of strings", value)
    texts = as_array(value, "stop", longest=4)
    return tuple(text for n, item in enumerate(texts) if (text := as_string(item, f"stop[{n}]")))


def _max_tokens(given: Mapping[str, Any]) -> int | None:
    limits = [
        as_integer(given[name], name, low=1)
        for name in ("max_completion_tokens", "max_tokens")
        if name in given
    ]
    if len(limits) == 2:
        raise ApiError(
            400,
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            code="invalid_parameter_combination",
        )
    return limits[0] if limits else None


def _include_usage(given: Mapping[str, Any], *, stream: bool) -> bool:
    if "stream_options" not in given:
        return False
    options = as_object(given["stream_options"], "stream_options")
    if not stream:
        raise ApiError(
            400,
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            param="stream_options",
        )
    for name in options:
        if name not in {"include_usage", "include_obfuscation"}:
            raise ApiError(
                400,
                f"Unknown parameter: 'stream_options.{well_formed(name)}'.",
                param=f"stream_options.{well_formed(name)}",
                code="unknown_parameter",
            )
        if options[name] is not None:
            as_boolean(options[name], f"stream_options.{name}")
    return options.get("include_usage") is True
