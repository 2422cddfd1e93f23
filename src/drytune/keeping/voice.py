"""An archive as a voice of the simulator: what a kept model said is what it says, wherever it is asked."""

from __future__ import annotations

import heapq
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drytune.cassettes.model import Cassette
from drytune.keeping.archive import Answered, answered, kept_model
from drytune.keeping.budget import base_of
from drytune.keeping.meaning import Meaning, Saying, answers_of, meaning_of
from drytune_simulator.http import ApiError
from drytune_simulator.inference.answer import Answer
from drytune_simulator.inference.base import excerpt
from drytune_simulator.inference.conversation import Call, Turn
from drytune_simulator.inference.likeness import folded, likeness
from drytune_simulator.inference.voice import KnownModel, Question

__all__ = ["ArchiveVoice", "unanswered"]

_STAND_IN = "gpt-4o-2024-08-06"
"""Whose tokenizer counts, and whose limits hold, for a model that the catalog does not know."""

_LOOKED_AT = 50
_SHOWN_BEFORE = 20
_PLACEHOLDER = re.compile(r"REDACTED-([a-z-]*)\d+")


@dataclass(slots=True)
class _Known:
    """A question that was asked, and all that was said to it.

    Attributes:
        number: Of the exchange in which it was asked first, from 1.
        meaning: What it asks.
        words: All of it, folded for comparison.
        marks: What it has in common with others, roughly.
        said: Digest of its conversation.
        answers: Each, with the number of its exchange.
        turn: How many of them were given.
    """

    number: int
    meaning: Meaning
    words: str
    marks: frozenset[str]
    said: bytes
    answers: list[tuple[int, Saying]] = field(default_factory=list)
    turn: int = 0


class ArchiveVoice:
    """Answers for the model that an archive has kept, with what was recorded, one answer after the other.

    A question is known by what it means (`drytune.keeping.meaning`). One that was never asked is refused with 501,
    which names the nearest that was. Safe to share between threads.

    Args:
        archive: What `drytune keep` has made.
        redact: Makes a text what it would be in the archive, for questions with secrets in them.

    Attributes:
        models: The kept model, for the simulator.

    Raises:
        UsageError: The cassette is no archive.
    """

    def __init__(self, archive: Cassette, redact: Any = None) -> None:
        self._name = kept_model(archive)
        self._redact = redact
        self._told = {
            "x-drytune": "replayed",
            "x-drytune-provenance": archive.header.provenance or "unknown",
        }
        self._known: dict[bytes, _Known] = {}
        self._lock = threading.Lock()
        self.models: Mapping[str, KnownModel] = {self._name: _model(self._name, archive)}
        for one in answered(archive.exchanges):
            if one.body.get("model") in (None, self._name) and one.status == 200:
                self._learn(one)

    def say(self, question: Question) -> Answer | None:
        """What was said; None to a question to another model.

        Raises:
            ApiError: 501, it was never asked so.
        """
        if self._name not in (question.model, question.requested):
            return None
        asked = Meaning(tuple(question.turns), question.offer, question.shape)
        known = self._find(asked)
        if known is None:
            raise unanswered(self._no_answer(asked))
        number, said = self._next(known, asked)
        return Answer(
            said.reply, "recorded", ends=said.ends, details={**self._told, "x-drytune-exchange": str(number)}
        )

    def _learn(self, one: Answered) -> None:
        said = answers_of(one.door, one.data)
        try:
            meaning = _numberless(meaning_of(one.door, one.body))
        except ApiError:
            # what is not simulated here can only be asked again as it was: `Replay` answers that
            said = []
        if not said:
            return
        known = self._known.get(meaning.key)
        if known is None:
            words = folded(meaning.words)
            known = _Known(one.number, meaning, words, _marks(words), meaning.said)
            self._known[meaning.key] = known
        known.answers += [(one.number, each) for each in said]

    def _find(self, asked: Meaning) -> _Known | None:
        known = self._known.get(_numberless(asked).key)
        if known is None and self._redact is not None:
            known = self._known.get(_numberless(_reworded(asked, self._redact)).key)
        return known

    def _next(self, known: _Known, asked: Meaning) -> tuple[int, Saying]:
        """The next answer that the request allows."""
        said = known.answers
        if not asked.offer.parallel:
            said = [one for one in said if len(one[1].reply.calls) < 2]
            if not said:
                raise unanswered(
                    f"{self._name} was asked this, but called several functions at once each time, which this "
                    "request does not allow (parallel_tool_calls)."
                )
        with self._lock:
            known.turn += 1
            return said[(known.turn - 1) % len(said)]

    def _no_answer(self, asked: Meaning) -> str:
        if self._redact is not None:
            asked = _numberless(_reworded(asked, self._redact))
        nothing = f"nothing recorded of {self._name} answers this question"
        near = self._nearest(asked)
        if near is None:
            return (
                f"{nothing}: the archive holds no answers that can be given to other requests than its own."
            )
        where = _difference(near.meaning, asked)
        return f"{nothing}: nearest is exchange {near.number}, which differs {where}."

    def _nearest(self, asked: Meaning) -> _Known | None:
        """The question that is most like it; the one with the same conversation, if there is one."""
        words, said = folded(asked.words), asked.said
        marks = _marks(words)
        # to look closely at all of ten thousand would take half a second
        likely = heapq.nlargest(
            _LOOKED_AT,
            self._known.values(),
            key=lambda known: (known.said == said, -len(marks ^ known.marks), -known.number),
        )
        return max(
            likely,
            key=lambda known: (known.said == said, likeness(words, known.words), -known.number),
            default=None,
        )


