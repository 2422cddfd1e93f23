"""Rows of one dataset: good examples that differ from one another, and share their instructions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, get_args

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from drytune.testing.strategies.chat import chat_examples
from drytune.testing.strategies.pairs import (
    completion_examples,
    preference_examples,
    reinforcement_examples,
)
from drytune.testing.strategies.subjects import answer, question, worse_answer
from drytune.testing.strategies.text import Message, Row
from drytune.testing.strategies.tools import tool_conversations
from drytune_simulator.dataset.forms import Form

__all__ = ["FORMS", "INSTRUCTIONS", "MODELS", "VISION", "Form", "encoded", "jsonl", "plain_row", "row_of"]

FORMS: Final[tuple[Form, ...]] = get_args(Form)

MODELS: Final[dict[Form, str]] = {
    "chat": "gpt-4.1-mini",
    "preference": "gpt-4.1-mini",
    "reinforcement": "o4-mini",
    "completion": "babbage-002",
}
"""A model for each form that is tuned on it."""

VISION: Final = "gpt-4o-2024-08-06"
"""The model that the vision guide trains on images (FACTS.md §1.4)."""

INSTRUCTIONS: Final = (None, "Be brief.", "あなたは親切です。")
"""What all examples of a dataset begin with: None for nothing."""


@st.composite
def row_of(draw: DrawFn, form: Form, number: int, instructions: str | None, images: bool) -> Row:
    """A good example of `form`, of any shape; those of different numbers are nothing alike."""
    if form == "chat":
        row = draw(chat_examples(max_turns=2, images=images) | tool_conversations(max_tools=2, max_calls=2))
        return {**row, "messages": _distinct(row["messages"], "system", number, instructions)}
    if form == "preference":
        row = draw(preference_examples())
        row["input"]["messages"] = _distinct(row["input"]["messages"], "system", number, instructions)
        _begin(row["preferred_output"][0], answer(number))
        _begin(row["non_preferred_output"][0], worse_answer(number))
        return row
    if form == "reinforcement":
        row = draw(reinforcement_examples())
        return {**row, "messages": _distinct(row["messages"], "developer", number, instructions)}
    row = draw(completion_examples(max_size=20))
    return {
        "prompt": f"{question(number)} {row['prompt']}",
        "completion": f"{answer(number)} {row['completion']}",
    }


def plain_row(form: Form, number: int, instructions: str | None = None, turns: int = 1) -> Row:
    """The good example of `form` with this number that has nothing but texts; chat has so many `turns`."""
    asked = {"role": "user", "content": question(number)}
    if form == "completion":
        return {"prompt": question(number), "completion": answer(number)}
    if form == "reinforcement":
        return {"messages": [*_opening("developer", instructions), asked], "answer": answer(number)}
    if form == "preference":
        return {
            "input": {"messages": [*_opening("system", instructions), asked]},
            "preferred_output": [{"role": "assistant", "content": answer(number)}],
            "non_preferred_output": [{"role": "assistant", "content": worse_answer(number)}],
        }
    messages = _opening("system", instructions)
    for turn in range(turns):
        messages += [
            {"role": "user", "content": question(number + 20_000 * turn)},
            {"role": "assistant", "content": answer(number + 20_000 * turn)},
        ]
    return {"messages": messages}


def encoded(row: Any, *, ascii_only: bool = False) -> bytes:
    """A row as a line without its line feed; bytes are a line already."""
    return row if isinstance(row, bytes) else json.dumps(row, ensure_ascii=ascii_only).encode()


def jsonl(rows: Iterable[Any]) -> bytes:
    """Rows as a file, each on a line that ends with a line feed."""
    return b"".join(encoded(row) + b"\n" for row in rows)


def _opening(role: str, instructions: str | None) -> list[Message]:
    return [] if instructions is None else [{"role": role, "content": instructions}]


def _distinct(messages: list[Message], role: str, number: int, instructions: str | None) -> list[Message]:
    """`messages` with the dataset's instructions (of the given `role`), all about the subject of this number.

    Every text begins with a sentence of its own: what Hypothesis draws for one row it may draw for another, and
    rows that are alike but for one sentence would be near duplicates.
    """
    spoken = [message for message in messages if message["role"] != role]
    for place, message in enumerate(spoken):
        about = number + 20_000 * place
        if message["role"] == "user":
            _begin(message, f"{question(about)} {worse_answer(about)}")
        elif not message.keys() & {"tool_calls", "function_call"}:
            _begin(message, answer(about) if message["role"] == "assistant" else worse_answer(about))
    return [*_opening(role, instructions), *spoken]


def _begin(message: Message, text: str) -> None:
    """Let what `message` says begin with `text`."""
    content = message.get("content")
    if isinstance(content, list):
        kind = content[0]["type"]
        content[0] = {"type": kind, kind: f"{text} {content[0][kind]}"}
    elif isinstance(content, str):
        message["content"] = f"{text} {content}"
    else:
        message["refusal"] = f"{text} {message['refusal']}"
