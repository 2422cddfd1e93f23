"""The rules' pages: what each demands, what the platform does, how well that is known, and what to do.

All is taken from the code: the rule's docstring, the platform's words, `drytune.rule_examples`, and what ``--fix``
mends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from drytune.config import known_rules, unknown_rule
from drytune.repair.changes import MENDS
from drytune.reports.words import EFFECTS
from drytune.rule_examples import EXAMPLES
from drytune_simulator.dataset.rules.registry import Rule
from drytune_simulator.dataset.wordings import (
    BAD_EXTENSION,
    NOT_A_DICTIONARY,
    TOO_FEW,
    TOO_MANY,
    WORDINGS,
    WRONG_FORMAT,
    Wording,
)

__all__ = ["GRADES", "SCOPES", "Page", "Words", "page_lines", "page_of", "pages", "rules_lines"]

SCOPES: Final = {
    "line": "a line",
    "raw": "the bytes of a line",
    "example": "an example",
    "preference": "a preference pair",
    "reinforcement": "an example for reinforcement",
    "completion": "a prompt with its completion",
    "tools": "what an example offers to call",
    "element": "an element of messages",
    "message": "a message",
    "conversation": "all messages of an example",
    "tokens": "an example's tokens",
    "file": "a file",
    "whole": "all examples of a file, compared",
    "calendar": "the model, the day and the bill",
}
"""What a rule looks at, in words."""

_DOES: Final = {
    "refused-at-upload": "The platform refuses the file when it is uploaded.",
    "job-fails": "The platform takes the file, and a job with it fails.",
    "example-skipped": "The platform leaves the example out of training, and says nothing.",
    "truncated": "The platform cuts off what is too much, and trains on the rest.",
    "billed": "The platform takes it and bills it.",
    "harmful": "The platform takes it, and the model suffers.",
    "none": "The platform does nothing about it.",
}
"""What the platform does, in a sentence."""

GRADES: Final = {
    "O": "an official page, specification or SDK says so",
    "R": "a real answer was recorded",
    "U": "one user reports it",
    "I": "inferred; nobody is known to have seen it",
    "M": "from memory; no source was found",
    "D": "decided by drytune",
}
"""What the letters mean that follow sources (grades of FACTS.md)."""

_GRADE: Final = re.compile(r"\(([ORUIMD])\)")

_OTHER_WORDS: Final = {
    "too-few-examples": TOO_FEW,
    "too-many-examples": TOO_MANY,
    "wrong-extension": BAD_EXTENSION,
    "wrong-format": WRONG_FORMAT,
}


class Words(msgspec.Struct, frozen=True):
    """What the platform says: N is the number of the line, M that of the message, … what it found."""

    text: str
    grade: str
    source: str


class Page(msgspec.Struct, frozen=True):
    """All about one rule.

    Attributes:
        code: Its name.
        summary: What it demands.
        why: More about it; may be empty.
        scope: What it looks at, in words.
        severity: Of its findings.
        effect: What the platform does, as findings have it.
        does: The same in a sentence.
        source: Where that is known from.
        grades: What the grades in `source` mean, by letter.
        says: The platform's words; where there are two, the first are those at upload.
        bad, good: Examples, as text.
        mend: How to come from one to the other.
        fix: What ``--fix`` does about it; None when it leaves it.
    """

    code: str
    summary: str
    why: str
    scope: str
    severity: str
    effect: str
    does: str
    source: str
    grades: dict[str, str]
    says: tuple[Words, ...]
    bad: str
    good: str
    mend: str
    fix: str | None

    def to_dict(self) -> dict[str, Any]:
        """The page as JSON values."""
        builtins: dict[str, Any] = msgspec.to_builtins(self)
        return builtins


def pages() -> list[Page]:
    """All pages, by what the rules look at."""
    order = list(SCOPES)
    rules = sorted(known_rules().values(), key=lambda rule: order.index(rule.scope))
    return [_page(rule) for rule in rules]


def page_of(code: str) -> Page:
    """One page.

    Raises:
        UsageError: There is no rule of that name; the nearest is named.
    """
    rule = known_rules().get(code)
    if rule is None:
        raise unknown_rule(code)
    return _page(rule)


def _page(rule: Rule) -> Page:
    example = EXAMPLES[rule.code]
    return Page(
        code=rule.code,
        summary=rule.summary,
        why=" ".join(rule.why.split()),
        scope=SCOPES[rule.scope],
        severity=rule.severity,
        effect=rule.effect,
        does=_DOES[rule.effect],
        source=rule.source,
        grades={letter: GRADES[letter] for letter in dict.fromkeys(_GRADE.findall(rule.source))},
        says=tuple(_words(rule)),
        bad=example.bad.shown(),
        good=example.good.shown(),
        mend=example.mend,
        fix=MENDS.get(rule.code),
    )


def _words(rule: Rule) -> Iterator[Words]:
    wordings: list[Wording] = []
    if rule.scope == "line" and rule.effect == "refused-at-upload":
        wordings.append(NOT_A_DICTIONARY)
    wordings += [table[rule.code] for table in (WORDINGS, _OTHER_WORDS) if rule.code in table]
    for wording in wordings:
        yield Words(
            wording.text.format_map(_Blanks(line="N", message="M", start='{"p')),
            wording.grade,
            wording.source,
        )


class _Blanks(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def snippet(code: str) -> str:
    """What turns a rule off for a whole project."""
    return f'[tool.drytune.rules]\n{code} = "off"  # or "error", "warning", "info"'


def rules_lines(listed: Iterable[Page], *, headings: bool) -> Iterator[str]:
    """The list of rules, one a line; `headings` for people, between rules that look at different things."""
    scope = None
    for page in listed:
        if headings and page.scope != scope:
            yield f"\n{page.scope[0].upper()}{page.scope[1:]}" if scope else page.scope.capitalize()
        scope = page.scope
        indent = "  " if headings else ""
        yield f"{indent}{page.code:<27} {page.severity:<7} {EFFECTS[page.effect]:<30} {page.summary}"


def page_lines(page: Page) -> Iterator[str]:
    """One page for a terminal, a line at a time; long lines may be wrapped."""
    yield f"{page.code}: {page.summary}"
    if page.why:
        yield page.why
    yield ""
    yield f"severity: {page.severity}"
    yield f"looks at: {page.scope}"
    yield f"effect:   {page.does}"
    yield f"source:   {page.source or 'none is needed'}"
    for letter, meaning in page.grades.items():
        yield f"          {letter}: {meaning}"
    if page.says:
        yield ""
        yield "What the platform says, as far as that is known (N is the line, M the message):"
        for words in page.says:
            yield f"  {words.text}"
            yield f"    {words.source} ({words.grade}: {GRADES[words.grade]})"
    for title, example in (("Bad:", page.bad), ("Good:", page.good)):
        yield ""
        yield title
        yield from (f"  {line}" for line in example.split("\n"))
    yield ""
    yield f"To mend it: {page.mend}"
    yield f"--fix OUT:  {page.fix or 'leaves it, since no repair is surely right.'}"
    yield ""
    yield "To change its severity (what the platform does stays the same):"
    yield f"  drytune check --off {page.code} FILE    (or --error, --warning)"
    yield "  or in pyproject.toml:"
    yield from (f"    {line}" for line in snippet(page.code).split("\n"))
