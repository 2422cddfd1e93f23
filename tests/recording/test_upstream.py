"""`Upstream`: a handler that asks a real server."""

import gzip
import hashlib
import importlib
import io
import threading

import pytest

from drytune.errors import UsageError
from drytune.handlers.addresses import address
from drytune.handlers.upstream import PATIENCE, Gateway, Unreachable, Upstream
from drytune_simulator import Headers, Request, Response
from drytune_simulator.http import ConnectionDropped

OPENAI = "https://api.openai.com/v1"


@pytest.fixture(params=["httpx", "httpx2"])
def upstream(request, platform):
    """One of each family."""
    made = Upstream(platform.base_url, family=importlib.import_module(request.param), timeout=20)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("base_url", "target", "expected"),
    [
        (OPENAI, "/v1/files?limit=2", f"{OPENAI}/files?limit=2"),
        (OPENAI, "/v1", OPENAI),
        (OPENAI, "/files", f"{OPENAI}/files"),
        (OPENAI, "/v10/files", f"{OPENAI}/v10/files"),
        (OPENAI, "/v1/models/ft%3Agpt-4o%2Fx", f"{OPENAI}/models/ft%3Agpt-4o%2Fx"),
        ("https://proxy.example/openai/v1", "/v1/files", "https://proxy.example/openai/v1/files"),
        ("https://proxy.example/openai/v1", "/openai/v1/files", "https://proxy.example/openai/v1/files"),
        (
            "https://azure.example/openai",
            "/openai/files?api-version=1",
            "https://azure.example/openai/files?api-version=1",
        ),
        ("http://127.0.0.1:8000", "/v1/files", "http://127.0.0.1:8000/v1/files"),
        (OPENAI, "http://elsewhere.example/v1/files", f"{OPENAI}/files"),
    ],
)
def test_where_a_request_goes(base_url, target, expected):
    """Below the base URL, wherever the client thinks that is."""
    assert address(base_url, target) == expected


@pytest.mark.parametrize(
    "base_url", ["", "api.openai.com/v1", "ftp://h/v1", "http://", "http://[x/v1", "http://h:0/v1"]
)
def test_what_is_no_address(base_url):
    """One sentence, with an example."""
    with pytest.raises(UsageError, match="no address of a server; expected one like https://"):
        Upstream(base_url)


@pytest.mark.parametrize("base_url", ["http://me:word@h/v1", "http://h/v1?key=word", "http://h/v1#word"])
def test_an_address_has_no_secrets(base_url):
    """It is kept in files and shown in messages; the sentence does not show them either."""
    with pytest.raises(UsageError, match="has a user, a query or a fragment") as raised:
        Upstream(base_url)
    assert "word" not in str(raised.value)


def test_what_passes(upstream, platform):
    """Method, target, body, and the fields that are about what is asked."""
    fields = Headers(
        {
            "Authorization": "Bearer sk-mine",
            "Content-Type": "application/json",
            "Connection": "keep-alive",
            "Host": "drytune.invalid",
            "Content-Length": "99",
            "Accept-Encoding": "gzip, br",
            "X-Own": "1",
        }
    )
    platform.answer = lambda door: door.told(
        201, b'{"a":1}', content_type="application/json", x_request_id="r"
    )
    answer = upstream(Request("POST", "/v1/a%20b?x=1&x=2", fields, b'{"q":1}'))
    (seen,) = platform.seen
    assert (seen.method, seen.target, seen.body) == ("POST", "/v1/a%20b?x=1&x=2", b'{"q":1}')
    assert seen.headers["host"] in platform.base_url
    assert (seen.headers["authorization"], seen.headers["x-own"]) == ("Bearer sk-mine", "1")
    assert (seen.headers["accept-encoding"], seen.headers["content-length"]) == ("identity", "7")
    assert (answer.status, answer.body, answer.delay) == (201, b'{"a":1}', 0.0)
    assert answer.headers["x-request-id"] == "r"
    assert not {"content-length", "connection", "transfer-encoding"} & set(answer.headers)


