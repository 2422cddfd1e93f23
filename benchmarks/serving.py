"""What a server costs: its start, its memory, a request as a ratio to a bare application on the same server."""

import argparse
import asyncio
import http.client
import importlib.util
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]
CONNECTIONS = 32
SECONDS = 3.0
ROUNDS = 3
MEGABYTE = 1024 * 1024
KEY = "sk-bench"

# the same server, with the same settings, around an application that does nothing
BARE = """
import sys
from uvicorn.server import Server
from uvicorn.config import Config
from drytune.cli.serve import _listen
body = bytes.fromhex(sys.argv[1])
fields = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": fields})
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


def get(url: str, path: str) -> bytes:
    """The request for a path, as bytes."""
    place = urlsplit(url)
    head = f"GET {place.path}{path} HTTP/1.1\r\nhost: {place.netloc}\r\nauthorization: Bearer {KEY}\r\n"
    # as many fields as the official client sends
    head += "accept: application/json\r\nuser-agent: OpenAI/Python 3.54.0\r\nconnection: keep-alive\r\n"
    head += "".join(f"x-stainless-{name}: value\r\n" for name in ("lang", "os", "arch", "runtime", "async"))
    return (head + "\r\n").encode()


def ask(url: str, method: str, path: str, body: bytes = b"", **headers: str) -> dict:
    """One request."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=600)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, place.path + path, body, {"authorization": f"Bearer {KEY}", **headers})
    answer = json.load(connection.getresponse())
    connection.close()
    return answer


class _Asking(asyncio.Protocol):
    """Sends a request, waits for the whole answer, and sends the next."""

    def __init__(self, request: bytes, answered: list[float]) -> None:
        self._request = request
        self._answered = answered
        self._data = bytearray()
        self._length = 0
        self._asked = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._length:
            end = self._data.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._data[:end]).lower()
            assert head.startswith(b"http/1.1 200"), head
            place = head.index(b"content-length: ") + 16
            self._length = end + 4 + int(head[place:].split(b"\r\n", 1)[0])
        if len(self._data) >= self._length:
            self._answered.append(time.perf_counter() - self._asked)
            self._data.clear()
            self._length = 0
            self._ask()


async def _load(url: str, request: bytes, seconds: float) -> list[float]:
    answered: list[float] = []
    place = urlsplit(url)
    loop = asyncio.get_running_loop()
    transports = [
        (await loop.create_connection(lambda: _Asking(request, answered), place.hostname, place.port))[0]
        for _ in range(CONNECTIONS)
    ]
    await asyncio.sleep(0.3)  # to warm up
    answered.clear()
    await asyncio.sleep(seconds)
    count = list(answered)
    for transport in transports:
        transport.abort()
    return count


