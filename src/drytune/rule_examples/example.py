"""What an example of a rule is: a line or a file, and what it is judged for."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import msgspec

from drytune_simulator.dataset.finding import printable
from drytune_simulator.dataset.forms import Form, Method
from drytune_simulator.dataset.lens import Limits

__all__ = ["Case", "RuleExample", "assistant", "chat", "line", "pair", "rows", "system", "user"]

_MAX_LINES = 4
_MAX_LINE = 800
_PADDING = 9


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Some bytes, and what they are judged for.

    Attributes:
        data: A line, or several, of a file whose other lines are good; or a file.
        whole: Whether `data` is all that the file holds.
        form: Of the file's other lines.
        words: What a reader should see instead of `data`, where the data shows too little or is too much.
        filename: Of the file.
        model, method, as_of, max_usd, grader, response_format, limits: What the file is judged for.
        validation: Lines of a validation file that is judged with it; the finding is then about that file.
    """

    data: bytes
    whole: bool = False
    form: Form = "chat"
    words: str = ""
    filename: str = "train.jsonl"
    model: str = "gpt-4.1-mini"
    method: Method | None = None
    as_of: date | None = None
    max_usd: float | None = None
    grader: dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None
    limits: Limits = Limits()
    validation: bytes | None = None

    def content(self) -> bytes:
        """The whole file, 9 good lines after `data` unless that is the file."""
        return self.data if self.whole else self.data + b"\n" + b"\n".join(padding(self.form)) + b"\n"

    def shown(self) -> str:
        """For people: `words`, else the lines, with what cannot be seen spelled out."""
        if self.words:
            return self.words
        parts = self.data.decode("utf-8", "backslashreplace").split("\n")
        parts = parts[:-1] if len(parts) > 1 and not parts[-1] else parts
        kept = [_cut(printable(part)) for part in parts[:_MAX_LINES]]
        more = len(parts) - len(kept)
        return "\n".join([*kept, f"… ({more} more lines)"] if more else kept)


class RuleExample(msgspec.Struct, frozen=True):
    """A bad and a good example of one rule.

    Attributes:
        bad: In it the rule finds something.
        good: In it the rule finds nothing, and no other finds an error.
        mend: How to come from one to the other, in a sentence or two.
    """

    bad: Case
    good: Case
    mend: str


def rows(bad: bytes, good: bytes, mend: str, **settings: Any) -> RuleExample:
    """An example of two cases that are judged for the same."""
    return RuleExample(Case(data=bad, **settings), Case(data=good, **settings), mend)


def line(value: object) -> bytes:
    """`value` as a line of JSON, without its end."""
    return json.dumps(value, ensure_ascii=False).encode()


def chat(*messages: object, **keys: object) -> bytes:
    """A line of the chat form."""
    return line({"messages": messages, **keys})


def pair(*, prompt: object = None, **keys: object) -> bytes:
    """A line of the preference form; `keys` replace its own, and those that are None are left out."""
    example = {
        "input": prompt or {"messages": [user("Which is the capital of Japan?")]},
        "preferred_output": [assistant("Tokyo.")],
        "non_preferred_output": [assistant("I think it is Kyoto.")],
        **keys,
    }
    return line({key: value for key, value in example.items() if value is not None})


def system(content: str) -> dict[str, Any]:
    """A message with instructions."""
    return {"role": "system", "content": content}


def user(content: object) -> dict[str, Any]:
    """A message of the user."""
    return {"role": "user", "content": content}


def assistant(content: object, **keys: object) -> dict[str, Any]:
    """A message of the assistant."""
    return {"role": "assistant", "content": content, **keys}


def padding(form: Form, number: int = _PADDING) -> list[bytes]:
    """Good lines, no two of them alike."""
    return [_good(form, place) for place in range(1, number + 1)]


def _good(form: Form, place: int) -> bytes:
    question, answer = f"What is {place} times 12?", f"{place} times 12 is {place * 12}."
    if form == "chat":
        return chat(user(question), assistant(answer))
    if form == "preference":
        prompt = {"messages": [user(question)]}
        return pair(prompt=prompt, preferred_output=[assistant(answer)])
    if form == "reinforcement":
        return line({"messages": [user(question)], "answer": str(place * 12)})
    return line({"prompt": question, "completion": f" {answer}"})


def _cut(text: str) -> str:
    if len(text) <= _MAX_LINE:
        return text
    return f"{text[: _MAX_LINE // 2]} … {text[-_MAX_LINE // 5 :]}   ({len(text):,} characters)"
