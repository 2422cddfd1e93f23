"""An answer before it takes the wire's form: what is said, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from drytune_simulator.inference.arguments import fitted
from drytune_simulator.inference.conversation import Call
from drytune_simulator.inference.lessons import NOWHERE, Origin, Reply
from drytune_simulator.inference.offer import Offer

__all__ = ["Answer", "Layer", "forced_call"]

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
        delay: Seconds that the answer waits before its first token, beside what every answer does.
    """

    reply: Reply
    layer: Layer
    similarity: float | None = None
    line: int | None = None
    origin: Origin = NOWHERE
    script: str = ""
    delay: float = 0.0

    @property
    def headers(self) -> dict[str, str]:
        """The response headers that tell where the answer came from."""
        told: dict[str, str] = {"x-drytune-layer": self.layer}
        if self.similarity is not None:
            told["x-drytune-similarity"] = f"{self.similarity:.4f}"
        if self.line is not None:
            told["x-drytune-line"] = str(self.line)
        if self.script:
            told["x-drytune-script"] = self.script
        if self.origin.job:
            told["x-drytune-job"] = self.origin.job
            told["x-drytune-file"] = self.origin.file
        return told


def forced_call(offer: Offer, question: str = "") -> Reply:
    """A call of the first function that may be called, its arguments built from the schema and the question.

    Raises:
        ApiError: 501 when no valid arguments could be built.
    """
    function = next(iter(offer.functions.values()))
    return Reply(calls=(Call(function.name, fitted(function, None, question)),))
