"""What a request does: it looks, it asks a model, or it changes something; and on which resource.

It decides how often a recorded answer may be given. To look changes nothing, and neither does a question to a
model; what creates or changes happens as often as it was recorded.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

__all__ = ["PLATFORM_ID", "Deed", "collection_of", "deed_of", "resource_of"]

Deed = Literal["look", "question", "change"]

_QUESTIONS: Final = (
    "/chat/completions",
    "/completions",
    "/responses",
    "/responses/input_tokens",
    "/embeddings",
    "/moderations",
    "/audio/speech",
    "/audio/transcriptions",
    "/audio/translations",
    "/images/generations",
    "/images/edits",
    "/images/variations",
    "/fine_tuning/alpha/graders/run",
    "/fine_tuning/alpha/graders/validate",
)

PLATFORM_ID: Final = re.compile(
    r"(?:file|ftjob|ftevent|chatcmpl|cmpl|modr|org)-[A-Za-z0-9][A-Za-z0-9_-]*"
    r"|(?:ftckpt|resp|msg|call|fc|rs|batch|upload|part|vs|vsfb|asst|thread|run|step|proj|conv|eval|evalrun|req|pmpt"
    r"|wh|evt|cp|snapshot)_[A-Za-z0-9][A-Za-z0-9_-]*"
    r"|ft:[^\s\"'\\/?&]+"
)
"""An id that the platform gives."""

_UNLIKE_A_NAME = re.compile(r"[0-9A-Z:.]")


@lru_cache(maxsize=4096)
def deed_of(method: str, path: str) -> Deed:
    """What a request with this method and normal path does."""
    if method in {"GET", "HEAD", "OPTIONS"}:
        return "look"
    if method == "POST" and (path in _QUESTIONS or _behind_deployment(path) in _QUESTIONS):
        return "question"
    return "change"


@lru_cache(maxsize=4096)
def resource_of(path: str) -> str | None:
    """The normal path up to its first id, ``/fine_tuning/jobs/ftjob-1`` of the events of a job.

    None for a collection.
    """
    segments = path.split("/")
    for number, segment in enumerate(segments):
        if PLATFORM_ID.fullmatch(segment) or _UNLIKE_A_NAME.search(segment):
            return "/".join(segments[: number + 1])
    return None


def collection_of(resource: str) -> str:
    """What a resource is one of: ``/fine_tuning/jobs``."""
    return resource.rpartition("/")[0]


def _behind_deployment(path: str) -> str:
    """Azure's paths name the deployment: ``/deployments/mine/chat/completions``."""
    if not path.startswith("/deployments/"):
        return path
    return "/" + path.removeprefix("/deployments/").partition("/")[2]
