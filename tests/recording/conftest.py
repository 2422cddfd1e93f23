"""A platform on this machine that answers what a test says, also badly; and what a recorder hands over."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest


class Seen(NamedTuple):
    method: str
    target: str
    headers: dict
    body: bytes


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


class Platform:
    """An HTTP server in threads.

    Attributes:
        seen: What was asked.
        answer: Called with the connection's handler, whose methods `told`, `begin`, `piece` and `end` answer.
        over: Set when the test ends, so that nobody waits for ever.
    """

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.over = threading.Event()
        self.answer: Callable = lambda door: door.told(200, b"{}", content_type="application/json")
        self._server = _Server(("127.0.0.1", 0), self._door())
        self.base_url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _door(self) -> type:
        platform = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                length = int(self.headers.get("content-length", 0))
                body = self.rfile.read(length)
                headers = {name.lower(): value for name, value in self.headers.items()}
                platform.seen.append(Seen(self.command, self.path, headers, body))
                platform.answer(self)

            do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815 - the names that http.server looks for

            def begin(self, status: int = 200, **headers: str) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()

            def told(self, status: int, body: bytes, **headers: str) -> None:
                self.begin(status, content_length=str(len(body)), **headers)
                self.wfile.write(body)

            def stream(self, content_type: str = "text/event-stream") -> None:
                self.begin(content_type=content_type, transfer_encoding="chunked")

            def piece(self, data: bytes) -> None:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                self.wfile.flush()

            def end(self) -> None:
                self.wfile.write(b"0\r\n\r\n")

            def drop(self) -> None:
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        return Door


@pytest.fixture
def platform():
    """A fresh one."""
    made = Platform()
    yield made
    made.close()


@pytest.fixture
def key() -> str:
    """A key as real ones look, from pieces, for a scanner may read this file."""
    return "sk-proj-" + "Zq7Rk2Vd9Xw4Ym1Nc8" * 2
