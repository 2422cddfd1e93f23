"""How many tokens a response is: as recorded of gpt-4o-mini in 2025-26 (openai-dotnet, R), where not as a chat.

Of 46 recorded answers without tools each has one token more than its text; one that was cut has not. With tools
it has two more. A call that the model decided upon has 8 more than its name and arguments; one that was forced
has 1 more than its arguments, and 7 and its name stand in the input. Definitions of tools count 7 less than in a
chat (three recordings), a schema of the text 6 less, and the result of a call 1 more (one recording each).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from drytune_simulator.dataset.tokens import Counter
from drytune_simulator.inference.abilities import Abilities
from drytune_simulator.inference.counting import asked_tokens
from drytune_simulator.inference.offer import Offer
from drytune_simulator.inference.responses.request import Asking
from drytune_simulator.inference.responses.tools import as_chat_tools

__all__ = ["CALL", "END", "FORCED_CALL", "input_tokens", "is_named"]

END: Final = 1
"""Of a message, behind its text."""
CALL: Final = 8
"""Of a call, around its name and its arguments."""
FORCED_CALL: Final = 1
"""Of a forced call, behind its arguments."""

_NAMED: Final = 7
_TOOLS: Final = -7
_SCHEMA: Final = -6
_RESULT: Final = 1


def input_tokens(
    asking: Asking, messages: Sequence[Mapping[str, Any]], counter: Counter, abilities: Abilities
) -> int:
    """What ``usage.input_tokens`` is.

    Args:
        asking: What is asked besides the conversation.
        messages: The conversation as a chat has it.
        counter: Of the model's encoding.
        abilities: Of the model; it counts images in its own way.
    """
    body: dict[str, Any] = {"messages": messages}
    total = sum(_RESULT for message in messages if message["role"] == "tool")
    if asking.tools:
        body["tools"] = as_chat_tools(asking.tools)
        total += _TOOLS
    if asking.text_format["type"] == "json_schema":
        body["response_format"] = {"json_schema": asking.text_format}
        total += _SCHEMA
    offer = asking.offer
    if is_named(offer) and not offer.named:  # a chat counts so only what the request names
        total += _NAMED + counter.count(next(iter(offer.functions)))
    return total + asked_tokens(body, offer, counter, abilities)


def is_named(offer: Offer) -> bool:
    """Whether only one function can be called, and has to be: then its name is none of the model's own words."""
    return offer.forced and len(offer.functions) == 1
