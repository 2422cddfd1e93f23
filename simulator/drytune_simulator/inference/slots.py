"""Where the texts of one question stand, and what stands there in another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Final, NamedTuple

from drytune_simulator.inference.figures import Figures
from drytune_simulator.inference.sides import Sides, places
from drytune_simulator.inference.spans import Span, begins_sentence, names_in, overlaps

__all__ = ["Slots"]

_SAME_SCRIPT, _SAME_KIND, _OTHER_KIND, _ELSEWHERE, _FIRST_WORD, _BOTH_FIRST = 6, 8, -4, -8, -4, 4
"""What counts for and against a candidate, in characters of context: it is in the same script as the value of the
example; it is a name of the same kind, or of another; it stands in the example's question as well, where it is no
value; it begins the question, and the value did not; or both do."""
_SAME_VALUE, _NO_CONTEXT, _BOTH_END = 2, -16, 6
"""It is the value of the example itself; it is a capitalised word that nothing tells to be a name, no word beside
it is the same; nothing follows it, nor the value."""
_ENOUGH: Final = 5
_MOST_OF_ONE: Final = 20
_LATIN: Final = re.compile(r"[A-Za-zÀ-ÿ]")
_JOINT: Final = re.compile(r",? (?:and|&|or) |, ?|、")
_KANA_JOINT: Final = re.compile(r"[とや、]")
"""What stands between the members of a list."""


class _Slot(NamedTuple):
    """Where the earlier question has a text of the reply, or a whole list of them."""

    span: Span
    of_list: bool


class Slots:
    """Two questions side by side, and the values of the earlier one's reply.

    Each place in the new question is given to one value, the one that it fits best.

    Args:
        before: The one whose values are known.
        now: The one whose values are looked for.
        texts: The texts of the reply.
        lists: Its lists of texts.
        numbers: Its numbers.

    Attributes:
        figures: The numbers, dates and times of both.
    """

    def __init__(
        self,
        before: str,
        now: str,
        texts: Sequence[str] = (),
        lists: Sequence[Sequence[str]] = (),
        numbers: Sequence[float] = (),
    ) -> None:
        self._before, self._now = before, now
        self._sides = Sides(before, now)
        self.figures = Figures(self._sides, numbers)
        self._trained = {text.lower(): text for text in reversed(texts)}
        self._kinds = {span[:2]: span.kind for span in names_in(before)}
        self._names = list(names_in(now))
        self._slots = {text: slot for text in texts if (slot := self._slot(text)) is not None}
        self._lists = {tuple(values): slot for values in lists if (slot := self._list(values)) is not None}
        self._lacking: list[str] = []

    def named(self, value: str) -> bool:
        """Whether the earlier question has this text."""
        return next(places(self._before, value), -1) >= 0

    @property
    def lacking(self) -> Sequence[str]:
        """The texts that were asked for so far, which the earlier question has, but for which nothing fits."""
        return tuple(self._lacking)

    def text(self, value: str) -> str | None:
        """The text in the place of `value`; None where the earlier question has not the value, or nothing fits."""
        slot = self._slots.get(value)
        if slot is None:
            return None
        found = self._found.get(slot)
        if found is None:
            self._lacking.append(value)
            return None
        return self._spelled(found)

    def members(self, values: Sequence[str]) -> list[str] | None:
        """The list in the place of one; None where the earlier question has no such list, or nothing fits."""
        slot = self._lists.get(tuple(values))
        found = self._found.get(slot) if slot is not None else None
        if slot is None or found is None:
            return None
        joint = _JOINT if found.isascii() or _JOINT.search(slot.span.value) else _KANA_JOINT
        return [self._spelled(part) for part in joint.split(found) if part.strip()]

    def chosen(self, value: str, members: Sequence[str]) -> str | None:
        """Of some words of this question the one in the place of `value`; None where that is not written before.

        Args:
            value: In the earlier question.
            members: All written in this one.
        """
        start = next(places(self._before, _spaced(value)), -1)
        if start < 0:
            return None
        slot = Span(start, start + len(value), value)
        spans = [
            Span(at, at + len(member), member)
            for member in members
            for at in islice(places(self._now, _spaced(member)), _MOST_OF_ONE)
        ]
        # "large" in "extra large" is no word of its own
        whole = [one for one in spans if not any(_longer(other, one) for other in spans)]
        best = max(whole, key=lambda one: (self._sides.alike(slot, one), one.value == value), default=None)
        return None if best is None else best.value

    @cached_property
    def _found(self) -> dict[_Slot, str]:
        """What was found for each text and list: of all pairs with a place, the best first."""
        slots = dict.fromkeys([*self._lists.values(), *self._slots.values()])
        options: list[tuple[int, int, int, Span, _Slot]] = []
        for order, slot in enumerate(slots):
            free = [span for span in self._candidates(slot) if not self._is_figure(slot.span, span)]
            scored = [(self._score(slot.span, span), span) for span in free]
            options += [(-score, order, span.start, span, slot) for score, span in scored if score >= _ENOUGH]
        found: dict[_Slot, str] = {}
        taken: list[tuple[Span, Span]] = []
        for *_, span, slot in sorted(options):
            if slot not in found and not any(
                overlaps(span, other) and not overlaps(slot.span, held) for held, other in taken
            ):
                found[slot] = span.value
                taken.append((slot.span, span))
        return found

    def _slot(self, value: str) -> _Slot | None:
        start = next(places(self._before, value), -1)
        if start < 0:
            return None
        end = start + len(value)
        return _Slot(Span(start, end, value, self._kinds.get((start, end), "")), of_list=False)

    def _list(self, values: Sequence[str]) -> _Slot | None:
        """Where the earlier question has these values one after the other."""
        begin = end = next(places(self._before, values[0]), -1) if values else -1
        if begin < 0 or any(_JOINT.search(value) for value in values):
            return None
        for value in values:
            start = next(places(self._before, value, end), -1)
            joint = self._before[end:start]
            if start < 0 or (start > begin and not (_JOINT.fullmatch(joint) or _KANA_JOINT.fullmatch(joint))):
                return None
            end = start + len(value)
        kind = self._kinds.get((begin, begin + len(values[0])), "")
        return _Slot(Span(begin, end, self._before[begin:end], kind), of_list=True)

    def _candidates(self, slot: _Slot) -> Iterator[Span]:
        """What may stand in the place of a text or a list, each with its kind."""
        value = slot.span.value
        for at in islice(places(self._now, value), _MOST_OF_ONE):
            end = at + len(value)
            yield Span(at, end, value, slot.span.kind if self._now[at:end] == value else "")
        if slot.of_list:
            yield from self._joined()
            kinds = {span.start: span.kind for span in self._names}
        else:
            yield from self._names
            kinds = {}
        exact = {span[:2]: span.kind for span in self._names}
        for span in self._sides.between(slot.span, of_list=slot.of_list):
            yield span._replace(kind=exact.get(span[:2]) or kinds.get(span.start, ""))

    def _joined(self) -> Iterator[Span]:
        """Names that stand one after the other."""
        last: Span | None = None
        for span in self._names:
            if (
                last is not None
                and span.start >= last.end
                and _JOINT.fullmatch(self._now[last.end : span.start])
            ):
                last = Span(last.start, span.end, self._now[last.start : span.end], last.kind)
            else:
                if last is not None:
                    yield last
                last = span
        if last is not None:
            yield last

    def _is_figure(self, slot: Span, span: Span) -> bool:
        """Whether a candidate has a date, a time or a number of the reply in it, which the value had not."""
        if any(overlaps(slot, figure) for figure in self.figures.before):
            return False
        return any(overlaps(span, figure) for figure in self.figures.now)

    def _score(self, slot: Span, span: Span) -> int:
        """How well a candidate stands for the value of the earlier question."""
        score = self._sides.alike(slot, span)
        if bool(_LATIN.search(slot.value)) == bool(_LATIN.search(span.value)):
            score += _SAME_SCRIPT
        same = slot.value.lower() == span.value.lower()
        if slot.kind == span.kind:
            score += _SAME_KIND if slot.kind else 0
        elif not same and not (slot.kind == "capitals" and self._now.islower()):
            score += _OTHER_KIND
        if same:
            score += _SAME_VALUE
        elif span.value.lower() not in self._trained and next(places(self._before, span.value), -1) >= 0:
            score += _ELSEWHERE
        if not same and span.kind == "capitals" and not self._sides.in_context(slot, span):
            return score + self._without_context(slot, span)
        if span.start == 0 and slot.start == 0:
            score += _BOTH_FIRST
        elif span.start == 0 and span.value.isascii():
            score += _FIRST_WORD
        return score

    def _without_context(self, slot: Span, span: Span) -> int:
        """What counts for and against a capitalised word beside which no word is the same."""
        first = begins_sentence(self._now, span.start)
        score = _BOTH_END if not first and self._sides.both_end(slot, span) else 0
        if first or self._sides.follows_article(span) or not self._related:
            score += _NO_CONTEXT
        return score

    @cached_property
    def _related(self) -> bool:
        """Whether both questions have a telling word, or quoted words, an address or a code."""
        kinds = {span.kind for span in self._names} & set(self._kinds.values()) - {"capitals", "other"}
        return bool(kinds) or self._sides.share_words()

    def _spelled(self, text: str) -> str:
        """As the example writes it, where it is one of its values."""
        return self._trained.get(text.lower(), text)


def _longer(one: Span, other: Span) -> bool:
    """Whether `one` has `other` in it."""
    return overlaps(one, other) and one.end - one.start > other.end - other.start


def _spaced(member: str) -> str:
    """A member of an enum as a sentence has it."""
    return member.replace("_", " ")
