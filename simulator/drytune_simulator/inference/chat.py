"""``POST /v1/chat/completions``, once the model is known: parse, answer, count, write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drytune_simulator.dataset.accounting import prompt_tokens
from drytune_simulator.dataset.tokens import counter
from drytune_simulator.http import Response
from drytune_simulator.inference.arguments import check_schema
from drytune_simulator.inference.base import base_answer
from drytune_simulator.inference.choices import choice_of
from drytune_simulator.inference.completion import Envelope, completion, usage
from drytune_simulator.inference.conversation import turns_of
from drytune_simulator.inference.parameters import parse_request
from drytune_simulator.inference.recall import taught_answer
from drytune_simulator.inference.stream import events
from drytune_simulator.inference.taught import Taught

__all__ = ["complete"]


def complete(
    body: Mapping[str, Any],
    *,
    model: str,
    encoding: str,
    taught: Taught | None,
    completion_id: str,
    created: int,
    seed: int,
) -> Response:
    """The answer to a chat completion request.

    Args:
        body: The decoded JSON object.
        model: The name to echo.
        encoding: Of the model, e.g. ``o200k_base``; it counts and cuts.
        taught: What a tuned model was taught; None for a base model.
        completion_id: ``chatcmpl-…``.
        created: Unix seconds.
        seed: Of the ids of tool calls.

    Returns:
        A JSON body, or server-sent events; headers tell which layer answered, how like the lesson is and on
        which line of the training file it stands.

    Raises:
        ApiError: 400 in the platform's words, or 501 for what this version does not simulate.
    """
    request = parse_request(body)
    for function in request.offer.declared:
        check_schema(function)
    turns = turns_of(request.messages)
    if taught is None:
        answer = base_answer(turns, request.offer, model)
    else:
        answer = taught_answer(turns, request.offer, taught)
    tokens = counter(encoding)
    choices = [choice_of(answer.reply, request, tokens)] * request.n
    used = usage(prompt_tokens(request.messages, body.get("tools"), body.get("functions"), tokens), choices)
    envelope = Envelope(completion_id, created, model, seed)
    if not request.stream:
        return Response.json(completion(envelope, choices, used), headers=answer.headers)
    headers = {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
        **answer.headers,
    }
    return Response(200, headers, events(envelope, choices, used if request.include_usage else None, tokens))
