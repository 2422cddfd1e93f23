"""What a tuned model is asked at the end of a rehearsal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

__all__ = ["Question", "questions", "trained_system_prompts"]

# tried in this order; the first that the dataset does not contain is asked
_GREETINGS = {
    "ja": ("おはようございます！", "こんにちは！", "はじめまして！", "お久しぶりです！"),
    "en": ("Good morning!", "Hello there!", "Nice to meet you!", "Long time no see!"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """A conversation that waits for its next message.

    Attributes:
        messages: System prompt, if any, and what is asked.
        tools: Tools that are offered.
        functions: The older form of `tools`.
        origin: ``trained`` (the dataset's own first prompt), ``greeting`` (not in the dataset) or ``asked``.
    """

    messages: tuple[dict[str, Any], ...]
    tools: tuple[dict[str, Any], ...] = ()
    functions: tuple[dict[str, Any], ...] = ()
    origin: str = "asked"

    @property
    def prompt(self) -> str:
        """The text of its last message."""
        return text_of(self.messages[-1])

    @property
    def system(self) -> str | None:
        """Its system prompt, if it has one."""
        return _system(self.messages)

    def offers(self) -> dict[str, Any]:
        """The parameters of a request that say what may be called."""
        if self.tools:
            return {"tools": list(self.tools)}
        return {"functions": list(self.functions)} if self.functions else {}


def questions(path: Path, ask: Sequence[str] = (), system: str | None = None) -> tuple[Question, ...]:
    """The questions for a model tuned on the dataset at `path`.

    Args:
        path: The training file; lines that are no chat examples are passed over.
        ask: Prompts; without any, the dataset's own first prompt and a greeting that it does not contain.
        system: System prompt of all of them, none if empty; by default the dataset's first.
    """
    examples = _examples(path)
    first = next(examples, None)
    if first is None:
        return ()
    opening = _opening(first)
    prompt = _system(opening) if system is None else system or None
    head = ({"role": "system", "content": prompt},) if prompt else ()
    offers = _offers(first)
    if not any(offers):
        offers = next((found for found in map(_offers, examples) if any(found)), offers)
    if ask:
        return tuple(Question((*head, _user(text)), *offers) for text in ask)
    rest = tuple(message for message in opening if message.get("role") not in {"system", "developer"})
    greeting = _greeting(path, "".join(map(text_of, opening)))
    return (
        Question((*head, *rest), *_offers(first), origin="trained"),
        Question((*head, _user(greeting)), *offers, origin="greeting"),
    )


def trained_system_prompts(path: Path) -> set[str | None]:
    """Every system prompt of the dataset; None stands for examples without one."""
    return {_system(example["messages"]) for example in _examples(path)}


def text_of(message: dict[str, Any]) -> str:
    """The text of a message, whether its content is a string or parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def _examples(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            try:
                example = msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
            messages = example.get("messages") if isinstance(example, dict) else None
            if isinstance(messages, list) and messages and all(isinstance(m, dict) for m in messages):
                yield example


def _opening(example: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """The messages before the first of the assistant; `weight` and the like are no part of a question."""
    messages = []
    for message in example["messages"]:
        if message.get("role") == "assistant":
            break
        messages.append({key: value for key, value in message.items() if key != "weight"})
    return tuple(messages)


def _offers(example: dict[str, Any]) -> tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...]]:
    """The tools and the functions of an example."""
    tools, functions = (example.get(name) for name in ("tools", "functions"))
    return tuple(tools if isinstance(tools, list) else ()), tuple(
        functions if isinstance(functions, list) else ()
    )


def _system(messages: Sequence[dict[str, Any]]) -> str | None:
    for message in messages:
        if message.get("role") in {"system", "developer"}:
            return text_of(message)
    return None


def _user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def _greeting(path: Path, sample: str) -> str:
    language = "ja" if any("\u3040" <= char <= "\u30ff" for char in sample) else "en"
    candidates = {_bare(greeting): greeting for greeting in _GREETINGS[language]}
    remaining = dict(candidates)
    for example in _examples(path):
        for message in example["messages"]:
            if message.get("role") == "user":
                remaining.pop(_bare(text_of(message)), None)
    return next(iter(remaining.values()), _GREETINGS[language][0])


def _bare(text: str) -> str:
    """A text without case, spaces and punctuation, so that `Hello!` and `hello` are the same greeting."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())
