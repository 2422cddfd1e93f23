"""``POST /v1/chat/completions``, once the model is known: parse, answer, count, write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from drytune_simulator.dataset.tokens import Counter, counter
from drytune_simulator.errors import refuse
from drytune_simulator.http import EVENTS, Response
from drytune_simulator.inference.abilities import ANYTHING, Abilities
from drytune_simulator.inference.answer import Answer
from drytune_simulator.inference.arguments import check_schema
from drytune_simulator.inference.choices import Choice, choice_of
from drytune_simulator.inference.completion import Envelope, completion, predicted, usage
from drytune_simulator.inference.conversation import turns_of
from drytune_simulator.inference.counting import asked_tokens
from drytune_simulator.inference.drawing import Draw
from drytune_simulator.inference.pace import AT_ONCE, Pace
from drytune_simulator.inference.parameters import ChatRequest, parse_request
from drytune_simulator.inference.speaking import told
from drytune_simulator.inference.stream import events
from drytune_simulator.inference.taught import Taught
from drytune_simulator.inference.voice import NOBODY, Voices

__all__ = ["Completed", "completed"]


@dataclass(frozen=True, slots=True)
class Completed:
    """An answered chat.

    Attributes:
        request: What was asked.
        response: The answer, plain or streamed.
        whole: The completion object, whichever way it was answered; None unless it is to be stored.
    """

    request: ChatRequest
    response: Response
    whole: Mapping[str, Any] | None


def completed(
    body: Mapping[str, Any],
    *,
    model: str,
    encoding: str,
    taught: Taught | None,
    completion_id: str,
    created: int,
    seed: int,
    abilities: Abilities = ANYTHING,
    pace: Pace = AT_ONCE,
    voices: Voices = NOBODY,
) -> Completed:
    """The answer to a chat completion request.

    Args:
        body: The decoded JSON object.
        model: The name to echo.
        encoding: Of the model, e.g. ``o200k_base``; it counts and cuts.
        taught: What a tuned model was taught; None for a base model.
        completion_id: ``chatcmpl-…``.
        created: Unix seconds.
        seed: Of the ids of tool calls, and of log probabilities.
        abilities: What the model takes; what it does not is refused.
        pace: How long the answer takes.
        voices: What is asked before the model.

    Returns:
        Its response is a JSON body, or server-sent events; headers tell which layer answered, how like the lesson
        is and on which line of the training file it stands.

    Raises:
        ApiError: 400 in the platform's words, or 501 for what this version does not simulate.
    """
    request = parse_request(body, abilities)
    for function in request.offer.declared:
        check_schema(function, tuned=abilities.tuned)
    tokens = counter(encoding)
    asked = asked_tokens(body, request.offer, tokens, abilities)
    if abilities.context is not None and asked > abilities.context:
        raise refuse("context-too-long", most=abilities.context, got=asked)
    turns = turns_of(request.messages)
    answers = told(
        turns, request.offer, taught, model=model, shape=request.shape, draws=_draws(request), voices=voices
    )
    pace = pace.later(answers[0].delay)
    choices = [_choice(answer, request, tokens) for answer in answers]
    choices *= request.n // len(choices)
    used = usage(asked, choices, predicted(body.get("prediction"), choices[0], tokens))
    envelope = Envelope(completion_id, created, model, seed, request.service_tier, request.top_logprobs)
    whole = None
    if request.store or not request.stream:
        whole = completion(envelope, choices, used, tokens)
    kept = whole if request.store else None
    if not request.stream:
        delay = pace.whole(sum(choice.tokens for choice in choices))
        return Completed(request, Response.json(whole, headers=answers[0].headers, delay=delay), kept)
    headers = {**EVENTS, **answers[0].headers}
    stream = events(
        envelope,
        choices,
        used if request.include_usage else None,
        tokens,
        pace=pace,
        obfuscated=request.obfuscated,
    )
    return Completed(request, Response(200, headers, stream), kept)


def _choice(answer: Answer, request: ChatRequest, counter: Counter) -> Choice:
    choice = choice_of(answer.reply, request, counter)
    return replace(choice, finish_reason=answer.ends) if answer.ends else choice


def _draws(request: ChatRequest) -> list[Draw | None]:
    """One draw a choice where they may differ: by a seed, and above temperature 0; else one for all."""
    if request.seed is None or not request.temperature:
        return [None]
    return [Draw(request.temperature, request.seed, number) for number in range(request.n)]
