"""Whom the control API answers, and how an operator's paths are written."""

import json

import pytest

from drytune_simulator import Headers, Request
from drytune_simulator.serving import Settings, assemble
from drytune_simulator.serving.measures import Measures
from drytune_simulator.serving.operations import Operations
from drytune_simulator.store import StoreError


@pytest.fixture
def operations():
    """Make the Handler of a server."""
    made = []

    def make(**settings):
        assembly = assemble(Settings(**settings))
        made.append(assembly)
        return Operations(assembly, Measures(), lambda: True)

    yield make
    for one in made:
        one.close()


def ask(handler, method: str, target: str, **headers: str):
    return handler(Request(method, target, Headers(headers)))


@pytest.mark.parametrize(
    "target", ["/_drytune/reset", "/%5Fdrytune/reset", "http://localhost/_drytune/reset", "/_drytun%65/reset"]
)
def test_a_page_is_refused_however_it_writes_the_path(operations, target):
    """What reaches the control API is what is looked at."""
    handler = operations(host="127.0.0.1")
    assert ask(handler, "POST", target, origin="http://evil.example", host="localhost").status == 403
    assert ask(handler, "POST", target, host="localhost").status == 200
    # what only begins alike is none of it
    refused = ask(handler, "POST", "/_drytunes", origin="http://evil.example")
    assert refused.status == 401


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("127.0.0.1:8000", 200),
        ("127.8.8.8", 200),
        ("[::1]:8000", 200),
        ("my-loopback:8000", 200),
        ("evil.example", 403),
        ("evil.example:8000", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example", 403),
        ("10.0.0.1", 403),
        ("", 403),
        ("[::1", 403),
    ],
)
def test_the_host_must_be_this_machine(operations, host, status):
    """A name of a page's own, which was made to mean this machine, reads nothing."""
    handler = operations(host="My-Loopback")
    assert ask(handler, "GET", "/_drytune/requests", host=host).status == status
    assert ask(handler, "GET", "/health", host=host).status == 200  # nothing is told there


def test_the_host_may_be_any_where_others_are_let_in_or_pages_are_allowed(operations):
    """There a key is needed, or the user has said so."""
    for handler in (operations(), operations(host="127.0.0.1", browsers=True)):
        assert ask(handler, "GET", "/_drytune/requests", host="drytune.team.example").status == 200


def test_the_command_line_looks_at_the_host(serving, wire):
    """`drytune serve` listens on loopback, and says so to whoever decides."""
    with serving() as (url, _):
        for host, status in (("evil.example", b"403"), ("localhost", b"200")):
            connection = wire(url)
            connection.send(f"GET /_drytune HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode())
            assert connection.rest().startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize("path", ["/", "/health", "/v1/health", "/ready", "/metrics", "/openapi.json"])
def test_operators_paths_are_read_and_nothing_else(operations, path):
    """405 for what nobody can do there, not 401, as if a key would help."""
    refused = ask(operations(), "POST", path)
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")
    assert refused.headers["x-drytune"] == "simulated"
    if path != "/":
        assert ask(operations(), "GET", path + "/").status == 404


def test_a_state_that_cannot_be_read_is_an_answer_of_the_page(operations, monkeypatch):
    """503 in the envelope: the time stands in the state."""

    def broken(*_: object, **__: object) -> str:
        raise StoreError("the disk is gone")

    handler = operations()
    monkeypatch.setattr("drytune_simulator.serving.operations.page", broken)
    answer = ask(handler, "GET", "/")
    assert (answer.status, answer.headers["x-drytune"]) == (503, "simulated")
    error = json.loads(answer.body)["error"]
    assert (error["type"], error["code"]) == ("server_error", "state_unavailable")
    assert "the disk is gone" in error["message"]
