"""Two questions side by side: how alike the places in them are, and what stands between the same words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from drytune_simulator.inference.spans import Span, is_name, plain

__all__ = ["Sides", "is_edge", "places"]

_CONTEXT: Final = 24
"""Characters around a value that are compared."""
_MOST_PLACES: Final = 20
_DIGIT: Final = re.compile(r"\d")
_END_WORDS: Final = (
    r" (?:on|at|for|in|into|to|from|with|by|please|of|is|was|are|will|today|tomorrow|tonight)\b"
    r"|[.;:!?\"“”「」。？！]| 0|$"
)
_END: Final = re.compile(rf" and\b|[,、]|{_END_WORDS}")
"""Where a phrase ends at the latest, unless what followed the example's value says otherwise."""
_END_OF_LIST: Final = re.compile(_END_WORDS)
_ARTICLE: Final = re.compile(r"\b(?:an?|the|my|your|our|some) $")
_LONG_WORD: Final = re.compile(r"[a-z]{4,}")
_NOT_TELLING: Final = frozenset(
    """
    about also check could does find from give have hello here into just like make might more much need please
    should show some tell than thank thanks that then there they this want what when where which will with would
    your
    """.split()  # noqa: SIM905 - as a list it would fill half a page
)
_LAST_WORD: Final = re.compile(r"(\w+)\W*$", re.ASCII)
_FIRST_WORD: Final = re.compile(r"\W*(\w+)", re.ASCII)


class Sides:
    """An earlier question, whose values are known, and the one that is asked now.

    Args:
        before: The earlier one.
        now: The one that is asked.
    """

    def __init__(self, before: str, now: str) -> None:
        self.before, self.now = before, now
        # for comparison: small letters, and all digits alike
        self._old, self._new = _masked(before), _masked(now)

    def alike(self, slot: Span, span: Span) -> int:
        """How many characters around a place before and a place now are the same."""
        left = _common(self._old[: slot.start][::-1], self._new[: span.start][::-1])
        return left + _common(self._old[slot.end :], self._new[span.end :])

    def in_context(self, slot: Span, span: Span) -> bool:
        """Whether the same word leads or follows both."""
        old, new = self._old[max(0, slot.start - _CONTEXT) : slot.start], self._new[: span.start]
        if _same(_LAST_WORD.search(old), _LAST_WORD.search(new[-_CONTEXT:])):
            return True
        if new and old[-1:] == new[-1:] and not new[-1].isascii():
            return True
        old, new = self._old[slot.end :][:_CONTEXT], self._new[span.end :][:_CONTEXT]
        if new and old[:1] == new[:1] and not new[0].isascii():
            return True
        return _same(_FIRST_WORD.match(old), _FIRST_WORD.match(new))

    def followed_alike(self, slot: Span, span: Span) -> bool:
        """Whether the same word follows both, or the same but for an s."""
        old, new = _FIRST_WORD.match(self._old, slot.end), _FIRST_WORD.match(self._new, span.end)
        return old is not None and new is not None and old[1].removesuffix("s") == new[1].removesuffix("s")

    def both_end(self, slot: Span, span: Span) -> bool:
        """Whether nothing but signs follows either."""
        return not plain(self.before[slot.end :]) and not plain(self.now[span.end :])

    def follows_article(self, span: Span) -> bool:
        """Whether "a" or the like stands before a place now."""
        return _ARTICLE.search(self._new[max(0, span.start - _CONTEXT) : span.start]) is not None

    def share_words(self) -> bool:
        """Whether the questions have a word in common that not every question may have."""
        old, new = (set(_LONG_WORD.findall(text)) for text in (self._old, self._new))
        return not (old & new) <= _NOT_TELLING

    def between(self, slot: Span, *, of_list: bool) -> Iterator[Span]:
        """What stands now between the words that stood around a place before.

        Args:
            slot: The place.
            of_list: It may hold commas and "and".
        """
        left, right = self._old[: slot.start], self._old[slot.end :]
        # one word more may have stood before it: "order 3 small cups", "order 5 plates"
        starts = self._ends_of(left) or self._ends_of(left.rstrip().rpartition(" ")[0] + " ")
        for start in starts:
            last = (_END_OF_LIST if of_list else _END).search(self._new, start + 1)
            ends = [last.start()] if last is not None else []
            for size in range(min(_CONTEXT, len(right)), 0, -1):
                if right[:size].strip() and is_edge(right, size):
                    at = next(iter(places(self._new, right[:size], start + 1)), -1)
                    if at >= 0:
                        ends.append(at)
                        break
            for end in dict.fromkeys(ends):
                value = plain(self.now[start:end])
                if is_name(value) and len(value) <= max(60, 4 * len(slot.value)):
                    begin = self.now.index(value, start)
                    yield Span(begin, begin + len(value), value)

    def _ends_of(self, left: str) -> list[int]:
        """Where the longest end of `left` that the question has, in whole words, ends there."""
        if not left.strip():
            return [0]
        for begin in range(max(0, len(left) - _CONTEXT), len(left)):
            context = left[begin:]
            if not context.strip() or not (context[0] == "0" or is_edge(left, begin)):
                continue
            found: list[int] = []
            at = self._new.find(context)
            while at >= 0 and len(found) < _MOST_PLACES:
                if context[0] == "0" or is_edge(self._new, at):
                    found.append(at + len(context))
                at = self._new.find(context, at + 1)
            if found:
                return found
        return []


def places(text: str, value: str, start: int = 0) -> Iterator[int]:
    """Where `text` has `value`, as words of its own, from `start` on."""
    lowered, wanted = text.lower(), value.lower()
    at = lowered.find(wanted, start) if value.strip() and len(lowered) == len(text) else -1
    while at >= 0:
        if is_edge(lowered, at) and is_edge(lowered, at + len(wanted)):
            yield at
        at = lowered.find(wanted, at + 1)


def is_edge(text: str, place: int) -> bool:
    """Whether no word goes on over `place`; scripts without spaces between words may be cut anywhere."""
    if not 0 < place < len(text):
        return True
    around = text[place - 1 : place + 1]
    return not (around.isascii() and around.isalnum())


def _same(one: re.Match[str] | None, other: re.Match[str] | None) -> bool:
    return one is not None and other is not None and one[1].strip("0") == other[1].strip("0")


def _masked(text: str) -> str:
    """For comparison, each character in its place."""
    lowered = "".join([small if len(small := letter.lower()) == 1 else letter for letter in text])
    return _DIGIT.sub("0", lowered)


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    count = 0
    for mine, theirs in zip(one[:_CONTEXT], other[:_CONTEXT], strict=False):
        if mine != theirs:
            break
        count += 1
    return count
