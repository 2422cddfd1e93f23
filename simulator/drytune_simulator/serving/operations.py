"""What operators and browsers ask a server for: a page at ``/``, ``/ready``, ``/metrics``."""

from __future__ import annotations

import logging
from collections.abc import Callable

from drytune_simulator.control import PREFIX
from drytune_simulator.errors import refuse
from drytune_simulator.http import ApiError, Request, Response
from drytune_simulator.paths import Paths
from drytune_simulator.routes import ROUTES
from drytune_simulator.serving.assembly import Assembly
from drytune_simulator.serving.measures import Measures
from drytune_simulator.serving.metrics import exposition
from drytune_simulator.serving.page import page
from drytune_simulator.wrapping import Wrapper

__all__ = ["OTHER", "Operations", "route_of"]

_LOG = logging.getLogger("drytune_simulator")
_SIMULATED = {"x-drytune": "simulated"}
_OWN = ("/", "/health", "/v1/health", "/ready", "/metrics", "/openapi.json")
_ROUTES = Paths((path, path) for path in (*_OWN, *(route.path for route in ROUTES)))
_ALWAYS_QUICK = ("/health", "/v1/health")
CONTROL = f"/{PREFIX}"
OTHER = "other"
"""What stands for every path that no route has, in logs and metrics."""


def route_of(path: str) -> str:
    """The pattern of a path, such as ``/v1/files/{file_id}``: ids are no labels, nor is an unknown path."""
    if path.startswith(CONTROL):
        return CONTROL
    found = _ROUTES.find(path.split("/")[1:])
    return OTHER if found is None else found[0]


class Operations(Wrapper):
    """Stands before a server's Handler.

    Args:
        assembly: The server's parts.
        measures: What ``/metrics`` tells.
        serving: Whether the server is not about to stop.
    """

    def __init__(self, assembly: Assembly, measures: Measures, serving: Callable[[], bool]) -> None:
        super().__init__(assembly.handler)
        self._assembly = assembly
        self._measures = measures
        self._serving = serving
        self._browsers = assembly.settings.browsers
        self._distant = assembly.settings.database_url is not None
        self._own = {"/": self._page, "/ready": self._ready, "/metrics": self._metrics}

    def __call__(self, request: Request) -> Response:
        """Answer an operator's request, or pass it on."""
        answer = self._own.get(request.target.partition("?")[0])
        if answer is None or request.method not in {"GET", "HEAD"}:
            if "origin" in request.headers and not self._browsers and request.target.startswith(CONTROL):
                # a browser sends such a request for any page that it shows, without asking first
                return refuse("no-browsers").response().with_headers(_SIMULATED)
            return self._handler(request)
        try:
            return answer(request).with_headers(_SIMULATED)
        except ApiError as refusal:
            return refusal.response().with_headers(_SIMULATED)

    def blocks(self, request: Request) -> bool:
        """Whether answering may take long: the state may not answer at once, least of all a distant database."""
        if request.target in _ALWAYS_QUICK:
            return False
        return self._distant or request.target.partition("?")[0] in self._own or super().blocks(request)

    def _ready(self, request: Request) -> Response:  # noqa: ARG002 - the signature of all three
        if not self._serving():
            return Response.json({"status": "stopping", "simulated": True}, 503)
        try:
            self._assembly.store.get("readiness", "", "", 0.0)
        except Exception as error:  # noqa: BLE001 - whatever a database's driver raises
            _LOG.warning("not ready: the state cannot be read (%s)", type(error).__name__)
            return Response.json({"status": "the state cannot be read", "simulated": True}, 503)
        return Response.json({"status": "ready", "simulated": True})

    def _metrics(self, request: Request) -> Response:  # noqa: ARG002 - the signature of all three
        try:
            text, kind = exposition(self._measures.counts())
        except ImportError:
            raise refuse("no-metrics") from None
        return Response(200, {"content-type": kind}, text)

    def _page(self, request: Request) -> Response:
        as_html = "text/html" in request.headers.get("accept", "")
        text = page(self._assembly, as_html=as_html)
        kind = "text/html" if as_html else "text/plain"
        headers = {
            "content-type": f"{kind}; charset=utf-8",
            "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
        }
        return Response(200, headers, text.encode())
