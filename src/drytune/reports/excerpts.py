"""The lines in which something was found, for people to look at; read again from the files."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO

from drytune.errors import UsageError
from drytune.reports.figures import selected
from drytune.sources.local import local_files
from drytune_simulator.dataset.rules.privacy import CARD_SHAPE, EMAIL, KEY_SHAPE, is_card_number

if TYPE_CHECKING:
    from drytune.checking import Report
    from drytune_simulator.dataset.finding import Finding

__all__ = ["MAX_CHARACTERS", "MAX_EXCERPTS", "Excerpts", "excerpts_of", "readable", "withheld"]

Excerpts = dict[tuple[str, int], str]
"""Text of lines by file, as the user called it, and number from 1."""

MAX_EXCERPTS = 100
"""Excerpts are made for so many findings."""

MAX_CHARACTERS = 1000
"""Of an excerpt; what is cut off is told by an ellipsis."""

PRIVATE = frozenset({"api-key", "card-number", "email-address"})
"""Lines in which one of these was found are not shown."""

_CHUNK = 1 << 20
_BYTES = 4 * MAX_CHARACTERS + 4  # as many characters of UTF-8, and a bit to see that there are more


def excerpts_of(report: Report, most: int = MAX_EXCERPTS) -> Excerpts:
    """The text of lines with findings, with nothing in it that a page should not get.

    Each file is read once, to the last line that is wanted, in bounded memory. What is not a regular file of this
    machine, or cannot be read any more, gives nothing. Lines with secrets or personal data are left out: those in
    which a rule found some, and, as findings are not all kept, those that look like it here.

    Args:
        report: Whose findings are looked up.
        most: For so many findings, the worst first.
    """
    private = withheld(report.findings)
    wanted: dict[str, set[int]] = {}
    for finding in selected(report.findings, most):
        if finding.file is not None and finding.line is not None and _place(finding) not in private:
            wanted.setdefault(finding.file, set()).add(finding.line)
    found: Excerpts = {}
    for file, numbers in wanted.items():
        for number, head in _heads_of_file(file, sorted(numbers)).items():
            text = head.decode("utf-8", "backslashreplace")
            if not (report.omitted and _looks_private(text)):
                found[file, number] = readable(text)
    return found


def withheld(findings: Iterable[Finding]) -> set[tuple[str | None, int | None]]:
    """Files and lines in which something private was found."""
    return {_place(finding) for finding in findings if finding.code in PRIVATE}


def readable(text: str) -> str:
    """`text` cut to `MAX_CHARACTERS`, with all that cannot be seen spelled out."""
    if len(text) > MAX_CHARACTERS:
        text = text[: MAX_CHARACTERS - 1] + "…"
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c == "\u3000" else c.encode("unicode_escape", "replace").decode()
        for c in text
    )


def _place(finding: Finding) -> tuple[str | None, int | None]:
    return finding.file, finding.line


def _looks_private(text: str) -> bool:
    cards = any(is_card_number(match[0]) for match in CARD_SHAPE.finditer(text))
    return cards or bool(KEY_SHAPE.search(text)) or bool(EMAIL.search(text))


def _heads_of_file(name: str, numbers: list[int]) -> dict[int, bytes]:
    """How the lines `numbers` begin, as far as they can be read."""
    if name == "-":
        return {}  # standard input, which is gone
    try:
        (file,) = local_files(name)
        if file.name != name:  # a pattern now
            return {}
        with file.open() as stream:
            return _heads(stream, numbers)
    except (UsageError, ValueError):
        return {}  # it was there when it was checked; the report is no less true


def _heads(stream: BinaryIO, numbers: list[int]) -> dict[int, bytes]:
    """How the lines `numbers`, in order and from 1, begin; at most `_BYTES` of each are held."""
    wanted = set(numbers)
    heads: dict[int, bytes] = {}
    line = 1
    while line <= numbers[-1] and (chunk := stream.read(_CHUNK)):
        last = line + chunk.count(b"\n")
        if numbers[bisect_left(numbers, line)] <= last:  # something of this chunk is wanted
            for number, piece in enumerate(chunk.split(b"\n"), line):
                if number in wanted:
                    head = heads.get(number, b"")
                    heads[number] = head + piece[: _BYTES - len(head)]
        line = last
    return heads
