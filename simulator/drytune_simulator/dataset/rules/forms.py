"""Rules of the other forms: preference pairs, examples for reinforcement, prompts with completions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from drytune_simulator.dataset.finding import shown
from drytune_simulator.dataset.formats import Message, escape
from drytune_simulator.dataset.rules.examples import unknown_keys
from drytune_simulator.dataset.rules.registry import Found, declare, rule
from drytune_simulator.dataset.wordings import says

__all__ = [
    "MIXED_FORMATS",
    "OUTPUTS",
    "PASSAGES",
    "Passage",
    "Task",
    "mixed_formats",
    "unknown_keys",
    "unknown_preference_keys",
]

Example = dict[str, Any]

PASSAGES = ("prompt", "completion")
OUTPUTS = ("preferred_output", "non_preferred_output")
_OLD_NAMES = {"preferred_completion": OUTPUTS[0], "non_preferred_completion": OUTPUTS[1]}
_INPUT_KEYS = ("messages", "tools", "parallel_tool_calls")

MIXED_FORMATS = declare(
    "mixed-formats",
    "example",
    "error",
    "job-fails",
    "FACTS.md §4.5 (R)",
    "All lines of a file have the same form.",
)


def mixed_formats(found: str, expected: str, key: str) -> Found:
    """What to say about a line of another form than the file's.

    Args:
        found: The line's form, in words.
        expected: The file's.
        key: What the line lacks.
    """
    return Found(
        "",
        f"The line is {found}, and the file is of {expected}.",
        "Put the lines of each form into a file of their own.",
        says("mixed-formats", key=key),
    )


@rule("missing-input", "preference")
def missing_input(example: Example) -> Iterator[Found]:
    """A preference example has an input."""
    if "input" not in example:
        yield Found(
            "",
            'The key "input" is missing.',
            'Add "input": {"messages": [{"role": "user", "content": …}]}.',
            says("missing-input", key="input"),
        )


@rule("missing-output", "preference")
def missing_output(example: Example) -> Iterator[Found]:
    """A preference example has a preferred output and one that is not preferred."""
    for key in OUTPUTS:
        if key not in example:
            old = next((name for name, new in _OLD_NAMES.items() if new == key and name in example), None)
            hint = f'Add "{key}": [{{"role": "assistant", "content": …}}].'
            yield Found(
                "",
                f'The key "{key}" is missing.',
                hint if old is None else f'Write "{key}" for "{old}".',
                says("missing-output", key=key),
            )


@rule("wrong-input", "preference")
def wrong_input(example: Example) -> Iterator[Found]:
    """The input is an object that holds messages, and the tools if there are any."""
    if "input" not in example:
        return
    value = example["input"]
    hint = 'Write "input": {"messages": [{"role": "user", "content": …}]}.'
    if not isinstance(value, dict):
        yield Found("/input", f'"input" is {shown(value)}; it must be an object.', hint, says("wrong-input"))
        return
    messages = value.get("messages")
    if not isinstance(messages, list) or not messages:
        found = "an empty list" if messages == [] else shown(messages)
        what = (
            f'"messages" is {found}; it must be a list of messages'
            if "messages" in value
            else "It has no messages"
        )
        yield Found(
            "/input/messages" if "messages" in value else "/input", f"{what}.", hint, says("wrong-input")
        )
    for key in value:
        if key not in _INPUT_KEYS:
            yield Found(
                f"/input/{escape(key)}",
                f"The key {shown(key)} is not allowed in the input; allowed are {', '.join(_INPUT_KEYS)}.",
                "Remove it.",
                says("wrong-input"),
            )


@rule("wrong-output", "preference")
def wrong_output(example: Example) -> Iterator[Found]:
    """Each output is a list of exactly one message, the assistant's."""
    for key in OUTPUTS:
        if key not in example:
            continue
        value = example[key]
        fault = None
        if not isinstance(value, list):
            fault = f"is {shown(value)}"
        elif len(value) != 1:
            fault = f"has {len(value)} messages"
        elif not isinstance(value[0], dict):
            fault = f"holds {shown(value[0])}"
        elif value[0].get("role") != "assistant":
            fault = f"has a message of the role {shown(value[0].get('role'))}"
        if fault:
            yield Found(
                f"/{key}",
                f'"{key}" {fault}; it must be a list of one message of the assistant.',
                f'Write "{key}": [{{"role": "assistant", "content": …}}].',
                says("wrong-output", key=key),
            )


