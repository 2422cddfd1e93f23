"""What may answer before a model does: scripted answers, recordings. A layer of them is a `Voice`.

The layers, of which the first that has something to say answers: faults (`drytune_simulator.faults`, they stand
before the simulator), then the voices of the world in their order (scripts, recordings), then what the model was
taught, then the base.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from drytune_simulator.inference.answer import Answer
from drytune_simulator.inference.conversation import Turn, question_of
from drytune_simulator.inference.offer import Offer
from drytune_simulator.inference.shape import ANY_TEXT, Shape

__all__ = ["NOBODY", "Door", "KnownModel", "Question", "Voice", "VoiceOfModels", "VoiceOfNames", "Voices"]

Door = Literal["chat", "responses", "completions"]


@dataclass(frozen=True, slots=True)
class Question:
    """What a voice is asked.

    Attributes:
        turns: The conversation; of a completion, its prompt as what a user says.
        offer: What may be called.
        model: The name to be echoed: a snapshot for a floating name, a tuned model's own name.
        requested: The name as the request has it.
        door: Where it was asked.
        shape: What a text must be; a voice may go by it, and need not.
    """

    turns: Sequence[Turn]
    offer: Offer
    model: str
    requested: str
    door: Door
    shape: Shape = ANY_TEXT

    @property
    def text(self) -> str:
        """The text of the last message of the user; empty without one."""
        return question_of(self.turns)

    @property
    def turn(self) -> int:
        """How many messages of the user there are."""
        return sum(turn.role == "user" for turn in self.turns)

    @property
    def tool_results(self) -> list[str]:
        """The results of tools that the conversation ends with, in order; none if it ends with anything else."""
        results: list[str] = []
        for turn in reversed(self.turns):
            if turn.role != "tool":
                break
            results.insert(0, turn.text)
        return results


class Voice(Protocol):
    """A layer of answers."""

    def say(self, question: Question) -> Answer | None:
        """The answer, given as it is; None leaves it to the next layer.

        Raises:
            ApiError: It has an answer that cannot be given to this request.
            ConnectionDropped: The client gets no answer.
        """


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that nobody has tuned here, and that is there because a voice answers for it.

    Attributes:
        name: What it is called, ``ft:…`` or anything else.
        base: The model of the catalog that it was tuned from, or the one whose tokenizer counts for it and whose
            limits it has.
        created: Unix seconds, as the models endpoint tells it.
        owned_by: The same.
    """

    name: str
    base: str
    created: int
    owned_by: str


class VoiceOfModels(Voice, Protocol):
    """A voice that brings models with it: they are found and listed, whoever asks, also when they are retired.

    Nothing else answers for such a model, so `say` must have an answer to each question to it, or raise.
    """

    @property
    def models(self) -> Mapping[str, KnownModel]:
        """By name."""


class VoiceOfNames(Voice, Protocol):
    """A voice that names models which need not be there: whoever asks one for an answer finds it.

    That is all of it: they are not listed, cannot be tuned, and where the voice is silent the base speaks for
    them.
    """

    def names_model(self, *names: str, exactly: bool = False) -> bool:
        """Whether a model that is called by one of these names is meant.

        Args:
            names: The name as a request has it, and others of the same model.
            exactly: By its name, and not by a pattern: then it is there on each day, too.
        """


@dataclass(frozen=True, slots=True)
class Voices:
    """The voices of a world as one request hears them.

    Attributes:
        layers: In the order in which they are asked.
        door: Where the request was made.
        requested: The model, as it names it.
    """

    layers: Sequence[Voice]
    door: Door
    requested: str

    def say(self, turns: Sequence[Turn], offer: Offer, model: str, shape: Shape = ANY_TEXT) -> Answer | None:
        """The first answer to a conversation; None if no voice has one.

        Args:
            turns: The conversation.
            offer: What may be called.
            model: The name to be echoed.
            shape: What a text must be.

        Raises:
            ApiError: A voice has an answer that cannot be given.
        """
        if not self.layers:
            return None
        question = Question(turns, offer, model, self.requested, self.door, shape)
        return next((said for voice in self.layers if (said := voice.say(question)) is not None), None)


NOBODY: Final = Voices((), "chat", "")
"""No voice: the model answers."""
