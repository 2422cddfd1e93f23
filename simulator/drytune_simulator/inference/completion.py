"""The wire form of a chat completion, whole (API reference, the chat completion object, 2025-26)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drytune_simulator.dataset.tokens import Counter
from drytune_simulator.ids import identifier
from drytune_simulator.inference.choices import Choice
from drytune_simulator.inference.conversation import text_of
from drytune_simulator.inference.logprobs import Guesses

__all__ = ["Envelope", "completion", "tool_call_id", "usage"]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a completion and each of its chunks carry.

    Attributes:
        id: ``chatcmpl-…``.
        created: Unix seconds.
        model: The name to echo.
        seed: Of the ids of tool calls, and of log probabilities.
        service_tier: On which it was answered.
        top_logprobs: How many alternatives to each token are told; None if no log probabilities are.
    """

    id: str
    created: int
    model: str
    seed: int
    service_tier: str = "default"
    top_logprobs: int | None = None

    def fields(self, kind: str) -> dict[str, Any]:
        """The first fields of an object of this `kind`."""
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}

    def served(self) -> dict[str, Any]:
        """How it was served: behind the choices of a completion, before those of a chunk."""
        fingerprint = hashlib.sha256(self.model.encode("utf-8", "replace")).hexdigest()[:10]
        return {"service_tier": self.service_tier, "system_fingerprint": f"fp_{fingerprint}"}

    def guesses(self, text: str, counter: Counter) -> Guesses | None:
        """What is told of the tokens of `text`; None if nothing is to be."""
        if self.top_logprobs is None:
            return None
        return Guesses.of(self.seed, text, counter.encoding, self.top_logprobs)


def tool_call_id(envelope: Envelope, index: int) -> str:
    """``call_`` and 24 letters and digits: the same for the same completion and place."""
    return f"call_{identifier(24, envelope.seed, envelope.id, index)}"


def predicted(prediction: Mapping[str, Any] | None, choice: Choice, counter: Counter) -> tuple[int, int]:
    """How many tokens of a predicted output came true, and how many did not.

    As recorded once, the first token is not taken from the prediction. That what comes true is a common beginning
    is drytune's own simplification (grade D).
    """
    if prediction is None:
        return 0, 0
    expected = counter.tokens(text_of(prediction["content"]) or "")
    said = choice.tokens_of(choice.reply.content or "", counter)
    same = next((n for n, pair in enumerate(zip(expected, said, strict=False)) if pair[0] != pair[1]), None)
    same = min(len(expected), len(said)) if same is None else same
    return max(0, same - 1), len(expected) - same


def usage(
    prompt_tokens: int, choices: Sequence[Choice], prediction: tuple[int, int] = (0, 0)
) -> dict[str, Any]:
    """The usage object; choices add up, and so does what was predicted in vain (API reference)."""
    accepted, rejected = prediction
    completion_tokens = sum(choice.tokens for choice in choices) + rejected
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": accepted,
            "rejected_prediction_tokens": rejected,
        },
    }


def completion(
    envelope: Envelope, choices: Sequence[Choice], used: Mapping[str, Any], counter: Counter
) -> dict[str, Any]:
    """The ``chat.completion`` object."""
    numbers = iter(range(sum(len(choice.reply.calls) for choice in choices)))
    return {
        **envelope.fields("chat.completion"),
        "choices": [
            {
                "index": index,
                "message": _message(
                    choice, [tool_call_id(envelope, next(numbers)) for _ in choice.reply.calls]
                ),
                "logprobs": _logprobs(envelope, choice, counter),
                "finish_reason": choice.finish_reason,
            }
            for index, choice in enumerate(choices)
        ],
        "usage": used,
        **envelope.served(),
    }


def _message(choice: Choice, ids: Sequence[str]) -> dict[str, Any]:
    reply = choice.reply
    message: dict[str, Any] = {"role": "assistant", "content": reply.content}
    functions = [{"name": call.name, "arguments": call.arguments} for call in reply.calls]
    if functions and choice.form == "functions":
        message["function_call"] = functions[0]
    elif functions:
        message["tool_calls"] = [
            {"id": each, "type": "function", "function": function}
            for each, function in zip(ids, functions, strict=True)
        ]
    message["refusal"] = reply.refusal
    message["annotations"] = []
    return message


def _logprobs(envelope: Envelope, choice: Choice, counter: Counter) -> dict[str, Any] | None:
    """What is told of the tokens of content and refusal; of calls the platform tells nothing (grade I)."""
    if envelope.top_logprobs is None:
        return None
    told: dict[str, Any] = {}
    for field, text in (("content", choice.reply.content), ("refusal", choice.reply.refusal)):
        guesses = envelope.guesses(text, counter) if text is not None else None
        told[field] = None
        if text is not None and guesses is not None:
            told[field] = guesses.entries(choice.tokens_of(text, counter))
    return told
