"""A block of lines looked at: every rule applied, every token counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drytune_simulator.dataset.accounting import Tokens, count_examples
from drytune_simulator.dataset.facts import MAX_FINDINGS, Facts, Longest
from drytune_simulator.dataset.finding import Finding
from drytune_simulator.dataset.formats import Message, is_plain
from drytune_simulator.dataset.lines import BOM, LineError, decode
from drytune_simulator.dataset.prompts import prompts_of
from drytune_simulator.dataset.reader import Block
from drytune_simulator.dataset.rules import Found, Rule, rules_of
from drytune_simulator.dataset.rules import lines as line_rules
from drytune_simulator.dataset.rules.files import EXAMPLE_TRUNCATED, example_truncated
from drytune_simulator.dataset.rules.lines import BLANK_LINE, BYTE_ORDER_MARK, LINE_TOO_LONG, Line
from drytune_simulator.dataset.tokens import Counter

__all__ = ["facts_of", "findings_of_example", "read_line", "rows_of", "unseen"]

_LINE_RULES = rules_of("line")
_EXAMPLE_RULES = rules_of("example")
_ELEMENT_RULES = rules_of("element")
_MESSAGE_RULES = rules_of("message")
_TEXT_RULES = tuple(rule for rule in _MESSAGE_RULES if rule.code == "special-token")
_CONVERSATION_RULES = rules_of("conversation")


class _Collected:
    """Findings in order of lines, only counted from `MAX_FINDINGS` on."""

    def __init__(self) -> None:
        self.errors: list[Finding] = []
        self.notes: list[Finding] = []
        self.error_count = 0
        self.note_count = 0
        self.failure: Finding | None = None

    def add(self, number: int, rule: Rule, found: Found) -> None:
        if rule.severity == "error":
            self.error_count += 1
            kept = self.errors
        else:
            self.note_count += 1
            kept = self.notes
        if len(kept) < MAX_FINDINGS or (self.failure is None and rule.severity == "error"):
            finding = rule.finding(found, number)
            if len(kept) < MAX_FINDINGS:
                kept.append(finding)
            if self.failure is None and finding.is_failure:
                self.failure = finding


def facts_of(block: Block, *, counter: Counter, limit: int | None) -> Facts:
    """The facts of one block; its line numbers count from the block's first line.

    Args:
        block: Whole lines.
        counter: Of the model's encoding.
        limit: Tokens of an example that the model reads; None when that is not known.
    """
    collected = _Collected()
    examples: list[dict[str, Any]] = []
    numbers: list[int] = []
    rows = messages = images = 0
    first_image: int | None = None
    for number, example, found in rows_of(block):
        for rule, what in found:
            collected.add(number, rule, what)
        if example is None:
            collected.error_count += not found  # refused like so many before it
            rows += not found or found[-1][0] is not BLANK_LINE
            continue
        rows += 1
        examples.append(example)
        numbers.append(number)
        errors = 0
        for rule, what in findings_of_example(example):
            collected.add(number, rule, what)
            errors += rule.severity == "error"
            if errors == MAX_FINDINGS:  # of one line no more than are kept of a file: it may hold millions
                break
        count, pictures = _sizes(example)
        messages += count
        images += pictures
        if pictures and first_image is None:
            first_image = number
    tokens = count_examples(examples, counter)
    truncated = _Collected()
    for number, counted in zip(numbers, tokens, strict=True):
        if limit is not None and counted.total > limit:
            truncated.add(number, EXAMPLE_TRUNCATED, example_truncated(counted.total, limit))
    notes = sorted(collected.notes + truncated.notes, key=lambda finding: finding.line or 0)
    totals = [counted.total for counted in tokens]
    longest = max(totals, default=None)
    return Facts(
        lines=len(block.lines),
        size=sum(map(len, block.lines)) + len(block.lines) + sum(block.too_long.values()),
        rows=rows,
        examples=len(examples),
        messages=messages,
        tokens=sum(tokens, Tokens()),
        billable=sum(totals) if limit is None else sum(min(total, limit) for total in totals),
        longest=None if longest is None else Longest(longest, numbers[totals.index(longest)]),
        images=images,
        first_image=first_image,
        prompts=prompts_of(examples),
        errors=tuple(collected.errors),
        notes=tuple(notes[:MAX_FINDINGS]),
        error_count=collected.error_count,
        note_count=collected.note_count + truncated.note_count + unseen(block),
        failure=collected.failure,
    )


def rows_of(
    block: Block, explained: int = MAX_FINDINGS
) -> Iterator[tuple[int, dict[str, Any] | None, list[tuple[Rule, Found]]]]:
    """For each line its number in the block, from 1, the example that it holds, and what is wrong with the line.

    What is wrong comes last for a line without an example. Only so many such lines are `explained`: after them
    empty lines are left out (`unseen` counts them), and nothing is said about refused ones.
    """
    blank = refused = 0
    for place, raw in enumerate(block.lines):
        if not raw and place not in block.too_long:
            blank += 1
            if blank <= explained:
                yield place + 1, None, [(BLANK_LINE, line_rules.blank_line)]
            continue
        line, found = raw, list[tuple[Rule, Found]]()
        if place == 0 and block.first_line == 1 and raw.startswith(BOM):
            line = raw[len(BOM) :]
            found.append((BYTE_ORDER_MARK, line_rules.byte_order_mark))
        if place in block.too_long:
            found.append((LINE_TOO_LONG, line_rules.line_too_long(block.too_long[place])))
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


def read_line(line: bytes, *, explain: bool = True) -> tuple[dict[str, Any] | None, list[tuple[Rule, Found]]]:
    """The example in a line, or None and why the platform refuses the line, if that is to be explained."""
    try:
        value = decode(line)
    except LineError as error:
        return None, list(_apply(_LINE_RULES, Line(line, error=error))) if explain else []
    if isinstance(value, dict):
        return value, []
    return None, list(_apply(_LINE_RULES, Line(line, value))) if explain else []


def findings_of_example(example: dict[str, Any]) -> Iterator[tuple[Rule, Found]]:
    """What is wrong with an example, in the order in which the platform is thought to look."""
    messages = example.get("messages")
    if not isinstance(messages, list) or not messages:
        yield from _apply(_EXAMPLE_RULES, example)
        return
    if len(example) > 1:  # messages alone, if they are a list, break none of these rules
        yield from _apply(_EXAMPLE_RULES, example)
    plain_roles = set()
    for place, element in enumerate(messages):
        if is_plain(element):
            plain_roles.add(element["role"])
            if "<|" in element["content"]:
                yield from _apply(_TEXT_RULES, Message(place, element))
        elif isinstance(element, dict):
            yield from _apply(_MESSAGE_RULES, Message(place, element))
        else:
            yield from _apply(_ELEMENT_RULES, (place, element))
    if "assistant" not in plain_roles:
        yield from _apply(_CONVERSATION_RULES, messages)


def _apply(rules: tuple[Rule, ...], subject: object) -> Iterator[tuple[Rule, Found]]:
    for rule in rules:
        if rule.check is not None:
            for found in rule.check(subject):
                yield rule, found


def _sizes(example: dict[str, Any]) -> tuple[int, int]:
    """How many messages and how many images an example has."""
    messages = example.get("messages")
    if not isinstance(messages, list):
        return 0, 0
    images = 0
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, list):
            images += sum(isinstance(part, dict) and part.get("type") == "image_url" for part in content)
    return len(messages), images
