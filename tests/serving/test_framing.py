"""Where a request ends: trailers, chunks that are none, first lines that are too long; by both parsers."""

import logging

import pytest

from drytune_simulator.serving import Settings
from drytune_simulator.serving.logs import configure

CHUNKED = "transfer-encoding: chunked"
JSON = "content-type: application/json"
TARGET = 16 * 1024
HEAD = 64 * 1024


def test_trailers_are_no_headers(settled, wire, parsed, without):
    """A key that comes behind the body is no key; and the next request on the connection has its own."""
    with settled("", without) as (url, _):
        connection = wire(url)
        top = f"POST /v1/fine_tuning/jobs HTTP/1.1\r\nhost: localhost\r\n{JSON}\r\n{CHUNKED}\r\n\r\n"
        connection.send(top.encode(), b"2\r\n{}\r\n0\r\n")
        connection.send(b"authorization: Bearer sk-test\r\nx-drytune-form: specified\r\n\r\n")
        status, _, message = parsed(connection.read(b"}}"))
        assert status == 401
        assert "API key" in message
        connection.send(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        assert connection.rest().startswith(b"HTTP/1.1 200")


@pytest.mark.slow
@pytest.mark.parametrize("trailers", [b"x-a: " + b"y" * 1000 + b"\r\n", b"y" * 1000])
def test_trailers_have_a_bound(settled, wire, request_head, parsed, without, trailers):
    """Many of them, or one without an end: they would fill the memory."""
    with settled("", without) as (url, _):
        connection = wire(url)
        connection.send(request_head("POST", "/v1/fine_tuning/jobs", JSON, CHUNKED), b"2\r\n{}\r\n0\r\n")
        connection.send(b"x-long: ")
        connection.send(*[trailers] * 400)
        status, fields, message = parsed(connection.rest())
        assert (status, fields["connection"]) == (431, "close")
        assert f"{HEAD} bytes" in message


def test_a_body_may_come_in_many_small_pieces_behind_each_other(settled, wire, request_head, without):
    """What is counted as silence is only what is no body."""
    with settled("", without) as (url, _):
        connection = wire(url)
        connection.send(request_head("POST", "/v1/fine_tuning/jobs", JSON, CHUNKED, "connection: close"))
        for _ in range(200):
            connection.send(b"400\r\n" + b" " * 1024 + b"\r\n")
        connection.send(b"2\r\n{}\r\n0\r\n\r\n")
        assert connection.rest().startswith(b"HTTP/1.1 400")


def test_chunks_that_are_none_get_an_answer(settled, wire, request_head, parsed, without):
    """In the envelope, and in our own words; it is this request that is answered."""
    with settled("", without) as (url, process):
        for sent in (b"", b"2\r\n{}\r\n"):
            connection = wire(url)
            connection.send(
                request_head("POST", "/v1/fine_tuning/jobs", JSON, CHUNKED), sent, b"zz\r\n{}\r\n"
            )
            status, fields, message = parsed(connection.rest())
            assert (status, fields["connection"], fields["x-drytune"]) == (400, "close", "simulated")
            assert message == "This is not an HTTP request: its body is not in chunks as it says."
        process.terminate()
        log = process.stderr.read()
    assert "Invalid HTTP request" not in log
    assert "Traceback" not in log


def test_an_earlier_request_never_gets_that_answer(settled, wire, request_head, without):
    """Garbage behind a request that is whole is no answer to it: that one's own comes, or none."""
    slow = """
import threading
from drytune_simulator.simulator import Simulator
answer = Simulator._answer
Simulator._answer = lambda self, request: threading.Event().wait(1) and None or answer(self, request)
"""
    with settled("", without + slow) as (url, _):
        connection = wire(url)
        connection.send(request_head("POST", "/v1/files", "content-length: 0"), b"\x16\x03\x01")
        first = connection.rest().partition(b"HTTP/1.1 ")[2].partition(b"HTTP/1.1 ")[0]
        assert b"not an HTTP request" not in first


@pytest.mark.parametrize("length", [TARGET + 100, HEAD + 1000, HEAD + TARGET + 50_000])
def test_a_long_first_line_is_the_target(settled, wire, request_head, parsed, without, length):
    """414 and its bound, whatever else is exceeded as well."""
    with settled("", without) as (url, _):
        connection = wire(url)
        connection.send(request_head("GET", "/v1/models?" + "x" * length))
        status, _, message = parsed(connection.rest())
        assert status == 414
        assert f"longer than {TARGET} bytes" in message


def test_a_target_that_does_not_end_is_refused_at_once(settled, wire, parsed, without):
    """Before it is as long as a head may be."""
    with settled("", without) as (url, _):
        connection = wire(url)
        connection.send(b"GET /v1/models?" + b"x" * (HEAD + TARGET + 10))
        assert parsed(connection.rest())[0] == 414


def test_an_upgrade_is_not_remarked_on(settled, wire, request_head, without):
    """It is answered as if it had not been asked for; uvicorn would advise packages."""
    with settled("", without) as (url, process):
        connection = wire(url)
        upgrade = ("connection: upgrade", "upgrade: websocket", "sec-websocket-version: 13")
        connection.send(request_head("GET", "/v1/models", *upgrade))
        assert connection.read(b"\r\n\r\n").startswith(b"HTTP/1.1 200")
        connection.close()
        connection = wire(url)
        connection.send(b"HELLO\r\n\r\n")
        assert b"uvicorn" not in connection.rest()
        process.terminate()
        log = process.stderr.read()
    assert "WebSocket" not in log
    assert "pgrade" not in log
    assert "Invalid" not in log


def test_other_words_of_uvicorn_are_logged(capfd):
    """Only what is said of a bad request is nobody's business."""
    loggers = [logging.getLogger(name) for name in ("uvicorn", "drytune_simulator", "uvicorn.error")]
    before = [(one.handlers, one.level, one.propagate) for one in loggers]
    try:
        loggers[-1].setLevel(logging.NOTSET)  # servers of other tests may have quieted it
        loggers[-1].propagate = True
        configure(Settings(), None)
        logging.getLogger("uvicorn.error").error("Exception in ASGI application")
        logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    finally:
        for one, (handlers, level, propagate) in zip(loggers, before, strict=True):
            one.handlers, one.level, one.propagate = handlers, level, propagate
    assert capfd.readouterr().err == "ERROR Exception in ASGI application\n"
