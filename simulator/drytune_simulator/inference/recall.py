"""What a tuned model answers: the lesson for this conversation, else the nearest that may be given.

Which of several near lessons is given is decided by temperature:

- The reply to a conversation that was trained is always given, at any temperature. Where a file teaches several
  replies to one conversation, it is the first of them, or above temperature 0 any of them, evenly.
- At temperature 0, and where none is named, the nearest lesson is given, so that a rehearsal can be repeated. (The
  platform's own default is 1.)
- Above 0, one of the nearest `_DRAWN` is drawn: with temperature t, a lesson that is `_SPREAD` * t less like the
  question than the nearest is given 1/e as often. The request's seed decides, so that the same request is
  answered alike, while its several choices may differ; without a seed the nearest is given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from drytune_simulator import ids
from drytune_simulator.inference.answer import Answer, forced_call, left_to_call
from drytune_simulator.inference.arguments import fits, fitted
from drytune_simulator.inference.base import excerpt
from drytune_simulator.inference.carried import Carrier
from drytune_simulator.inference.conversation import Call, Turn, keys, question_of
from drytune_simulator.inference.drawing import Draw
from drytune_simulator.inference.lessons import Lesson, Reply
from drytune_simulator.inference.offer import Offer
from drytune_simulator.inference.taught import Found, Taught

__all__ = ["taught_answer"]

_DRAWN = 8
_SPREAD = 0.1
_CLEARLY = 0.05
"""A call that may not be given is told of if it is nearer by so much than what may."""
_MOST_EQUALS = 64
"""So many replies to one conversation are drawn from."""


def taught_answer(turns: Sequence[Turn], offer: Offer, taught: Taught, draw: Draw | None = None) -> Answer:
    """The trained reply to this very conversation, else the reply of a near lesson.

    A lesson that calls a function may be given only if the request offers that function; where a call is
    forced, only such a lesson may be given, or JSON that was trained to this very conversation as the arguments
    of the function that takes it; without either a call is built from the schema.

    Args:
        turns: The conversation.
        offer: What may be called.
        taught: What the model was taught.
        draw: Which of several replies; None takes the first, and the nearest.

    Raises:
        ApiError: 501 when no valid arguments could be built.
    """
    if taught.empty:
        return _nothing_learned(turns, offer)
    same = _same(turns, offer, taught, draw)
    if same is not None:
        return same
    offer = left_to_call(offer, turns)
    return _like(turns, offer, taught, draw) or _unlike(turns, offer)


def _same(turns: Sequence[Turn], offer: Offer, taught: Taught, draw: Draw | None) -> Answer | None:
    """The reply that was trained to this very conversation."""
    refused = None
    same: list[Lesson] = []
    for lesson in taught.exact(turns):
        if _may_give(lesson, offer):
            same.append(lesson)
            if draw is None or len(same) == _MOST_EQUALS:
                break
        elif refused is None:
            refused = lesson
    if same:
        return _given(same[int(_chance(draw, turns) * len(same))], offer, turns, 1.0)
    if refused is not None and not offer.forced:  # its reply is a call that this request does not let it give
        return _not_given(refused, offer, 1.0)
    return None if refused is None else _as_call(refused, offer)


def _as_call(lesson: Lesson, offer: Offer) -> Answer | None:
    """JSON that was trained as a text, as the arguments of the call that is forced here instead."""
    text = lesson.reply.content
    if lesson.reply.calls or text is None:
        return None
    for name, function in offer.functions.items():
        if fits(function, text):
            return Answer(Reply(calls=(Call(name, text),)), "taught", 1.0, lesson.line, lesson.origin)
    return None


def _like(turns: Sequence[Turn], offer: Offer, taught: Taught, draw: Draw | None) -> Answer | None:
    """The reply to a conversation that is like this one."""
    near = taught.near(turns, _kinds(turns, offer), 1 if draw is None else _DRAWN)
    other = _out_of_reach(turns, offer, taught)
    if other is not None and other.likeness >= (near[0].likeness if near else 0.0) + _CLEARLY:
        return _not_given(other.lesson, offer, other.likeness)
    if not near:
        return None
    found = _drawn(near, turns, draw)
    return _given(found.lesson, offer, turns, found.likeness)


def _out_of_reach(turns: Sequence[Turn], offer: Offer, taught: Taught) -> Found | None:
    """The nearest lesson that calls what this request does not let it call; None where a call is forced."""
    if offer.forced:
        return None
    barred = [kind for kind in taught.call_kinds if kind.removeprefix("call:") not in offer.functions]
    near = taught.near(turns, barred, _DRAWN)
    return next((found for found in near if not _may_give(found.lesson, offer)), None)


def _unlike(turns: Sequence[Turn], offer: Offer) -> Answer:
    """What is said where no lesson may be given."""
    if offer.forced:
        return Answer(forced_call(offer, question_of(turns)), "taught", 0.0)
    asked = f' "{excerpt(turns[-1].words())}"' if turns and turns[-1].words() else " this"
    said = (
        f"[simulated] Nothing in the training file is like{asked}; the tuned model's answer is not simulated."
    )
    return Answer(Reply(content=said), "taught", 0.0)


def _chance(draw: Draw | None, turns: Sequence[Turn]) -> float:
    """0 to 1, evenly spread and less than 1: the same for the same conversation and draw."""
    if draw is None:
        return 0.0
    asked = keys(turns)[-1].hex() if turns else ""
    return ids.integer(1 << 32, "said", draw.seed, draw.number, asked) / (1 << 32)


def _drawn(near: Sequence[Found], turns: Sequence[Turn], draw: Draw | None) -> Found:
    """One of some lessons, of which the first is the nearest."""
    if draw is None or draw.temperature <= 0 or len(near) == 1:
        return near[0]
    scale = _SPREAD * draw.temperature
    weights = [math.exp((found.likeness - near[0].likeness) / scale) for found in near]
    place = _chance(draw, turns) * sum(weights)
    for found, weight in zip(near, weights, strict=True):
        place -= weight
        if place < 0:
            return found
    return near[0]


def _kinds(turns: Sequence[Turn], offer: Offer) -> list[str]:
    """The kinds of lessons that may be given: a word about a tool's result makes no sense before there is one."""
    kinds = [f"call:{name}" for name in offer.functions]
    if not offer.forced:
        kinds.append("text")
        if turns and turns[-1].role == "tool":
            kinds.append("text-after-tool")
    return kinds


