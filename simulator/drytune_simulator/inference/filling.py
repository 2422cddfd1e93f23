"""What of a question could stand in an answer's fields: members of an enum, numbers, quoted text, names.

No understanding, only likeness in writing: what is found is a proposal, which the schema then has to allow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

__all__ = ["Filling"]

_KEPT = 4_000  # characters of the question that are looked at, the latest
_MOST_MEMBERS = 1_000
_NUMBER = re.compile(r"(?<![\w.,-])-?\d{1,15}(?:\.\d{1,10})?(?!\w|[.,:/-]\d)")
_QUOTED = re.compile(r"\"([^\"\n]{1,200})\"|“([^”\n]{1,200})”|「([^」\n]{1,200})」|«([^»\n]{1,200})»")
# names inside a sentence; the word that begins it has a capital of its own
_NAME = re.compile(r"(?<=[a-z,;:] )[A-Z][\w'-]{1,40}(?: [A-Z][\w'-]{1,40}){0,3}")
_FORMATS = {
    "date": re.compile(r"\b\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])\b"),
    "date-time": re.compile(
        r"\b\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:Z|[+-]\d\d:\d\d)"
    ),
    "email": re.compile(r"\b[A-Za-z0-9_]{1,40}@[A-Za-z0-9]{1,40}\.[A-Za-z]{2,12}\b"),
    "ipv4": re.compile(
        r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])"
    ),
    "uri": re.compile(r"https?://[A-Za-z0-9./_-]{1,200}"),
    "uuid": re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
}


class Filling:
    """The values in a question, each given once.

    Args:
        question: What was asked; empty gives nothing.
    """

    def __init__(self, question: str) -> None:
        self._text = question[-_KEPT:]
        self._lowered = self._text.lower()
        self._taken: set[int] = set()

    def member(self, members: Sequence[Any]) -> Any | None:
        """The longest text among `members` that is written in the question, or None."""
        found: str | None = None
        if self._text:
            for each in members[:_MOST_MEMBERS]:
                if isinstance(each, str) and len(each) > len(found or "") and self._says(each):
                    found = each
        return found

    def number(self, name: str, fits: Callable[[int | float], bool]) -> int | float | None:
        """A number of the question that `fits`: one beside the field's name, else the first."""
        if not self._text:
            return None
        options = [match for match in _NUMBER.finditer(self._text) if match.start() not in self._taken]
        near = [match for match in options if self._beside(match, name)]
        for match in [*near, *options]:
            value: int | float = float(match[0]) if "." in match[0] else int(match[0])
            if fits(value):
                self._taken.add(match.start())
                return value
        return None

    def text(self, name: str, form: object, fits: Callable[[str], bool]) -> str | None:
        """A text of the question that `fits`: of a format, or behind the field's name, quoted, or a name."""
        if not self._text:
            return None
        for place, option in self._texts(name, form):
            if place not in self._taken and fits(option):
                self._taken.add(place)
                return option
        return None

    def _texts(self, name: str, form: object) -> Iterable[tuple[int, str]]:
        if form is not None:
            pattern = _FORMATS.get(form) if isinstance(form, str) else None
            if pattern is not None:
                yield from ((match.start(), match[0]) for match in pattern.finditer(self._text))
            return
        if words := _words(name):
            label = re.compile(rf"\b{re.escape(words)}(?: is|:|=) ?([^\s,;.!?]{{1,100}})", re.IGNORECASE)
            yield from ((match.start(1), match[1]) for match in label.finditer(self._text))
        for match in _QUOTED.finditer(self._text):
            yield match.start(), next(filter(None, match.groups()))
        for match in _NAME.finditer(self._text):
            yield match.start(), match[0]

    def _says(self, member: str) -> bool:
        """Whether the question has `member`, as a word of its own where it is of letters and digits."""
        for wanted in {member.lower(), _words(member)}:
            start = self._lowered.find(wanted) if wanted else -1
            while start >= 0:
                end = start + len(wanted)
                if not (_joins(self._lowered, start) or _joins(self._lowered, end)):
                    return True
                start = self._lowered.find(wanted, start + 1)
        return False

    def _beside(self, match: re.Match[str], name: str) -> bool:
        """Whether a number stands directly before or behind a word of the field's name."""
        words = {word.removesuffix("s") for word in _words(name).split()} - {""}
        around = self._lowered[max(0, match.start() - 24) : match.start()].split()[-1:]
        around += self._lowered[match.end() : match.end() + 24].split()[:1]
        return any(word.strip(":=,.;?!").removesuffix("s") in words for word in around)


def _words(name: str) -> str:
    """A field's name or a member as it would be written in a sentence: ``unit_price`` is ``unit price``."""
    return re.sub(r"[_\s-]+", " ", name[:100]).strip().lower()


def _joins(text: str, place: int) -> bool:
    """Whether a word goes on over `place`; scripts without spaces between words have no such places."""
    if not 0 < place < len(text):
        return False
    before, behind = text[place - 1], text[place]
    return before.isalnum() and behind.isalnum() and before.isascii() and behind.isascii()
