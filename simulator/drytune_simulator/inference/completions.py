"""``POST /v1/completions``, once the model is known: parse, answer, cut, count, write."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from drytune_simulator.dataset.tokens import Counter, counter, well_formed
from drytune_simulator.http import EVENTS, Chunk, Response
from drytune_simulator.inference.answer import Answer
from drytune_simulator.inference.completions_logprobs import First, part, token_logprobs
from drytune_simulator.inference.completions_request import (
    CompletionRequest,
    Prompt,
    parse_completion_request,
)
from drytune_simulator.inference.conversation import prompt_turns
from drytune_simulator.inference.drawing import Draw
from drytune_simulator.inference.logprobs import Guesses
from drytune_simulator.inference.offer import Offer
from drytune_simulator.inference.pace import AT_ONCE, Pace
from drytune_simulator.inference.speaking import told
from drytune_simulator.inference.taught import Taught
from drytune_simulator.inference.voice import NOBODY, Voices
from drytune_simulator.wire.others import (
    TextCompletion,
    TextCompletionChoice,
    TextCompletionUsage,
    TokenLogprobs,
)

__all__ = ["complete_text"]

_MOST_TOLD = 50
"""Of so many prompts the headers tell where the completions came from."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of a completion: some whole characters, and how many tokens they are.

    What is left of a character that was cut is a piece without text.
    """

    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class _Completion:
    """One completion, as the request wants it.

    Attributes:
        pieces: All that is answered, the prompt first if it is echoed.
        tokens: So many were made.
        logprobs: Of all tokens of the pieces, if they were asked for.
    """

    pieces: Sequence[_Piece]
    tokens: int
    finish_reason: Literal["stop", "length"]
    logprobs: TokenLogprobs | None


def complete_text(
    body: Mapping[str, Any],
    *,
    model: str,
    encoding: str,
    context: int | None,
    taught: Taught | None,
    completion_id: str,
    created: int,
    seed: int,
    specified: bool,
    pace: Pace = AT_ONCE,
    voices: Voices = NOBODY,
) -> Response:
    """The answer to a request for completions.

    Args:
        body: The decoded JSON object.
        model: The name to echo.
        encoding: Of the model; it counts and cuts.
        context: Most tokens of a prompt and its completion.
        taught: What a tuned model was taught; None for a base model.
        completion_id: ``cmpl-…``.
        created: Unix seconds.
        seed: Of what is made up.
        specified: Whether nothing is null that the specification's types do not let be null.
        pace: How long the answer takes.
        voices: What is asked before the model, for each prompt.

    Returns:
        A JSON body, or server-sent events; headers tell, for each prompt, which layer answered, how like the
        lesson is and on which line of the training file it stands.

    Raises:
        ApiError: 400.
    """
    tokens = counter(encoding)
    request = parse_completion_request(body, tokens, context)
    answers = [_answers(prompt, request, taught, model, voices) for prompt in request.prompts]
    pace = pace.later(max(some[0].delay for some in answers))
    completions = [
        _completion(prompt, answer, request, tokens, seed=seed, specified=specified)
        for prompt, some in zip(request.prompts, answers, strict=True)
        for answer in some
    ]
    used = _usage(request, completions)
    whole = TextCompletion(id=completion_id, created=created, model=model, choices=[])
    headers = _told([some[0] for some in answers[:_MOST_TOLD]])
    if request.stream:
        headers |= EVENTS
        usage = used if request.include_usage else None
        return Response(200, headers, _events(whole, completions, usage, pace, specified=specified))
    whole.choices = [
        TextCompletionChoice(
            text="".join([piece.text for piece in completion.pieces]),
            index=index,
            logprobs=completion.logprobs,
            finish_reason=completion.finish_reason,
        )
        for index, completion in enumerate(completions)
    ]
    whole.usage = used
    tokens_told = sum(piece.tokens for completion in completions for piece in completion.pieces)
    return Response.json(whole, headers=headers, delay=pace.whole(tokens_told))


def _answers(
    prompt: Prompt, request: CompletionRequest, taught: Taught | None, model: str, voices: Voices
) -> list[Answer]:
    """What is said to a prompt, `n` times; not always the same where chance is asked for and seeded."""
    draws: list[Draw | None] = [None]
    if request.temperature and request.seed is not None:
        draws = [Draw(request.temperature, request.seed, number) for number in range(request.n)]
    said = told(prompt_turns(prompt.text), Offer(), taught, model=model, draws=draws, voices=voices)
    return [*said] * (request.n // len(said))


def _completion(
    prompt: Prompt,
    answer: Answer,
    request: CompletionRequest,
    counter: Counter,
    *,
    seed: int,
    specified: bool,
) -> _Completion:
    text = well_formed(answer.reply.content or "")
    ends = [at for stop in request.stop if (at := text.find(stop)) >= 0]
    made = counter.tokens(text[: min(ends)] if ends else text)
    cut = len(made) > request.max_tokens
    made = made[: request.max_tokens]
    pieces = list(_pieces(made))
    before = counter.tokens(prompt.text) if request.echo else []
    if request.echo:
        pieces.insert(0, _Piece(prompt.text, len(before)))
    logprobs = None
    if request.logprobs is not None:
        told = [*before, *made]
        guesses = Guesses.of(seed, b"".join(told).hex(), counter.encoding, request.logprobs)
        unknown: First = (0.0, {}) if specified else (None, None)
        logprobs = token_logprobs(
            told,
            guesses,
            begin=0 if request.echo else len(prompt.text),
            first=unknown if before else None,
        )
    cut = cut or answer.ends == "length"
    return _Completion(pieces, len(made), "length" if cut else "stop", logprobs)


def _pieces(tokens: Sequence[bytes]) -> Iterator[_Piece]:
    """The pieces in which a stream tells a text: a token each, or several that together end with a character."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    text, count = "", 0
    for token in tokens:
        text += decoder.decode(token)
        count += 1
        if not decoder.getstate()[0]:
            yield _Piece(text, count)
            text, count = "", 0
    if count:
        yield _Piece(text, count)


