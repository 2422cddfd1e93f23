"""A door before the server: it notes every request and what came of it, and kills at the one that is cut."""

from __future__ import annotations

import fnmatch
import http.client
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_NOT_PASSED_ON = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@dataclass
class Seen:
    """A request that came through the door.

    Attributes:
        method, path: As sent, without the query.
        body: Its JSON, None if it is none.
        status: What the server answered; None if the connection broke.
        answer: The JSON of the answer.
        has_reached: Whether the server may have got it.
        was_told: Whether the answer was passed on.
    """

    method: str
    path: str
    body: Any = None
    status: int | None = None
    answer: Any = None
    has_reached: bool = False
    was_told: bool = False

    @property
    def model(self) -> str:
        """The model that is asked for."""
        return str(self.body.get("model", "")) if isinstance(self.body, dict) else ""


@dataclass(frozen=True)
class Place:
    """The nth request of a kind, counted as the server's faults count.

    Attributes:
        name: Of the step.
        route: A method and a path, in which ``*`` stands for one segment; ``*`` alone for any request.
        nth: Which of them, from 1 on.
        model: Pattern of the model that is asked for.
    """

    name: str
    route: str
    nth: int = 1
    model: str | None = None

    def fits(self, seen: Seen) -> bool:
        """Whether a request is of this kind."""
        if self.route == "*":
            return True
        method, path = self.route.split(" ")
        pattern = "/".join("[^/]+" if part == "*" else re.escape(part) for part in path.split("/"))
        if seen.method != method or not re.fullmatch(pattern, seen.path):
            return False
        return self.model is None or fnmatch.fnmatchcase(seen.model, self.model)


@dataclass
class Trap:
    """What happens at a place.

    Attributes:
        place: Where.
        before: Called before the server is asked.
        meanwhile: Called when the server has been sent it, before its answer is there.
        after: Called when the server has answered, before that is told.
        is_bare: The answer passes, without what it says of when to try again.
        is_deadly: The client is killed, so that nobody is told anything.
        has_struck: Whether it came to that.
    """

    place: Place
    before: Callable[[], object] | None = None
    meanwhile: Callable[[], object] | None = None
    after: Callable[[], object] | None = None
    is_bare: bool = False
    is_deadly: bool = False
    has_struck: bool = False
    count: int = field(default=0)

    def is_due(self, seen: Seen) -> bool:
        """Count a request; whether this is the one."""
        if not self.place.fits(seen):
            return False
        self.count += 1
        if self.count != self.place.nth:
            return False
        self.has_struck = True
        return True


class Door:
    """Passes requests on to a port of this machine, each over a connection of its own.

    Args:
        port: Where the server listens, when it does.
    """

    def __init__(self, port: Callable[[], int]) -> None:
        self.seen: list[Seen] = []
        self.trap: Trap | None = None
        self._port = port
        self._lock = threading.Lock()
        door = self

        class Handler(_Handler):
            of = door

        self._http = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    @property
    def url(self) -> str:
        """The base URL for a client."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def begin(self, trap: Trap | None) -> None:
        """Forget what was seen, and lay a trap."""
        with self._lock:
            self.seen, self.trap = [], trap

    def close(self) -> None:
        """Let nobody in any more."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def note(self, seen: Seen) -> Trap | None:
        """Note a request; the trap, if it is the one."""
        with self._lock:
            self.seen.append(seen)
            trap = self.trap
            return trap if trap is not None and trap.is_due(seen) else None

    def forward(self, seen: Seen, target: str, headers: dict[str, str], body: bytes, trap: Trap | None):
        """The server's answer: its status, headers and bytes.

        Raises:
            OSError: There is none.
            http.client.HTTPException: Likewise.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self._port(), timeout=20)
        try:
            connection.request(seen.method, target, body or None, headers)
            seen.has_reached = True
            if trap is not None and trap.meanwhile is not None:
                trap.meanwhile()
            response = connection.getresponse()
            data = response.read()
            seen.status, seen.answer = response.status, _json(data)
            return response.status, response.getheaders(), data
        finally:
            connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that are killed break their connections; that is what they are for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    of: Door

    def _pass(self) -> None:
        body = self._body()
        seen = Seen(self.command, self.path.partition("?")[0], _json(body))
        trap = self.of.note(seen)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_PASSED_ON}
        try:
            if trap is not None and trap.before is not None:
                trap.before()
            status, told, data = self.of.forward(seen, self.path, headers, body, trap)
        except (OSError, http.client.HTTPException):
            self.close_connection = True
            return
        if trap is not None and trap.after is not None:
            trap.after()
            self.close_connection = True
            return
        self.send_response_only(status)
        for name, value in told:
            if name.lower() in _NOT_PASSED_ON:
                continue
            if trap is not None and trap.is_bare and name.lower().startswith("retry-after"):
                continue
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        seen.was_told = trap is None or not trap.is_deadly

    do_GET = do_POST = do_DELETE = _pass  # noqa: N815 - the names that `http.server` looks for

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name in `http.server`
        """Nothing: `Door.seen` has it all."""


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None
