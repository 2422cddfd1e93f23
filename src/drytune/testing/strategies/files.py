"""Whole datasets that the platform accepts."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

from drytune.testing.strategies.arguments import check_bool, check_choice, check_range
from drytune.testing.strategies.rows import FORMS, INSTRUCTIONS, Form, encoded, row_of

__all__ = ["Form", "datasets"]

_LEAST = 10  # FACTS.md §4.5: a job with fewer fails


def datasets(
    form: Form = "chat", *, min_examples: int = _LEAST, max_examples: int | None = None, images: bool = False
) -> SearchStrategy[bytes]:
    """Files of JSON Lines in which nothing is wrong: neither an error nor a warning is due.

    The examples are of all shapes that the form has, no two are alike, and all begin with the same instructions or
    none. Lines end with a line feed, the last one maybe not; JSON is written with and without escapes and spaces.

    Args:
        form: What the lines are: ``chat``, ``preference``, ``reinforcement`` or ``completion``.
        min_examples: At least so many, from 10: no job succeeds with fewer.
        max_examples: At most so many; None means four more than `min_examples`.
        images: Whether users show pictures in chat examples; only gpt-4o-2024-08-06 is trained on them.

    Raises:
        InvalidArgument: The form is unknown, or a number is none, too small, or no range.
    """
    check_choice("form", form, FORMS)
    check_bool(images=images)
    most = min_examples if max_examples is None else max_examples
    check_range("min_examples", min_examples, "max_examples", most, least=_LEAST)
    if max_examples is None:
        most = min_examples + 4
    if images and form != "chat":
        raise InvalidArgument(
            f"Cannot have images=True with form={form!r}: only chat examples show pictures here"
        )
    return _datasets(form, min_examples, most, images)


@st.composite
def _datasets(draw: DrawFn, form: Form, least: int, most: int, images: bool) -> bytes:
    instructions = draw(st.sampled_from(INSTRUCTIONS))
    first = draw(st.integers(0, 10_000))
    lines = [
        encoded(draw(row_of(form, first + place, instructions, images)), ascii_only=draw(st.booleans()))
        for place in range(draw(st.integers(least, most)))
    ]
    return b"\n".join(lines) + draw(st.sampled_from([b"\n", b""]))
