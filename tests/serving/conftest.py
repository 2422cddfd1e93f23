"""Servers with any settings, and clients that see every byte."""

import json
import socket
import subprocess
import sys
from contextlib import contextmanager
from urllib.parse import urlsplit

import openai
import pytest

# with the settings of the test, which no option of the command line may set
SERVER = """
import sys
{before}
from drytune.cli.serve import _listen
from drytune_simulator.profile import Profile
from drytune_simulator.serving import Settings, run
from drytune_simulator.serving.settings import Bounds
listener, url = _listen("127.0.0.1", 0)
run({settings}, listener, lambda: print(url, flush=True))
"""
WITHOUT_HTTPTOOLS = "sys.modules['httptools'] = None"


class Wire:
    """A connection on which a test writes what it likes, and reads all that comes."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self.socket = socket.create_connection((place.hostname, place.port), timeout=30)

    def send(self, *parts: bytes) -> None:
        self.socket.sendall(b"".join(parts))

    def read(self, until: bytes) -> bytes:
        """What comes, up to `until`."""
        data = bytearray()
        while until not in data:
            piece = self.socket.recv(65536)
            assert piece, f"the server closed the connection after {bytes(data)!r}"
            data += piece
        return bytes(data)

    def rest(self) -> bytes:
        """All that comes until the server closes the connection."""
        data = bytearray()
        try:
            while piece := self.socket.recv(65536):
                data += piece
        except ConnectionResetError:
            data += b"RESET"
        return bytes(data)

    def close(self) -> None:
        self.socket.close()


def head(method: str, target: str, *fields: str) -> bytes:
    lines = [
        f"{method} {target} HTTP/1.1",
        "host: localhost",
        "authorization: Bearer sk-test",
        *fields,
        "",
        "",
    ]
    return "\r\n".join(lines).encode()


def answer(data: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, fields and body of a whole answer."""
    top, _, body = data.partition(b"\r\n\r\n")
    first, *lines = top.decode("latin-1").split("\r\n")
    return int(first.split()[1]), dict(line.lower().split(": ", 1) for line in lines), body


@pytest.fixture
def request_head():
    return head


@pytest.fixture
def parsed():
    """`answer`, with the error's message in place of the body."""

    def read(data: bytes) -> tuple[int, dict[str, str], str]:
        status, fields, body = answer(data)
        return status, fields, json.loads(body)["error"]["message"]

    return read


@pytest.fixture
def wire():
    """Open a connection to a server; closed at the end."""
    opened = []

    def connect(url: str) -> Wire:
        opened.append(Wire(url))
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


@pytest.fixture
def settled(environment, tmp_path):
    """Start a server with settings written in Python."""

    @contextmanager
    def run(settings: str = "", before: str = ""):
        code = SERVER.format(settings=f"Settings({settings})", before=before)
        command = [sys.executable, "-c", code]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, env=environment, cwd=tmp_path, **pipes) as process:
            try:
                yield process.stdout.readline().strip(), process
            finally:
                if process.poll() is None:
                    process.terminate()

    return run


@pytest.fixture(params=["httptools", "h11"])
def without(request):
    """Both parsers that uvicorn may have: what to run before the server to have one of them."""
    if request.param == "httptools":
        pytest.importorskip("httptools")
        return ""
    return WITHOUT_HTTPTOOLS


@pytest.fixture
def client_of():
    """The official client of a server; closed at the end."""
    clients = []

    def make(url: str, key: str = "sk-test", **options: object) -> openai.OpenAI:
        clients.append(openai.OpenAI(base_url=url, api_key=key, **{"max_retries": 0, **options}))
        return clients[-1]

    yield make
    for one in clients:
        one.close()


@pytest.fixture
def tuned(cat):
    """Upload the cat, and have it learnt."""

    def tune(client: openai.OpenAI, **options: object):
        with cat.open("rb") as file:
            uploaded = client.files.create(file=file, purpose="fine-tune")
        return client.fine_tuning.jobs.create(
            **{"model": "gpt-4o-mini", "training_file": uploaded.id, **options}
        )

    return tune
