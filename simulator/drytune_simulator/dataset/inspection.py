"""A block of lines looked at: every rule applied, every token counted.

Most lines of most files are plain, and `fast` takes them at once; everything else is decoded without types
and looked at by every rule. Both ways give the same facts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from drytune_simulator.dataset.accounting import Columns, Tokens, weigh
from drytune_simulator.dataset.applied import findings_of_example
from drytune_simulator.dataset.distribution import Distribution, distribution_of
from drytune_simulator.dataset.facts import MAX_FINDINGS, Facts, Longest
from drytune_simulator.dataset.fast import fast_records
from drytune_simulator.dataset.finding import Finding, Severity
from drytune_simulator.dataset.fingerprints import Fingerprints, fingerprints_of
from drytune_simulator.dataset.lens import Lens
from drytune_simulator.dataset.lines import BOM, LineError, decode
from drytune_simulator.dataset.prompts import prompts_of
from drytune_simulator.dataset.reader import MAX_LINE_BYTES, Block
from drytune_simulator.dataset.records import ROLE_OF_LETTER, Record, record_of
from drytune_simulator.dataset.rules import RULES, Found, Rule
from drytune_simulator.dataset.rules import images as image_rules
from drytune_simulator.dataset.rules import lines as line_rules
from drytune_simulator.dataset.rules.files import EXAMPLE_TRUNCATED, example_truncated
from drytune_simulator.dataset.rules.lines import BLANK_LINE, BYTE_ORDER_MARK, LINE_TOO_LONG, Line
from drytune_simulator.dataset.sketch import sketches
from drytune_simulator.dataset.tokens import Counter, counter

__all__ = ["facts_of", "read_line", "rows_of", "unseen"]


class _Collected:
    """Findings, only counted from `MAX_FINDINGS` on."""

    def __init__(self, lens: Lens) -> None:
        self._policy = lens.policy
        self.errors: list[Finding] = []
        self.notes: list[Finding] = []
        self.error_count = 0
        self.note_count = 0
        self.codes: dict[str, int] = {}
        self.failure: Finding | None = None
        self._late: list[Finding] = []

    def add(self, number: int, rule: Rule, found: Found, *, late: bool = False) -> bool:
        """Take a finding; whether it counts as an error.

        Those of a kind that comes after all others, though their lines do not, are `late`: the first by lines
        are kept in the end.
        """
        if self.failure is None and rule.effect in {"refused-at-upload", "job-fails"}:
            self.failure = rule.finding(found, number)
        severity = self.count(rule, 1)
        if severity is None:
            return False
        kept = self._late if late else self.errors if severity == "error" else self.notes
        if len(kept) < MAX_FINDINGS:
            kept.append(rule.finding(found, number, severity=severity))
        return severity == "error"

    def count(self, rule: Rule, times: int) -> Severity | None:
        """Count findings of a rule; their severity, None if they are not wanted."""
        severity = self._policy.get(rule.code, rule.severity)
        if severity == "off":
            return None
        if times:
            self.codes[rule.code] = self.codes.get(rule.code, 0) + times
        if severity == "error":
            self.error_count += times
        else:
            self.note_count += times
        return severity

    def kept_errors(self) -> tuple[Finding, ...]:
        """The first errors, in order of lines."""
        return self._first([*self.errors, *(late for late in self._late if late.severity == "error")])

    def kept_notes(self) -> tuple[Finding, ...]:
        """The other findings, likewise."""
        return self._first([*self.notes, *(late for late in self._late if late.severity != "error")])

    def _first(self, findings: list[Finding]) -> tuple[Finding, ...]:
        return tuple(sorted(findings, key=lambda finding: finding.line or 0)[:MAX_FINDINGS])


def facts_of(block: Block, lens: Lens) -> Facts:
    """The facts of one block; its line numbers count from the block's first line.

    Args:
        block: Whole lines.
        lens: How to look at them.
    """
    count = counter(lens.encoding, threads=1)
    collected = _Collected(lens)
    records = fast_records(block, lens, count)
    slow, others = _looked_at(block, lens, count, collected, {record.line for record in records})
    rows = len(records) + len(slow) + others
    if slow:
        records = sorted([*records, *slow], key=lambda record: record.line)
    tokens = weigh([record.load for record in records], count)
    if lens.limit is not None:
        for record, total in zip(records, tokens.total, strict=True):
            if total > lens.limit:
                collected.add(record.line, EXAMPLE_TRUNCATED, example_truncated(total, lens.limit), late=True)
    collected.count(BLANK_LINE, unseen(block))
    return _facts(block, lens, collected, records, tokens, rows)


def _looked_at(
    block: Block, lens: Lens, count: Counter, collected: _Collected, taken: set[int]
) -> tuple[list[Record], int]:
    """The records of all lines but those that are `taken`, and how many lines are neither examples nor blank."""
    records: list[Record] = []
    others = 0
    for number, example, found in rows_of(block, skip=taken, max_line_bytes=lens.limits.line_bytes):
        for rule, what in found:
            if what is None:  # refused like so many before it
                collected.count(rule, 1)
            else:
                collected.add(number, rule, what)
        if example is not None:
            _judge_example(number, example, block.lines[number - 1], lens, collected)
            record = record_of(number, example, lens.form, count, lens.image_tokens)
            if record.images > lens.limits.images_per_example:
                too_many = image_rules.too_many_images(record.images, lens.limits)
                collected.add(number, image_rules.TOO_MANY_IMAGES, too_many)
            records.append(record)
        else:
            others += found[-1][0] is not BLANK_LINE
    return records, others


def _judge_example(
    number: int, example: dict[str, Any], line: bytes, lens: Lens, collected: _Collected
) -> None:
    errors = 0
    for rule, what in findings_of_example(example, lens, line):
        errors += collected.add(number, rule, what)
        if errors == MAX_FINDINGS:  # of one line no more than are kept of a file: it may hold millions
            return


def _facts(
    block: Block,
    lens: Lens,
    collected: _Collected,
    records: list[Record],
    tokens: Columns,
    rows: int,
) -> Facts:
    limit = lens.limit
    totals = tokens.total
    longest = max(totals, default=None)
    patterns: dict[str, int] = {}
    for record in records:
        patterns[record.pattern] = patterns.get(record.pattern, 0) + 1
    with_images = [record for record in records if record.images]
    returns = [place for place, line in enumerate(block.lines) if line.endswith(b"\r")]
    return Facts(
        lines=len(block.lines),
        size=sum(map(len, block.lines)) + len(block.lines) + sum(block.too_long.values()) - block.open_end,
        rows=rows,
        examples=len(records),
        messages=sum(len(pattern) * times for pattern, times in patterns.items()),
        tokens=Tokens(*map(sum, tokens)),
        billable=_within(totals, limit),
        billable_recorded=_within(tokens.recorded, limit),
        billable_low=_within(tokens.low, limit),
        billable_high=_within(tokens.high, limit),
        longest=None if longest is None else Longest(longest, records[totals.index(longest)].line),
        lengths=distribution_of(totals),
        cookbook=distribution_of(
            total - tools - images
            for total, tools, images in zip(totals, tokens.tools, tokens.images, strict=True)
        ),
        replies=distribution_of(tokens.assistant),
        message_counts=_spread(patterns, len),
        turns=_spread(patterns, lambda pattern: pattern.count("u")),
        roles=_roles(patterns),
        missing_system=sum(times for pattern, times in patterns.items() if "s" not in pattern),
        missing_user=sum(times for pattern, times in patterns.items() if "u" not in pattern),
        images=sum(record.images for record in with_images),
        image_examples=len(with_images),
        first_image=with_images[0].line if with_images else None,
        crlf=len(returns),
        first_crlf=returns[0] + 1 if returns else None,
        prompts=prompts_of(
            (record.line, record.system, record.question) for record in records if record.begun
        ),
        fingerprints=_fingerprints(records),
        errors=collected.kept_errors(),
        notes=collected.kept_notes(),
        error_count=collected.error_count,
        note_count=collected.note_count,
        codes=collected.codes,
        failure=collected.failure,
    )


def _within(totals: list[int], limit: int | None) -> int:
    if limit is None or not totals or max(totals) <= limit:
        return sum(totals)
    return sum(min(total, limit) for total in totals)


def _spread(patterns: dict[str, int], measure: Any) -> Distribution:
    counts: dict[int, int] = {}
    for pattern, times in patterns.items():
        value = measure(pattern)
        counts[value] = counts.get(value, 0) + times
    return Distribution(counts)


def _roles(patterns: dict[str, int]) -> dict[str, int]:
    roles: dict[str, int] = {}
    for pattern, times in patterns.items():
        for letter in pattern:
            role = ROLE_OF_LETTER[letter]
            roles[role] = roles.get(role, 0) + times
    return roles


def _fingerprints(records: list[Record]) -> Fingerprints:
    return fingerprints_of(
        [record.line for record in records],
        [record.exact for record in records],
        [record.prompt for record in records],
        sketches([record.words for record in records]),
    )


def rows_of(
    block: Block,
    explained: int = MAX_FINDINGS,
    skip: Collection[int] = (),
    max_line_bytes: int = MAX_LINE_BYTES,
) -> Iterator[tuple[int, dict[str, Any] | None, list[tuple[Rule, Found | None]]]]:
    """For each line its number in the block, from 1, the example that it holds, and what is wrong with the line.

    What is wrong comes last for a line without an example. Only so many such lines are `explained`: after them
    empty lines are left out (`unseen` counts them), and of refused ones only the rule is told.

    Args:
        block: Whole lines.
        explained: So many.
        skip: Numbers of lines that need no look.
        max_line_bytes: The limit that the block was read with.
    """
    blank = refused = 0
    for place, raw in enumerate(block.lines):
        if place + 1 in skip:
            continue
        if not raw and place not in block.too_long:
            blank += 1
            if blank <= explained:
                yield place + 1, None, [(BLANK_LINE, line_rules.blank_line)]
            continue
        line, found = raw, list[tuple[Rule, Found | None]]()
        if place == 0 and block.first_line == 1 and raw.startswith(BOM):
            line = raw[len(BOM) :]
            found.append((BYTE_ORDER_MARK, line_rules.byte_order_mark))
        if place in block.too_long:
            found.append((LINE_TOO_LONG, line_rules.line_too_long(block.too_long[place], max_line_bytes)))
            yield place + 1, None, found
        elif not line or line.isspace():
            found.append((BLANK_LINE, line_rules.blank_line))
            yield place + 1, None, found
        else:
            example, faults = read_line(line, explain=refused < explained)
            refused += example is None
            yield place + 1, example, found + faults


def unseen(block: Block, explained: int = MAX_FINDINGS) -> int:
    """How many empty lines `rows_of` leaves out."""
    return max(
        0, block.lines.count(b"") - sum(not block.lines[place] for place in block.too_long) - explained
    )


def read_line(
    line: bytes, *, explain: bool = True
) -> tuple[dict[str, Any] | None, list[tuple[Rule, Found | None]]]:
    """The example in a line, or None and why it is refused: only by which rule, if it is not to be explained."""
    try:
        value = decode(line)
    except LineError as error:
        return None, _refused(Line(line, error=error), explain=explain)
    if isinstance(value, dict):
        return value, []
    return None, _refused(Line(line, value), explain=explain)


def _refused(line: Line, *, explain: bool) -> list[tuple[Rule, Found | None]]:
    rule = RULES[line.fault]
    if not explain or rule.check is None:
        return [(rule, None)]
    return [(rule, found) for found in rule.check(line)]
