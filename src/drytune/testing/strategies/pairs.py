"""Examples of the other forms: preference pairs, reinforcement, prompt and completion."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from drytune.testing.strategies.arguments import check_range
from drytune.testing.strategies.chat import text_message
from drytune.testing.strategies.text import Message, Row, texts
from drytune.testing.strategies.tools import function_definitions

__all__ = ["completion_examples", "preference_examples", "reinforcement_examples"]


def preference_examples(*, max_turns: int = 2) -> SearchStrategy[Row]:
    """Pairs for direct preference optimisation: an ``input``, and two outputs of one assistant message each.

    The two outputs differ. The input may have a system message, earlier turns, and tools that are declared.

    Args:
        max_turns: Questions of the user at most, from 1.

    Raises:
        InvalidArgument: `max_turns` is no number or less than 1.
    """
    check_range("max_turns", max_turns, "max_turns", max_turns, least=1)
    return _preference_examples(max_turns)


def reinforcement_examples(*, max_turns: int = 2) -> SearchStrategy[Row]:
    """Examples for reinforcement: messages that end with the user's, and fields of their own for the grader.

    Instructions come from the role developer, as system is refused here. Every example has the text ``answer``, so
    that a grader may name ``{{item.answer}}``.

    Args:
        max_turns: Questions of the user at most, from 1.

    Raises:
        InvalidArgument: `max_turns` is no number or less than 1.
    """
    check_range("max_turns", max_turns, "max_turns", max_turns, least=1)
    return _reinforcement_examples(max_turns)


def completion_examples(*, max_size: int = 40) -> SearchStrategy[Row]:
    """Prompt and completion, for the base models babbage-002 and davinci-002.

    Args:
        max_size: Characters of each text at most, from 1.

    Raises:
        InvalidArgument: `max_size` is no number or less than 1.
    """
    check_range("max_size", max_size, "max_size", max_size, least=1)
    return st.fixed_dictionaries({"prompt": texts(max_size=max_size), "completion": texts(max_size=max_size)})


def _dialogue(draw: DrawFn, instructing: str, max_turns: int) -> list[Message]:
    """Messages that end with the user's."""
    messages = draw(st.lists(text_message(instructing), max_size=1))
    for _ in range(draw(st.integers(0, max_turns - 1))):
        messages += [draw(text_message("user")), draw(text_message("assistant"))]
    return [*messages, draw(text_message("user"))]


@st.composite
def _preference_examples(draw: DrawFn, max_turns: int) -> Row:
    asked: dict[str, Any] = {"messages": _dialogue(draw, "system", max_turns)}
    if draw(st.integers(0, 3)) == 3:
        asked["tools"] = [
            {"type": "function", "function": function} for function in draw(function_definitions(max_size=2))
        ]
        asked["parallel_tool_calls"] = draw(st.booleans())
    better, worse = draw(st.lists(texts(), min_size=2, max_size=2, unique=True))
    return {
        "input": asked,
        "preferred_output": [{"role": "assistant", "content": better}],
        "non_preferred_output": [{"role": "assistant", "content": worse}],
    }


@st.composite
def _reinforcement_examples(draw: DrawFn, max_turns: int) -> Row:
    row: Row = {"messages": _dialogue(draw, "developer", max_turns), "answer": draw(texts())}
    fields = st.integers(-9, 9) | st.booleans() | texts(max_size=12) | st.lists(texts(max_size=8), max_size=2)
    row |= draw(st.dictionaries(st.sampled_from(["difficulty", "steps", "source_text"]), fields, max_size=2))
    if draw(st.integers(0, 3)) == 3:
        row["tools"] = [
            {"type": "function", "function": function} for function in draw(function_definitions(max_size=2))
        ]
    return row
