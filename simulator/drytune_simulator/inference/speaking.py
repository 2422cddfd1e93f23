"""What is said, whatever the door: the first layer that has something to say, in the shape that is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from drytune_simulator.inference.answer import Answer
from drytune_simulator.inference.base import base_answer
from drytune_simulator.inference.conversation import Turn
from drytune_simulator.inference.drawing import Draw
from drytune_simulator.inference.offer import Offer
from drytune_simulator.inference.recall import taught_answer
from drytune_simulator.inference.shape import ANY_TEXT, Shape, shaped
from drytune_simulator.inference.taught import Taught

__all__ = ["question_of", "speak"]


def speak(
    turns: Sequence[Turn],
    offer: Offer,
    taught: Taught | None,
    *,
    model: str,
    shape: Shape = ANY_TEXT,
    draw: Draw | None = None,
) -> Answer:
    """The answer to a conversation.

    Args:
        turns: The conversation.
        offer: What may be called; the schemas of its functions have been checked.
        taught: What a tuned model was taught; None for a base model.
        model: The name to say.
        shape: What a text must be.
        draw: Which of several answers; None takes the best.

    Raises:
        ApiError: 501 when a call or a shape is wanted for which nothing valid could be built.
    """
    answer = base_answer(turns, offer, model) if taught is None else taught_answer(turns, offer, taught, draw)
    if shape.kind == "text":
        return answer
    return replace(answer, reply=shaped(answer.reply, shape, question_of(turns)))


def question_of(turns: Sequence[Turn]) -> str:
    """The text of the last message of the user."""
    return next((turn.text for turn in reversed(turns) if turn.role == "user"), "")