def unanswered(message: str) -> ApiError:
    """The refusal of what was not recorded; no SDK asks again."""
    return ApiError(
        501,
        message,
        type="drytune_error",
        code="no_recording",
        headers={"x-should-retry": "false", "x-drytune": "replayed", "x-drytune-layer": "recorded"},
    )


def _marks(words: str) -> frozenset[str]:
    """The words of a text, and its characters: Japanese has no spaces."""
    return frozenset(words.split()) | frozenset(words)


def _model(name: str, archive: Cassette) -> KnownModel:
    told = (archive.header.archive or {}).get("model_object")
    told = told if isinstance(told, Mapping) else {}
    created, owned_by = told.get("created"), told.get("owned_by")
    base = base_of(name)
    return KnownModel(
        name,
        _STAND_IN if base is None else base.id,
        created if type(created) is int else 0,
        owned_by if isinstance(owned_by, str) else "unknown",
    )


def _reworded(meaning: Meaning, change: Any) -> Meaning:
    """The same question with other words in its conversation."""
    turns = [
        Turn(
            turn.role,
            change(turn.text),
            turn.name,
            tuple(Call(call.name, change(call.arguments)) for call in turn.calls),
        )
        for turn in meaning.turns
    ]
    return Meaning(tuple(turns), meaning.offer, meaning.shape)


def _numberless(meaning: Meaning) -> Meaning:
    """The same question, its placeholders without their numbers."""
    if not any("REDACTED-" in turn.words() for turn in meaning.turns):
        return meaning
    return _reworded(meaning, lambda text: _PLACEHOLDER.sub(r"REDACTED-\1#", text))


def _difference(recorded: Meaning, asked: Meaning) -> str:
    """Where two questions differ first, in words."""
    for number, (one, other) in enumerate(zip(recorded.turns, asked.turns, strict=False)):
        for what in ("role", "text", "name", "calls"):
            if (kept := getattr(one, what)) != (given := getattr(other, what)):
                return f"in message {number + 1}, its {what}{_both(kept, given)}"
    if len(recorded.turns) != len(asked.turns):
        return f"in its length: recorded {len(recorded.turns)} messages, asked {len(asked.turns)}"
    return "in " + " and ".join(_terms(recorded, asked)) + ", though the conversation is the same"


def _both(kept: object, given: object) -> str:
    """Two things that differ, so that one sees it."""
    recorded, asked = _shown(kept), _shown(given)
    only = ""
    if recorded == asked and isinstance(kept, str) and isinstance(given, str):
        only = ", only in white space" if kept.split() == given.split() else ""
        recorded, asked = _around(kept, given)
    return f"{only}: recorded {recorded}, asked {asked}"


def _around(kept: str, given: str) -> tuple[str, str]:
    """Both texts where they differ first, every blank to be seen."""
    pairs = enumerate(zip(kept, given, strict=False))
    differs = next((place for place, (one, other) in pairs if one != other), min(len(kept), len(given)))
    start = max(0, differs - _SHOWN_BEFORE)
    before = "…" if start else ""
    first, second = (f"{before}{text[start : start + 3 * _SHOWN_BEFORE]!r}" for text in (kept, given))
    return first, second


def _terms(recorded: Meaning, asked: Meaning) -> Iterator[str]:
    one, other = recorded.offer, asked.offer
    names = [[function.name for function in offer.declared] for offer in (one, other)]
    if sorted(names[0]) != sorted(names[1]):
        yield f"the tools: recorded {_listed(names[0])}, asked {_listed(names[1])}"
    elif Meaning((), recorded.offer).key != Meaning((), asked.offer).key:
        same = sorted(one.functions) == sorted(other.functions) and one.forced == other.forced
        yield "a tool's description or parameters" if same else "tool_choice"
    if Meaning((), shape=recorded.shape).key != Meaning((), shape=asked.shape).key:
        yield f"the shape of the answer: recorded {recorded.shape.kind}, asked {asked.shape.kind}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return _listed([f"{call.name}({excerpt(call.arguments)})" for call in value])
    return repr(excerpt(str(value)))
