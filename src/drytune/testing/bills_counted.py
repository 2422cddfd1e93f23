"""How many tokens an answer is that does not tell it: counted as the simulator counts those that do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from drytune.testing.answers_said import answers_of, words_of
from drytune_simulator.dataset.tokens import Counter, counter
from drytune_simulator.http import ApiError
from drytune_simulator.inference.abilities import Abilities
from drytune_simulator.inference.choices import Choice, choice_of
from drytune_simulator.inference.completion import predicted, usage
from drytune_simulator.inference.completions_request import parse_completion_request
from drytune_simulator.inference.conversation import Call
from drytune_simulator.inference.counting import asked_tokens
from drytune_simulator.inference.lessons import Reply
from drytune_simulator.inference.parameters import ChatRequest, parse_request

if TYPE_CHECKING:
    from drytune.keeping.said import Said
    from drytune.testing.recorded_request import RecordedRequest
    from drytune_simulator.catalog import Model

__all__ = ["counted"]


def counted(one: RecordedRequest, model: str, base: Model) -> tuple[int, int, int]:
    """Tokens of the prompt, of the answer, and those that were cached, of which nothing is known.

    Args:
        one: Whose answer tells no usage: a stream tells it only if it is asked to.
        model: That answered.
        base: What it is, or was tuned from.
    """
    tokens = counter(base.encoding)
    try:
        if one.door == "chat":
            return _chat(one, tokens, Abilities.of(base, tuned=model.startswith("ft:")))
        if one.door == "completions":
            return _completions(one, tokens)
    except ApiError:  # of a recording: what is not simulated here; no token has less than a byte
        return len(one.sent.body), tokens.count(words_of(one)), 0
    return tokens.count(one.text or ""), tokens.count(words_of(one)), 0


def _chat(one: RecordedRequest, tokens: Counter, abilities: Abilities) -> tuple[int, int, int]:
    request = parse_request(one.json, abilities)
    prompt = asked_tokens(one.json, request.offer, tokens, abilities)
    choices = [_choice(said, request, tokens) for said in answers_of(one)]
    prediction = predicted(one.json.get("prediction"), choices[0], tokens) if choices else (0, 0)
    return prompt, usage(prompt, choices, prediction)["completion_tokens"], 0


def _choice(said: Said, request: ChatRequest, tokens: Counter) -> Choice:
    """An answer as it was counted; stop texts have ended it already."""
    calls = tuple(Call(call.name, call.arguments) for call in said.calls)
    choice = choice_of(Reply(said.text or None, said.refusal, calls), replace(request, stop=()), tokens)
    if said.is_truncated and not calls:  # there was no room for what is around its words
        return replace(choice, tokens=tokens.count(said.text or said.refusal or ""))
    return choice


def _completions(one: RecordedRequest, tokens: Counter) -> tuple[int, int, int]:
    request = parse_completion_request(one.json, tokens, None)
    prompts = [prompt.text for prompt in request.prompts]
    texts = _without_echo(answers_of(one), prompts, request.n) if request.echo else _texts(answers_of(one))
    asked = sum(prompt.tokens for prompt in request.prompts)
    return asked, sum(map(tokens.count, texts)), 0


def _texts(answers: Sequence[Said]) -> Iterator[str]:
    return (said.text for said in answers)


def _without_echo(answers: Sequence[Said], prompts: Sequence[str], n: int) -> Iterator[str]:
    """What was made, without the prompts before it; of each prompt there are `n`."""
    for number, text in enumerate(_texts(answers)):
        yield text.removeprefix(prompts[min(number // n, len(prompts) - 1)])
