"""The wire form of a chat completion, whole (API reference, the chat completion object, 2025-26)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drytune_simulator.ids import identifier
from drytune_simulator.inference.choices import Choice

__all__ = ["Envelope", "completion", "tool_call_id", "usage"]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a completion and each of its chunks carry.

    Attributes:
        id: ``chatcmpl-…``.
        created: Unix seconds.
        model: The name to echo.
        seed: Of the ids of tool calls.
    """

    id: str
    created: int
    model: str
    seed: int

    def fields(self, kind: str) -> dict[str, Any]:
        """The fields around the choices of an object of this `kind`."""
        fingerprint = hashlib.sha256(self.model.encode("utf-8", "replace")).hexdigest()[:10]
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": f"fp_{fingerprint}",
        }


def tool_call_id(envelope: Envelope, index: int) -> str:
    """``call_`` and 24 letters and digits: the same for the same completion and place."""
    return f"call_{identifier(24, envelope.seed, envelope.id, index)}"


def usage(prompt_tokens: int, choices: Sequence[Choice]) -> dict[str, Any]:
    """The usage object; choices add up."""
    completion_tokens = sum(choice.tokens for choice in choices)
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def completion(envelope: Envelope, choices: Sequence[Choice], used: Mapping[str, Any]) -> dict[str, Any]:
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
                "logprobs": None,
                "finish_reason": choice.finish_reason,
            }
            for index, choice in enumerate(choices)
        ],
        "usage": used,
    }


def _message(choice: Choice, ids: Sequence[str]) -> dict[str, Any]:
    reply = choice.reply
    message: dict[str, Any] = {"role": "assistant", "content": reply.content, "refusal": reply.refusal}
    functions = [{"name": call.name, "arguments": call.arguments} for call in reply.calls]
    if functions and choice.form == "functions":
        message["function_call"] = functions[0]
    elif functions:
        message["tool_calls"] = [
            {"id": each, "type": "function", "function": function}
            for each, function in zip(ids, functions, strict=True)
        ]
    message["annotations"] = []
    return message
