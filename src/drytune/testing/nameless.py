"""What a request asks, for looking at it once more: which script would have answered, had the model been there."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from drytune.keeping.doors import door_of, segments_of
from drytune_simulator import Request
from drytune_simulator.http import ApiError
from drytune_simulator.inference.voice import Question
from drytune_simulator.scripts import Scripts

__all__ = ["nameless_script"]


def nameless_script(scripts: Scripts, request: Request) -> str | None:
    """What the script is called that fits a question, and says nothing of a model; None if there is none.

    Args:
        scripts: Those that may answer; nothing is counted.
        request: A question to a model, whichever.
    """
    question = _question_in(request)
    if question is None:
        return None
    try:
        return scripts.nameless(question)
    except ApiError:  # a function of the test's own has raised: it cannot say that it fits
        return None


def _question_in(request: Request) -> Question | None:
    """The question; None if the platform would refuse it."""
    from drytune.keeping.meaning import meaning_of  # late: few ask for models that are not there

    door = door_of(request.method, segments_of(request.path))
    try:
        body = msgspec.json.decode(request.body)
        if door is None or not isinstance(body, Mapping):
            return None
        asked = meaning_of(door, body)
    except (msgspec.DecodeError, ApiError, KeyError):
        return None
    model = str(body.get("model"))
    return Question(asked.turns, asked.offer, model, model, door, asked.shape)
