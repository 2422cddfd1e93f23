"""What is too large, too long or too slow is refused in words, at once, and costs no memory."""

import json
import socket
import threading
from pathlib import Path

import openai
import pytest

ESTABLISHED = "01"
MULTIPART = "content-type: multipart/form-data; boundary=b"


def test_a_body_that_says_that_it_is_too_large_is_refused_before_it_comes(
    settled, wire, request_head, parsed, without
):
    """413, and the connection is closed; nothing of the body was sent."""
    with settled("bounds=Bounds(body=1000)", without) as (url, _):
        connection = wire(url)
        connection.send(request_head("POST", "/v1/files", MULTIPART, "content-length: 1001"))
        whole = connection.read(b"}}")
        status, fields, message = parsed(whole)
        assert (status, fields["connection"]) == (413, "close")
        assert message == "The request body is larger than 1000 bytes."
        connection.close()


def test_a_client_that_waits_for_a_hundred_never_sends_too_large_a_body(settled, wire, request_head, parsed):
    """`Expect: 100-continue`, as curl sends it, is answered with 413; and with 100 if the body may come."""
    with settled("bounds=Bounds(body=1000)") as (url, _):
        connection = wire(url)
        expect = "expect: 100-continue"
        connection.send(request_head("POST", "/v1/files", MULTIPART, "content-length: 1001", expect))
        assert parsed(connection.read(b"}}"))[0] == 413
        connection.close()
        connection = wire(url)
        connection.send(request_head("POST", "/v1/files", MULTIPART, "content-length: 10", expect))
        assert connection.read(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.send(b"0123456789")
        assert parsed(connection.read(b"}}"))[0] == 400


def test_a_body_of_unknown_length_is_refused_when_it_is_too_large(
    settled, wire, request_head, parsed, without
):
    """What comes afterwards is thrown away for a while, so that the client can read the answer."""
    with settled("bounds=Bounds(body=1000)", without) as (url, _):
        connection = wire(url)
        connection.send(request_head("POST", "/v1/files", MULTIPART, "transfer-encoding: chunked"))
        piece = b"%x\r\n%b\r\n" % (600, b"x" * 600)
        connection.send(piece, piece)
        whole = connection.read(b"}}")
        connection.send(*[piece] * 1000, b"0\r\n\r\n")
        assert parsed(whole)[0] == 413
        assert connection.rest() == b""


def test_json_needs_no_half_gigabyte(serving, wire, request_head, parsed):
    """Only forms carry files: 8 MiB are enough for everything else."""
    with serving() as (url, _):
        connection = wire(url)
        length = f"content-length: {8 * 1024 * 1024 + 1}"
        connection.send(
            request_head("POST", "/v1/fine_tuning/jobs", "content-type: application/json", length)
        )
        assert parsed(connection.read(b"}}"))[:1] == (413,)
        connection.close()


def test_the_official_client_gets_the_refusal(serving, client_of):
    """Also while it is still sending: it is an error with a status, not a lost connection."""
    with serving("--max-upload-bytes", 1_000_000) as (url, _):
        client = client_of(url)
        with pytest.raises(openai.APIStatusError, match="larger than 1000000 bytes") as raised:
            client.files.create(file=("a.jsonl", b"x" * 3_000_000), purpose="fine-tune")
        assert raised.value.status_code == 413
        assert client.files.list().data == []


def test_heads_have_bounds(serving, wire, request_head, parsed):
    """The length of the target, how many fields there are, and how long they are."""
    cases = [
        ("/v1/models?" + "x" * 16_400, [], 414),
        ("/v1/models", [f"x-{number}: 1" for number in range(130)], 431),
        ("/v1/models", ["x-long: " + "y" * 66_000], 431),
        ("/v1/models", ["content-length: many"], 400),
    ]
    with serving() as (url, _):
        for target, fields, status in cases:
            connection = wire(url)
            connection.send(request_head("GET", target, *fields))
            assert parsed(connection.rest())[0] == status


def test_a_head_without_an_end_is_refused(settled, wire, parsed, without):
    """Before it fills the memory."""
    with settled("", without) as (url, _):
        connection = wire(url)
        connection.send(b"GET /v1/models HTTP/1.1\r\nx-long: ", b"y" * 100_000)
        status, fields, message = parsed(connection.rest())
        assert (status, fields["connection"]) == (431, "close")
        assert "headers" in message


def test_what_is_no_http_is_told_so(settled, wire, parsed, without):
    """As when somebody says https:// to a server that has no certificate."""
    with settled("", without) as (url, _):
        for garbage in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"HELLO\r\n\r\n"):
            connection = wire(url)
            connection.send(garbage)
            status, fields, message = parsed(connection.rest())
            assert (status, fields["connection"]) == (400, "close")
            assert "not an HTTP request" in message


