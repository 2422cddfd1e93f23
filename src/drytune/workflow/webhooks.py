"""A receiver of the platform's webhooks: waiting ends as soon as it tells that a job has ended.

What it is told only ends a wait early; how the job stands is then asked of the platform. So whatever comes, or
does not come, the worst is that one looks too early, or as late as without webhooks.
"""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

from drytune.errors import UsageError
from drytune.workflow.webhook_messages import Event, Verifier, WebhookError
from drytune_simulator.clock import Clock

__all__ = ["LARGEST", "Receiver"]

LARGEST: Final = 64 * 1024
"""Bytes of the largest body that is read; an event of a job has some 200."""

_KEPT: Final = 1_000
_AT_A_TIME: Final = 16
_SECONDS: Final = 5.0
_LOOK: Final = 0.1
_OF_JOBS: Final = "fine_tuning.job."


class Receiver:
    """Listens for webhooks while it is entered as a context.

    Args:
        secret: ``whsec_`` and base64, as the platform shows it once.
        port: 0 for any that is free.
        host: The platform reaches this machine through a tunnel or a proxy, which is here; so loopback will do.
        clock: Tells the time, to know old messages by.

    Attributes:
        refused: How many requests were not taken.
        trouble: Why the last of them was not, a sentence; None if there was none.

    Raises:
        UsageError: The secret is none; or, on entering, the port cannot be had.
    """

    def __init__(
        self, secret: str, port: int = 0, host: str = "127.0.0.1", *, clock: Clock | None = None
    ) -> None:
        self._verifier = Verifier(secret, clock)
        self._place = (host, port)
        self._server: _Server | None = None
        self._changed = threading.Condition()
        self._events: deque[Event] = deque(maxlen=_KEPT)
        self.refused = 0
        self.trouble: str | None = None

    def __repr__(self) -> str:
        return f"Receiver(host={self._place[0]!r}, port={self._place[1]!r})"

    def __enter__(self) -> Self:
        host, port = self._place
        try:
            self._server = _Server((host, port), self)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UsageError(f"No webhook can be received at {host}, port {port}: {reason}.") from error
        self._place = (host, self._server.server_port)
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    @property
    def url(self) -> str:
        """Where it listens; any path will do."""
        host, port = self._place
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/"

    def wait(self, seconds: float, job_id: str | None = None) -> bool:
        """Wait until somebody tells of the job, or until the time is up.

        What was told since the last wait ends this one at once.

        Args:
            seconds: At most so long.
            job_id: The job; any if None.

        Returns:
            Whether somebody told.
        """
        with self._changed:
            return self._changed.wait_for(lambda: self._taken(job_id), timeout=max(0.0, seconds))

    async def async_wait(self, seconds: float, job_id: str | None = None) -> bool:
        """As `wait`, for async code."""
        import anyio

        left = max(0.0, seconds)
        while True:
            with self._changed:
                if self._taken(job_id):
                    return True
            if left <= 0:
                return False
            await anyio.sleep(min(_LOOK, left))
            left -= _LOOK

    def _taken(self, job_id: str | None) -> bool:
        """Whether there is news of the job, which then is none any more."""
        about = [event for event in self._events if job_id is None or event.job_id == job_id]
        for event in about:
            self._events.remove(event)
        return bool(about)

    def take(self, headers: Mapping[str, str], body: bytes) -> None:
        """Take a message.

        Raises:
            WebhookError: It is not to be believed.
        """
        event = self._verifier.event_in(headers, body)
        if event is None or not event.type.startswith(_OF_JOBS):
            return
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def refuse(self, error: WebhookError) -> None:
        """Note that a request was not taken."""
        with self._changed:
            self.refused += 1
            self.trouble = f"a webhook was refused: {error}"


class _Server(ThreadingHTTPServer):
    """Answers a few at a time, in threads that nobody waits for."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, place: tuple[str, int], receiver: Receiver) -> None:
        if ":" in place[0]:
            self.address_family = socket.AF_INET6
        self.receiver = receiver
        self._slots = threading.BoundedSemaphore(_AT_A_TIME)
        super().__init__(place, _Handler)
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": _LOOK}, name="drytune-webhooks", daemon=True
        )

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer nobody any more."""
        with suppress(OSError):  # which wakes the thread, where it does anything
            self.socket.shutdown(socket.SHUT_RDWR)
        self.shutdown()
        self._thread.join()
        self.server_close()

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 - see socketserver
        """Whether there is a thread to spare; whoever gets none tries again later."""
        return self._slots.acquire(blocking=False)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer one connection, and give the thread back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is nobody's business."""


class _Handler(BaseHTTPRequestHandler):
    """One request; the connection is closed after it."""

    timeout = _SECONDS
    server: _Server
    server_version = "drytune"
    sys_version = ""

    def do_POST(self) -> None:
        """A message."""
        receiver = self.server.receiver
        try:
            body = self._body()
            receiver.take({name.lower(): value for name, value in self.headers.items()}, body)
        except WebhookError as error:
            receiver.refuse(error)
            self._answer(error.status, f"{error}\n".encode())
        else:
            self._answer(204, b"")

    def do_GET(self) -> None:
        """Somebody tries whether the tunnel leads here."""
        self._answer(405, b"This is drytune's receiver of webhooks; they are sent here with POST.\n")

    def _body(self) -> bytes:
        length = self.headers.get("content-length", "")
        if not (length.isascii() and length.isdecimal()) or "transfer-encoding" in self.headers:
            raise WebhookError(411, "it has no content-length")
        if len(length) > 9 or int(length) > LARGEST:
            raise WebhookError(413, f"it has more than {LARGEST} bytes")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise WebhookError(400, "it broke off")
        return body

    def _answer(self, status: int, body: bytes) -> None:
        self.close_connection = True
        self.send_response(status)
        if status == 405:
            self.send_header("allow", "POST")
        if body:
            self.send_header("content-type", "text/plain; charset=utf-8")
        if status != 204:
            self.send_header("content-length", str(len(body)))
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - see http.server
        """Nobody reads it."""