def test_its_own_key_replaces_the_client_s(platform):
    """A server that records can hold the key for its clients."""
    upstream = Upstream(platform.base_url, api_key="sk-its-own")
    upstream(Request("GET", "/v1/models", Headers({"authorization": "Bearer sk-client"})))
    assert platform.seen[0].headers["authorization"] == "Bearer sk-its-own"
    upstream.close()


def test_a_client_of_one_s_own_is_used_and_left_open(platform):
    """Its proxies and certificates are the caller's business."""
    httpx = importlib.import_module("httpx")
    with httpx.Client(headers={"x-from": "mine"}, trust_env=False) as client:
        upstream = Upstream(platform.base_url, client=client)
        upstream(Request("GET", "/v1/models"))
        upstream.close()
        assert platform.seen[0].headers["x-from"] == "mine"
        assert not client.is_closed
    with pytest.raises(UsageError, match="must be one of httpx or httpx2, but it is a object"):
        Upstream(platform.base_url, client=object())


@pytest.mark.parametrize("encoding", ["gzip", "GZIP"])
def test_a_compressed_answer_comes_decompressed(upstream, platform, encoding):
    """Though it was not asked for; the header is gone."""
    body = gzip.compress(b'{"a":1}')
    platform.answer = lambda door: door.told(200, body, content_encoding=encoding)
    answer = upstream(Request("GET", "/v1/models"))
    assert answer.body == b'{"a":1}'
    assert "content-encoding" not in answer.headers


def test_what_nobody_can_decompress_stays_as_it_is(upstream, platform):
    """With its header."""
    platform.answer = lambda door: door.told(200, b"\x01\x02", content_encoding="own")
    answer = upstream(Request("GET", "/v1/models"))
    assert (answer.body, answer.headers["content-encoding"]) == (b"\x01\x02", "own")


def test_a_damaged_compressed_answer_is_no_answer(upstream, platform):
    """It broke off."""
    platform.answer = lambda door: door.told(200, b"no gzip", content_encoding="gzip")
    with pytest.raises(Unreachable, match="DecodingError"):
        upstream(Request("GET", "/v1/models"))


def test_redirects_are_the_client_s_business(upstream, platform):
    """They are not followed."""
    platform.answer = lambda door: door.told(302, b"", location="https://elsewhere.example/")
    answer = upstream(Request("GET", "/v1/models"))
    assert (answer.status, answer.headers["location"]) == (302, "https://elsewhere.example/")


def test_binary_bodies_survive(upstream, platform):
    """Every byte."""
    body = bytes(range(256)) * 100
    platform.answer = lambda door: door.told(200, body, content_type="application/octet-stream")
    assert upstream(Request("GET", "/v1/files/file-1/content")).body == body


def test_json_in_chunks_is_whole_and_the_rest_comes_as_it_comes(upstream, platform):
    """A body of unknown length is passed on; a small answer is not."""

    def answer(door):
        door.stream(door.path.rpartition("/")[2].replace("-", "/"))
        door.piece(b'{"a":')
        door.piece(b"1}")
        door.end()

    platform.answer = answer
    assert upstream(Request("GET", "/v1/application-json")).body == b'{"a":1}'
    stream = upstream(Request("GET", "/v1/audio-mpeg")).body
    assert not isinstance(stream, bytes)
    assert b"".join(chunk.data for chunk in stream) == b'{"a":1}'


def test_events_come_when_they_have_come(upstream, platform):
    """The second is sent when the first has been read."""
    read = threading.Event()

    def answer(door):
        door.stream()
        door.piece(b"data: 1\n\n")
        assert read.wait(20)
        door.piece(b"data: 2\n\n")
        door.end()

    platform.answer = answer
    body = upstream(Request("POST", "/v1/chat/completions", body=b"{}")).body
    first = next(body)
    read.set()
    rest = list(body)
    assert (first.data, first.delay) == (b"data: 1\n\n", 0.0)
    assert b"".join(chunk.data for chunk in rest) == b"data: 2\n\n"