def test_a_head_that_does_not_come_is_not_waited_for(settled, wire, parsed, without):
    """A connection costs memory: after a while it is told that it was too slow."""
    with settled("bounds=Bounds(head_seconds=0.2)", without) as (url, _):
        for sent in (b"", b"GET /v1/mod", b"GET /health HTTP/1.1\r\nhost: x\r\nx-slo"):
            connection = wire(url)
            connection.send(sent)
            assert parsed(connection.rest())[0] == 408


def test_a_body_that_does_not_come_is_not_waited_for(settled, wire, request_head, parsed):
    """The same of a body, also in its middle."""
    with settled("bounds=Bounds(body_seconds=0.2)") as (url, _):
        for sent in (b"", b"half"):
            connection = wire(url)
            connection.send(request_head("POST", "/v1/files", MULTIPART, "content-length: 10"), sent)
            status, fields, message = parsed(connection.read(b"}}"))
            assert (status, fields["connection"]) == (408, "close")
            assert "did not go on" in message
            connection.close()


def test_a_head_that_comes_byte_by_byte_is_a_head(settled, wire, without):
    """Slow is not wrong."""
    with settled("", without) as (url, _):
        connection = wire(url)
        for byte in b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n":
            connection.send(bytes([byte]))
        assert connection.rest().endswith(b'{"status":"ok","simulated":true}')


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="connections are read from /proc")
def test_a_client_that_reads_nothing_is_let_go(settled, wire, request_head, client_of, without):
    """Its connection is closed, although what was sent can never arrive: it would stay in memory."""
    content = b'{"messages": []}\n' * 2_000_000
    with settled("bounds=Bounds(send_seconds=0.3)", without) as (url, process):
        uploaded = client_of(url).files.create(file=("a.jsonl", content), purpose="fine-tune")
        connection = wire(url)
        connection.send(request_head("GET", f"/v1/files/{uploaded.id}/content"))
        assert connection.socket.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
        table = Path(f"/proc/{process.pid}/net/tcp")
        port = f":{connection.socket.getsockname()[1]:04X}"
        for _ in range(200):
            rows = [line.split() for line in table.read_text().splitlines()[1:]]
            if not any(row[2].endswith(port) and row[3] == ESTABLISHED for row in rows):
                break
            threading.Event().wait(0.1)
        else:
            pytest.fail("the server still holds the connection")


def test_a_full_disk_is_an_answer(serving, wire, request_head, parsed):
    """507 in the platform's envelope, no traceback; and the server lives on."""
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9_000_000, 9_000_000))"
    with serving(before=full) as (url, process):
        connection = wire(url)
        size = 20_000_000
        connection.send(request_head("POST", "/v1/files", MULTIPART, f"content-length: {size}"))
        connection.send(b"x" * size)
        status, fields, message = parsed(connection.read(b"}}"))
        assert (status, fields["connection"]) == (507, "close")
        assert "cannot keep the body of the request: File too large" in message
        connection = wire(url)
        connection.send(request_head("GET", "/health", "connection: close"))
        assert connection.rest().startswith(b"HTTP/1.1 200")
        process.terminate()
        assert process.wait(20) == 0
        assert "Traceback" not in process.stderr.read()


def test_pipelined_requests_are_answered_in_order(settled, wire, request_head, without):
    """On one connection, which stays open."""
    with settled("", without) as (url, _):
        connection = wire(url)
        last = request_head("GET", "/v1/nothing", "connection: close")
        connection.send(request_head("GET", "/health"), request_head("GET", "/v1/models"), last)
        answers = connection.rest().split(b"HTTP/1.1 ")[1:]
        assert [one[:3] for one in answers] == [b"200", b"200", b"404"]
        assert json.loads(answers[1].partition(b"\r\n\r\n")[2])["object"] == "list"
