"""Requests, forms and the server door: what arrives is what was sent."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator import Chunk, Headers, Request, Response, Simulator
from drytune_simulator.asgi import Bounds, asgi_app
from drytune_simulator.http import ApiError
from drytune_simulator.multipart import parse_form

names = st.text(
    st.characters(codec="utf-8", exclude_characters='"\r\n\\', exclude_categories=["Cc", "Cs"]), min_size=1
)


def form(parts: list[tuple[str, str | None, bytes]], boundary: str = "b0undary") -> Request:
    lines = []
    for name, filename, data in parts:
        suffix = "" if filename is None else f'; filename="{filename}"'
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{suffix}\r\n\r\n'
        lines.append(head.encode() + data + b"\r\n")
    body = b"".join(lines) + f"--{boundary}--\r\n".encode()
    return Request(
        "POST", "/v1/files", Headers({"content-type": f"multipart/form-data; boundary={boundary}"}), body
    )


def test_header_names_have_no_case():
    """And their values, which include keys, are not shown."""
    headers = Headers({"Authorization": "Bearer sk-secret"})
    assert headers["AUTHORIZATION"] == "Bearer sk-secret"
    assert "sk-secret" not in repr(headers)


def test_an_encoded_slash_does_not_split_a_segment():
    """Names of tuned models have colons, and others may have slashes."""
    request = Request("GET", "/v1/models/ft%3Aa%2Fb?x=1&x=2&y=")
    assert request.segments == ("v1", "models", "ft:a/b")
    assert request.query == [("x", "1"), ("x", "2"), ("y", "")]


@given(names, names, st.binary(max_size=2000))
def test_any_file_comes_through_a_form(field, filename, data):
    """Name, file name and bytes, whatever they hold."""
    parsed = parse_form(form([("purpose", None, b"fine-tune"), (field, filename, data)]))
    assert parsed.file(field).filename == filename
    assert parsed.file(field).open().read() == data
    assert field == "purpose" or parsed.text("purpose") == "fine-tune"


@given(st.binary(max_size=300), st.binary(max_size=60))
def test_broken_forms_are_refused_and_nothing_worse(body, content_type):
    """400, with what is wrong."""
    header = b"multipart/form-data; boundary=" + content_type
    request = Request("POST", "/v1/files", Headers({"content-type": header.decode("latin-1")}), body)
    with pytest.raises(ApiError) as raised:
        parse_form(request)
    assert raised.value.status == 400


@pytest.mark.parametrize("cut", [5, 10, 60, 120])
def test_a_form_that_was_cut_short_is_refused(cut):
    """A lost connection must not leave half a file."""
    request = form([("purpose", None, b"fine-tune"), ("file", "a.jsonl", b'{"a": 1}\n' * 9)])
    with pytest.raises(ApiError, match="multipart form"):
        parse_form(Request(request.method, request.target, request.headers, request.body[:-cut]))


def call(handler, messages, bounds: Bounds | None = None, **scope) -> list[dict]:
    """Run the ASGI application on the messages of one request; gives what it sent."""
    waiting, sent = list(messages), []

    async def receive() -> dict:
        if not waiting:
            await asyncio.Event().wait()  # as a server does until the client leaves
        return waiting.pop(0)

    async def send(message: dict) -> None:
        sent.append(message)

    base = {"type": "http", "method": "GET", "raw_path": b"/health", "query_string": b"", "headers": []}
    asyncio.run(asgi_app(handler, bounds=bounds)({**base, **scope}, receive, send))
    return sent


def test_the_server_door_passes_on_what_it_gets():
    """Method, target, headers and body, and the answer with its length."""
    seen = []

    def handler(request: Request) -> Response:
        seen.append(request)
        return Response.json({"ok": True}, 201)

    messages = [
        {"type": "http.request", "body": b"ab", "more_body": True},
        {"type": "http.request", "body": b"c"},
    ]
    sent = call(
        handler, messages, method="POST", raw_path=b"/v1/a%2Fb", query_string=b"q=1", headers=[(b"x-a", b"1")]
    )
    assert (seen[0].method, seen[0].target, seen[0].body) == ("POST", "/v1/a%2Fb?q=1", b"abc")
    assert seen[0].headers["X-A"] == "1"
    assert (sent[0]["status"], dict(sent[0]["headers"])[b"content-length"]) == (201, b"11")


def test_a_stream_is_sent_chunk_by_chunk():
    """And ends with an empty one."""
    response = Response(200, {"content-type": "text/event-stream"}, iter([Chunk(b"a"), Chunk(b"b")]))
    sent = call(lambda request: response, [{"type": "http.request"}])
    assert [message.get("body") for message in sent[1:]] == [b"a", b"b", b""]


def test_whole_events_that_are_due_at_once_are_sent_in_one_piece():
    """One that is due later is a piece of its own."""
    chunks = [Chunk(b"data: 1\n\n"), Chunk(b"data: 2\n\n"), Chunk(b"data: 3\n\n", 0.001), Chunk(b"da")]
    response = Response(200, {"content-type": "text/event-stream"}, iter(chunks))
    sent = call(lambda request: response, [{"type": "http.request"}])
    assert [message.get("body") for message in sent[1:]] == [
        b"data: 1\n\ndata: 2\n\n",
        b"data: 3\n\nda",
        b"",
    ]


def test_a_body_that_is_too_large_is_refused_before_it_is_whole():
    """413, and the connection is closed."""
    endless = [{"type": "http.request", "body": b"123456", "more_body": True}] * 3
    messages = [*endless, {"type": "http.disconnect"}]
    sent = call(Simulator(), messages, Bounds(body=10), method="POST", raw_path=b"/v1/files")
    assert sent[0]["status"] == 413
    assert dict(sent[0]["headers"])[b"connection"] == b"close"
    assert "larger than 10 bytes" in json.loads(sent[1]["body"])["error"]["message"]


def test_a_client_that_leaves_early_is_not_answered_for_half_a_body():
    """What was sent until then is no request."""
    asked = []
    messages = [{"type": "http.request", "body": b"half", "more_body": True}, {"type": "http.disconnect"}]
    call(asked.append, messages, method="POST")
    assert asked == []
