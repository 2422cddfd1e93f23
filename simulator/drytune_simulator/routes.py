"""The table of routes: what the platform documents, and what of it is simulated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drytune_simulator.errors import refuse
from drytune_simulator.http import ApiError, Request, Response
from drytune_simulator.resources import (
    chat,
    files,
    graders,
    job_creation,
    jobs,
    limits,
    models,
    permissions,
    uploads,
)
from drytune_simulator.version import __version__
from drytune_simulator.world import Call, World

__all__ = ["ROUTES", "Route", "match"]

Operation = Callable[[World, Call], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: `path` segments, where ``{}`` stands for any one segment."""

    method: str
    path: str
    operation: Operation

    @property
    def segments(self) -> tuple[str, ...]:
        """The path as a request gives it."""
        return tuple(self.path.split("/")[1:])


ROUTES = (
    Route("POST", "/v1/files", files.create),
    Route("GET", "/v1/files", files.list_files),
    Route("GET", "/v1/files/{}", files.retrieve),
    Route("DELETE", "/v1/files/{}", files.delete),
    Route("GET", "/v1/files/{}/content", files.content),
    Route("POST", "/v1/fine_tuning/jobs", job_creation.create),
    Route("GET", "/v1/fine_tuning/jobs", jobs.list_jobs),
    Route("GET", "/v1/fine_tuning/jobs/{}", jobs.retrieve),
    Route("POST", "/v1/fine_tuning/jobs/{}/cancel", jobs.cancel),
    Route("GET", "/v1/fine_tuning/jobs/{}/events", jobs.events),
    Route("GET", "/v1/fine_tuning/jobs/{}/checkpoints", jobs.checkpoints),
    Route("POST", "/v1/fine_tuning/jobs/{}/pause", jobs.pause),
    Route("POST", "/v1/fine_tuning/jobs/{}/resume", jobs.resume),
    Route("POST", "/v1/fine_tuning/checkpoints/{}/permissions", permissions.create),
    Route("GET", "/v1/fine_tuning/checkpoints/{}/permissions", permissions.list_permissions),
    Route("DELETE", "/v1/fine_tuning/checkpoints/{}/permissions/{}", permissions.delete),
    Route("POST", "/v1/fine_tuning/alpha/graders/run", graders.run),
    Route("POST", "/v1/fine_tuning/alpha/graders/validate", graders.validate),
    Route("GET", "/v1/fine_tuning/model_limits", limits.model_limits),
    Route("POST", "/v1/uploads", uploads.create),
    Route("POST", "/v1/uploads/{}/parts", uploads.add_part),
    Route("POST", "/v1/uploads/{}/complete", uploads.complete),
    Route("POST", "/v1/uploads/{}/cancel", uploads.cancel),
    Route("GET", "/v1/models", models.list_models),
    Route("GET", "/v1/models/{}", models.retrieve),
    Route("DELETE", "/v1/models/{}", models.delete),
    Route("POST", "/v1/chat/completions", chat.create),
)

# First segments behind /v1 that the platform documents and this version does not simulate at all, and
# operations of simulated resources that are still missing.
_ELSEWHERE = frozenset(
    [
        "assistants",
        "audio",
        "batches",
        "chatkit",
        "completions",
        "containers",
        "conversations",
        "embeddings",
        "evals",
        "images",
        "moderations",
        "organization",
        "realtime",
        "responses",
        "threads",
        "vector_stores",
        "videos",
        "webhooks",
    ]
)
_MISSING = (
    ("v1", "chat", "completions", "{}"),
    ("v1", "chat", "completions", "{}", "messages"),
)


def match(request: Request) -> tuple[Route, tuple[str, ...]]:
    """The route of a request and the values of its path's variables.

    Raises:
        ApiError: 404, 405, or 501 for what is documented but not simulated.
    """
    segments = request.segments
    methods = []
    for route in ROUTES:
        if _fits(route.segments, segments):
            if route.method == request.method:
                values = zip(route.segments, segments, strict=True)
                return route, tuple(value for name, value in values if name == "{}")
            methods.append(route.method)
    raise _unmatched(request, segments, methods)


def _fits(pattern: tuple[str, ...], segments: tuple[str, ...]) -> bool:
    return len(pattern) == len(segments) and all(
        value != "" and name in ("{}", value) for name, value in zip(pattern, segments, strict=True)
    )


def _unmatched(request: Request, segments: tuple[str, ...], methods: list[str]) -> ApiError:
    what = f"{request.method} {request.path}"
    if request.path == "/v1/fine_tuning/jobs/":
        # recorded so (FACTS.md §4.8), but for the address, which must not lead to the platform itself
        return ApiError(307, "Moved", headers={"location": "/v1/fine_tuning/jobs"})
    if methods:
        refusal = refuse("wrong-method", method=request.method, path=request.path)
        refusal.headers["allow"] = ", ".join(methods)
        return refusal
    documented = len(segments) > 1 and segments[0] == "v1" and segments[1] in _ELSEWHERE
    if documented or any(_fits(pattern, segments) for pattern in _MISSING):
        return refuse("not-simulated", what=what, version=__version__)
    reason = "base URLs end in /v1" if segments[:1] != ("v1",) else None
    return refuse("unknown-url", method=request.method, path=request.path, reason=reason)
