"""A question to a model as a test expects it, and the one that comes nearest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from drytune.testing.differences import Difference, differences
from drytune.testing.exchanges import RecordedRequest, Requests

__all__ = ["check_asked", "each_once", "nearest_question", "questions_in", "unlike"]

_RETRY: Final = "x-stainless-retry-count"
_ARGUMENTS: Final = (
    *("operation", "method", "path", "model", "status", "text", "pattern", "system", "layer", "predicate"),
)
"""Of `Requests.where`, beside fields of the JSON."""
_NO_TEXT: Final = ("text", "system")
_OF_THE_REQUEST: Final = ("model", "text", "system", "method", "path", "status", "layer", "operation")


def questions_in(requests: Requests) -> Requests:
    """Those that ask a model, those among them that the SDK repeats on its own."""
    return requests.where(predicate=lambda one: one.door is not None)


def each_once(found: Iterable[RecordedRequest], questions: Iterable[RecordedRequest]) -> Requests:
    """Of those that were found, one of each question: what the SDK has asked again on its own is the same one.

    Args:
        found: Some of the questions.
        questions: All of them, oldest first.
    """
    chain: dict[int, int] = {}
    last: dict[tuple[object, ...], list[RecordedRequest]] = {}
    for one in questions:
        count = _retry_count(one)
        asked = (one.path, one.sent.body, one.headers.get("authorization"))
        before = last.get((*asked, count - 1), []) if count else []
        chain[one.number] = chain[_repeated(before).number] if before else one.number
        last.setdefault((*asked, count), []).append(one)
    first: dict[int, RecordedRequest] = {}
    for one in found:
        first.setdefault(chain[one.number], one)
    return Requests(first.values())


def _repeated(attempts: list[RecordedRequest]) -> RecordedRequest:
    """Takes out the attempt that was repeated: the newest that failed, or that had a body that broke."""
    failed = [one for one in attempts if one.status is None or one.status >= 400 or one.error is not None]
    repeated = (failed or attempts)[-1]
    attempts.remove(repeated)
    return repeated


def _retry_count(one: RecordedRequest) -> int:
    told = str(one.headers.get(_RETRY, ""))
    return int(told) if told.isascii() and told.isdecimal() else 0


def check_asked(asked: Mapping[str, Any], questions: Iterable[RecordedRequest]) -> None:
    """A question can be so: else it would never be found, and to say that it was not asked would be no news.

    Args:
        asked: As of `Requests.where`.
        questions: That were asked; what one of them has in its JSON is known, whatever it is.

    Raises:
        TypeError: There is no such argument and no such field, or it is None where that says nothing.
    """
    known: set[str] | None = None
    for name, value in asked.items():
        if name in _ARGUMENTS:
            if value is None:
                raise TypeError(_open(name))
            continue
        if known is None:
            known = _fields(questions)
        if name not in known:
            from drytune_simulator.faults.words import nearest  # late: it is for those who mistype

            near = nearest(name, sorted({*_ARGUMENTS, *known}))
            msg = f"no question has {name}{near}"
            raise TypeError(msg)


def _open(name: str) -> str:
    if name in _NO_TEXT:
        return f"{name}=None leaves open what it is: say {name}='' for a question without it, or leave it out"
    return f"{name}=None leaves open what it is: leave it out"


def _fields(questions: Iterable[RecordedRequest]) -> set[str]:
    """Fields of the JSON of questions: those of the specification, and those that were sent."""
    from drytune_simulator.wire.chat import CreateChatCompletion
    from drytune_simulator.wire.others import CreateCompletion
    from drytune_simulator.wire.response_requests import CreateResponse

    kinds = (CreateChatCompletion, CreateResponse, CreateCompletion)
    known = {field.encode_name for kind in kinds for field in msgspec.structs.fields(kind)}
    return known.union(*(one.json for one in questions if isinstance(one.json, dict)))


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
