"""What is said, whatever the door: the first layer that has something to say, in the shape that is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from drytune_simulator.inference.answer import Answer
from drytune_simulator.inference.base import base_answer
from drytune_simulator.inference.conversation import Turn, question_of
from drytune_simulator.inference.drawing import Draw
from drytune_simulator.inference.offer import Offer
from drytune_simulator.inference.recall import taught_answer
from drytune_simulator.inference.shape import ANY_TEXT, Shape, shaped
from drytune_simulator.inference.taught import Taught
from drytune_simulator.inference.voice import NOBODY, Voices

__all__ = ["speak", "told"]


def told(
    turns: Sequence[Turn],
    offer: Offer,
    taught: Taught | None,
    *,
    model: str,
    shape: Shape = ANY_TEXT,
    draws: Sequence[Draw | None] = (None,),
    voices: Voices = NOBODY,
) -> Sequence[Answer]:
    """The answers to a conversation, one a draw; only one where a voice answers, whatever is drawn.

    What a voice says is given as it is, even where the request asks for a shape: whoever scripts an answer that
    no model should give wants to see what becomes of it.

    Args:
        turns: The conversation.
        offer: What may be called; the schemas of its functions have been checked.
        taught: What a tuned model was taught; None for a base model.
        model: The name to say.
        shape: What a text must be.
        draws: Which of several answers, for each choice that may differ.
        voices: What is asked before the model; once a request.

    Raises:
        ApiError: 501, as `speak`, or a voice has an answer that cannot be given to this request.
    """
    said = voices.say(turns, offer, model, shape)
    if said is not None:
        return [said]
    return [speak(turns, offer, taught, model=model, shape=shape, draw=draw) for draw in draws]


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
    reply = shaped(answer.reply, shape, question_of(turns))
    repaired = answer.repaired or (answer.trained and reply.content != answer.reply.content)
    return replace(answer, reply=reply, repaired=repaired)
