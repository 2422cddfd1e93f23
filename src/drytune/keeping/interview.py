"""A model is asked recorded prompts, one after the other, within a budget and a rate."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from drytune.errors import DrytuneError
from drytune.keeping.asking import Asker, NoRoomError, StopError
from drytune.keeping.budget import Budget, Price
from drytune.keeping.collected import Prompt
from drytune.keeping.doors import PATHS
from drytune.keeping.said import Said, failed, said_in
from drytune.keeping.watching import Watch

__all__ = ["Interview", "Progress", "Stopped", "priced"]

Progress = Callable[[int, int, float | None], None]
"""Told after each request: how many are done, how many there are, USD spent; None if no price is known."""

_MOST_FAILURES: Final = 2
"""So many questions in a row without an answer, each asked several times, and nobody is there any more."""


class Stopped(DrytuneError):  # noqa: N818 - what has happened
    """No more can be asked; its text is a sentence that says why."""


def priced(said: Said, price: Price | None) -> Said:
    """An answer with what it cost; nothing where there is none."""
    if said.error is not None:
        return msgspec.structs.replace(said, usd=0.0)
    if price is None or said.prompt_tokens is None or said.completion_tokens is None:
        return msgspec.structs.replace(said, usd=None)
    cost = price.of(said.prompt_tokens, said.completion_tokens, said.cached_tokens)
    return msgspec.structs.replace(said, usd=cost)


class Interview:
    """Asks.

    Args:
        model: Is asked.
        asker: Through a client over `watch`.
        watch: Sees what is answered.
        budget: Of the model.
    """

    def __init__(self, model: str, *, asker: Asker, watch: Watch, budget: Budget) -> None:
        self._model = model
        self._asker = asker
        self._watch = watch
        self._budget = budget
        self._answered = False
        self._failures = 0

    @property
    def spent(self) -> float | None:
        """USD so far, an answer that does not say what it took at its worst; None if no price is known."""
        return None if self._budget.price is None else self._budget.spent

    def prepare(self, prompts: Sequence[Prompt]) -> None:
        """Find out before anything is asked whether the budget can be kept.

        Raises:
            UsageError: It cannot.
        """
        for prompt in prompts:
            self._budget.worst(prompt.door, prompt.body)

    def ask(self, prompt: Prompt) -> tuple[Said, ...]:
        """What the model says, or why it does not.

        Raises:
            Stopped: The budget is used up, or nothing more will be answered.
        """
        worst = self._budget.worst(prompt.door, prompt.body)
        said = tuple(priced(one, self._budget.price) for one in self._answers(prompt, worst))
        self._answered |= said[0].status != 0
        self._failures = 0 if said[0].status else self._failures + 1
        if self._failures and (not self._answered or self._failures >= _MOST_FAILURES):
            why = (said[0].error or "").rstrip(".")
            raise Stopped(f"{self._model} does not answer: {why}.")
        return said

    def _answers(self, prompt: Prompt, worst: float) -> tuple[Said, ...]:
        try:
            body = {"model": self._model, **prompt.body}
            outcome = self._asker.ask(PATHS[prompt.door], body, self._budget.stake(worst))
        except NoRoomError as stop:
            raise Stopped(
                f"The budget of {self._budget.max_usd or 0.0:g} USD does not cover the next request: prompt "
                f"{prompt.number} may cost {worst:.4f} USD, and {self._budget.spent:.4f} USD are spent."
            ) from stop
        except StopError as stop:
            told, why = self._watch.told, str(stop).rstrip(".")
            if told is None or told.status != 404 or self._is_unknown(told.body):
                raise Stopped(f"{self._model} cannot be asked: {why}.") from stop
            # something else that the request names is not there, such as a stored response, or the door
            return said_in(told, prompt.door)
        told = self._watch.told
        if told is None:
            return (failed(outcome.words or "there was no answer"),)
        said = said_in(told, prompt.door)
        costs = [priced(one, self._budget.price).usd for one in said]
        if None in costs:
            self._budget.lose(worst)
        else:
            self._budget.spent += sum(cost or 0.0 for cost in costs)
        return said

    def _is_unknown(self, body: bytes) -> bool:
        """Whether a 404 is about the model."""
        return b"model_not_found" in body or json.dumps(self._model)[1:-1].encode() in body
