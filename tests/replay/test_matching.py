"""What is the same request, and what is not."""

import hashlib
import io
import json

import pytest

from drytune.cassettes.model import Asked, Part
from drytune.handlers.matching.normal import normal_of_asked, normal_of_request, place_of
from drytune.handlers.replay import Replay
from drytune_simulator import Headers, Request, Response

CHAT = "/v1/chat/completions"
HELLO = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi 猫"}], "temperature": 1}


def form(boundary: str, *parts: tuple[str, str | None, bytes]) -> tuple[str, bytes]:
    """A multipart body and its content type."""
    body = b""
    for name, filename, content in parts:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        head += (
            "" if filename is None else f'; filename="{filename}"\r\nContent-Type: application/octet-stream'
        )
        body += head.encode() + b"\r\n\r\n" + content + b"\r\n"
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()


PARTS = (("purpose", None, b"fine-tune"), ("file", "cat.jsonl", b'{"a": 1}\n'))


def digest_of(method: str, target: str, kind: str, body: bytes) -> bytes:
    return normal_of_request(Request(method, target, Headers({"content-type": kind}), body)).digest


@pytest.mark.parametrize(
    "target",
    [
        "/v1/files?limit=2&after=file-1",
        "/openai/v1/files?after=file-1&limit=2",
        "/openai/files?api-version=2024-10-21&limit=2&after=file-1",
        "https://mine.openai.azure.com/openai/v1/files?limit=2&after=file-1",
        "http://127.0.0.1:8000/v1/files?limit=2&after=file%2D1#top",
    ],
)
def test_what_stands_before_a_path_and_the_order_of_a_query_do_not_matter(target):
    assert place_of(target) == ("/files", (("after", "file-1"), ("limit", "2")))


def test_a_slash_inside_of_a_segment_stays_there():
    assert place_of("/v1/models/ft%3Aa%2Fb") == ("/models/ft:a%2Fb", ())
    assert place_of("/v1/models/ft:a/b") == ("/models/ft:a/b", ())


def test_paths_are_told_from_the_recorded_base_url(make_cassette, make_exchange, ask):
    recorded = make_exchange("GET", "http://local:1234/api/beta/models", None, {"data": []})
    replay = Replay(make_cassette(recorded, source="http://local:1234/api/beta"))
    for target in ("/v1/models", "/api/beta/models", "/models"):
        assert ask(replay, "GET", target)[0] == 200


@pytest.mark.parametrize(
    "written",
    [
        '{"temperature":1.0,"messages":[{"content":"Hi \\u732b","role":"user"}],"model":"gpt-4o"}',
        '  { "model" : "gpt-4o", "messages": [ { "role": "user", "content": "Hi 猫" } ], "temperature": 1e0 }\n',
    ],
)
def test_json_is_the_same_however_it_is_written(make_cassette, make_exchange, ask, written):
    replay = Replay(make_cassette(make_exchange("POST", CHAT, HELLO, {"id": "chatcmpl-1"})))
    assert ask(replay, "POST", CHAT, written.encode()) == (200, {"id": "chatcmpl-1"})


@pytest.mark.parametrize(
    "other",
    [
        {**HELLO, "temperature": True},
        {**HELLO, "temperature": "1"},
        {**HELLO, "temperature": 1.5},
        {**HELLO, "messages": []},
        {key: value for key, value in HELLO.items() if key != "temperature"},
        {**HELLO, "n": None},
    ],
)
def test_json_that_means_another_thing_is_another_request(make_cassette, make_exchange, refused, other):
    replay = Replay(make_cassette(make_exchange("POST", CHAT, HELLO)))
    assert "nearest is exchange 1, which differs at /" in refused(replay, "POST", CHAT, other)


@pytest.mark.parametrize(
    "body", [b'{"a": 1', b'{"a": NaN}', b'{"a": "\\ud800"}', b"[" * 5000, b"\xff\xfe", b"null x"]
)
def test_what_is_no_json_is_compared_byte_by_byte(make_cassette, make_exchange, ask, refused, body):
    replay = Replay(make_cassette(make_exchange("POST", CHAT, body)))
    assert ask(replay, "POST", CHAT, body)[0] == 200
    assert "differs in its body" in refused(replay, "POST", CHAT, body + b" ")


def test_headers_are_of_no_account(make_cassette, make_exchange):
    replay = Replay(make_cassette(make_exchange("POST", CHAT, HELLO)))
    for number in range(3):
        fields = {"content-type": "application/json; charset=utf-8", "authorization": f"Bearer {number}"}
        assert replay(Request("POST", CHAT, Headers(fields), json.dumps(HELLO).encode())).status == 200


