"""What a comparison of two models found: plain data, which reports show and programs read."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from drytune.keeping.doors import Door
from drytune.keeping.said import Said
from drytune_simulator.version import __version__

__all__ = [
    "VERDICTS",
    "Agreement",
    "Calls",
    "Compared",
    "Comparison",
    "Figures",
    "Measures",
    "Side",
    "Style",
    "Verdict",
]

Verdict = Literal[
    "error", "refused", "different", "unrecorded", "varies", "alike", "same", "unasked"
]  # the worst first
VERDICTS: dict[Verdict, str] = {
    "error": "the new model gave no answer",
    "refused": "the new model refuses what was answered",
    "different": "fewer than half of the pairs of a recorded and a new answer are alike",
    "unrecorded": "no answer was recorded, only errors",
    "varies": "different, but hardly more so (likeness within 0.1) than the recorded answers are among themselves",
    "alike": "at least half of the pairs of a recorded and a new answer are alike",
    "same": "every new answer equals every recorded one",
    "unasked": "the new model was not asked",
}
"""What each verdict on a prompt means; the worst first."""


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two models.

    Attributes:
        model: Its name.
        provenance: ``recorded``, ``simulated`` or ``documented`` for what was not answered now by a real platform;
            ``asked`` for what was; None if nobody said so.
        source: The base URL, as far as it is known.
        at: When it was asked, ISO 8601.
        price: Where the price is from, in words; None if no price is known.
    """

    model: str
    provenance: str | None = None
    source: str | None = None
    at: str | None = None
    price: str | None = None


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """How much answers agree, pair by pair; of a whole comparison, the mean over its prompts.

    Attributes:
        pairs: That were looked at.
        exact: Share of pairs with the same text, blanks at its ends aside, and the same calls; 0.0 to 1.0.
        near: Share of pairs that are exact, equal by meaning as JSON, or whose texts share at least the
            comparison's `near` of their character n-grams.
        likeness: Mean share of the character n-grams that the texts of a pair have in common, 0.0 to 1.0; None
            where there are only calls.
    """

    pairs: int
    exact: float
    near: float
    likeness: float | None


class Calls(msgspec.Struct, frozen=True, kw_only=True):
    """How much function calls agree, in the pairs in which at least one side calls.

    Attributes:
        pairs: So many.
        names: Share of pairs that call the same functions, as often, in any order.
        arguments: Share of pairs that do so with the same arguments by meaning.
    """

    pairs: int
    names: float
    arguments: float


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What is counted of the answers of one side.

    Attributes:
        answers: How many there are, without errors.
        errors: Requests that got none.
        empty: Answers that say nothing.
        refusals: Answers in which the model refuses.
        truncated: Answers that were cut off where they became too long.
        checked: Answers that had to fit a schema; `valid` of them do.
        tokens: Mean number in an answer, as billed.
        characters: Mean number in an answer, its calls with it.
        usd: Mean cost of an answer.
        wait: Median of the seconds until an answer began; `total` until it was there.
    """

    answers: int = 0
    errors: int = 0
    empty: int = 0
    refusals: int = 0
    truncated: int = 0
    checked: int = 0
    valid: int = 0
    tokens: float | None = None
    characters: float | None = None
    usd: float | None = None
    wait: float | None = None
    total: float | None = None


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of a prompt, or of all prompts.

    Attributes:
        agreement: Of recorded answers with new ones; None without a pair.
        own: Of recorded answers with one another, which is what to hold `agreement` against; None where no
            prompt has two.
        calls: Of function calls; None if there are none.
        own_calls: Of the recorded ones with one another.
        recorded: Of the recorded side.
        new: Of the new side.
        length: Characters of a new answer for one of a recorded answer.
        length_tokens: The same in tokens, as each model counts and bills them.
    """

    agreement: Agreement | None
    own: Agreement | None
    calls: Calls | None
    own_calls: Calls | None
    recorded: Figures
    new: Figures
    length: float | None = None
    length_tokens: float | None = None


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One prompt.

    Attributes:
        number: From 1, in the order of the archive.
        verdict: In one word; see `VERDICTS`.
        door: Where it was asked.
        prompt: What was asked, for people.
        request: The whole request without the model.
        measures: Its figures.
        recorded: Answers of the recorded model.
        new: Answers of the new one.
    """

    number: int
    verdict: Verdict
    door: Door
    prompt: str
    request: dict[str, Any]
    measures: Measures
    recorded: tuple[Said, ...]
    new: tuple[Said, ...]


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """How far the styles of two sets of texts are apart: the Jensen-Shannon distance of their character 3-grams.

    0.0 is the same mix of characters, 1.0 is not one in common; each prompt weighs the same. A small sample is
    never at 0.0 from another of the same writer, so there is a floor to compare with: the recorded answers are
    split into two halves again and again. `floor` is the distance of one half from the other; `crossed` that of
    one half from new answers in the place of the other. Only the writer differs between the two.

    Attributes:
        distance: Of all recorded answers from all new ones.
        floor: Mean over the splits; None if there is nothing to split. `floor_low` and `floor_high` are the least
            and the most.
        crossed: Mean over the same splits.
        by: What was split: the answers to each prompt, which keeps what is talked about out of it; or, where most
            have only one, the prompts. `units` is the number of prompts.
        splits: How often.
    """

    distance: float
    floor: float | None = None
    floor_low: float | None = None
    floor_high: float | None = None
    crossed: float | None = None
    by: Literal["prompts", "answers"] = "prompts"
    units: int = 0
    splits: int = 0


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What was found.

    Attributes:
        archive: Name of the recording.
        recorded: The model whose answers were recorded.
        new: The model that was asked the same.
        prompts: In the order of the archive.
        measures: Over all prompts.
        style: None where one side has no texts.
        near: From which likeness on two texts are called alike.
        spent_usd: What asking cost; None if it is not known.
        complete: Whether every prompt was asked as often as it should be.
        stopped: Why not, a sentence.
        notes: What to know before one believes the figures, a sentence each.
    """

    archive: str
    recorded: Side
    new: Side
    prompts: tuple[Compared, ...]
    measures: Measures
    style: Style | None
    near: float
    spent_usd: float | None = None
    complete: bool = True
    stopped: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def verdicts(self) -> dict[Verdict, int]:
        """How many prompts have each verdict, the worst first; without those that none has."""
        given = [prompt.verdict for prompt in self.prompts]
        return {verdict: given.count(verdict) for verdict in VERDICTS if verdict in given}

    def worst(self, most: int) -> tuple[Compared, ...]:
        """At most `most` prompts with the worst verdicts, and of these the least alike; in their order."""
        ranks = {verdict: rank for rank, verdict in enumerate(VERDICTS)}

        def badness(prompt: Compared) -> tuple[int, float, int]:
            agreement = prompt.measures.agreement
            return ranks[prompt.verdict], agreement.near if agreement else 0.0, prompt.number

        chosen = sorted(self.prompts, key=badness)[:most]
        return tuple(sorted(chosen, key=lambda prompt: prompt.number))

    def to_dict(self) -> dict[str, Any]:
        """As ``drytune compare --format json`` prints it."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return {
            "drytune": __version__,
            "archive": found.pop("archive"),
            "complete": found.pop("complete"),
            "stopped": found.pop("stopped"),
            "recorded": found.pop("recorded"),
            "new": found.pop("new"),
            "verdicts": dict(self.verdicts),
            "verdicts_mean": {verdict: VERDICTS[verdict] for verdict in self.verdicts},
            **found,
        }
