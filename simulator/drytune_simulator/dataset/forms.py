"""What a line of a dataset can be, and which method of tuning takes which (FACTS.md §5.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, Literal

from drytune_simulator.catalog import Model
from drytune_simulator.dataset.formats import EXAMPLE_KEYS
from drytune_simulator.dataset.lines import LineError, decode
from drytune_simulator.dataset.reader import Block

__all__ = [
    "FORMAT_NAMES",
    "KIND_OF_FORM",
    "KIND_WORDS",
    "METHODS",
    "METHOD_OF_KIND",
    "Form",
    "Kind",
    "Method",
    "detect",
    "fits",
    "form_of",
    "kind_of",
    "method_of",
]

Form = Literal["chat", "preference", "reinforcement", "completion"]
Method = Literal["supervised", "dpo", "reinforcement"]
Kind = Literal["messages", "task", "preference", "completion"]
"""What can be told of a line by its looks. Chat examples and tasks for reinforcement both have messages; a
line is a task if nothing is answered in it and it has keys that no chat example has."""

METHODS: Final[tuple[Method, ...]] = ("supervised", "dpo", "reinforcement")

FORMAT_NAMES: Final[dict[Kind, str]] = {
    "messages": "fine-tune-chat",
    "task": "reinforcement-fine-tune",
    "preference": "fine-tune-preference",
    "completion": "fine-tune-completions",
}
"""The platform's names; the first is recorded (FACTS.md §4.5), the others are in its style."""

KIND_OF_FORM: Final[dict[Form, Kind]] = {
    "chat": "messages",
    "reinforcement": "task",
    "preference": "preference",
    "completion": "completion",
}

KIND_WORDS: Final[dict[Kind, tuple[str, str]]] = {
    "messages": ("a chat example", "chat examples"),
    "task": ("a task for reinforcement", "tasks for reinforcement"),
    "preference": ("a preference pair", "preference pairs"),
    "completion": ("a prompt with its completion", "prompts with completions"),
}
"""What one is called, and several are."""

METHOD_OF_KIND: Final[dict[Kind, Method]] = {
    "messages": "supervised",
    "task": "reinforcement",
    "preference": "dpo",
    "completion": "supervised",
}

_PREFERENCE_KEYS = (
    "input",
    "preferred_output",
    "non_preferred_output",
    "preferred_completion",
    "non_preferred_completion",
)


def kind_of(example: Mapping[str, Any]) -> Kind | None:
    """What a line is by its looks; None when nothing can be told."""
    if "messages" in example:
        return "task" if _is_task(example) else "messages"
    if any(key in example for key in _PREFERENCE_KEYS):
        return "preference"
    if "prompt" in example or "completion" in example:
        return "completion"
    return None


def _is_task(example: Mapping[str, Any]) -> bool:
    """Whether the last word is the user's, and there are keys beside it that no chat example has."""
    messages = example["messages"]
    last = messages[-1] if isinstance(messages, list) and messages else None
    asks = isinstance(last, dict) and last.get("role") == "user"
    return asks and any(key not in EXAMPLE_KEYS for key in example)


def fits(kind: Kind | None, form: Form) -> bool:
    """Whether lines of some kind may be of a form; a task need not have keys of its own."""
    return kind is None or kind == KIND_OF_FORM[form] or (form == "reinforcement" and kind == "messages")


def form_of(model: Model, method: Method) -> Form:
    """What a line must be for a method on a model."""
    if method == "dpo":
        return "preference"
    if method == "reinforcement":
        return "reinforcement"
    return "chat" if model.data_format == "chat" else "completion"


def method_of(model: Model, kind: Kind | None) -> Method:
    """The method that a file of some kind is meant for, if the model is tuned by it; else its first."""
    meant = METHOD_OF_KIND[kind or "messages"]
    if meant in model.methods:
        return meant
    return model.methods[0] if model.methods else meant


def detect(block: Block | None, lines: int = 200) -> Kind | None:
    """The kind of most of the first lines of a file; None when nothing can be told."""
    kinds: Counter[Kind] = Counter()
    for line in (block.lines if block is not None else ())[:lines]:
        try:
            example = decode(line.removeprefix(b"\xef\xbb\xbf"))
        except LineError:
            continue
        kind = kind_of(example) if isinstance(example, dict) else None
        if kind is not None:
            kinds[kind] += 1
    return max(kinds, key=kinds.__getitem__, default=None)
