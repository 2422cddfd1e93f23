"""What is asked and what is said, without the accidents of the request: by which a question is the same again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NoReturn

from drytune.keeping.doors import Door
from drytune_simulator.checks import missing
from drytune_simulator.http import ApiError
from drytune_simulator.inference.abilities import ANYTHING, Abilities
from drytune_simulator.inference.conversation import Call, Turn, calls_of, keys, prompt_turns, turns_of
from drytune_simulator.inference.lessons import Reply
from drytune_simulator.inference.offer import Function, Offer
from drytune_simulator.inference.parameters import parse_request
from drytune_simulator.inference.responses import Names, read_input, read_request
from drytune_simulator.inference.responses.messages import messages_of
from drytune_simulator.inference.responses.normal import strict_form
from drytune_simulator.inference.shape import ANY_TEXT, Shape

__all__ = ["Ends", "Meaning", "Saying", "answers_of", "meaning_of"]

Ends = Literal["", "length", "content_filter"]

_NAMES: Final = Names("0" * 40, 0)


@dataclass(frozen=True, slots=True)
class Meaning:
    """A question.

    Two are the same if they have the same conversation, may call the same functions, must call something or need
    not, and have to answer in the same shape. Sampling, limits, streams, users and metadata are no part of it, nor
    is at which door it is asked.

    Attributes:
        turns: The conversation.
        offer: What may be called.
        shape: What a text must be.
    """

    turns: tuple[Turn, ...]
    offer: Offer = field(default_factory=Offer)
    shape: Shape = ANY_TEXT

    @property
    def said(self) -> bytes:
        """Digest of the conversation."""
        chained = keys(self.turns)
        return chained[-1] if chained else b""

    @property
    def key(self) -> bytes:
        """Digest of all of it: equal for questions that are the same."""
        offer, shape = self.offer, self.shape
        terms = {
            "functions": sorted((_function(function) for function in offer.declared), key=_written),
            "callable": sorted(offer.functions),
            "forced": offer.forced,
            "shape": shape.kind,
            "schema": None if shape.schema is None else _schema(shape.schema),
        }
        return hashlib.blake2b(self.said + _written(terms).encode(), digest_size=16).digest()

    @property
    def words(self) -> str:
        """Everything in the conversation, for likeness."""
        return "\n".join(turn.words() for turn in self.turns)


@dataclass(frozen=True, slots=True)
class Saying:
    """An answer.

    Attributes:
        reply: Text, refusal, calls.
        ends: How it ended, if not by itself.
    """

    reply: Reply
    ends: Ends = ""


def meaning_of(door: Door, body: Mapping[str, Any], abilities: Abilities = ANYTHING) -> Meaning:
    """The question that a request asks.

    Args:
        door: Where.
        body: Of the request; its model does not matter.
        abilities: Of the model.

    Raises:
        ApiError: 400, the platform would refuse it; 501, drytune does not simulate something in it.
    """
    if door == "chat":
        request = parse_request(body, abilities)
        return Meaning(turns_of(request.messages), request.offer, request.shape)
    if door == "completions":
        prompt = body.get("prompt")
        if not isinstance(prompt, str):
            raise (
                missing("prompt")
                if prompt is None
                else ApiError(501, "several prompts at once", param="prompt")
            )
        return Meaning(prompt_turns(prompt))
    asking = read_request({"model": "any", **body}, abilities)
    items = read_input(body["input"], _NAMES, _no_reference)
    instructions = asking.fields.instructions
    return Meaning(turns_of(messages_of(items, instructions)), asking.offer, asking.shape)


def answers_of(door: Door, data: object) -> list[Saying]:
    """The answers in a response's body, one a choice; none that is more than text and calls of functions."""
    if not isinstance(data, Mapping):
        return []
    if door == "responses":
        said = _of_response(data)
        return [] if said is None else [said]
    choices = data.get("choices")
    found: list[Saying] = []
    for choice in choices if isinstance(choices, list) else ():
        said = _of_choice(choice, door)
        if said is not None:
            found.append(said)
    return found


def _of_choice(choice: object, door: Door) -> Saying | None:
    if not isinstance(choice, Mapping):
        return None
    ends: Ends = (
        choice["finish_reason"] if choice.get("finish_reason") in ("length", "content_filter") else ""
    )
    if door == "completions":
        text = choice.get("text")
        return Saying(Reply(text), ends) if isinstance(text, str) else None
    message = choice.get("message")
    if not isinstance(message, Mapping) or message.get("audio"):
        return None
    calls = calls_of(message)
    if len(calls) < len(message.get("tool_calls") or ()):
        return None  # of custom tools, which only the recording itself can give again
    return _saying(message.get("content"), message.get("refusal"), calls, ends)


def _of_response(data: Mapping[str, Any]) -> Saying | None:
    texts: list[str] = []
    refusals: list[str] = []
    calls: list[Call] = []
    output = data.get("output")
    for item in output if isinstance(output, list) else ():
        kind = item.get("type") if isinstance(item, Mapping) else None
        if kind == "function_call":
            calls.append(Call(str(item.get("name")), str(item.get("arguments"))))
        elif kind == "message":
            for part in item.get("content") or ():
                if part.get("type") == "output_text":
                    texts.append(str(part.get("text")))
                elif part.get("type") == "refusal":
                    refusals.append(str(part.get("refusal")))
        elif kind != "reasoning":
            return None
    ends: Ends = ""
    if data.get("status") == "incomplete":
        reason = (data.get("incomplete_details") or {}).get("reason")
        ends = "content_filter" if reason == "content_filter" else "length"
    content = "".join(texts) if texts else None
    return _saying(content, "".join(refusals) if refusals else None, tuple(calls), ends)


def _saying(content: object, refusal: object, calls: tuple[Call, ...], ends: Ends) -> Saying | None:
    text = content if isinstance(content, str) else None
    refused = refusal if isinstance(refusal, str) else None
    if text is None and refused is None and not calls:
        # an empty answer is an answer: reasoning, or a filter, left nothing to be said
        text = ""
    return Saying(Reply(text, refused, calls), ends)


def _no_reference(name: str) -> NoReturn:
    raise ApiError(501, f"the item {name} is not part of the request", param="input", code="not_simulated")


def _function(function: Function) -> dict[str, Any]:
    parameters = function.parameters or {"type": "object", "properties": {}}
    return {"name": function.name, "description": function.description, "parameters": _schema(parameters)}


def _schema(schema: Any) -> Any:
    """A schema in the form of strict functions, if it has one: the responses door makes it so by itself."""
    return _sorted(strict_form(schema) or schema)


def _sorted(schema: Any) -> Any:
    """A schema whose lists of required properties are in one order."""
    if isinstance(schema, Mapping):
        return {
            name: sorted(value, key=str) if name == "required" and isinstance(value, list) else _sorted(value)
            for name, value in schema.items()
        }
    return [_sorted(item) for item in schema] if isinstance(schema, list) else schema


def _written(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
