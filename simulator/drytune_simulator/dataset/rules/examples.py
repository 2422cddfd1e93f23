"""Rules of a chat example as a whole: its keys, its messages as a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from drytune_simulator.dataset.finding import shown
from drytune_simulator.dataset.formats import EXAMPLE_KEYS, escape
from drytune_simulator.dataset.rules.registry import Found, rule
from drytune_simulator.dataset.wordings import says

Example = dict[str, Any]


@rule("missing-messages", "example")
def missing_messages(example: Example) -> Iterator[Found]:
    """An example has messages."""
    if "messages" not in example:
        hint = 'Add "messages": a list of {"role": …, "content": …}.'
        yield Found("", 'The key "messages" is missing.', hint, says("missing-messages"))


@rule("messages-not-list", "example")
def messages_not_list(example: Example) -> Iterator[Found]:
    """The messages are a list."""
    if "messages" in example and not isinstance(example["messages"], list):
        yield Found(
            "/messages",
            f'"messages" is {shown(example["messages"])}; it must be a list of messages.',
            'Write "messages": [{"role": …, "content": …}, …].',
            says("messages-not-list"),
        )


@rule("empty-messages", "example")
def empty_messages(example: Example) -> Iterator[Found]:
    """There is at least one message."""
    if example.get("messages") == []:
        yield Found(
            "/messages", '"messages" is empty.', "Add messages, or remove the line.", says("empty-messages")
        )


@rule("unknown-key", "example")
def unknown_key(example: Example) -> Iterator[Found]:
    """An example has no other keys than those of its form."""
    return unknown_keys(example, EXAMPLE_KEYS, {"weight": "`weight` belongs into an assistant message."})


def unknown_keys(example: Example, allowed: Sequence[str], hints: Mapping[str, str]) -> Iterator[Found]:
    """What to say about keys that are not `allowed`, with a better hint for some."""
    for key in example:
        if key not in allowed:
            yield Found(
                f"/{escape(key)}",
                f"The key {shown(key)} is not allowed here; allowed are {', '.join(allowed)}.",
                hints.get(key, "Remove it."),
                says("unknown-key", key=key),
            )
