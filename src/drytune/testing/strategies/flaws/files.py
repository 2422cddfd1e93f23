"""Files that are wrong as a whole: their name, their size, their number of examples, what they are for."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from drytune.testing.strategies.flaws.registry import Flawed, Good, file_flaw, some_rows
from drytune.testing.strategies.rows import FORMS, Form, jsonl, plain_row
from drytune_simulator.dataset.lens import Limits

_SHORT_MODEL: Final = "gpt-3.5-turbo-0613"
"""Reads 4,096 tokens of an example."""


@file_flaw("wrong-extension")
def wrong_extension(draw: DrawFn, good: Good) -> Flawed:
    """A name that does not end with .jsonl."""
    name = draw(
        st.sampled_from(
            ["train.json", "train.txt", "train", "train.jsonl.bak", "jsonl", "train.csv", ".json"]
        )
    )
    return good.spoilt("wrong-extension", jsonl(good.rows), filename=name)


@file_flaw("empty-file")
def empty_file(_draw: DrawFn, good: Good) -> Flawed:
    """A file without a byte."""
    return good.spoilt("empty-file", b"")


@file_flaw("file-too-large")
def file_too_large(draw: DrawFn, good: Good) -> Flawed:
    """A file of more bytes than are allowed, where the limit is lowered below its size."""
    data = jsonl(good.rows)
    limits = Limits(file_bytes=len(data) - draw(st.integers(2, len(data) - 1)))
    return good.spoilt("file-too-large", data, limits=limits)


@file_flaw("too-few-examples")
def too_few_examples(draw: DrawFn, good: Good) -> Flawed:
    """Fewer than ten examples."""
    return good.spoilt("too-few-examples", good.rows[: draw(st.integers(1, 9))])


@file_flaw("too-many-examples", form="reinforcement")
def too_many_examples(draw: DrawFn, good: Good) -> Flawed:
    """More examples than reinforcement takes, where the limit is lowered below their number."""
    limits = Limits(examples=draw(st.integers(1, len(good.rows) - 1)))
    return good.spoilt("too-many-examples", good.rows, limits=limits)


@file_flaw("mixed-formats")
def mixed_formats(draw: DrawFn, good: Good) -> Flawed:
    """One line of another form than all others."""
    place = draw(st.integers(0, len(good.rows) - 1))
    other = draw(st.sampled_from(["preference", "completion"]))
    line = plain_row("preference" if other == "preference" else "completion", 31_000)
    return good.spoilt("mixed-formats", good.with_line(place, line), place + 1)


@file_flaw("wrong-format")
def wrong_format(draw: DrawFn, _good: Good) -> Flawed:
    """A whole file of another form than the method's, which the job names."""
    asked = {"preference": "supervised", "completion": "supervised", "chat": "dpo"}
    form: Form = draw(st.sampled_from([form for form in FORMS if form in asked]))
    others = some_rows(draw, form, plain=True)
    right = Good(
        tuple(some_rows(draw, "preference" if form == "chat" else "chat", plain=True).rows),
        {"model": "gpt-4.1-mini", "method": asked[form]},
    )
    return right.spoilt("wrong-format", others.rows)


@file_flaw("method-not-supported")
def method_not_supported(draw: DrawFn, good: Good) -> Flawed:
    """A method by which the model is not tuned."""
    form, method, model = draw(
        st.sampled_from(
            [
                ("preference", "dpo", "gpt-3.5-turbo-0125"),
                ("reinforcement", "reinforcement", "gpt-4.1-mini"),
                ("preference", "dpo", "babbage-002"),
                ("chat", "supervised", "o4-mini"),
            ]
        )
    )
    return Good(good.rows, {"model": "gpt-4.1-mini"}).spoilt(
        "method-not-supported", some_rows(draw, _form(form), plain=True).rows, model=model, method=method
    )


@file_flaw("example-truncated", model=_SHORT_MODEL)
def example_truncated(draw: DrawFn, good: Good) -> Flawed:
    """One example of more tokens than the model reads."""
    place = draw(st.integers(0, len(good.rows) - 1))
    long = plain_row("chat", 31_000, good.instructions)
    long["messages"][-1]["content"] += " meow" * draw(st.integers(4_096, 5_000))
    return good.spoilt("example-truncated", good.with_line(place, long), place + 1)


def _form(name: str) -> Form:
    return next(form for form in FORMS if form == name)
