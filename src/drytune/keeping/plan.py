"""What is to be asked, in which order, and what of it an archive has already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from drytune.cassettes.model import Exchange
from drytune.errors import UsageError
from drytune.keeping.archive import counted, digest_of
from drytune.keeping.budget import Budget, limits_of
from drytune.keeping.prompts import Prompt, Prompts

__all__ = ["Plan", "Task", "planned"]


@dataclass(frozen=True, slots=True)
class Task:
    """A question to be asked once.

    Attributes:
        prompt: Which.
        body: Of the request, with the model and the limit of the answer.
        worst: What it costs at most, in USD; 0.0 without a budget.
    """

    prompt: Prompt
    body: dict[str, Any]
    worst: float


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is to be asked.

    Attributes:
        tasks: What is still to be asked, in order.
        done: How many questions have been answered before.
    """

    tasks: tuple[Task, ...]
    done: int

    @property
    def of(self) -> int:
        """How many questions there are in all."""
        return self.done + len(self.tasks)


def planned(
    model: str,
    prompts: Prompts,
    repeats: int,
    *,
    before: Sequence[Exchange],
    max_tokens: int | None,
    budget: Budget,
    redact: Callable[[bytes, str], bytes],
) -> Plan:
    """Each prompt once, then each again, without what has been answered.

    Args:
        model: Which one is asked.
        prompts: What.
        repeats: How often each.
        before: What the archive holds.
        max_tokens: The longest answer.
        budget: Prices each call.
        redact: Makes a body of a content type what it would be in the archive.

    Raises:
        UsageError: What a prompt costs at most cannot be known, and there is a budget.
    """
    tasks: list[Task] = []
    digests: list[str] = []
    for prompt in prompts:
        own = {**prompt.body, **limits_of(prompt.door, prompt.body, max_tokens)}
        try:
            worst = budget.worst(prompt.door, own)
        except UsageError as error:
            raise UsageError(f"{prompts.name}, line {prompt.line}: {error}") from None
        tasks.append(Task(prompt, {"model": model, **own}, worst))
        kept = msgspec.json.decode(redact(msgspec.json.encode(prompt.body), "application/json"))
        digests.append(digest_of(prompt.door, kept))
    answers = counted(before)
    left: list[Task] = []
    for _ in range(repeats):
        for task, digest in zip(tasks, digests, strict=True):
            if answers[digest] > 0:
                answers[digest] -= 1
            else:
                left.append(task)
    return Plan(tuple(left), repeats * len(prompts) - len(left))
