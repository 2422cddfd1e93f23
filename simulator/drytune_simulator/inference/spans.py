"""What stands in a question that may be a value: numbers, dates, times of day, and names, each with its place.

No understanding, only writing, in English and Japanese.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

__all__ = [
    "Span",
    "begins_sentence",
    "bound_in",
    "dates_in",
    "is_name",
    "names_in",
    "numbers_in",
    "overlaps",
    "plain",
    "times_in",
]


class Span(NamedTuple):
    """A part of a text.

    Attributes:
        start, end: Its place.
        value: What it means.
        kind: Of a name how it is written; empty for all else.
    """

    start: int
    end: int
    value: str
    kind: str = ""


_WORDS: Final = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
}
_DIGITS: Final = {digit: number for number, digit in enumerate("〇一二三四五六七八九")}
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_MONTH: Final = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_NUMBER: Final = re.compile(
    r"(?<![\w.])(?P<digits>-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d{1,15}(?:\.\d{1,10})?)(?![\d]|\.\d)"
    rf"|\b(?P<word>{'|'.join(_WORDS)})\b"
    r"|(?P<kanji>[一二三四五六七八九十]{1,3})(?=[つ日人名個枚本台泊回分時年月週冊杯匹件度倍])",
    re.IGNORECASE | re.ASCII,
)
_BARE_NUMBER: Final = re.compile(r"(?<![0-9.])(?P<digits>\d{1,15}(?:\.\d{1,10})?)(?![0-9])")
_DATES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<!\d)(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)",
        r"(?:(?P<year>\d{4})年)?(?P<month>\d{1,2})月(?P<day>\d{1,2})日",
        rf"\b{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year>\d{{4}}))?\b",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?{_MONTH}(?:,? (?P<year>\d{{4}}))?\b",
    )
)
_TIMES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<![\d:])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?: ?(?P<half>[ap])\.?m\b)?",
        r"(?<![\d:])(?P<hour>\d{1,2}) ?(?P<half>[ap])\.?m\b",
        r"(?P<half>午前|午後)?(?P<hour>\d{1,2})時(?:(?P<minute>\d{1,2})分|(?P<thirty>半))?",
    )
)
_NAMES: Final = re.compile(
    r"\"([^\"\n]{1,200})\"|“([^”\n]{1,200})”|「([^」\n]{1,200})」|『([^』\n]{1,200})』|(?<!\w)'([^'\n]{1,200})'(?!\w)"
    r"|([\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})|(https?://[^\s\"'<>]{1,300})"
    r"|((?<![A-Za-z0-9])#?(?=[A-Za-z0-9_-]{0,40}\d)(?=[A-Za-z0-9_-]{0,40}[A-Za-z-])[A-Za-z0-9][A-Za-z0-9_-]{1,40})"
    r"|([A-ZÀ-Þ][\w'’-]*(?: (?:(?:of|de|da|del|la|le|the|du|am) )?[A-ZÀ-Þ][\w'’-]*){0,4})"
    r"|([ァ-ヺー]+(?:[・＝][ァ-ヺー]+)*|[一-鿿々]+)"
)
_KINDS: Final = (*["quoted"] * 5, "mail", "link", "code", "capitals", "other")
_NO_NAMES: Final = frozenset(
    """
    i i'm i'd i'll i've a an the what what's where when which who how is are was will would can could do
    does did should shall may might please tell show give find check book get let let's in on at for to
    of my me we it and but or if hi hello hey thanks thank yes no ok okay today tomorrow tonight now
    monday tuesday wednesday thursday friday saturday sunday january february march april june july
    august september october november december celsius fahrenheit
    今日 明日 明後日 昨日 今夜 今晩 今朝 今週 来週 今月 来月 今年
    今 現在 何度 週末 午前 午後 何 誰 私 僕 方 時 日 月 年 人 天気 教 見 行 知 予定 予報 気温 お願 願 確認 場合
    """.split()  # noqa: SIM905 - as a list it would fill a page
)
_BOUND: Final = re.compile(r"\b[A-Za-z]+[-_]?\d[\w-]*|\d+(?:/\d+)+|\d+(?:\.\d+){2,}", re.ASCII)
"""Codes that begin with letters, dates like 3/4, versions."""
_BEGINNING: Final = re.compile(r"(?:^|[.!?:\n])\s*$")
_POSSESSIVE: Final = re.compile(r"['’]s$")


def numbers_in(text: str) -> list[Span]:
    """The numbers of a text, as JSON writes them: in digits, as an English word, or in kanji before a counter."""
    found: list[Span] = []
    for match in _NUMBER.finditer(text):
        if match["digits"]:
            value = match["digits"].replace(",", "")
        elif match["word"]:
            value = str(_WORDS[match["word"].lower()])
        else:
            value = str(_of_kanji(match["kanji"]))
        found.append(Span(match.start(), match.end(), value))
    taken = {place for span in found for place in range(span.start, span.end)}
    # behind a letter too, where a script has no spaces: 今から3日間
    for match in _BARE_NUMBER.finditer(text):
        before = text[match.start() - 1 : match.start()]
        if match.start() not in taken and not before.isascii():
            found.append(Span(match.start(), match.end(), match["digits"]))
    return sorted(found)


def dates_in(text: str, year: str) -> list[Span]:
    """The dates of a text as ``2025-03-04``; those that name no year are of `year`."""
    found: list[Span] = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            parts = match.groupdict()
            month = int(parts["month"]) if parts.get("month") else _MONTHS[parts["name"].lower()]
            day = int(parts["day"])
            if 1 <= month <= 12 and 1 <= day <= 31:
                value = f"{parts['year'] or year}-{month:02}-{day:02}"
                found.append(Span(match.start(), match.end(), value))
    return sorted(found)


def times_in(text: str) -> list[Span]:
    """The times of day of a text as ``15:30``."""
    found: dict[int, Span] = {}
    for pattern in _TIMES:
        for match in pattern.finditer(text):
            parts = match.groupdict()
            hour, minute = int(parts["hour"]), int(parts.get("minute") or (30 if parts.get("thirty") else 0))
            half = (parts.get("half") or "").lower()
            if half in {"p", "午後"} and hour < 12:
                hour += 12
            elif half in {"a", "午前"} and hour == 12:
                hour = 0
            if hour < 24 and minute < 60:
                found.setdefault(match.start(), Span(match.start(), match.end(), f"{hour:02}:{minute:02}"))
    return [found[start] for start in sorted(found)]


def bound_in(text: str) -> list[Span]:
    """What has numbers in it that are not to be taken out: dates, times, quoted words, addresses, codes."""
    parts = [*dates_in(text, ""), *times_in(text)]
    parts += [Span(match.start(), match.end(), match[0]) for match in _BOUND.finditer(text)]
    return parts + [span for span in names_in(text) if span.kind in {"quoted", "mail", "link"}]


def names_in(text: str) -> Iterator[Span]:
    """What may be a name, with its kind: quoted words, addresses, codes, capitalised words, katakana or kanji."""
    for match in _NAMES.finditer(text):
        place = next(number for number, group in enumerate(match.groups(), start=1) if group is not None)
        start, value = match.start(place), match[place]
        first, _, others = value.partition(" ")
        options = [(start, value)]
        kind = _KINDS[place - 1]
        if others and kind == "capitals" and begins_sentence(text, start):
            # "Tell Anna …": the first word of a sentence is capitalised whatever it is
            options.append((start + len(first) + 1, others))
        for begin, option in options:
            name = _POSSESSIVE.sub("", option).rstrip(".-")
            if is_name(name) and (kind != "capitals" or is_name(name.partition(" ")[0])):
                yield Span(begin, begin + len(name), name, kind)


def is_name(text: str) -> bool:
    """Whether a text is not a word that sentences have whatever they are about."""
    return bool(text) and text.casefold() not in _NO_NAMES


def plain(text: str) -> str:
    """Without the blanks and signs around it."""
    return text.strip(" \t\n.,;:!?。、！？・\"'“”「」()（）")


def begins_sentence(text: str, place: int) -> bool:
    """Whether a sentence begins there."""
    return _BEGINNING.search(text, 0, place) is not None


def overlaps(one: Span, other: Span) -> bool:
    """Whether two parts of one text share a character."""
    return one.start < other.end and other.start < one.end


def _of_kanji(digits: str) -> int:
    tens, ten, ones = digits.rpartition("十")
    if not ten:
        return int("".join(str(_DIGITS[digit]) for digit in digits))
    return (_DIGITS[tens[-1]] if tens else 1) * 10 + (_DIGITS[ones[0]] if ones else 0)