def test_a_stream_that_breaks_off(upstream, platform):
    """Is a connection that breaks off, for every door."""

    def answer(door):
        door.stream()
        door.piece(b"data: 1\n\n")
        door.drop()

    platform.answer = answer
    body = upstream(Request("POST", "/v1/chat/completions", body=b"{}")).body
    assert next(body).data == b"data: 1\n\n"
    with pytest.raises(ConnectionDropped, match="broke the connection off"):
        next(body)


def test_whoever_waits_for_a_piece_is_woken_when_the_stream_is_closed(upstream, platform):
    """By another thread."""

    def answer(door):
        door.stream()
        door.piece(b"data: 1\n\n")
        platform.over.wait(20)

    platform.answer = answer
    body = upstream(Request("POST", "/v1/chat/completions", body=b"{}")).body
    next(body)
    ended = threading.Event()

    def read():
        try:
            next(body)
        except (Unreachable, StopIteration):
            ended.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    body.close()
    assert ended.wait(10)


@pytest.mark.parametrize("announced", [True, False])
def test_a_large_upload_is_passed_on_as_a_stream(upstream, platform, announced):
    """Whole, from its beginning, with its length."""
    content = b"0123456789abcdef" * 2**16 * 9
    file = io.BytesIO(content)
    file.seek(77)
    headers = {"content-length": str(len(content))} if announced else {"transfer-encoding": "chunked"}
    upstream(Request("POST", "/v1/files", Headers(headers), b"", file))
    (seen,) = platform.seen
    assert seen.headers["content-length"] == str(len(content))
    assert hashlib.sha256(seen.body).digest() == hashlib.sha256(content).digest()


def nobody() -> str:
    """The address of a server that has gone."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


def test_nobody_is_there():
    """The sentence says where, and no key."""
    upstream = Upstream(nobody(), api_key="sk-its-own")
    with pytest.raises(
        Unreachable, match=r"http://127.0.0.1:\d+/v1 cannot be reached \(ConnectError"
    ) as raised:
        upstream(Request("GET", "/v1/models", Headers({"authorization": "Bearer sk-client"})))
    assert "sk-" not in str(raised.value)
    assert not raised.value.is_late
    upstream.close()


def test_the_client_s_patience_is_the_upstream_s(upstream, platform):
    """And its own, where the client says nothing."""
    platform.answer = lambda door: platform.over.wait(20)
    token = PATIENCE.set({"connect": 5.0, "read": 0.05, "write": 5.0, "pool": 5.0})
    try:
        with pytest.raises(Unreachable, match="did not answer in time") as raised:
            upstream(Request("GET", "/v1/models"))
    finally:
        PATIENCE.reset(token)
    assert raised.value.is_late
    hasty = Upstream(platform.base_url, timeout=0.05)
    with pytest.raises(Unreachable, match="ReadTimeout"):
        hasty(Request("GET", "/v1/models"))
    hasty.close()


@pytest.mark.parametrize(("kind", "status"), [("ConnectError", 502), ("ReadTimeout", 504)])
def test_a_gateway_says_what_is_wrong(kind, status):
    """In the platform's envelope, and an SDK tries again as it does when a connection fails."""

    def handler(request):
        raise Unreachable("https://h/v1 cannot be reached (why)", kind)

    handler.waits = True
    answer = Gateway(handler)(Request("GET", "/v1/models"))
    assert (answer.status, answer.headers["x-should-retry"]) == (status, "true")
    assert b"drytune asked for you, but https://h/v1 cannot be reached (why)" in answer.body
    assert Gateway(handler).waits
    assert Gateway(lambda request: Response(200)).waits is False
