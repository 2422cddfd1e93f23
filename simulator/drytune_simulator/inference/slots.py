"""Where the values of one question stand, and what stands there in another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from drytune_simulator.inference.spans import Span, dates_in, is_name, names_in, numbers_in, plain, times_in

__all__ = ["Slots"]

_CONTEXT: Final = 24
"""Characters around a value that are compared."""
_SAME_SCRIPT, _SAME_KIND, _OTHER_KIND, _ELSEWHERE, _FIRST_WORD, _BOTH_FIRST = 6, 8, -4, -8, -4, 4
"""What counts for and against a candidate, in characters of context: it is in the same script as the value of the
example; it is a name of the same kind, or of another; it stands in the example's question as well, so it is no
value; it begins the question, and the value did not; or both do."""
_ENOUGH: Final = 5
_LATIN: Final = re.compile(r"[A-Za-zÀ-ÿ]")
_DIGIT: Final = re.compile(r"\d")
_END: Final = re.compile(
    r" (?:on|at|for|in|into|to|from|with|by|please|and|of|is|was|are|will)\b|[.,;:!?\"“”「」、。？！]| 0|$"
)
"""Where a phrase ends at the latest, unless what followed the example's value says otherwise."""


class Slots:
    """Two questions side by side.

    Args:
        before: The one whose values are known.
        now: The one whose values are looked for.
    """

    def __init__(self, before: str, now: str) -> None:
        self._before, self._now = before, now
        # for comparison: small letters, and all digits alike
        self._old, self._new = _masked(before), _masked(now)
        self._names = {(span.start, span.end): span.kind for span in names_in(before)}
        self._found: dict[str, str | None] = {}
        self._taken: list[tuple[int, int]] = []
        self._lacking = 0

    def named(self, value: float) -> bool:
        """Whether the earlier question has this number."""
        return any(float(span.value) == value for span in numbers_in(self._before))

    def number(self, value: float, *, alone: bool) -> str | None:
        """The number in the place of `value`.

        Args:
            value: In the earlier question, or not.
            alone: Nothing else is a number: the only number of a question must be it.
        """
        before, now = numbers_in(self._before), numbers_in(self._now)
        place = next((n for n, span in enumerate(before) if float(span.value) == value), None)
        if place is None:
            return now[0].value if alone and len(now) == 1 and not before else None
        found = self._counterpart(before, now, place)
        return None if found is None else found.value

    def date(self, value: str) -> str | None:
        """The date in the place of `value`, as ``2025-03-04``."""
        return self._in_order(value, dates_in(self._before, value[:4]), dates_in(self._now, value[:4]))

    def time(self, value: str) -> str | None:
        """The time of day in the place of `value`, as ``15:30``."""
        return self._in_order(value, times_in(self._before), times_in(self._now))

    @property
    def lacking(self) -> int:
        """How many texts were asked for that the earlier question has, and for which nothing fits in this one."""
        return self._lacking

    def text(self, value: str) -> str | None:
        """The text in the place of `value`; None where the earlier question has not the value, or nothing fits."""
        if value not in self._found:
            self._found[value] = self._text(value)
        return self._found[value]

    def _text(self, value: str) -> str | None:
        start = _place(self._before, value)
        if start < 0:
            return None
        same = _place(self._now, value)
        if same >= 0:
            self._taken.append((same, same + len(value)))
            return value
        slot = Span(start, start + len(value), value, self._names.get((start, start + len(value)), ""))
        named = list(names_in(self._now))
        kinds = {(span.start, span.end): span.kind for span in named}
        between = [Span(one.start, one.end, one.value, kinds.get(one[:2], "")) for one in self._between(slot)]
        best: tuple[int, int, Span] | None = None
        for span in (*between, *named):
            score = self._score(slot, span)
            if (
                score >= _ENOUGH
                and (best is None or (-score, span.start) < best[:2])
                and not any(span.start < end and start < span.end for start, end in self._taken)
            ):
                best = (-score, span.start, span)
        if best is None:
            self._lacking += 1
            return None
        self._taken.append((best[2].start, best[2].end))
        return best[2].value

    def _score(self, slot: Span, span: Span) -> int:
        """How well a candidate stands for the value of the earlier question."""
        score = self._alike(slot, span)
        if bool(_LATIN.search(slot.value)) == bool(_LATIN.search(span.value)):
            score += _SAME_SCRIPT
        if slot.kind != span.kind:
            score += _OTHER_KIND
        elif slot.kind:
            score += _SAME_KIND
        if _place(self._before, span.value) >= 0:
            score += _ELSEWHERE
        if span.start == 0 and slot.start == 0:
            score += _BOTH_FIRST
        elif span.start == 0 and span.value.isascii():
            score += _FIRST_WORD
        return score

    def _alike(self, slot: Span, span: Span) -> int:
        """How many characters around two spans are the same."""
        left = _common(self._old[: slot.start][::-1], self._new[: span.start][::-1])
        return left + _common(self._old[slot.end :], self._new[span.end :])

    def _between(self, slot: Span) -> Iterator[Span]:
        """What stands between the words that stood around the value."""
        left, right = self._old[: slot.start], self._old[slot.end :]
        start = self._end_of(left)
        if start is None:
            # one word more may have stood before it: "order 3 small cups", "order 5 plates"
            start = self._end_of(left.rstrip().rpartition(" ")[0] + " ")
        if start is None:
            return
        ends = [match.start() for match in [_END.search(self._new, start + 1)] if match is not None]
        for size in range(min(_CONTEXT, len(right)), 0, -1):
            if right[:size].strip() and _is_edge(right, size):
                at = _place(self._new, right[:size], start + 1)
                if at >= 0:
                    ends.append(at)
                    break
        for end in dict.fromkeys(ends):
            value = plain(self._now[start:end])
            if is_name(value) and len(value) <= max(60, 4 * len(slot.value)):
                begin = self._now.index(value, start)
                yield Span(begin, begin + len(value), value)

    def _end_of(self, left: str) -> int | None:
        """Where the longest end of `left` that the question has, in whole words, ends there."""
        if not left.strip():
            return 0
        for begin in range(max(0, len(left) - _CONTEXT), len(left)):
            context = left[begin:]
            if not context.strip() or not _is_edge(left, begin):
                continue
            at = self._new.find(context)
            if at >= 0 and (context[0] == "0" or _is_edge(self._new, at)):
                return at + len(context)
        return None

    def _counterpart(self, before: Sequence[Span], now: Sequence[Span], place: int) -> Span | None:
        """Of the numbers now, the one that is followed, or else led, by the same words; else the one in order."""
        if len(before) == len(now):
            return now[place]
        return max(now, key=lambda span: (self._alike(before[place], span), -span.start), default=None)

    @staticmethod
    def _in_order(value: str, before: Sequence[Span], now: Sequence[Span]) -> str | None:
        place = next((n for n, span in enumerate(before) if span.value == value), 0)
        return now[min(place, len(now) - 1)].value if now else None


def _masked(text: str) -> str:
    """For comparison, each character in its place."""
    lowered = "".join([small if len(small := letter.lower()) == 1 else letter for letter in text])
    return _DIGIT.sub("0", lowered)


def _place(text: str, value: str, start: int = 0) -> int:
    """Where `text` has `value`, as words of its own, from `start` on; -1 where it has not."""
    lowered, wanted = text.lower(), value.lower()
    at = lowered.find(wanted, start) if value.strip() and len(lowered) == len(text) else -1
    while at >= 0 and not (_is_edge(lowered, at) and _is_edge(lowered, at + len(wanted))):
        at = lowered.find(wanted, at + 1)
    return at


def _is_edge(text: str, place: int) -> bool:
    """Whether no word goes on over `place`; scripts without spaces between words may be cut anywhere."""
    if not 0 < place < len(text):
        return True
    around = text[place - 1 : place + 1]
    return not (around.isascii() and around.isalnum())


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    count = 0
    for mine, theirs in zip(one[:_CONTEXT], other[:_CONTEXT], strict=False):
        if mine != theirs:
            break
        count += 1
    return count
