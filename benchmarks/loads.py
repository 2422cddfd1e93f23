"""A server of drytune's, a bare one with the same settings, and what asks either as fast as it answers."""

import asyncio
import http.client
import importlib.util
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]
CONNECTIONS = 32
SECONDS = 3.0
KEY = "sk-bench"

# the same server, with the same settings, around an application that does nothing
BARE = """
import sys
from uvicorn.server import Server
from uvicorn.config import Config
from drytune.cli.serve import _listen
kind, body = sys.argv[1].encode(), bytes.fromhex(sys.argv[2])
events = body.split(b"\\n\\n")[:-1] if kind.startswith(b"text/event-stream") else []
if sys.argv[3:] == ["whole"]:
    events = [body[:-2]]
fields = [(b"content-type", kind)]
async def app(scope, receive, send):
    if events:
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        for event in events:
            await send({"type": "http.response.body", "body": event + b"\\n\\n", "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        return
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": 200, "headers": [*fields, length]})
    await send({"type": "http.response.body", "body": body})
listener, url = _listen("127.0.0.1", 0)
class Telling(Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(url, flush=True)
options = {"lifespan": "off", "ws": "none", "log_config": None, "access_log": False, "server_header": False}
Telling(Config(app, **options)).run([listener])
"""


@contextmanager
def started(*command: str, before: str = "") -> Iterator[tuple[str, subprocess.Popen]]:
    """A server; gives its base URL and its process."""
    code = before + "\n" + "from drytune.cli import main; main()"
    line = (
        [sys.executable, "-c", code, "serve", "--port", "0"] if command[:1] != ("-c",) else [sys.executable]
    )
    with subprocess.Popen([*line, *command], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            yield process.stdout.readline().strip(), process
        finally:
            process.terminate()


def memory(process: subprocess.Popen, field: str) -> float:
    """Megabytes of a process: ``VmRSS`` now, ``VmHWM`` at most."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


def request(url: str, path: str, body: bytes | None = None) -> bytes:
    """The request for a path as bytes: a GET, or a POST of a JSON body."""
    place = urlsplit(url)
    method = "GET" if body is None else "POST"
    head = f"{method} {place.path}{path} HTTP/1.1\r\nhost: {place.netloc}\r\nauthorization: Bearer {KEY}\r\n"
    # as many fields as the official client sends
    head += "accept: application/json\r\nuser-agent: OpenAI/Python 3.54.0\r\nconnection: keep-alive\r\n"
    head += "".join(f"x-stainless-{name}: value\r\n" for name in ("lang", "os", "arch", "runtime", "async"))
    if body is not None:
        head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return (head + "\r\n").encode() + (body or b"")


def ask_raw(url: str, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """One request, and the bytes of the answer."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=600)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, place.path + path, body, {"authorization": f"Bearer {KEY}", **headers})
    answer = connection.getresponse().read()
    connection.close()
    return answer


def ask(url: str, method: str, path: str, body: bytes = b"", **headers: str) -> dict:
    """One request, and the object that is answered."""
    return json.loads(ask_raw(url, method, path, body, **headers))


class _Asking(asyncio.Protocol):
    """Sends a request, waits for the whole answer, and sends the next."""

    def __init__(self, requests: Iterator[bytes], answered: list[float]) -> None:
        self._requests = requests
        self._answered = answered
        self._data = bytearray()
        self._length: int | None = None
        self._asked = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._data += data
        if self._length is None:
            end = self._data.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._data[:end]).lower()
            assert head.startswith(b"http/1.1 200"), head
            place = head.find(b"content-length: ")
            # 0 stands for an answer in chunks
            self._length = 0 if place < 0 else end + 4 + int(head[place + 16 :].split(b"\r\n", 1)[0])
        # no event ends as the last chunk does
        if len(self._data) >= self._length if self._length else self._data.endswith(b"\r\n0\r\n\r\n"):
            self._answered.append(time.perf_counter() - self._asked)
            self._data.clear()
            self._length = None
            self._ask()


@dataclass(frozen=True)
class Load:
    """What came of asking for a while.

    Attributes:
        rate: Answers a second.
        median, p99: Milliseconds that an answer took.
    """

    rate: float
    median: float
    p99: float


async def _load(url: str, requests: Sequence[bytes], seconds: float, connections: int) -> list[float]:
    answered: list[float] = []
    place, turns = urlsplit(url), cycle(requests)
    loop = asyncio.get_running_loop()
    transports = [
        (await loop.create_connection(lambda: _Asking(turns, answered), place.hostname, place.port))[0]
        for _ in range(connections)
    ]
    await asyncio.sleep(0.3)  # to warm up
    answered.clear()
    await asyncio.sleep(seconds)
    count = list(answered)
    for transport in transports:
        transport.abort()
    return count


def load(url: str, *requests: bytes, seconds: float = SECONDS, connections: int = CONNECTIONS) -> Load:
    """What comes of some requests in turn, on so many connections at once."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        times = runner.run(_load(url, requests, seconds, connections))
    return Load(
        len(times) / seconds,
        statistics.median(times) * 1e3,
        sorted(times)[len(times) * 99 // 100] * 1e3,
    )


def _loop_factory():
    if importlib.util.find_spec("uvloop") is None:
        return None
    import uvloop

    return uvloop.new_event_loop


def form(data: bytes) -> tuple[bytes, bytes, str]:
    """What stands before and behind a file of a form, and the content type."""
    first = b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n'
    head = first + b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n' + data
    return head, b"\r\n--b--\r\n", "multipart/form-data; boundary=b"


def new_job(url: str) -> str:
    """The id of a job on `examples/cat.jsonl`."""
    head, tail, kind = form((ROOT / "examples" / "cat.jsonl").read_bytes())
    file = ask(url, "POST", "/files", head + tail, content_type=kind)
    body = json.dumps({"model": "gpt-4o-mini", "training_file": file["id"]}).encode()
    return ask(url, "POST", "/fine_tuning/jobs", body, content_type="application/json")["id"]