def test_the_content_type_of_a_cassette_may_be_missing():
    asked = [
        Asked(method="POST", uri=CHAT, body=json.dumps(HELLO).encode()),
        Asked(method="POST", uri="/v1/x", body=b"b=2&a=%31"),
        Asked(method="POST", uri="/v1/files", body=form("odd", *PARTS)[1]),
    ]
    kinds = [normal_of_asked(one).kind for one in asked]
    assert kinds == ["json", "form", "parts"]
    assert normal_of_asked(asked[1]).digest == digest_of(
        "POST", "/v1/x", "application/x-www-form-urlencoded", b"a=1&b=2"
    )
    assert normal_of_asked(asked[2]).digest == digest_of("POST", "/v1/files", *form("even", *PARTS))


def test_an_upload_is_its_parts_whatever_the_boundary_and_the_order(make_cassette, taped, ask, refused):
    tape = taped(lambda request: Response.json({"id": "file-1"}))
    kind, body = form("one", *PARTS)
    ask(tape, "POST", "/v1/files", body, kind=kind)
    assert tape.exchanges[0].request.parts is not None
    for parts in (PARTS, PARTS[::-1]):
        kind, body = form("other-boundary", *parts)
        assert ask(Replay(tape.cassette), "POST", "/v1/files", body, kind=kind) == (200, {"id": "file-1"})
    kind, body = form("one", PARTS[0], ("file", "cat.jsonl", b'{"a": 2}\n'))
    assert "differs at /file/sha256: recorded '" in refused(
        Replay(tape.cassette), "POST", "/v1/files", body, kind=kind
    )
    kind, body = form("one", PARTS[0], ("file", "dog.jsonl", PARTS[1][2]))
    said = refused(Replay(tape.cassette), "POST", "/v1/files", body, kind=kind)
    assert "differs at /file/filename: recorded 'cat.jsonl', asked 'dog.jsonl'" in said
    kind, body = form("one", ("purpose", None, b"batch"), PARTS[1])
    said = refused(Replay(tape.cassette), "POST", "/v1/files", body, kind=kind)
    assert "differs at /purpose: recorded 'fine-tune', asked 'batch'" in said


def test_an_upload_that_came_as_a_stream_is_hashed_from_it(make_cassette, make_exchange):
    kind, body = form("one", *PARTS)
    recorded = make_exchange(
        "POST", "/v1/files", form("two", *PARTS)[1], kind="multipart/form-data; boundary=two"
    )
    replay = Replay(make_cassette(recorded))
    stream = io.BytesIO(body)
    request = Request("POST", "/v1/files", Headers({"content-type": kind}), b"", stream)
    assert replay.blocks(request)
    assert replay(request).status == 200
    assert stream.tell() == 0


def test_other_large_bodies_are_streams_too(make_cassette, make_exchange):
    recorded = make_exchange("POST", CHAT, HELLO)
    replay = Replay(make_cassette(recorded))
    stream = io.BytesIO(json.dumps(HELLO, indent=1).encode())
    assert (
        replay(Request("POST", CHAT, Headers({"content-type": "application/json"}), b"", stream)).status
        == 200
    )
    raw = Request("PUT", "/v1/x", Headers({"content-type": "audio/wav"}), b"", io.BytesIO(b"RIFF"))
    assert normal_of_request(raw).digest == normal_of_request(raw).digest
    recorded = Asked(method="PUT", uri="/v1/x", headers=(("content-type", "audio/wav"),), body=b"RIFF")
    assert normal_of_request(raw).digest == normal_of_asked(recorded).digest


def test_a_file_of_which_only_the_name_is_known_goes_by_that(make_cassette, make_exchange, ask, refused):
    parts = (
        Part(name="purpose", size=9, sha256=hashlib.sha256(b"fine-tune").hexdigest()),
        Part(name="file", filename="cat.jsonl", size=0, sha256=""),
    )
    content = form("x", PARTS[0], ("file", "cat.jsonl", b""))[1]
    replay = Replay(make_cassette(make_exchange("POST", "/v1/files", content, {"id": "file-1"}, parts=parts)))
    kind, body = form("one", PARTS[0], ("file", "dog.jsonl", b"x"))
    assert "/file/filename" in refused(replay, "POST", "/v1/files", body, kind=kind)
    kind, body = form("one", *PARTS)
    assert ask(replay, "POST", "/v1/files", body, kind=kind) == (200, {"id": "file-1"})


def test_what_is_no_form_is_one_part(make_cassette, taped, ask):
    tape = taped(lambda request: Response.json({"error": {}}, 400))
    kind, body = "multipart/form-data; boundary=x", b"no form at all"
    ask(tape, "POST", "/v1/files", body, kind=kind)
    assert ask(Replay(tape.cassette), "POST", "/v1/files", body, kind=kind)[0] == 400
