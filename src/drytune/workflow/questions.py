"""What a tuned model is asked at the end of a rehearsal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

__all__ = ["LONGEST_COMPLETION", "Question", "questions"]

LONGEST_COMPLETION = 256
"""Tokens that a completion may have which a model is asked for here."""

_SYSTEM_ROLES = ("system", "developer")
_Messages = tuple[dict[str, Any], ...]
_Offers = tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...]]

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
        form: ``chat``, or ``completion`` for a model that goes on with a prompt: its only message is the prompt.
    """

    messages: tuple[dict[str, Any], ...]
    tools: tuple[dict[str, Any], ...] = ()
    functions: tuple[dict[str, Any], ...] = ()
    origin: str = "asked"
    form: Literal["chat", "completion"] = "chat"

    @property
    def prompt(self) -> str:
        """The text of its last message."""
        return text_of(self.messages[-1])

    @property
    def system(self) -> str | None:
        """Its system prompt, if it has one."""
        return _system(self.messages)

    def body(self) -> dict[str, Any]:
        """The body of a request that asks this, without its model."""
        if self.form == "completion":
            # the API's own default would cut most completions; it may have so many that nobody waits for
            return {"prompt": self.prompt, "max_tokens": LONGEST_COMPLETION}
        # as the dataset has them: whether they are well-formed is for the API to say
        return {"messages": list(self.messages), **self.offers()}

    def offers(self) -> dict[str, Any]:
        """The parameters of a request that say what may be called."""
        if self.tools:
            return {"tools": list(self.tools)}
        return {"functions": list(self.functions)} if self.functions else {}


def questions(
    path: Path, ask: Sequence[str] = (), system: str | None = None, *, form: str = "chat"
) -> tuple[Question, ...]:
    """The questions for a model tuned on the dataset at `path`, which is read once, a block at a time.

    Args:
        path: The training file; lines that are no chat examples are passed over.
        ask: Prompts; without any, the dataset's own first prompt and a greeting that it does not contain.
        system: System prompt of all of them, none if empty; by default the dataset's first.
        form: What its lines are; pairs of a prompt and its completion are asked by prompt, and have no system
            prompt.
    """
    if form == "completion":
        return _prompts(path, ask)
    opening: _Messages = ()
    trained: _Offers = ((), ())
    offers: _Offers = ((), ())
    prompt: str | None = None
    said: set[str] = set()
    for number, example in enumerate(_examples(path)):
        if number == 0:
            prompt = _system(example["messages"])
        if not opening:
            opening, trained = _opening(example, whole=form == "reinforcement"), _offers(example)
        if not any(offers):
            offers = _offers(example)
        if not ask:
            said |= _GREETED & {_bare(text_of(m)) for m in example["messages"] if m.get("role") == "user"}
        elif opening and any(offers):
            break
    if system is not None:
        prompt = system or None
        opening = tuple(m for m in opening if m.get("role") not in _SYSTEM_ROLES)
        opening = (*_head(prompt), *opening) if opening else ()
    if ask:
        return tuple(Question((*_head(prompt), _user(text)), *offers) for text in ask)
    greeting = Question((*_head(prompt), _user(_greeting(opening, said))), *offers, origin="greeting")
    return (Question(opening, *trained, origin="trained"), greeting) if opening else (greeting,)


def text_of(message: dict[str, Any]) -> str:
    """The text of a message, whether its content is a string or parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(str(part.get("text", "")) for part in parts if isinstance(part, dict))


def _prompts(path: Path, ask: Sequence[str]) -> tuple[Question, ...]:
    """What a model that was tuned on prompts and completions is asked."""
    if ask:
        return tuple(Question((_user(text),), form="completion") for text in ask)
    prompts = (example.get("prompt") for example in _objects(path))
    first = next((prompt for prompt in prompts if isinstance(prompt, str) and prompt), None)
    trained = () if first is None else (Question((_user(first),), origin="trained", form="completion"),)
    other = _greeting(() if first is None else (_user(first),), set())
    return (*trained, Question((_user(other),), origin="greeting", form="completion"))


def _examples(path: Path) -> Iterator[dict[str, Any]]:
    """The conversations."""
    for found in _objects(path):
        example = found if "messages" in found else _preferred(found)
        messages = example.get("messages")
        if isinstance(messages, list) and messages and all(isinstance(m, dict) for m in messages):
            yield example


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    """The lines that are JSON objects."""
    from drytune_simulator.dataset import LineError, blocks, decode

    with path.open("rb") as file:
        for block in blocks(file):
            for line in block.lines:
                try:
                    example = decode(line.removeprefix(b"\xef\xbb\xbf")) if line else None
                except LineError:
                    continue
                if isinstance(example, dict):
                    yield example


def _preferred(example: dict[str, Any]) -> dict[str, Any]:
    """A preference pair as a conversation: its input, and the answer that is preferred."""
    given, preferred = example.get("input"), example.get("preferred_output")
    if not isinstance(given, dict) or not isinstance(preferred, list):
        return {}
    asked = given.get("messages")
    return {**given, "messages": [*asked, *preferred]} if isinstance(asked, list) else {}


def _opening(example: dict[str, Any], *, whole: bool = False) -> _Messages:
    """The messages before the first that the assistant learns, as they stand; none if it is the first.

    `weight` is no part of a question.

    Args:
        example: A conversation.
        whole: It ends where the model is to answer, as those for reinforcement do.
    """
    messages: list[dict[str, Any]] = []
    for message in example["messages"]:
        if message.get("role") == "assistant" and message.get("weight") != 0:
            return tuple(messages)
        messages.append({key: value for key, value in message.items() if key != "weight"})
    return tuple(messages) if whole else ()


def _offers(example: dict[str, Any]) -> _Offers:
    """The tools and the functions of an example."""
    tools, functions = (example.get(name) for name in ("tools", "functions"))
    return tuple(tools if isinstance(tools, list) else ()), tuple(
        functions if isinstance(functions, list) else ()
    )


def _system(messages: Sequence[dict[str, Any]]) -> str | None:
    for message in messages:
        if message.get("role") in _SYSTEM_ROLES:
            return text_of(message)
    return None


def _user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def _head(prompt: str | None) -> _Messages:
    return ({"role": "system", "content": prompt},) if prompt else ()


def _greeting(opening: _Messages, said: set[str]) -> str:
    """A greeting in the language of `opening` that is not among those that were `said`."""
    sample = "".join(map(text_of, opening))
    greetings = _GREETINGS["ja" if any("\u3040" <= char <= "\u30ff" for char in sample) else "en"]
    return next((greeting for greeting in greetings if _bare(greeting) not in said), greetings[0])


def _bare(text: str) -> str:
    """A text without case, spaces and punctuation, so that `Hello!` and `hello` are the same greeting."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())


_GREETED = {_bare(greeting) for greetings in _GREETINGS.values() for greeting in greetings}
