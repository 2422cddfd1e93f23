"""A receiver of webhooks on this machine, and a platform that tells it."""

import base64
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from drytune.clients import simulated
from drytune_simulator import Simulator
from drytune_simulator.clock import ManualClock
from drytune_simulator.profile import Profile, WebhookEndpoint

SECRET = "whsec_" + base64.b64encode(b"a key of twenty-four bytes").decode()


@dataclass
class Receiver:
    """A real HTTP server; answers `statuses` in turn, and then 200.

    Attributes:
        received: (path, headers, body) of each request.
        told: Set when the first was answered.
    """

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    told: threading.Event = field(default_factory=threading.Event)


def handler_of(receiver):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.received.append((self.path, dict(self.headers.items()), body))
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
            self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()
            receiver.told.set()

        do_GET = do_POST  # noqa: N815 - http.server's name

        def log_message(self, *_):
            pass

    return Handler


@pytest.fixture
def make_receiver():
    """Start receivers; all are stopped at the end."""
    servers = []

    def make(*statuses):
        receiver = Receiver(statuses=list(statuses))
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(receiver))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        receiver.url = f"http://127.0.0.1:{server.server_port}/hook?token=t"
        return receiver

    yield make
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def endpoint():
    """An endpoint at a URL."""

    def make(url, **options):
        return WebhookEndpoint(url, SECRET, **options)

    return make


@pytest.fixture
def platform():
    """A simulator with a clock that only the test moves, and endpoints; and its client."""
    simulators = []

    def make(*endpoints, **options):
        settings = {"clock": ManualClock(), "profile": Profile(webhooks=endpoints), **options}
        simulators.append(Simulator(**settings))
        return simulators[-1]

    yield make
    for simulator in simulators:
        simulator.close()


@pytest.fixture
def start(make_jsonl, good):
    """Create a job; with fewer than ten examples it will fail."""

    def make(simulator, examples=12):
        with simulated(simulator) as client:
            data = make_jsonl(*good[:examples])
            file = client.files.create(file=("data.jsonl", data), purpose="fine-tune")
            return client.fine_tuning.jobs.create(model="gpt-4.1-mini-2025-04-14", training_file=file.id)

    return make
