"""What an answer says, in words: for people, and for counting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drytune.cassettes.model import Told
from drytune.keeping.said import Said, said_in

if TYPE_CHECKING:
    from drytune.testing.recorded_request import RecordedRequest

__all__ = ["answers_of", "problem_of", "words_of"]


def words_of(one: RecordedRequest) -> str:
    """What a model has said; empty where none was asked, and of an error."""
    return "\n".join(said.words for said in answers_of(one))


def answers_of(one: RecordedRequest) -> tuple[Said, ...]:
    """The answers of a model, one for each choice; none where none was asked, and errors are none."""
    if one.door is None or one.status is None:
        return ()
    fields = (("content-type", str(one.answer_headers.get("content-type", ""))),)
    told = Told(status=one.status, headers=fields, body=one.answer_bytes)
    return tuple(said for said in said_in(told, one.door) if said.error is None)


def problem_of(one: RecordedRequest) -> str | None:
    """Why there is no good answer, in words; None if there is one."""
    if one.error is not None:
        kind = type(one.error).__name__
        return f"{kind}: {one.error}" if str(one.error) else kind
    if one.status is None:
        return "no answer yet"
    if one.status < 400:
        return None
    told = one.answer.get("error") if isinstance(one.answer, dict) else None
    message = told.get("message") if isinstance(told, dict) else None
    return message if isinstance(message, str) else one.answer_bytes[:300].decode("utf-8", "replace")
