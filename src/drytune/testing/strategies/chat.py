"""Chat examples: system, user and assistant, in one turn or several."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from drytune.testing.strategies.arguments import check_bool, check_range
from drytune.testing.strategies.images import image_parts
from drytune.testing.strategies.text import Message, Row, names, texts

__all__ = ["chat_examples", "contents", "text_message"]


def chat_examples(*, min_turns: int = 1, max_turns: int = 3, images: bool = True) -> SearchStrategy[Row]:
    """Chat examples for supervised training that the platform accepts.

    With or without a system message; texts and content parts; names, weights (the last reply is always learned)
    and refusals. Each turn is a question of the user and a reply of the assistant.

    Args:
        min_turns: Turns at least, from 1.
        max_turns: Turns at most.
        images: Whether users may show pictures; models that are not trained on images skip such examples.

    Raises:
        InvalidArgument: A number of turns is no number, or the range is empty.
    """
    check_range("min_turns", min_turns, "max_turns", max_turns, least=1)
    check_bool(images=images)
    return _chat_examples(min_turns, max_turns, images)


def contents(kind: str = "text") -> SearchStrategy[Any]:
    """Content as a text, or as a list of one or two parts of the given `kind` that hold text."""
    return texts() | parts(kind)


def parts(kind: str = "text") -> SearchStrategy[list[dict[str, str]]]:
    """One or two parts of the given `kind` that hold text."""
    part = st.builds(lambda text: {"type": kind, kind: text}, texts())
    return st.lists(part, min_size=1, max_size=2)


@st.composite
def text_message(draw: DrawFn, role: str) -> Message:
    """A message of `role` with content, sometimes with a name."""
    message: Message = {"role": role, "content": draw(contents())}
    if draw(st.integers(0, 4)) == 4:
        message["name"] = draw(names())
    return message


@st.composite
def _chat_examples(draw: DrawFn, min_turns: int, max_turns: int, images: bool) -> Row:
    messages = draw(st.lists(text_message("system"), max_size=1))
    turns = draw(st.integers(min_turns, max_turns))
    for turn in range(1, turns + 1):
        messages += [draw(_question(images)), draw(_reply(is_last=turn == turns))]
    return {"messages": messages}


@st.composite
def _question(draw: DrawFn, images: bool) -> Message:
    message = draw(text_message("user"))
    if images and draw(st.integers(0, 3)) == 3:
        pictures = draw(st.lists(image_parts(), min_size=1, max_size=3))
        message["content"] = [{"type": "text", "text": draw(texts())}, *pictures]
    return message


@st.composite
def _reply(draw: DrawFn, is_last: bool) -> Message:
    message = draw(text_message("assistant"))
    if draw(st.integers(0, 5)) == 5:
        message["content"] = draw(st.none() | parts("refusal"))
        if message["content"] is None:
            message["refusal"] = draw(texts())
    if draw(st.integers(0, 2)) == 2:
        message["weight"] = 1 if is_last else draw(st.sampled_from([0, 1]))
    return message
