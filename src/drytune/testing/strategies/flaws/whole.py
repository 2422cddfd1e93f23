"""What shows only when the examples of a file are compared with one another, or with another file's."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from drytune.testing.strategies.flaws.registry import Flawed, Good, file_flaw
from drytune.testing.strategies.rows import jsonl, plain_row
from drytune.testing.strategies.subjects import worse_answer


def _copied(draw: DrawFn, good: Good) -> tuple[dict[str, Any], int]:
    """A copy of one of the rows, and a later place where it may be inserted."""
    place = draw(st.integers(0, len(good.rows) - 1))
    row = good.rows[place]
    if isinstance(row, bytes):
        raise TypeError("the rows of a good dataset are examples")
    return copy.deepcopy(row), draw(st.integers(place + 1, len(good.rows)))


def _inserted(good: Good, place: int, line: Any) -> list[Any]:
    return [*good.rows[:place], line, *good.rows[place:]]


@file_flaw("duplicate-example")
def duplicate_example(draw: DrawFn, good: Good) -> Flawed:
    """One example twice, byte for byte."""
    row, place = _copied(draw, good)
    return good.spoilt("duplicate-example", _inserted(good, place, row), place + 1)


@file_flaw("near-duplicate")
def near_duplicate(draw: DrawFn, good: Good) -> Flawed:
    """One long example twice, whose question ends in another way."""
    row = plain_row("chat", 31_000, good.instructions)
    row["messages"][-2]["content"] = _long_text(60)
    other = copy.deepcopy(row)
    other["messages"][-2]["content"] += draw(st.sampled_from([".", "!", " OK.", "\n"]))
    place = draw(st.integers(0, len(good.rows) - 1))
    again = draw(st.integers(place + 1, len(good.rows)))
    good = Good(tuple(good.with_line(place, row)), good.options)
    return good.spoilt("near-duplicate", _inserted(good, again, other), again + 1)


@file_flaw("conflicting-answers")
def conflicting_answers(draw: DrawFn, good: Good) -> Flawed:
    """One prompt, answered in two ways."""
    row, place = _copied(draw, good)
    row["messages"][-1]["content"] = worse_answer(draw(st.integers(0, 100)))
    return good.spoilt("conflicting-answers", _inserted(good, place, row), place + 1)


@file_flaw("leaked-validation")
def leaked_validation(draw: DrawFn, good: Good) -> Flawed:
    """A validation file with an example that is trained on; the line is the validation file's."""
    validation = [plain_row("chat", 32_000 + place, good.instructions) for place in range(len(good.rows))]
    clean = jsonl(validation)
    place = draw(st.integers(0, len(validation) - 1))
    leaked = jsonl([*validation[:place], draw(st.sampled_from(good.rows)), *validation[place + 1 :]])
    good = Good(good.rows, {**good.options, "validation": clean})
    return good.spoilt("leaked-validation", good.rows, place + 1, validation=leaked)


@file_flaw("inconsistent-system-prompts")
def inconsistent_system_prompts(draw: DrawFn, good: Good) -> Flawed:
    """One example that begins with other instructions than all others, or with none."""
    first = draw(st.integers(0, 9_000))
    rows = [plain_row("chat", first + place, "You are a cat.") for place in range(len(good.rows) + 1)]
    place = draw(st.integers(0, len(rows) - 1))
    instructions = draw(st.sampled_from(["You are a dog.", "You are a cat", None]))
    good = Good(tuple(rows), good.options)
    lines = good.with_line(place, plain_row("chat", first + place, instructions))
    pointer = "/messages/0" if instructions is None else "/messages/0/content"
    return good.spoilt("inconsistent-system-prompts", lines, place + 1, pointer)


@file_flaw("skewed-lengths")
def skewed_lengths(draw: DrawFn, good: Good) -> Flawed:
    """One example that is far longer than all others."""
    place = draw(st.integers(0, len(good.rows) - 1))
    long = plain_row("chat", 31_000, good.instructions)
    long["messages"][-1]["content"] = _long_text(draw(st.integers(100, 150)))
    return good.spoilt("skewed-lengths", good.with_line(place, long), place + 1)


def _long_text(answers: int) -> str:
    """So many answers, one after the other: about a dozen tokens each."""
    return " ".join(plain_row("completion", 31_000 + number)["completion"] for number in range(answers))
