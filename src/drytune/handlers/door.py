"""What a server of recordings answers besides: its health, what it is, and a new beginning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from drytune_simulator.control import PREFIX, is_control
from drytune_simulator.http import ApiError, Handler, Request, Response
from drytune_simulator.world import authenticate
from drytune_simulator.wrapping import Wrapper

__all__ = ["Door"]

_HEALTH = ("/health", "/v1/health")


class Door(Wrapper):
    """Stands before what records or replays.

    | method and path          | what                                                          |
    |--------------------------|---------------------------------------------------------------|
    | ``GET /health``          | whether the process answers                                   |
    | ``GET /_drytune``        | what this is, and its counts                                  |
    | ``POST /_drytune/rewind``| replay from the beginning (of what records: refused with 409) |

    Args:
        handler: Answers everything else.
        about: What ``GET /_drytune`` tells, as JSON; under ``drytune`` what this does: ``records`` or ``replays``.
        rewind: Begins anew; None if there is nothing to begin anew.
        keys: The API keys that are taken; None for any, also none at all.
    """

    def __init__(
        self,
        handler: Handler,
        about: Callable[[], Mapping[str, Any]],
        *,
        rewind: Callable[[], None] | None = None,
        keys: frozenset[str] | None = None,
    ) -> None:
        super().__init__(handler)
        self._about = about
        self._rewind = rewind
        self._keys = keys

    def __call__(self, request: Request) -> Response:
        """Answer it, or pass it on."""
        if request.path in _HEALTH:
            return self._told({"status": "ok"})
        try:
            if self._keys is not None:
                authenticate(request, self._keys)
            if is_control(request):
                return self._control(request)
        except ApiError as refusal:
            return refusal.response().with_headers({"x-drytune": str(self._about()["drytune"])})
        return self._handler(request)

    def blocks(self, request: Request) -> bool:
        """Whether answering may take long."""
        return not (request.path in _HEALTH or is_control(request)) and super().blocks(request)

    def _control(self, request: Request) -> Response:
        asked = (request.method, request.segments[1:])
        if asked == ("GET", ()):
            return self._told()
        if asked != ("POST", ("rewind",)):
            raise ApiError(
                404,
                f"a server of recordings has no {request.method} {request.path}; it has GET /{PREFIX} and "
                f"POST /{PREFIX}/rewind",
                code="not_found",
            )
        if self._rewind is None:
            raise ApiError(
                409,
                "there is nothing to begin anew: this server records, it does not replay",
                code="no_rewind",
            )
        self._rewind()
        return self._told()

    def _told(self, more: Mapping[str, Any] = MappingProxyType({})) -> Response:
        about = self._about()
        headers = {"x-drytune": str(about["drytune"]), "cache-control": "no-store"}
        return Response.json({**more, **about}, headers=headers)
