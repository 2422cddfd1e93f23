"""The answer to a conversation as a response object, and how many tokens the conversation is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec import UNSET

from drytune_simulator.dataset.tokens import counter
from drytune_simulator.errors import refuse
from drytune_simulator.inference.abilities import Abilities
from drytune_simulator.inference.answer import Answer
from drytune_simulator.inference.conversation import turns_of
from drytune_simulator.inference.responses.counting import input_tokens
from drytune_simulator.inference.responses.messages import messages_of
from drytune_simulator.inference.responses.names import Names
from drytune_simulator.inference.responses.output import output_of
from drytune_simulator.inference.responses.request import Asking
from drytune_simulator.inference.speaking import told
from drytune_simulator.inference.taught import Taught
from drytune_simulator.inference.voice import NOBODY, Voices
from drytune_simulator.wire import responses as wire
from drytune_simulator.wire.response_requests import CreateResponse, Reasoning
from drytune_simulator.wire.responses import InputItem

__all__ = ["Circumstances", "answer", "count"]

_TIERS: Final = {"auto": "default", "fast": "priority"}
"""Tiers that are answered as others are (SDK types)."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who answers, and when.

    Attributes:
        model: The name to echo.
        encoding: Of the model, e.g. ``o200k_base``; it counts and cuts.
        abilities: How much the model reads, and how it counts images.
        taught: What a tuned model was taught; None for a base model.
        created: Unix seconds.
        voices: What is asked before the model.
    """

    model: str
    encoding: str
    abilities: Abilities
    taught: Taught | None
    created: int
    voices: Voices = NOBODY


def answer(
    asking: Asking, items: Sequence[InputItem], names: Names, now: Circumstances
) -> tuple[wire.Response, Answer]:
    """The response, at its end, and where it came from.

    Args:
        asking: What is asked, of `read_request`.
        items: The whole conversation.
        names: Gives ids.
        now: Who answers.

    Raises:
        ApiError: 400, the conversation is longer than the model reads; 501, nothing valid could be built.
    """
    fields = asking.fields
    assert isinstance(fields, CreateResponse)  # noqa: S101 - what `read_request` gives
    messages, tokens = _heard(asking, items, now)
    (said,) = told(
        turns_of(messages),
        asking.offer,
        now.taught,
        model=now.model,
        shape=asking.shape,
        voices=now.voices,
    )
    counts = counter(now.encoding)
    output = output_of(said.reply, asking.offer, fields.max_output_tokens, names, counts, asking.top_logprobs)
    whole = output.whole and not said.ends
    withheld = said.ends == "content_filter"
    tier = fields.service_tier or "auto"
    reasoning = fields.reasoning or Reasoning()
    response = wire.Response(
        id=names.response,
        created_at=now.created,
        status="completed" if whole else "incomplete",
        background=fields.background is True,
        billing=UNSET if fields.stream or fields.background else wire.Billing(),
        completed_at=now.created if whole else None,
        frequency_penalty=fields.frequency_penalty or 0.0,
        incomplete_details=None
        if whole
        else wire.IncompleteDetails(reason="content_filter" if withheld else "max_output_tokens"),
        instructions=fields.instructions,
        max_output_tokens=fields.max_output_tokens,
        max_tool_calls=fields.max_tool_calls,
        model=now.model,
        output=list(output.items),
        parallel_tool_calls=fields.parallel_tool_calls is not False,
        presence_penalty=fields.presence_penalty or 0.0,
        previous_response_id=fields.previous_response_id,
        prompt_cache_key=fields.prompt_cache_key,
        prompt_cache_retention=fields.prompt_cache_retention or "in_memory",
        reasoning=wire.AnsweredReasoning(
            effort=reasoning.effort, summary=reasoning.summary or reasoning.generate_summary
        ),
        safety_identifier=fields.safety_identifier,
        service_tier=_TIERS.get(tier, tier),
        store=fields.store is not False,
        temperature=1.0 if fields.temperature is None else fields.temperature,
        text=wire.AnsweredText(
            format=dict(asking.text_format),
            verbosity=(fields.text.verbosity if fields.text is not None else None) or "medium",
        ),
        tool_choice=fields.tool_choice or "auto",
        tools=list(asking.tools),
        top_logprobs=fields.top_logprobs or 0,
        top_p=1.0 if fields.top_p is None else fields.top_p,
        truncation=fields.truncation or "disabled",
        usage=wire.ResponseUsage(
            input_tokens=tokens,
            input_tokens_details=wire.InputTokensDetails(cache_write_tokens=0, cached_tokens=0),
            output_tokens=output.tokens,
            output_tokens_details=wire.OutputTokensDetails(reasoning_tokens=0),
            total_tokens=tokens + output.tokens,
        ),
        user=fields.user,
        metadata=fields.metadata or {},
    )
    return response, said


def count(asking: Asking, items: Sequence[InputItem], encoding: str, abilities: Abilities) -> int:
    """How many tokens the conversation is, tools and form of the text included."""
    messages = messages_of(items, asking.fields.instructions)
    return input_tokens(asking, messages, counter(encoding), abilities)


def _heard(
    asking: Asking, items: Sequence[InputItem], now: Circumstances
) -> tuple[list[dict[str, Any]], int]:
    """What the model hears, and how many tokens that is.

    With ``truncation: auto`` what is too long is shortened from its beginning; the instructions stay.

    Raises:
        ApiError: 400, it is too long, and may not be shortened.
    """
    messages = messages_of(items, asking.fields.instructions)
    counts, context = counter(now.encoding), now.abilities.context
    tokens = input_tokens(asking, messages, counts, now.abilities)
    kept = 0 if asking.fields.instructions is None else 1
    while context is not None and tokens > context:
        if asking.fields.truncation != "auto" or len(messages) <= kept + 1:
            raise refuse("input-too-long", reason=f"it has {tokens} tokens; {now.model} reads {context}")
        # a result makes no sense without its call: both go together
        del messages[kept]
        while len(messages) > kept + 1 and messages[kept]["role"] == "tool":
            del messages[kept]
        tokens = input_tokens(asking, messages, counts, now.abilities)
    return messages, tokens
