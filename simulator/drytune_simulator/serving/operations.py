"""What operators and browsers ask a server for: a page at ``/``, ``/ready``, ``/metrics``."""

from __future__ import annotations

import logging
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from drytune_simulator.control import PREFIX, is_control
from drytune_simulator.errors import refuse
from drytune_simulator.http import ApiError, Request, Response
from drytune_simulator.paths import Paths
from drytune_simulator.routes import ROUTES
from drytune_simulator.serving.about import Served
from drytune_simulator.serving.measures import Measures
from drytune_simulator.serving.metrics import exposition
from drytune_simulator.serving.page import page
from drytune_simulator.store import StoreError
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
        served: What the server has.
        measures: What ``/metrics`` tells.
        serving: Whether the server is not about to stop.
    """

    def __init__(self, served: Served, measures: Measures, serving: Callable[[], bool]) -> None:
        super().__init__(served.handler)
        self._served = served
        self._measures = measures
        self._serving = serving
        self._browsers = served.settings.browsers
        self._host = served.settings.host
        self._distant = served.settings.database_url is not None
        self._own = {"/": self._page, "/ready": self._ready, "/metrics": self._metrics}

    def __call__(self, request: Request) -> Response:
        """Answer an operator's request, or pass it on."""
        path = request.path
        answer = self._own.get(path)
        try:
            if path not in _OWN and path.rstrip("/") not in _OWN:
                self._check_no_page(request)
                return self._handler(request)
            if path not in _OWN:
                raise refuse("unknown-url", method=request.method, path=path)
            if request.method not in {"GET", "HEAD"}:
                refusal = refuse("wrong-method", method=request.method, path=path)
                refusal.headers["allow"] = "GET, HEAD"
                raise refusal
            if answer is None:
                return self._handler(request)
            return answer(request).with_headers(_SIMULATED)
        except ApiError as refusal:
            return refusal.response().with_headers(_SIMULATED)

    def _check_no_page(self, request: Request) -> None:
        """Refuse what a web page asks of the control API; the API proper has keys, which no page knows.

        A browser sends such a request for any page that it shows, without asking first; and to this machine, if
        the page's own name is made to mean this machine. Then the request's host is that name.
        """
        if self._browsers or not is_control(request):
            return
        if "origin" in request.headers:
            raise refuse("no-browsers")
        host = request.headers.get("host")
        if host is not None and self._host is not None and not _is_here(host, self._host):
            raise refuse(
                "no-browsers", reason="the header Host does not name this machine, e.g. as 127.0.0.1"
            )

    def blocks(self, request: Request) -> bool:
        """Whether answering may take long: the state may not answer at once, least of all a distant database."""
        if request.target in _ALWAYS_QUICK:
            return False
        return self._distant or request.path in self._own or super().blocks(request)

    def _ready(self, request: Request) -> Response:  # noqa: ARG002 - the signature of all three
        if not self._serving():
            return Response.json({"status": "stopping", "simulated": True}, 503)
        try:
            self._served.check()
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
        try:
            text = page(self._served.about(), as_html=as_html)
        except StoreError as error:  # the time is kept with the state
            _LOG.error("%s", error)
            raise refuse("state-unavailable", why=str(error)) from error
        kind = "text/html" if as_html else "text/plain"
        headers = {
            "content-type": f"{kind}; charset=utf-8",
            "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
        }
        return Response(200, headers, text.encode())


def _is_here(authority: str, host: str) -> bool:
    """Whether a request's host is one that means this machine, and that no page can have as its own."""
    try:
        name = urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return False
    if name in {"localhost", host.lower()}:
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