def load(url: str, path: str, seconds: float = SECONDS) -> tuple[float, float]:
    """Requests a second at so many connections, and the median of their milliseconds."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        times = runner.run(_load(url, get(url, path), seconds))
    return len(times) / seconds, statistics.median(times) * 1e3


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


def bench_start() -> None:
    """From the start of the process to the base URL, and to the first answer."""
    ready, first, idle = [], [], []
    for _ in range(7):
        began = time.perf_counter()
        with started() as (url, process):
            ready.append(time.perf_counter() - began)
            ask(url, "GET", "/fine_tuning/jobs")
            first.append(time.perf_counter() - began)
            idle.append(memory(process, "VmRSS"))
    times = f"ready after {statistics.median(ready) * 1e3:.0f} ms, first answer after "
    print(
        f"start: {times}{statistics.median(first) * 1e3:.0f} ms; then {statistics.median(idle):.0f} MB resident"
    )


def bench_upload(megabytes: int) -> None:
    """Memory while one large file is sent."""
    line = json.dumps({"messages": [{"role": "user", "content": "x" * 900}]}).encode() + b"\n"
    block = line * (MEGABYTE // len(line))
    count = megabytes * MEGABYTE // len(block)
    head, tail, kind = form(b"")
    with tempfile.TemporaryDirectory() as directory, started("--data", directory) as (url, process):
        place = urlsplit(url)
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=600)
        began = time.perf_counter()
        connection.putrequest("POST", place.path + "/files")
        fields = {"authorization": f"Bearer {KEY}", "content-type": kind}
        fields["content-length"] = str(len(head) + len(block) * count + len(tail))
        for name, value in fields.items():
            connection.putheader(name, value)
        connection.endheaders(head)
        for _ in range(count):
            connection.send(block)
        connection.send(tail)
        answer = json.load(connection.getresponse())
        took = time.perf_counter() - began
        connection.close()
        assert answer.get("bytes") == len(block) * count, answer
        most = memory(process, "VmHWM")
    rate = megabytes / took
    print(f"upload of {megabytes} MB: {took:.1f} s ({rate:.0f} MB/s), at most {most:.0f} MB resident")


def _job(url: str) -> str:
    head, tail, kind = form((ROOT / "examples" / "cat.jsonl").read_bytes())
    file = ask(url, "POST", "/files", head + tail, content_type=kind)
    body = json.dumps({"model": "gpt-4o-mini", "training_file": file["id"]}).encode()
    return ask(url, "POST", "/fine_tuning/jobs", body, content_type="application/json")["id"]


def bench_requests(label: str, before: str = "", options: tuple[str, ...] = ()) -> None:
    """Retrieving a job, as a ratio to a bare application that answers with the same bytes."""
    options = ("--speed", "instant", *options)
    with (
        tempfile.TemporaryDirectory() as directory,
        started(*options, "--data", directory, before=before) as (ours, _),
    ):
        job = _job(ours)
        body = json.dumps(ask(ours, "GET", f"/fine_tuning/jobs/{job}"), separators=(",", ":")).encode()
        with started("-c", before + BARE, body.hex()) as (bare, _):
            pairs = [
                (load(ours, f"/fine_tuning/jobs/{job}"), load(bare, f"/fine_tuning/jobs/{job}"))
                for _ in range(ROUNDS)
            ]
    ((rate, ms), (bare_rate, _)) = sorted(pairs, key=lambda pair: pair[0][0] / pair[1][0])[ROUNDS // 2]
    ratio = rate / bare_rate
    print(
        f"GET of a job, {CONNECTIONS} connections, {label}: {rate:.0f}/s, median {ms:.1f} ms, "
        f"{ratio:.2f} of a bare application ({bare_rate:.0f}/s)"
    )


def _many_jobs(directory: Path, count: int) -> str:
    """A state with so many jobs; the oldest of them."""
    import msgspec

    from drytune_simulator.store import Store

    with started("--speed", "instant", "--data", str(directory), "--concurrent-jobs", "0") as (url, _):
        job = _job(url)
    store = Store(directory)
    row = store.anywhere("job", job, float("inf"))
    with store.transaction():
        for first in range(1, count, 1000):
            rows = [
                msgspec.structs.replace(
                    row,
                    id=f"ftjob-{number:024}",
                    seq=row.seq + number,
                    visible_at=row.visible_at + number / 1e4,
                )
                for number in range(first, min(first + 1000, count))
            ]
            store.insert(rows)
    store.close()
    return job


def bench_many_jobs(counts: list[int]) -> None:
    """Retrieving one job, and listing a page, with so many jobs of one key in the database."""
    for count in counts:
        with tempfile.TemporaryDirectory() as directory:
            job = _many_jobs(Path(directory), count)
            with started("--speed", "instant", "--data", directory) as (url, _):
                one, _ = load(url, f"/fine_tuning/jobs/{job}")
                page, _ = load(url, "/fine_tuning/jobs?limit=20")
        print(f"{count} jobs: {one:.0f} GETs of one a second, {page:.0f} lists of 20 a second")


def bench_serving(megabytes: int = 512, counts: tuple[int, ...] = (10, 1_000, 100_000)) -> None:
    """All of it."""
    bench_start()
    bench_upload(megabytes)
    bench_requests("uvloop and httptools")
    without = "import sys; sys.modules['uvloop'] = sys.modules['httptools'] = None"
    bench_requests("without them", before=without)
    bench_requests("2 workers", options=("--workers", "2"))
    bench_many_jobs(list(counts))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=512)
    parser.add_argument("--jobs", type=int, nargs="*", default=[10, 1_000, 100_000])
    parser.add_argument("--only", choices=["start", "upload", "requests", "jobs"])
    arguments = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # every user has compiled modules
    if arguments.only is None:
        bench_serving(arguments.megabytes, tuple(arguments.jobs))
    elif arguments.only == "start":
        bench_start()
    elif arguments.only == "upload":
        bench_upload(arguments.megabytes)
    elif arguments.only == "requests":
        bench_requests("uvloop and httptools")
    else:
        bench_many_jobs(arguments.jobs)
