"""What a model says that was not tuned here: that it is simulated."""

from __future__ import annotations

from collections.abc import Sequence

from drytune_simulator.inference.answer import Answer, forced_call, left_to_call
from drytune_simulator.inference.conversation import Turn, question_of
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
    if offer.forced:
        return Answer(forced_call(left_to_call(offer, turns), question_of(turns)), "base")
    said = f"[simulated] {model} is not run here: drytune answers only for models tuned in this simulator."
    if any(turn.role == "user" for turn in turns):
        said += f' Last user message: "{excerpt(question_of(turns))}"'
    return Answer(Reply(content=said), "base")
