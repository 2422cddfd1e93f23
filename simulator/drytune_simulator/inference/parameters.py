"""The parameters of a chat completion: parsed, or refused in the platform's words (FACTS.md §6).

Three kinds: those that are simulated; those that change nothing here and are only checked; and those whose
absence would make the answer wrong, which are refused with 501. Of several faults the first is told in the order
in which the platform was measured to look (two public test suites, August and September 2026).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drytune_simulator.checks import as_boolean, as_integer, as_object, missing
from drytune_simulator.dataset.tokens import well_formed
from drytune_simulator.errors import refuse
from drytune_simulator.inference.abilities import ANYTHING, Abilities
from drytune_simulator.inference.conversation import text_of
from drytune_simulator.inference.messages import checked_messages
from drytune_simulator.inference.offer import Offer, parse_offer
from drytune_simulator.inference.plain_parameters import (
    CHECKS,
    FIRST,
    NOT_SIMULATED,
    Check,
    check_for_model,
    stop_texts,
)
from drytune_simulator.inference.shape import ANY_TEXT, Shape, parse_response_format

__all__ = ["KNOWN", "ChatRequest", "parse_request"]

_OFFERED = ("functions", "function_call", "tools", "tool_choice", "parallel_tool_calls")
_PLAIN = frozenset({"model", "messages", "stream"})
"""Requests with nothing else are most."""
KNOWN = frozenset({"model", "messages", *_OFFERED, *FIRST, *NOT_SIMULATED, *CHECKS})


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
        obfuscated: Whether chunks are to be of a length that tells nothing, as they are by default.
        shape: What a text must be.
        top_logprobs: How many alternatives to each token are to be told, 0 to 20; None for no log probabilities.
        temperature, seed: As given; None if not.
        service_tier: On which tier it is answered.
        store: Whether it is to be stored, with `metadata`.
    """

    messages: Sequence[Mapping[str, Any]]
    offer: Offer
    n: int = 1
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    stream: bool = False
    include_usage: bool = False
    obfuscated: bool = False
    shape: Shape = ANY_TEXT
    top_logprobs: int | None = None
    temperature: float | None = None
    seed: int | None = None
    service_tier: str = "default"
    store: bool = False
    metadata: Mapping[str, str] | None = None


def parse_request(body: Mapping[str, Any], abilities: Abilities = ANYTHING) -> ChatRequest:
    """The typed request; a null parameter counts as left out, as at the platform.

    Raises:
        ApiError: 400 in the platform's words, or 501 for what this version does not simulate.
    """
    if "messages" not in body:
        raise missing("messages")
    for name in body:
        if name not in KNOWN:
            raise refuse("unrecognized-argument", name=well_formed(name))
    given = {name: value for name, value in body.items() if value is not None}
    messages = checked_messages(body["messages"], images=abilities.images)
    if given.keys() <= _PLAIN:
        streams = as_boolean(given.get("stream", False), "stream")
        return ChatRequest(messages, Offer(), stream=streams)
    offer = parse_offer(given) if any(name in given for name in _OFFERED) else Offer()
    _check(given, FIRST)
    top_logprobs = _top_logprobs(given)
    _check(given, NOT_SIMULATED)
    shape = _shape(given, messages, abilities)
    _check(given, CHECKS)
    options = _stream_options(given)
    _check_together(given)
    check_for_model(given, abilities)
    return ChatRequest(
        messages=messages,
        offer=offer,
        n=given.get("n", 1),
        stop=stop_texts(given.get("stop", [])),
        max_tokens=given.get("max_completion_tokens", given.get("max_tokens")),
        stream=given.get("stream", False),
        include_usage=options.get("include_usage") is True,
        obfuscated=options.get("include_obfuscation") is not False,
        shape=shape,
        top_logprobs=top_logprobs,
        temperature=given.get("temperature"),
        seed=given.get("seed"),
        # measured: both names of the fast tier are answered as `priority`, and without a choice it is the default
        service_tier={"flex": "flex", "fast": "priority", "priority": "priority"}.get(
            given.get("service_tier", "default"), "default"
        ),
        store=given.get("store", False),
        metadata=given.get("metadata"),
    )


def _top_logprobs(given: Mapping[str, Any]) -> int | None:
    wanted = as_boolean(given.get("logprobs", False), "logprobs")
    top = as_integer(given.get("top_logprobs", 0), "top_logprobs", low=0, high=20)
    if "top_logprobs" in given and not wanted:
        raise refuse("only-enabled", name="top_logprobs", needed="logprobs")
    return top if wanted else None


def _check(given: Mapping[str, Any], checks: Mapping[str, Check]) -> None:
    for name, check in checks.items():
        if name in given:
            check(given[name], name)


def _shape(given: Mapping[str, Any], messages: Sequence[Mapping[str, Any]], abilities: Abilities) -> Shape:
    """The shape that is asked for, if the model can give it, and the messages speak of it."""
    if "response_format" not in given:
        return ANY_TEXT
    shape = parse_response_format(given["response_format"], tuned=abilities.tuned)
    able = {"json_object": abilities.json_object, "json_schema": abilities.json_schema}
    if not able.get(shape.kind, True):
        raise refuse("format-not-of-model", kind=shape.kind)
    if shape.kind == "json_object" and not any(
        "json" in (text_of(message.get("content")) or "").lower() for message in messages
    ):
        raise refuse("no-word-json")
    return shape


def _stream_options(given: Mapping[str, Any]) -> Mapping[str, Any]:
    if "stream_options" not in given:
        return {}
    options = as_object(given["stream_options"], "stream_options")
    if given.get("stream") is not True:
        raise refuse("only-enabled", name="stream_options", needed="stream")
    for name, value in options.items():
        if name not in {"include_usage", "include_obfuscation"}:
            raise refuse("unknown-parameter", name=well_formed(f"stream_options.{name}"))
        if value is not None:
            as_boolean(value, f"stream_options.{name}")
    return options


def _check_together(given: Mapping[str, Any]) -> None:
    """Refuse parameters that exclude each other."""
    if "max_tokens" in given and "max_completion_tokens" in given:
        raise refuse("two-limits")
    if given.get("metadata") and given.get("store") is not True:
        raise refuse("only-enabled", name="metadata", needed="store")
    if "prediction" in given:
        several = given.get("n", 1) > 1
        for other, there in (
            ("n", several),
            ("logprobs", given.get("logprobs") is True),
            ("presence_penalty", given.get("presence_penalty", 0) > 0),
            ("frequency_penalty", given.get("frequency_penalty", 0) > 0),
            ("max_completion_tokens", "max_completion_tokens" in given),
            ("tools", "tools" in given),
        ):
            if there:
                raise refuse("predicted-otherwise", other=other)
