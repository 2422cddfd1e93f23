"""Subjects: sentences by number, so that no two examples of a dataset are alike.

What Hypothesis draws is often the same twice, above all when it shrinks; a dataset whose rows must differ gets its
differences from the row's number instead. Each slot of a sentence counts on its own, and the sizes of the lists
share no divisor: two rows that are less than 77 apart have at most one slot of their questions in common.
"""

from __future__ import annotations

from typing import Final

__all__ = ["answer", "question", "worse_answer"]


def _slot(words: str) -> tuple[str, ...]:
    return tuple(words.split(" | "))


_OPENINGS: Final = _slot(
    "How does | Why would | When did | Tell me whether | Say how | Explain why | Guess if"
)
_KINDS: Final = _slot(
    "quiet | copper | sleepy | northern | hollow | patient | salted | crooked | velvet | distant | "
    "borrowed | windy | amber"
)
_THINGS: Final = _slot(
    "lantern | kettle | ferry | orchard | violin | glacier | postman | umbrella | beehive | compass | "
    "staircase | teapot | heron | windmill | notebook | harbour | chestnut"
)
_DEEDS: Final = _slot(
    "wander | whistle | dissolve | argue | blossom | translate | freeze | applaud | hesitate | unfold | echo"
)
_PLACES: Final = _slot(
    "under the bridge | behind a theatre | across Osaka | inside the drawer | before midnight | "
    "near Lisbon | over wet gravel | at low tide | between two Tuesdays | without permission | "
    "beyond the greenhouse | on the third floor | during harvest | against all advice | "
    "through thick fog | beside an empty pool | among the tailors | after the concert | "
    "by candlelight"
)

_VERDICTS: Final = _slot(
    "Certainly | Hardly ever | Only twice | Nobody knows | Yes, slowly | That depends | Not yet | Quite often"
)
_REASONS: Final = _slot(
    "because rust is lazy | since mirrors lie | as every baker can tell | if the moon agrees | "
    "while paint dries | unless someone sneezes | though experts doubt it | once the ink has set | "
    "whenever trains are late"
)
_ADVICE: Final = _slot(
    "Bring gloves. | Ask the gardener. | Count to forty. | Keep the receipt. | Mind your elbows. | "
    "Write it down. | Open a window. | Use less sugar. | Follow that smell. | Start from the left. | "
    "Take an earlier bus. | Never mind. | Whisper, please. | Polish both sides. | Turn around. | "
    "Borrow my ladder. | Wait for thunder."
)


def question(number: int) -> str:
    """A question that is asked under no other number up to 300,000."""
    slots = (_OPENINGS, ("the",), _KINDS, _THINGS, _DEEDS, _PLACES)
    return " ".join(_pick(slot, number) for slot in slots) + "?"


def answer(number: int) -> str:
    """An answer of the same number; nobody says that it is a good one."""
    verdict, reason = _pick(_VERDICTS, number), _pick(_REASONS, number)
    return f"{verdict}, {reason}. {_pick(_ADVICE, number)}"


def worse_answer(number: int) -> str:
    """Another answer, to be preferred less."""
    thing, place = _pick(_THINGS, number + 5), _pick(_PLACES, number + 9)
    return f"I would rather talk about the {thing} that {place} went missing."


def _pick(slot: tuple[str, ...], number: int) -> str:
    return slot[number % len(slot)]
