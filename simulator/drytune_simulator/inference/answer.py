"""An answer before it takes the wire's form: what is said, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from drytune_simulator.inference.arguments import fitted
from drytune_simulator.inference.conversation import Call, Turn
from drytune_simulator.inference.lessons import NOWHERE, Origin, Reply
from drytune_simulator.inference.offer import Offer

__all__ = ["SIMULATED", "Answer", "Layer", "forced_call", "left_to_call"]

SIMULATED: Final = "[simulated]"
"""What drytune says itself begins so."""

Layer = Literal["scripted", "recorded", "taught", "base"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said, and by which layer.

    Attributes:
        reply: Text, refusal or calls; every call is of a function that the request offers.
        layer: "scripted" by the tester, "recorded" at the platform, "taught" from the training file, "base" for a
            model that was not tuned here.
        similarity: How like the lesson's conversation is, 0.0 to 1.0; None for other layers than "taught".
        line: The line of the training file the reply came from, if it came from one.
        origin: The job whose training file that is: of a tune of a tune it may be an earlier one.
        script: Name or number of the script that says it.
        repaired: What was trained was not valid against a schema that must be kept, and was changed.
        delay: Seconds that the answer waits before its first token, beside what every answer does.
        ends: How a recorded one ended, if not by itself: ``length`` was cut, ``content_filter`` withheld.
        details: Headers that a voice wants to tell with it.
    """

    reply: Reply
    layer: Layer
    similarity: float | None = None
    line: int | None = None
    origin: Origin = NOWHERE
    script: str = ""
    repaired: bool = False
    delay: float = 0.0
    ends: Literal["", "length", "content_filter"] = ""
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def trained(self) -> bool:
        """Whether the reply is that of the lesson, and not a word about it."""
        return self.line is not None and not (self.reply.content or "").startswith(SIMULATED)

    @property
    def headers(self) -> dict[str, str]:
        """The response headers that tell where the answer came from."""
        told: dict[str, str] = {"x-drytune-layer": self.layer}
        if self.similarity is not None:
            told["x-drytune-similarity"] = f"{self.similarity:.4f}"
        if self.line is not None:
            told["x-drytune-line"] = str(self.line)
        if self.repaired:
            told["x-drytune-repaired"] = "true"
        if self.script:
            told["x-drytune-script"] = self.script
        if self.origin.job:
            told["x-drytune-job"] = self.origin.job
            told["x-drytune-file"] = self.origin.file
        told.update(self.details)
        return told


def left_to_call(offer: Offer, turns: Sequence[Turn]) -> Offer:
    """The offer, where a call is forced, without what was called since the user spoke; the same if that is all.

    Agents force a call at every turn, and end at the one that takes their answer: a model that calls the same
    function whatever its result is would keep them for ever.
    """
    if not offer.forced or len(offer.functions) == 1:
        return offer
    called: set[str] = set()
    for turn in reversed(turns):
        if turn.role == "user":
            break
        called.update(call.name for call in turn.calls)
    left = {name: function for name, function in offer.functions.items() if name not in called}
    return replace(offer, functions=left) if left else offer


def forced_call(offer: Offer, question: str = "") -> Reply:
    """A call of the first function that may be called, its arguments built from the schema and the question.

    Raises:
        ApiError: 501 when no valid arguments could be built.
    """
    function = next(iter(offer.functions.values()))
    return Reply(calls=(Call(function.name, fitted(function, None, question)),))
