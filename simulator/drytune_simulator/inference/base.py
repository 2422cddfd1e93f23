"""What a model says that was not tuned here: that it is simulated."""

from __future__ import annotations

from collections.abc import Sequence

from drytune_simulator.inference.answer import Answer
from drytune_simulator.inference.arguments import fitted
from drytune_simulator.inference.conversation import Call, Turn
from drytune_simulator.inference.lessons import Reply
from drytune_simulator.inference.offer import Offer

__all__ = ["base_answer", "excerpt"]


def excerpt(text: str, most: int = 80) -> str:
    """`text` on one line, of at most `most` characters."""
    line = " ".join(text[: 8 * most].split())
    return line if len(line) <= most and len(text) <= 8 * most else line[: most - 1] + "…"


def base_answer(turns: Sequence[Turn], offer: Offer, model: str) -> Answer:
    """A plain word that nothing runs here; a valid call where the request forces one.

    Args:
        turns: The conversation.
        offer: What may be called.
        model: The name to say.

    Raises:
        ApiError: 501 when a call is forced and no valid arguments could be built.
    """
    asked = [turn.text for turn in turns if turn.role == "user"]
    if offer.forced:
        function = next(iter(offer.functions.values()))
        arguments = fitted(function, None, asked[-1] if asked else "")
        return Answer(Reply(calls=(Call(function.name, arguments),)), "base")
    said = f"[simulated] {model} is not run here: drytune answers only for models tuned in this simulator."
    if asked:
        said += f' Last user message: "{excerpt(asked[-1])}"'
    return Answer(Reply(content=said), "base")