def _may_give(lesson: Lesson, offer: Offer) -> bool:
    if not lesson.reply.calls:
        return not offer.forced
    return any(call.name in offer.functions for call in lesson.reply.calls)


def _nothing_learned(turns: Sequence[Turn], offer: Offer) -> Answer:
    """The model's base answers: it is a checkpoint of the very beginning, or its lines hold no replies."""
    if offer.forced:
        return Answer(forced_call(offer, question_of(turns)), "base", 0.0)
    said = "[simulated] This tuned model has learned no reply that can be recalled; its base is not run here."
    return Answer(Reply(content=said), "base", 0.0)


def _given(lesson: Lesson, offer: Offer, turns: Sequence[Turn], similarity: float) -> Answer:
    """The lesson's reply; of its calls those that are offered, one alone unless several are allowed.

    The arguments of a lesson that is only like the conversation are carried over to it; those of its own are
    given as they were trained.
    """
    now = question_of(turns)
    offered = [call for call in lesson.reply.calls if call.name in offer.functions]
    trained = tuple(offered if offer.parallel else offered[:1])
    if similarity == 1.0:
        calls = tuple([_as_taught(call, offer, now) for call in trained])
    else:
        calls = Carrier(question_of(lesson.asked), now).calls(trained, offer.functions)
    reply = Reply(lesson.reply.content, lesson.reply.refusal, calls)
    repaired = similarity == 1.0 and calls != trained
    return Answer(reply, "taught", similarity, lesson.line, lesson.origin, repaired=repaired)


def _as_taught(call: Call, offer: Offer, question: str) -> Call:
    """A trained call to the byte, valid or not: a mistake that was taught is to be seen.

    A strict function is never called with what its schema does not allow, so there it is repaired.
    """
    function = offer.functions[call.name]
    return Call(call.name, fitted(function, call.arguments, question)) if function.strict else call


def _not_given(lesson: Lesson, offer: Offer, similarity: float) -> Answer:
    """Only a lesson that calls something is like the question, and this request does not let it."""
    names = list(dict.fromkeys(call.name for call in lesson.reply.calls))
    called = " and ".join(f"'{name}'" for name in names)
    declared = {function.name for function in offer.declared}
    why = "does not allow that call" if declared.issuperset(names) else "offers no such tool"
    said = (
        f"[simulated] The training example on line {lesson.line} calls the function {called} here; this "
        f"request {why}."
    )
    return Answer(Reply(content=said), "taught", similarity, lesson.line, lesson.origin)
