"""How many tokens a chat is: as recorded of gpt-4o-mini and gpt-4o in 2025-26 (openai-dotnet, 40 answers, R).

Messages and text answers are exact. Around tools and schemas the platform has more than is written:

- the result of a call has 5 more and the function's name; the id of the call does not count;
- a call that the model decided upon has 7 more than its name and arguments, each of several at once 14 (one
  recording);
  a call of the function that the request names is its arguments alone, its name and 7 stand in the prompt;
- an answer in words has 1 more where it might have been a call, and so has a refusal;
- a schema of the answer is counted as if it were described under a heading, within 4 of three recordings.

How the definitions of tools are counted is told in `dataset.toolbox`, within 4 of nine recordings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from drytune_simulator.dataset.accounting import PER_EXAMPLE, Load
from drytune_simulator.dataset.tokens import Counter
from drytune_simulator.dataset.toolbox import toolbox_of
from drytune_simulator.inference.abilities import Abilities
from drytune_simulator.inference.conversation import text_of
from drytune_simulator.inference.lessons import Reply
from drytune_simulator.inference.offer import Offer

__all__ = ["asked_tokens", "frame_of"]

_RESULT: Final = 5
_CALL: Final = 7
_SEVERAL: Final = 14
_SEVERAL_ASKED: Final = 6
_NAMED: Final = 7
_NONE: Final = 1


def asked_tokens(body: Mapping[str, Any], offer: Offer, counter: Counter, abilities: Abilities) -> int:
    """What ``usage.prompt_tokens`` is.

    Args:
        body: The request, checked.
        offer: What may be called.
        counter: Of the model's encoding.
        abilities: Of the model: how it counts images, and whether it reasons, which costs one token less.
    """
    messages = body["messages"]
    counter.get_ready()  # in time, for a server may ask whether it is (`resources.quickness`)
    load = Load(PER_EXAMPLE)
    for message in messages:
        load.add_message(_plain(message), abilities.image_tokens)
    # one by one: a conversation comes again with each of its turns, and so do texts that are remembered
    total = load.fixed + load.images_high + sum(map(counter.count, (*load.other, *load.spoken)))
    if body.get("tools") or body.get("functions"):
        total += toolbox_of(body.get("tools"), body.get("functions"), counter)[0]
    total -= abilities.reasons
    if any(message["role"] in {"tool", "function"} for message in messages):
        total += sum(_RESULT + counter.count(name) for name in _answered(messages))
        several = [len(calls) for message in messages if len(calls := message.get("tool_calls") or ()) > 1]
        total += _SEVERAL_ASKED * sum(several)
    if offer.declared and not offer.functions:
        total += _NONE
    elif offer.named:
        total += _NAMED + counter.count(next(iter(offer.functions)))
    described = (body.get("response_format") or {}).get("json_schema")
    return total if described is None else total + counter.count(_heading(described))


def frame_of(reply: Reply, offer: Offer) -> int:
    """How many tokens a whole reply is more than its texts."""
    calls = len(reply.calls)
    if calls:
        # the name was counted with the call, and is no part of the answer if the request names the function
        return 0 if offer.named else calls * (_CALL if calls == 1 else _SEVERAL)
    return 1 if reply.refusal is not None or offer.functions else 0


def _plain(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """A message without what does not count, its text in one piece."""
    content = message.get("content")
    if "tool_call_id" in message:
        message = {key: value for key, value in message.items() if key != "tool_call_id"}
    if isinstance(content, list):
        texts = [part for part in content if part["type"] in {"text", "refusal"}]
        others = [part for part in content if part not in texts]
        message = {**message, "content": [{"type": "text", "text": text_of(texts)}, *others]}
    return message


def _answered(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The names of the functions whose results are there; the older form has the name in the message."""
    names: dict[str, str] = {}
    for message in messages:
        for call in message.get("tool_calls") or ():
            names[call["id"]] = call["function"]["name"] if call["type"] == "function" else ""
        if message["role"] == "tool":
            yield names.get(message["tool_call_id"], "")
        elif message["role"] == "function":
            yield ""


def _heading(described: Mapping[str, Any]) -> str:
    """A schema as it is thought to stand in the prompt."""
    schema = described.get("schema") or {}
    if described.get("strict"):
        schema = _without(schema)
    words = f"# Response Formats\n\n## {described['name']}\n\n"
    if described.get("description"):
        words += f"// {described['description']}\n"
    return words + msgspec.json.encode(schema).decode()


def _without(value: Any) -> Any:
    """A strict schema without what it has to say everywhere."""
    if isinstance(value, dict):
        return {key: _without(item) for key, item in value.items() if key != "additionalProperties"}
    return [_without(item) for item in value] if isinstance(value, list) else value
