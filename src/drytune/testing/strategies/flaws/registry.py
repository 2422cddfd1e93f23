"""The registry of flaws: by the code of the finding that each must cause."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from drytune.testing.strategies.rows import INSTRUCTIONS, MODELS, Form, jsonl, plain_row, row_of
from drytune.testing.strategies.text import Row

__all__ = ["FLAWS", "Flawed", "Good", "Line", "Maker", "file_flaw", "row_flaw", "some_rows"]

Line = Row | bytes
"""A line of a file: an example, or bytes that are none."""


_SHOWN: Final = 600
"""So many bytes of a line stand in a report of Hypothesis."""


@dataclass(frozen=True, repr=False)
class Flawed:
    """A dataset with exactly one flaw, and what must be found.

    Attributes:
        data: The file.
        code: Of the finding that is due.
        line: Of the finding, from 1; None when it is about the whole file. Of a leak it is in the validation file.
        pointer: JSON pointer of the finding into its line; empty for the whole line.
        options: What `drytune_simulator.dataset.judge` must be given for the flaw to show, the model by its name:
            model, method, filename, validation (a file's bytes), grader, limits.
        good: The same file without the flaw, which has no such finding with `good_options`.
        good_options: Without the flaw, when it is one of the options that is wrong.
    """

    data: bytes
    code: str
    line: int | None
    pointer: str
    options: Mapping[str, Any]
    good: bytes
    good_options: Mapping[str, Any]

    def __repr__(self) -> str:
        """What is wrong, with the line that is: all lines would fill the screen."""
        shown = self.data if self.line is None or "validation" in self.options else self._spoilt_line()
        cut = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + b" ..."
        where = f"line={self.line}, pointer={self.pointer!r}"
        return f"<Flawed {self.code}: {where}, options={dict(self.options)!r}, {cut!r}>"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """The same, for Hypothesis, which would show every field of a dataclass."""
        printer.text(repr(self))

    def _spoilt_line(self) -> bytes:
        lines = self.data.split(b"\n")
        return lines[(self.line or 1) - 1]


Maker = Callable[[DrawFn], Flawed]

FLAWS: Final[dict[str, Maker]] = {}
"""Every flaw that can be made."""


@dataclass(frozen=True)
class Good:
    """A good dataset that is to be spoilt.

    Attributes:
        rows: Its examples.
        options: What it must be judged with.
        instructions: What all examples begin with, or None.
    """

    rows: tuple[Line, ...]
    options: Mapping[str, Any]
    instructions: str | None = None

    def spoilt(
        self,
        code: str,
        lines: Sequence[Line] | bytes,
        line: int | None = None,
        pointer: str = "",
        **options: Any,
    ) -> Flawed:
        """`lines` with a flaw instead of these rows; `options` are added to those of the good dataset."""
        return Flawed(
            data=lines if isinstance(lines, bytes) else jsonl(lines),
            code=code,
            line=line,
            pointer=pointer,
            options={**self.options, **options},
            good=jsonl(self.rows),
            good_options=self.options,
        )

    def with_line(self, place: int, line: Line) -> list[Line]:
        """The rows with another one at `place`, from 0."""
        return [*self.rows[:place], line, *self.rows[place + 1 :]]


def row_flaw(
    code: str, *, form: Form = "chat", turns: int = 1, instructed: bool = False, **options: Any
) -> Callable[[Callable[[DrawFn, Row], tuple[Line, str]]], Callable[[DrawFn, Row], tuple[Line, str]]]:
    """Enter a function that spoils one row, which it may change, as the flaw `code`.

    The function is given a row of plain texts, and gives the spoilt line and the pointer of the finding.

    Args:
        code: Of the finding that is due.
        form: Of the dataset.
        turns: Of the row, if it is a chat example.
        instructed: Whether the examples begin with a system (or developer) message; by chance otherwise.
        options: What the dataset must be judged with, besides its model.
    """

    def enter(spoil: Callable[[DrawFn, Row], tuple[Line, str]]) -> Callable[[DrawFn, Row], tuple[Line, str]]:
        def make(draw: DrawFn) -> Flawed:
            good = some_rows(draw, form, instructed=instructed, **options)
            place = draw(st.integers(0, len(good.rows) - 1))
            number = draw(st.integers(30_000, 30_999))  # beyond those of the other rows
            good = dataclasses.replace(
                good, rows=tuple(good.with_line(place, plain_row(form, number, good.instructions, turns)))
            )
            line, pointer = spoil(draw, plain_row(form, number, good.instructions, turns))
            return good.spoilt(code, good.with_line(place, line), place + 1, pointer)

        _enter(code, make)
        return spoil

    return enter


def file_flaw(
    code: str, *, form: Form = "chat", **options: Any
) -> Callable[[Callable[[DrawFn, Good], Flawed]], Callable[[DrawFn, Good], Flawed]]:
    """Enter a function that spoils a dataset of plain rows as the flaw `code`.

    Args:
        code: Of the finding that is due.
        form: Of the dataset.
        options: What the dataset must be judged with, besides its model.
    """

    def enter(spoil: Callable[[DrawFn, Good], Flawed]) -> Callable[[DrawFn, Good], Flawed]:
        _enter(code, lambda draw: spoil(draw, some_rows(draw, form, plain=True, **options)))
        return spoil

    return enter


def some_rows(
    draw: DrawFn, form: Form, *, plain: bool = False, instructed: bool = False, **options: Any
) -> Good:
    """A good dataset of 10 to 13 rows, most of them plain, some of any shape unless all are to be `plain`."""
    instructions = draw(st.sampled_from(INSTRUCTIONS[1:] if instructed else INSTRUCTIONS))
    first = draw(st.integers(0, 9_000))
    numbers = range(first, first + draw(st.integers(10, 13)))
    rich = set() if plain else draw(st.sets(st.sampled_from(numbers), max_size=2))
    rows = [
        draw(row_of(form, number, instructions, images=False))
        if number in rich
        else plain_row(form, number, instructions)
        for number in numbers
    ]
    return Good(tuple(rows), {"model": MODELS[form], **options}, instructions)


def _enter(code: str, make: Maker) -> None:
    if code in FLAWS:
        raise ValueError(f"two flaws are called {code!r}")
    FLAWS[code] = make
