"""Which operation a request means, and what is said where none is simulated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources as package_files
from typing import Literal

import msgspec

from drytune_simulator.errors import refuse
from drytune_simulator.http import ApiError, Request
from drytune_simulator.paths import Paths
from drytune_simulator.route import Route
from drytune_simulator.route_table import ROUTES
from drytune_simulator.version import __version__
from drytune_simulator.world import World

__all__ = ["ROUTES", "Documented", "Route", "documented", "is_quick", "match", "surface"]

_BY_PATH: dict[str, dict[str, Route]] = {}
for _route in ROUTES:
    _BY_PATH.setdefault(_route.path, {})[_route.method] = _route
_SIMULATED = Paths(_BY_PATH.items())


@dataclass(frozen=True, slots=True)
class Documented:
    """What becomes of an operation of the platform here.

    Attributes:
        summary: What it does; empty for what is not simulated.
        note: What of it is not simulated.
    """

    method: str
    path: str
    state: Literal["simulated", "refused", "not simulated"]
    summary: str = ""
    note: str = ""


def match(request: Request) -> tuple[Route, tuple[str, ...]]:
    """The route of a request and the values of its path's variables.

    Raises:
        ApiError: 307, 404, 405, or 501 for what is documented but not simulated.
    """
    segments = request.segments
    found = _SIMULATED.find(segments)
    if found is not None:
        route = found[0].get(request.method)
        if route is not None:
            return route, found[1]
    raise _unmatched(request, segments, {} if found is None else found[0])


def is_quick(request: Request, world: World | None = None) -> bool:
    """Whether a server may answer `request` in its event loop: a cheap read, a small write, or a refusal.

    Args:
        request: What is asked.
        world: What is known there decides some cases; without it they count as slow.
    """
    segments = request.segments
    found = _SIMULATED.find(segments)
    if found is None:
        return segments[:1] in (("v1",), ("health",), ("openapi.json",))
    route = found[0].get(request.method)
    if route is None or isinstance(route.quick, bool):
        return route is None or bool(route.quick)
    return world is not None and route.quick(world, request)


@lru_cache(maxsize=1)
def documented() -> Mapping[str, Sequence[str]]:
    """The methods of every path that the platform documents, simulated or not."""
    text = package_files.files("drytune_simulator").joinpath("documented.toml").read_bytes()
    return msgspec.toml.decode(text, type=dict[str, list[str]])


def surface() -> list[Documented]:
    """All operations: those that are answered, in the order of the table, then the rest by their paths."""
    answered = [
        Documented(
            route.method,
            route.path,
            "refused" if route.refused else "simulated",
            route.summary.removesuffix("."),
            route.note,
        )
        for route in ROUTES
    ]
    rest = [
        Documented(method, path, "not simulated")
        for path, methods in documented().items()
        for method in methods
        if method not in _BY_PATH.get(path, {})
    ]
    return answered + rest


@lru_cache(maxsize=1)
def _documented_paths() -> Paths[Sequence[str]]:
    return Paths(documented().items())


def _unmatched(request: Request, segments: tuple[str, ...], answered: Mapping[str, Route]) -> ApiError:
    """What the platform says to a request that no route answers."""
    found = _documented_paths().find(segments)
    methods = found[0] if found is not None else ()
    if request.method in methods:
        what = f"{request.method} {request.path}"
        return refuse("not-simulated", what=what, version=__version__)
    if methods or answered:
        refusal = refuse("wrong-method", method=request.method, path=request.path)
        refusal.headers["allow"] = ", ".join(dict.fromkeys([*methods, *answered]))
        return refusal
    closed = segments[:2] == ("v1", "fine_tuning") and segments[-1] == ""
    if closed and _SIMULATED.find(segments[:-1]) is not None:
        # recorded so of jobs (FACTS.md §4.8), but for the address, which must not lead to the platform itself
        query = request.target.partition("?")[1:]
        return ApiError(307, "Moved", headers={"location": request.path.removesuffix("/") + "".join(query)})
    reason = "base URLs end in /v1" if segments[:1] != ("v1",) else None
    return refuse("unknown-url", method=request.method, path=request.path, reason=reason)
