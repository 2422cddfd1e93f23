"""A question to a model as a test expects it, and the one that comes nearest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from drytune.testing.differences import Difference, differences
from drytune.testing.exchanges import RecordedRequest, Requests

__all__ = ["nearest_question", "questions_in", "unlike"]

_FIRST_ATTEMPT: Final = ("", "0")
_OF_THE_REQUEST: Final = ("model", "text", "system", "method", "path", "status", "layer", "operation")


def questions_in(requests: Requests) -> Requests:
    """Those that ask a model; not those that the SDK repeats on its own."""
    return requests.where(
        predicate=lambda one: (
            one.door is not None and one.headers.get("x-stainless-retry-count", "") in _FIRST_ATTEMPT
        )
    )


def nearest_question(questions: Requests, asked: Mapping[str, Any]) -> RecordedRequest:
    """The question with the fewest differences; of several the oldest."""
    return min(questions, key=lambda one: (len(unlike(one, asked)), one.number))


def unlike(one: RecordedRequest, asked: Mapping[str, Any]) -> list[Difference]:
    """What of a request is not as `Requests.where` was asked for it."""
    found: list[Difference] = []
    for name, value in asked.items():
        if Requests([one]).where(**{name: value}):
            continue
        if name == "pattern":
            pattern = value.pattern if isinstance(value, re.Pattern) else value
            found.append(Difference("text", f"has {pattern} in it", one.text))
        elif name == "predicate":
            found.append(Difference(name, "true", "false"))
        elif name in _OF_THE_REQUEST:
            found.append(Difference(name, value, getattr(one, name)))
        else:
            found += differences({name: value}, one.json if isinstance(one.json, dict) else {})
    return found
