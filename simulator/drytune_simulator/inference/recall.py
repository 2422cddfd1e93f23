"""What a tuned model answers: the lesson for this conversation, else the nearest that may be given."""

from __future__ import annotations

from collections.abc import Sequence

from drytune_simulator.inference.answer import Answer, forced_call
from drytune_simulator.inference.arguments import fitted
from drytune_simulator.inference.base import excerpt
from drytune_simulator.inference.conversation import Call, Turn
from drytune_simulator.inference.lessons import Lesson, Reply
from drytune_simulator.inference.offer import Offer
from drytune_simulator.inference.taught import Taught

__all__ = ["taught_answer"]


def taught_answer(turns: Sequence[Turn], offer: Offer, taught: Taught) -> Answer:
    """The trained reply to this very conversation, else the reply of the nearest lesson.

    A lesson that calls a function may be given only if the request offers that function; where a call is
    forced, only such a lesson may be given, and without one a call is built from the schema.

    Raises:
        ApiError: 501 when no valid arguments could be built.
    """
    same = taught.exact(turns)
    for lesson in same:
        if _may_give(lesson, offer):
            return _given(lesson, offer, 1.0)
    if same and not offer.forced:  # its reply is a call that this request does not let it give
        return _not_given(same[0], offer, 1.0)
    near = taught.nearest(turns, _kinds(turns, offer))
    if near is not None:
        return _given(near[0], offer, near[1])
    if offer.forced:
        return Answer(forced_call(offer), "taught", 0.0)
    other = taught.nearest(turns, taught.call_kinds)
    if other is not None:
        return _not_given(other[0], offer, other[1])
    asked = f' "{excerpt(turns[-1].words())}"' if turns and turns[-1].words() else " this"
    said = (
        f"[simulated] Nothing in the training file is like{asked}; the tuned model's answer is not simulated."
    )
    return Answer(Reply(content=said), "taught", 0.0)


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


def _given(lesson: Lesson, offer: Offer, similarity: float) -> Answer:
    """The lesson's reply; of its calls those that are offered, one alone unless several are allowed."""
    offered = [call for call in lesson.reply.calls if call.name in offer.functions]
    calls = tuple(
        Call(call.name, fitted(offer.functions[call.name], call.arguments))
        for call in (offered if offer.parallel else offered[:1])
    )
    reply = Reply(lesson.reply.content, lesson.reply.refusal, calls)
    return Answer(reply, "taught", similarity, lesson.line)


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
    return Answer(Reply(content=said), "taught", similarity, lesson.line)