def unknown_preference_keys(example: Example) -> Iterator[Found]:
    """What to say about keys other than input and the two outputs; of the rule ``unknown-key``."""
    allowed = ("input", *OUTPUTS)
    hints = {old: f'Write "{new}".' for old, new in _OLD_NAMES.items()}
    return unknown_keys(example, allowed, hints)


@rule("same-outputs", "preference", severity="warning", effect="harmful", source="FACTS.md §5.1 (I)")
def same_outputs(example: Example) -> Iterator[Found]:
    """The two outputs differ: there is nothing to prefer otherwise."""
    if all(key in example for key in OUTPUTS) and example[OUTPUTS[0]] == example[OUTPUTS[1]]:
        yield Found(
            f"/{OUTPUTS[1]}",
            "Both outputs are the same.",
            "Write a reply that is worse than the preferred one, or remove the line.",
        )


class Task(NamedTuple):
    """An example for reinforcement, and the keys that the job's grader reads."""

    example: Example
    grader_fields: tuple[str, ...]


@rule("system-in-reinforcement", "reinforcement")
def system_in_reinforcement(task: Task) -> Iterator[Found]:
    """No message is of the role system: reasoning models take instructions from the developer."""
    messages = task.example.get("messages")
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        if isinstance(message, dict) and message.get("role") == "system":
            yield Found(
                f"/messages/{index}/role",
                'The role is "system", which reinforcement examples do not have.',
                'Write "developer".',
                says("system-in-reinforcement"),
            )


@rule("last-not-user", "reinforcement")
def last_not_user(task: Task) -> Iterator[Found]:
    """The last message is the user's: the model's own answer is what is graded."""
    messages = task.example.get("messages")
    if not isinstance(messages, list) or not messages:
        return
    last = messages[-1]
    role = last.get("role") if isinstance(last, dict) else None
    if role != "user":
        yield Found(
            f"/messages/{len(messages) - 1}",
            f"The last message is of the role {shown(role)}; it must be the user's.",
            "Move the answer into a key of its own, which the grader can read.",
            says("last-not-user"),
        )


@rule("missing-grader-field", "reinforcement")
def missing_grader_field(task: Task) -> Iterator[Found]:
    """An example has every key that the grader reads as ``item.…``."""
    for key in task.grader_fields:
        if key not in task.example:
            yield Found(
                "",
                f"The grader reads item.{key}, and the example has no key {shown(key)}.",
                "Add it, or mend the grader's template.",
                says("missing-grader-field", key=key),
            )


@rule("missing-prompt", "completion")
def missing_prompt(example: Example) -> Iterator[Found]:
    """An example for a base model has a prompt."""
    if "prompt" not in example:
        hint = 'Add "prompt"; it may be an empty text.'
        yield Found("", 'The key "prompt" is missing.', hint, says("missing-prompt"))


@rule("missing-completion", "completion")
def missing_completion(example: Example) -> Iterator[Found]:
    """An example for a base model has a completion."""
    if "completion" not in example:
        hint = 'Add "completion", the text that the model shall learn.'
        yield Found("", 'The key "completion" is missing.', hint, says("missing-completion"))


@rule("prompt-not-text", "completion")
def prompt_not_text(example: Example) -> Iterator[Found]:
    """Prompt and completion are texts."""
    for key in PASSAGES:
        value = example.get(key, "")
        if not isinstance(value, str):
            yield Found(
                f"/{key}",
                f'"{key}" is {shown(value)}; it must be a text.',
                "Write it as a string.",
                says("prompt-not-text", key=key),
            )


class Passage(Message):
    """The prompt or the completion of an example, to be looked at like a message; `base` is its key."""

    def pointer(self, *path: str | int) -> str:  # noqa: ARG002 - it is a text: there is nothing within it
        """JSON pointer to it."""
        return f"/{self.base[0]}"

    @classmethod
    def of(cls, example: Example, key: str) -> Passage:
        """The passage under `key`, a text."""
        return cls(0, {"content": example[key]}, (key,))
