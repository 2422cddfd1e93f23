"""The parameters of a completion: read, or refused in the words of its route (`errors.others`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drytune_simulator.dataset.tokens import Counter, well_formed
from drytune_simulator.errors import refuse
from drytune_simulator.inference.completions_checks import (
    a_boolean,
    a_number,
    a_string,
    a_whole_number,
    an_object,
    known,
    texts,
)
from drytune_simulator.inference.completions_tokens import text_of_tokens

__all__ = ["CompletionRequest", "Prompt", "parse_completion_request"]

_PARAMETERS = frozenset(
    {
        "best_of",
        "echo",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "max_tokens",
        "model",
        "n",
        "presence_penalty",
        "prompt",
        "seed",
        "stop",
        "stream",
        "stream_options",
        "suffix",
        "temperature",
        "top_p",
        "user",
    }
)
_MOST_PROMPTS = 2048
_MOST_COMPLETIONS = 4096


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is to be completed.

    Attributes:
        text: As sent, or as its tokens spell it.
        tokens: So many; the empty text stands for the separator of documents, which is one.
    """

    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """A request for completions, checked.

    Attributes:
        prompts: At least one.
        n: Completions of each prompt, 1 to 128.
        best_of: Made of each prompt, at least `n`; all are billed.
        echo: Whether the prompt stands before each completion.
        stop: Up to four texts before which a completion ends; none is empty.
        max_tokens: Most tokens of a completion.
        logprobs: So many of the most likely tokens are told in each place; None asks for no probabilities.
        stream: Answer in chunks.
        include_usage: End a stream with a chunk that carries the usage.
        temperature: 0.0 to 2.0, if given; `seed` likewise.
    """

    prompts: Sequence[Prompt]
    n: int = 1
    best_of: int = 1
    echo: bool = False
    stop: tuple[str, ...] = ()
    max_tokens: int = 16
    logprobs: int | None = None
    stream: bool = False
    include_usage: bool = False
    temperature: float | None = None
    seed: int | None = None


def parse_completion_request(
    body: Mapping[str, Any], counter: Counter, context: int | None
) -> CompletionRequest:
    """The typed request; null counts as left out.

    Args:
        body: The decoded JSON object.
        counter: Of the model's encoding.
        context: Most tokens of a prompt and its completion.

    Raises:
        ApiError: 400.
    """
    known(body, _PARAMETERS)
    given = {name: value for name, value in body.items() if value is not None}
    if "suffix" in given:
        raise refuse("no-insertion")
    _check_what_changes_nothing(given)
    stream = a_boolean(given.get("stream", False), "stream")
    n = a_whole_number(given.get("n", 1), "n", low=1, high=128)
    request = CompletionRequest(
        prompts=_prompts(given.get("prompt", ""), counter),
        n=n,
        best_of=_best_of(given, n, stream=stream),
        echo=a_boolean(given.get("echo", False), "echo"),
        stop=texts(given.get("stop", []), "stop", 4),
        max_tokens=a_whole_number(given.get("max_tokens", 16), "max_tokens", low=0),
        logprobs=a_whole_number(given["logprobs"], "logprobs", low=0, high=5)
        if "logprobs" in given
        else None,
        stream=stream,
        include_usage=_include_usage(given, stream=stream),
        temperature=a_number(given["temperature"], "temperature", low=0, high=2)
        if "temperature" in given
        else None,
        seed=a_whole_number(given["seed"], "seed") if "seed" in given else None,
    )
    _check_sizes(request, context)
    return request


def _check_what_changes_nothing(given: Mapping[str, Any]) -> None:
    for name, low, high in (("frequency_penalty", -2, 2), ("presence_penalty", -2, 2), ("top_p", 0, 1)):
        if name in given:
            a_number(given[name], name, low=low, high=high)
    if "user" in given:
        a_string(given["user"], "user")
    for token, bias in an_object(given.get("logit_bias", {}), "logit_bias").items():
        if not (token.isascii() and token.isdecimal()):
            raise refuse("bad-logit-bias", key=well_formed(token[:100]))
        a_number(bias, f"logit_bias.{token[:20]}", low=-100, high=100)


def _best_of(given: Mapping[str, Any], n: int, *, stream: bool) -> int:
    if "best_of" not in given:
        return n
    best_of = a_whole_number(given["best_of"], "best_of", low=0, high=20)
    if best_of == 0:  # the specification allows it, and does not say what it means
        return n
    if best_of < n:
        raise refuse("more-choices-than-made", n=n, best_of=best_of)
    if best_of > n and stream:
        raise refuse("best-of-streamed")
    return best_of


def _include_usage(given: Mapping[str, Any], *, stream: bool) -> bool:
    if "stream_options" not in given:
        return False
    options = an_object(given["stream_options"], "stream_options")
    if not stream:
        raise refuse("only-enabled", name="stream_options", needed="stream")
    for name, value in options.items():
        if name not in {"include_usage", "include_obfuscation"}:
            raise refuse("unknown-parameter", name=f"stream_options.{well_formed(name)}")
        if value is not None:
            a_boolean(value, f"stream_options.{name}")
    return options.get("include_usage") is True


def _prompts(value: object, counter: Counter) -> list[Prompt]:
    """A text, texts, tokens, or lists of tokens."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not value:
        raise _shapeless("it must be a text or a list that is not empty")
    if all(isinstance(one, str) for one in value):
        _check_number(len(value))
        written = [well_formed(text) for text in value]
        sizes = counter.count_many(written)
        return [Prompt(text, size or 1) for text, size in zip(written, sizes, strict=True)]
    lists = [value] if all(type(one) is int for one in value) else value
    _check_number(len(lists))
    if not all(isinstance(one, list) and one for one in lists):
        raise _shapeless(
            "its elements must all be texts, all tokens, or all lists of tokens; none may be empty"
        )
    return [
        Prompt(text_of_tokens(tokens, counter.encoding, f"prompt.{number}"), len(tokens))
        for number, tokens in enumerate(lists)
    ]


def _check_number(prompts: int) -> None:
    if prompts > _MOST_PROMPTS:
        raise _shapeless(f"{prompts} prompts are more than {_MOST_PROMPTS}")


def _shapeless(reason: str) -> Exception:
    return refuse("older-shape", name="prompt", reason=reason)


def _check_sizes(request: CompletionRequest, context: int | None) -> None:
    asked = len(request.prompts) * request.n
    if asked > _MOST_COMPLETIONS:
        raise refuse("too-many-completions", asked=asked, most=_MOST_COMPLETIONS)
    for prompt in request.prompts:
        total = prompt.tokens + request.max_tokens
        if context is not None and total > context:
            huge = request.max_tokens >= 2**63
            raise refuse(
                "context-too-short",
                context=context,
                total="too many" if huge else total,
                prompt=prompt.tokens,
                completion="too many" if huge else request.max_tokens,
            )
