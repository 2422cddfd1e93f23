"""A platform on loopback that writes down what it was sent, and an environment without anything of ours."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

NAMES = (
    "CI",
    "DRYTUNE_BACKEND",
    "OPENAI_API_KEY",
    "OPENAI_ADMIN_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
    "OPENAI_API_VERSION",
    "OPENAI_CUSTOM_HEADERS",
    "AZURE_OPENAI_API_KEY",
    "AZURE_OPENAI_ENDPOINT",
    "AZURE_OPENAI_AD_TOKEN",
)


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    """A folder and an environment that say nothing."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@contextmanager
def listening(redirect=None):
    """A server that answers with an empty list, or leads elsewhere; `seen` has path and headers of requests."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            body = json.dumps({"object": "list", "data": [], "has_more": False}).encode()
            self.send_response(200 if redirect is None else 307)
            if redirect is not None:
                self.send_header("Location", redirect)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}", seen=seen)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def platform():
    """Such a server."""
    with listening() as server:
        yield server


@pytest.fixture
def elsewhere(platform):
    """A server that leads to `platform`."""
    with listening(f"{platform.url}/openai/v1/fine_tuning/jobs") as server:
        yield server


@pytest.fixture
def project(tmp_path):
    """Write the project's pyproject.toml."""

    def write(text):
        path = tmp_path / "pyproject.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
