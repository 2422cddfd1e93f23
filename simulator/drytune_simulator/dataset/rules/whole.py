"""Rules that compare the examples of a file with each other, or with those of its validation file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from drytune_simulator.dataset.distribution import Distribution
from drytune_simulator.dataset.fingerprints import Fingerprints, groups
from drytune_simulator.dataset.prompts import Prompts
from drytune_simulator.dataset.rules.registry import Found, declare
from drytune_simulator.dataset.sketch import Sketch, agreement

__all__ = [
    "CONFLICTING_ANSWERS",
    "DUPLICATE_EXAMPLE",
    "INCONSISTENT_SYSTEM_PROMPTS",
    "LEAKED_VALIDATION",
    "NEAR_DUPLICATE",
    "SKEWED_LENGTHS",
    "conflicting_answers",
    "duplicate_examples",
    "inconsistent_system_prompts",
    "leaked_validation",
    "near_duplicates",
    "skewed_lengths",
]

ALIKE = 0.8
"""Sketches that agree in so many bins are of texts that are nearly the same."""

MANY = 4096
"""From so many examples on numpy is worth its import."""

COMMON_SHARE = 20
LEAST_COMMON = 5
"""What more than a twentieth of the examples have in common, and more than five, does not make two alike."""

MOST_PAIRS = 10_000
"""So many near duplicates are looked for; a file of a template has no end of them."""

SKEW = 20
LEAST_FOR_SKEW = 10
MOST_NAMED = 5

Line = int
At = tuple[Line, Found]

DUPLICATE_EXAMPLE = declare(
    "duplicate-example",
    "whole",
    "warning",
    "billed",
    "FACTS.md §1.1: every example of every epoch is billed (O)",
    "No example stands in the file twice.",
    "The same roles, texts, calls and tools, in whatever order the keys are. A repeated example is learned, and"
    " paid, as many times as it stands there. Of more than half a million examples a sample is compared.",
)
NEAR_DUPLICATE = declare(
    "near-duplicate",
    "whole",
    "warning",
    "billed",
    "FACTS.md §1.1: every example of every epoch is billed (O)",
    "No example is nearly the same as another.",
    "Told by comparing sketches (minwise hashing) of what user and assistant say: about four fifths of the text,"
    " or more, is the same. What many examples have in common, a template, does not count. Short texts, of less"
    " than about 140 bytes, are only compared exactly.",
)
CONFLICTING_ANSWERS = declare(
    "conflicting-answers",
    "whole",
    "warning",
    "harmful",
    "no source (I)",
    "The same conversation has one answer.",
    "Where variety is wanted, conflicting answers may be right; where facts are taught, one of them is wrong.",
)
LEAKED_VALIDATION = declare(
    "leaked-validation",
    "whole",
    "warning",
    "harmful",
    "no source (I)",
    "No example for validation is trained on.",
    "The validation loss would show what was learned by heart, and not what was understood.",
)
INCONSISTENT_SYSTEM_PROMPTS = declare(
    "inconsistent-system-prompts",
    "whole",
    "warning",
    "harmful",
    "no source (I)",
    "All examples begin with the same instructions, or each of several kinds comes often.",
    "A tuned model is at its best with the instructions that it was trained with; a few examples with none, or"
    " with other ones, are mostly a slip.",
)
SKEWED_LENGTHS = declare(
    "skewed-lengths",
    "whole",
    "info",
    "none",
    "no source (I)",
    f"No example is more than {SKEW} times as long as the median.",
)


def duplicate_examples(prints: Fingerprints) -> Iterator[At]:
    """What to say about examples that are the same: once for each group, at its second line."""
    lines = prints.column("lines")
    for group in groups(prints.column("exact")):
        first, second, *more = (lines[place] for place in group)
        also = f", and so are {len(more):,} more ({_named(more)})" if more else ""
        yield (
            second,
            Found("", f"The example is the same as that of line {first}{also}.", "Keep one of them."),
        )


def near_duplicates(prints: Fingerprints) -> Iterator[At]:
    """What to say about examples that are nearly the same as an earlier one."""
    lines, exact = prints.column("lines"), prints.column("exact")
    columns = [prints.column(name) for name in ("first", "second", "third")]
    common: list[set[int]] | None = None
    earlier: dict[int, int] = {}
    for column in columns:
        for first, *others in groups(column, skip=0):
            if common is None:
                common = _common_values(columns)
            model = _sketch_at(columns, first)
            for place in others:
                if place in earlier or exact[place] == exact[first]:
                    continue
                if agreement(model, _sketch_at(columns, place), common) >= ALIKE:
                    earlier[place] = first
            if len(earlier) >= MOST_PAIRS:
                break
    for place in sorted(earlier):
        message = f"The example is nearly the same as that of line {lines[earlier[place]]}."
        yield lines[place], Found("", message, "Keep one of them, or make them differ in what matters.")


def _sketch_at(columns: Sequence[Sequence[int]], place: int) -> Sketch:
    first, second, third = (column[place] for column in columns)
    return first, second, third


def _common_values(columns: Sequence[Sequence[int]]) -> list[set[int]]:
    """For each bin of the sketches the values that many examples have: what they share is a template."""
    most = max(LEAST_COMMON, len(columns[0]) // COMMON_SHARE)
    return [_more_than(most, column, shift) for column in columns for shift in (0, 16, 32, 48)]


def _more_than(most: int, column: Sequence[int], shift: int) -> set[int]:
    """The values of a bin that come more than `most` times, without that of the empty bin."""
    if len(column) < MANY:
        times = Counter(word >> shift & 0xFFFF for word in column)
        return {value for value, many in times.items() if value and many > most}
    import numpy as np

    values = (np.asarray(column, np.uint64) >> np.uint64(shift)).astype(np.uint16)
    return set(np.flatnonzero(np.bincount(values) > most).tolist()) - {0}


def conflicting_answers(prints: Fingerprints) -> Iterator[At]:
    """What to say about conversations that are answered differently: once for each, at the second answer."""
    lines, exact = prints.column("lines"), prints.column("exact")
    for group in groups(prints.column("prompt"), skip=0):
        answers = {exact[place]: lines[place] for place in reversed(group)}
        if len(answers) > 1:
            first, second, *more = sorted(answers.values())
            also = f"; there are {len(answers)} different answers in all ({_named(more)})" if more else ""
            message = f"The same conversation is answered differently on line {first}{also}."
            yield (
                second,
                Found("", message, "Keep one answer, or say in the conversation what makes the difference."),
            )


def leaked_validation(training: Fingerprints, validation: Fingerprints) -> Iterator[At]:
    """What to say about examples of a validation file that are in the training file too; lines of the former."""
    lines, lines_too = validation.column("lines"), training.column("lines")
    exact = validation.column("exact")
    wanted = set(exact)
    known: dict[int, int] = {}
    for word, line in zip(training.column("exact"), lines_too, strict=True):
        if word in wanted:
            known.setdefault(word, line)
    for word, line in zip(exact, lines, strict=True):
        if word in known:
            message = f"The example is trained on: it stands in the training file, line {known[word]}."
            yield line, Found("", message, "Remove it from one of the two files.")


def inconsistent_system_prompts(prompts: Prompts, base: str = "/messages") -> Iterator[At]:
    """What to say about a few examples whose instructions, at `base`, are not those of the most."""
    if prompts.system is None or not prompts.system:
        return
    counts, without = prompts.system, prompts.without
    most = max(counts.values())
    rare = {text: count for text, count in counts.items() if count < most and count * 10 <= most}
    if without and without * 10 <= most:
        many = "1 example has" if without == 1 else f"{without:,} examples have"
        yield (
            prompts.first_without or 1,
            Found(
                f"{base}/0",
                f"{many} no system prompt, and {most:,} have the same one.",
                "Begin all with the instructions that will be sent when the model is asked.",
            ),
        )
    for text, count in rare.items():
        many = "1 example" if count == 1 else f"{count:,} examples"
        yield (
            prompts.lines.get(text, 1),
            Found(
                f"{base}/0/content",
                f"The system prompt of {many} differs from that of {most:,} others.",
                "Use the same one, unless it is meant.",
            ),
        )


def skewed_lengths(lengths: Distribution, longest: Line) -> Iterator[At]:
    """What to say about an example that is much longer than the others."""
    median = lengths.median
    if lengths.count >= LEAST_FOR_SKEW and lengths.maximum > SKEW * median:
        message = (
            f"The example has {lengths.maximum:,} tokens, and half of them have no more than {median:,.0f}."
        )
        yield longest, Found("", message, "Check that it is what it should be; split it if you can.")


def _named(lines: Sequence[int]) -> str:
    """Some lines by their numbers."""
    shown = ", ".join(map(str, lines[:MOST_NAMED]))
    what = "line" if len(lines) == 1 else "lines"
    return f"{what} {shown}{', …' if len(lines) > MOST_NAMED else ''}"
