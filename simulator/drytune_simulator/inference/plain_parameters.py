"""The parameters of a chat that stand by themselves: their types, ranges and words (API reference, 2025-26)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

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
from drytune_simulator.errors import refuse
from drytune_simulator.inference.abilities import Abilities
from drytune_simulator.inference.messages import checked_text
from drytune_simulator.reading import read
from drytune_simulator.wire.chat import PromptCacheOptions, UpdateChatCompletion

__all__ = ["CHECKS", "FIRST", "NOT_SIMULATED", "Check", "check_for_model", "stop_texts"]

Check = Callable[[Any, str], object]

EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
TIERS: Final = ("auto", "default", "fast", "flex", "priority", "scale")


def stop_texts(value: object, name: str = "stop") -> tuple[str, ...]:
    """The texts before which an answer ends, without empty ones.

    Raises:
        ApiError: 400, it is neither a string nor an array of at most four.
    """
    if isinstance(value, str):
        return (value,) if value else ()
    if not isinstance(value, list):
        raise invalid_type(name, "one of a string or array of strings", value)
    texts = as_array(value, name, longest=4)
    return tuple(text for n, item in enumerate(texts) if (text := as_string(item, f"{name}[{n}]")))


def _metadata(value: object, name: str) -> None:
    read({name: value}, UpdateChatCompletion)


def _biases(value: object, name: str) -> None:
    for token, bias in as_object(value, name).items():
        if not (token.isascii() and token.isdecimal()):
            raise refuse("bad-logit-bias", key=well_formed(token[:100]))
        as_number(bias, f"{name}.{token}", low=-100, high=100)


def _prediction(value: object, name: str) -> None:
    fields = as_object(value, name)
    for key in ("type", "content"):
        if key not in fields:
            raise missing(f"{name}.{key}")
    as_string(fields["type"], f"{name}.type", supported=("content",))
    checked_text(fields["content"], f"{name}.content")


def _modalities(value: object, name: str) -> None:
    for number, kind in enumerate(as_array(value, name, shortest=1)):
        if as_string(kind, f"{name}[{number}]", supported=("text", "audio")) == "audio":
            raise not_simulated(name, "audio output")


def _not_simulated(what: str) -> Check:
    def refusal(value: object, name: str) -> None:
        as_object(value, name)
        raise not_simulated(name, what)

    return refusal


_Penalty = partial(as_number, low=-2, high=2)

FIRST: Final[Mapping[str, Check]] = {
    "max_completion_tokens": partial(as_integer, low=1),
    "n": partial(as_integer, low=1, high=128),
    "temperature": partial(as_number, low=0, high=2),
    "top_p": partial(as_number, low=0, high=1),
    "presence_penalty": _Penalty,
    "frequency_penalty": _Penalty,
}
"""What is looked at behind messages and tools, in this order."""

NOT_SIMULATED: Final[Mapping[str, Check]] = {
    "moderation": _not_simulated("moderation of completions"),
    "audio": _not_simulated("audio output"),
    "modalities": _modalities,
    "web_search_options": _not_simulated("web search"),
}
"""What would change an answer, and is refused with 501."""

CHECKS: Final[Mapping[str, Check]] = {
    "logprobs": as_boolean,
    "top_logprobs": as_integer,
    "user": as_string,
    "seed": partial(as_integer, low=-(2**63), high=2**63 - 1),
    "safety_identifier": partial(as_string, longest=128),
    "prompt_cache_options": lambda value, name: read(as_object(value, name), PromptCacheOptions, name),
    "prompt_cache_key": as_string,
    "prompt_cache_retention": partial(as_string, supported=("in_memory", "24h")),
    "response_format": as_object,
    "service_tier": partial(as_string, supported=TIERS),
    "max_tokens": partial(as_integer, low=1),
    "reasoning_effort": partial(as_string, supported=EFFORTS),
    "logit_bias": _biases,
    "stop": stop_texts,
    "stream": as_boolean,
    "stream_options": as_object,
    "store": as_boolean,
    "metadata": _metadata,
    "prediction": _prediction,
    "verbosity": partial(as_string, supported=("low", "medium", "high")),
}
"""The rest, in this order; some are looked at before, and here once more."""

_NOT_REASONING: Final[Mapping[str, str]] = {
    "max_tokens": " Use 'max_completion_tokens' instead.",
    **dict.fromkeys(
        (
            "presence_penalty",
            "frequency_penalty",
            "logprobs",
            "top_logprobs",
            "logit_bias",
            "stop",
            "parallel_tool_calls",
            "prediction",
        ),
        "",
    ),
}
"""What reasoning models do not take, and what is said besides (reasoning guide; API reference of `stop`)."""


def check_for_model(given: Mapping[str, Any], abilities: Abilities) -> None:
    """Refuse what the model does not take.

    Raises:
        ApiError: 400.
    """
    if not abilities.limited:
        return
    if abilities.reasons:
        _check_for_reasoning(given)
    elif "reasoning_effort" in given:
        # recorded so of models that do not reason
        raise refuse("unrecognized-argument", name="reasoning_effort")
    if given.get("verbosity", "medium") != "medium":
        raise refuse("verbosity-not-of-model", got=given["verbosity"])
    for name in ("max_tokens", "max_completion_tokens"):
        if abilities.output is not None and given.get(name, 0) > abilities.output:
            raise refuse("too-many-tokens-asked", name=name, got=given[name], most=abilities.output)


def _check_for_reasoning(given: Mapping[str, Any]) -> None:
    for name, instead in _NOT_REASONING.items():
        # zero and false ask for nothing
        if given.get(name):
            raise refuse("parameter-not-of-model", name=name, instead=instead)
    for name in ("temperature", "top_p"):
        if given.get(name, 1) != 1:
            raise refuse("value-not-of-model", name=name, got=given[name], default=1)
