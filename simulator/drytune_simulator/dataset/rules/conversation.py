"""Rules that need all messages of an example; they come after those of single messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drytune_simulator.dataset.rules.registry import Found, rule
from drytune_simulator.dataset.wordings import says


@rule("missing-assistant", "conversation")
def missing_assistant(messages: list[Any]) -> Iterator[Found]:
    """At least one message is the assistant's: there is nothing to learn otherwise."""
    if not any(isinstance(message, dict) and message.get("role") == "assistant" for message in messages):
        yield Found(
            "/messages",
            "No message is from the assistant.",
            "Add the reply that the model shall learn, or remove the line.",
            says("missing-assistant"),
        )
