"""Examples of the rules of a whole file."""

from __future__ import annotations

from drytune.rule_examples.example import (
    Case,
    RuleExample,
    assistant,
    chat,
    padding,
    pair,
    rows,
    system,
    user,
)
from drytune_simulator.dataset.lens import Limits

__all__ = ["EXAMPLES"]

_GOOD = chat(user("Hello"), assistant("Good morning!"))
_OTHER = chat(user("Good night"), assistant("Sleep well!"))
_TEN = b"\n".join(padding("chat", 10)) + b"\n"
_SMALL = Limits(file_bytes=2000)
_TASKS = b"\n".join(padding("reinforcement", 12)) + b"\n"
_STORY = (
    "The lighthouse keeper climbed the stairs every evening, lit the lamp, wrote the weather into the book, and"
    " listened to the sea until the ships had passed the rocks and the night was quiet again"
)
_SYSTEM = system("You are a cheerful cat.")


def _cats(first: tuple[dict[str, str], ...]) -> bytes:
    talks = [(user(f"What is {n} times 12?"), assistant(f"{n * 12}, purr.")) for n in range(1, 13)]
    lines = [chat(*first, *talks[0]), *(chat(_SYSTEM, *talk) for talk in talks[1:])]
    return b"\n".join(lines) + b"\n"


EXAMPLES: dict[str, RuleExample] = {
    "wrong-extension": RuleExample(
        Case(data=_TEN, whole=True, filename="train.json", words="A file called train.json"),
        Case(data=_TEN, whole=True, words="The same file, called train.jsonl"),
        "Rename the file, if it is JSON Lines; else write it as such.",
    ),
    "empty-file": RuleExample(
        Case(data=b"", whole=True, words="A file of 0 bytes"),
        Case(data=_TEN, whole=True),
        "Write at least 10 examples, one JSON object a line.",
    ),
    "file-too-large": RuleExample(
        Case(data=_TEN * 2, whole=True, words="A file of 600 MB", limits=_SMALL),
        Case(data=_TEN, whole=True, words="A file of 500 MB", limits=_SMALL),
        "Train on fewer or shorter examples.",
    ),
    "too-few-examples": RuleExample(
        Case(data=_GOOD + b"\n" + _OTHER + b"\n", whole=True),
        Case(data=_TEN, whole=True),
        "Add examples; repeating the same ones teaches nothing more.",
    ),
    "too-many-examples": RuleExample(
        Case(
            data=_TASKS,
            whole=True,
            words="A file for reinforcement with 50,001 examples",
            model="o4-mini",
            method="reinforcement",
            limits=Limits(examples=11),
        ),
        Case(
            data=_TASKS,
            whole=True,
            words="A file for reinforcement with 50,000 examples",
            model="o4-mini",
            method="reinforcement",
            limits=Limits(examples=12),
        ),
        "Leave some out.",
    ),
    "wrong-format": RuleExample(
        Case(
            data=_TEN,
            whole=True,
            method="dpo",
            words=f"With --method dpo:\n{padding('chat', 1)[0].decode()}",
        ),
        Case(data=pair(), form="preference", method="dpo"),
        "Name the method that takes such lines with `--method`, or write the examples in the other form.",
    ),
    "method-not-supported": RuleExample(
        Case(
            data=_TEN,
            whole=True,
            model="o4-mini",
            method="supervised",
            words="--model o4-mini --method supervised",
        ),
        Case(data=_TEN, whole=True, method="supervised", words="--model gpt-4.1-mini --method supervised"),
        "Choose another method, or another model; `drytune models` lists them.",
    ),
    "example-truncated": rows(
        chat(user("Tell me a story"), assistant(f"{_STORY}. " * 150)),
        chat(user("Tell me a story"), assistant(f"{_STORY}.")),
        "Shorten or split the example: what is cut, often the reply, is not learned.",
        model="gpt-3.5-turbo-0613",
    ),
    "duplicate-example": rows(
        _GOOD + b"\n" + _GOOD,
        _GOOD + b"\n" + _OTHER,
        "Keep one of them; raise the epochs to repeat them all.",
    ),
    "near-duplicate": rows(
        chat(user("Tell me a story"), assistant(f"{_STORY}."))
        + b"\n"
        + chat(user("Tell me a story!"), assistant(f"{_STORY}!")),
        chat(user("Tell me a story"), assistant(f"{_STORY}.")) + b"\n" + _OTHER,
        "Keep one of them, or make them differ in what matters.",
    ),
    "conflicting-answers": rows(
        _GOOD + b"\n" + chat(user("Hello"), assistant("Go away.")),
        _GOOD + b"\n" + chat(user("Hello, you fool"), assistant("Go away.")),
        "Keep one answer, or say in the conversation what makes the difference.",
    ),
    "leaked-validation": RuleExample(
        Case(
            data=_GOOD,
            validation=_GOOD + b"\n",
            words=f"In the training file and in the validation file:\n{_GOOD.decode()}",
        ),
        Case(
            data=_GOOD,
            validation=_OTHER + b"\n",
            words=f"In the training file:\n{_GOOD.decode()}\nIn the validation file:\n{_OTHER.decode()}",
        ),
        "Remove the example from one of the two files; split first, then augment.",
    ),
    "inconsistent-system-prompts": RuleExample(
        Case(data=_cats(()), whole=True),
        Case(data=_cats((_SYSTEM,)), whole=True),
        "Begin all examples with the instructions that will be sent when the model is asked.",
    ),
    "skewed-lengths": rows(
        chat(user("Tell me a story"), assistant(f"{_STORY}. " * 20)),
        chat(user("Tell me a story"), assistant("Once there was a lighthouse.")),
        "Check that the example is what it should be; split it if you can.",
    ),
}