def _usage(request: CompletionRequest, completions: Sequence[_Completion]) -> TextCompletionUsage:
    """What is billed: all that were made, of which the best are answered (M); each prompt once."""
    asked = sum(prompt.tokens for prompt in request.prompts)
    made = sum(completion.tokens for completion in completions)
    # those that are not answered are as long as those that are
    made += sum(completion.tokens for completion in completions[:: request.n]) * (request.best_of - request.n)
    return TextCompletionUsage(prompt_tokens=asked, completion_tokens=made, total_tokens=asked + made)


def _told(answers: Sequence[Answer]) -> dict[str, str]:
    """The headers of all answers together, in the order of the prompts; ``-`` where one has none."""
    headers = [answer.headers for answer in answers]
    names = dict.fromkeys(name for one in headers for name in one)
    return {name: ", ".join([one.get(name, "-") for one in headers]) for name in names}


def _events(
    whole: TextCompletion,
    completions: Sequence[_Completion],
    used: TextCompletionUsage | None,
    pace: Pace,
    *,
    specified: bool,
) -> Iterator[Chunk]:
    """The events of a stream: one completion after the other, a piece each, and how it ended.

    Until then `finish_reason` is null, as recorded; by the specification it never is.
    """
    unknown = msgspec.UNSET if used is None else None
    number = 0
    for index, completion in enumerate(completions):
        until_then = completion.finish_reason if specified else None
        place = 0
        for piece in completion.pieces:
            logprobs = None
            if completion.logprobs is not None:
                logprobs = part(completion.logprobs, place, place + piece.tokens)
            place += piece.tokens
            delay = pace.between(number, piece.tokens) if number else pace.until_first()
            number += 1
            said = TextCompletionChoice(
                text=piece.text, index=index, logprobs=logprobs, finish_reason=until_then
            )
            yield _event(msgspec.structs.replace(whole, choices=[said], usage=unknown), delay)
        ended = TextCompletionChoice(
            text="", index=index, logprobs=None, finish_reason=completion.finish_reason
        )
        yield _event(msgspec.structs.replace(whole, choices=[ended], usage=unknown))
    if used is not None:
        yield _event(msgspec.structs.replace(whole, choices=[], usage=used))
    yield Chunk(b"data: [DONE]\n\n")


def _event(value: TextCompletion, delay: float = 0.0) -> Chunk:
    return Chunk(b"data: " + msgspec.json.encode(value) + b"\n\n", delay)
