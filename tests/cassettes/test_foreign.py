"""Cassettes of others, and HAR files: read as they are, compressed or not, of any age."""

from __future__ import annotations

import base64
import gzip
import json
import zlib

import pytest
import zstandard

from drytune.cassettes.bodies import decompressed, uploaded
from drytune.cassettes.errors import CassetteError
from drytune.cassettes.files import dumps, loads
from drytune.cassettes.model import Part

BODY = b'{"answer": "42"}'


def read(text: str | bytes):
    return loads(text.encode() if isinstance(text, str) else text, "theirs").exchanges


def interaction(response: str) -> str:
    return (
        "version: 1\ninteractions:\n- request:\n    method: get\n    uri: https://x.test/a\n    headers: {}\n"
        "    body: null\n  response:\n    status: {code: 200, message: null}\n    headers: {}\n" + response
    )


@pytest.mark.parametrize("body", [
    'body: {string: \'{"answer": "42"}\'}',
    'body: \'{"answer": "42"}\'',
    f"body: {{string: !!binary '{base64.b64encode(BODY).decode()}'}}",
    'body: {string: !!python/unicode \'{"answer": "42"}\'}',
    'body: {string: !!python/str \'{"answer": "42"}\'}',
    'body: {encoding: utf-8, string: \'{"answer": "42"}\'}',
    f"body: {{encoding: ASCII-8BIT, base64_string: '{base64.b64encode(BODY).decode()}'}}",
    f"body: {{encoding: utf-8, base64: '{base64.b64encode(BODY).decode()}'}}",
])  # fmt: skip
def test_bodies_in_all_forms_that_were_ever_written(body):
    (exchange,) = read(interaction(f"    {body}\n"))
    assert exchange.response.body == BODY
    assert (exchange.request.method, exchange.request.body, exchange.response.reason) == ("GET", b"", "")


def test_bodies_of_files_and_iterators():
    file = "!!python/object/new:_io.BytesIO\n      state: !!python/tuple [!!binary AAE=, 0, null]\n"
    pieces = "!!python/object/apply:builtins.iter\n      args:\n      - [ab, !!binary AAE=]\n      state: 0\n"
    text = interaction("    body: {string: ''}\n")
    assert read(text.replace("null\n  response", f"{file}  response"))[0].request.body == b"\0\1"
    assert read(text.replace("null\n  response", f"{pieces}  response"))[0].request.body == b"ab\0\1"


@pytest.mark.parametrize("headers", [
    "{Content-Type: application/json, X-Two: [a, b], X-Number: 7}",
    "{Content-Type: [application/json], X-Two: [a, b], X-Number: ['7']}",
    "[[Content-Type, application/json], [X-Two, a], [X-Two, b], [X-Number, '7']]",
])  # fmt: skip
def test_headers_as_texts_lists_and_pairs(headers):
    (exchange,) = read(interaction("    body: x\n").replace("headers: {}", f"headers: {headers}"))
    expected = (("content-type", "application/json"), ("x-two", "a"), ("x-two", "b"), ("x-number", "7"))
    assert exchange.request.headers == exchange.response.headers == expected


def test_the_form_in_which_vcrpy_once_wrote_httpx():
    (exchange,) = read(
        "interactions:\n- request: {method: GET, uri: https://x.test/, body: '', headers: {}}\n"
        '  response:\n    content: \'{"answer": "42"}\'\n    headers: {content-encoding: [gzip]}\n'
        "    http_version: HTTP/1.1\n    status_code: 404\nversion: 1\n"
    )
    assert (exchange.response.status, exchange.response.body, exchange.response.headers) == (404, BODY, ())


def test_a_cassette_of_ruby():
    (exchange,) = read(
        "http_interactions:\n- request:\n    method: post\n    uri: https://x.test/\n"
        "    body: {encoding: US-ASCII, string: ask}\n    headers: {Accept: ['*/*']}\n  response:\n"
        "    status: {code: 200, message: OK}\n    headers: {}\n    body: {encoding: UTF-8, string: told}\n"
        "    http_version: null\n  recorded_at: Tue, 01 Nov 2023 04:58:44 GMT\nrecorded_with: VCR 6\n"
    )
    assert (exchange.request.method, exchange.request.body, exchange.response.body) == (
        "POST",
        b"ask",
        b"told",
    )


def test_json_and_references_and_merges():
    request = {"method": "GET", "uri": "/", "body": None, "headers": {}}
    response = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": "x"}}
    root = {"version": 1, "interactions": [{"request": request, "response": response}]}
    assert read("\ufeff" + json.dumps(root))[0].response.body == b"x"
    merged = (
        "interactions:\n"
        "- request: &r {method: GET, uri: /a, headers: &h {a: [&v 'b']}}\n  response: &s {status: 204}\n"
        "- request: {<<: *r, uri: /b, body: *v}\n  response: *s\n"
    )
    second = read(merged)[1]
    assert (second.request.uri, second.request.headers, second.request.body) == ("/b", (("a", "b"),), b"b")
    assert second.response.status == 204


# ---- compressed


@pytest.mark.parametrize(("encoding", "compress"), [
    ("gzip", gzip.compress),
    ("x-gzip", lambda body: gzip.compress(body[:5]) + gzip.compress(body[5:]) + b"\0\0"),
    ("deflate", zlib.compress),
    ("deflate", lambda body: zlib.compress(body)[2:-4]),
    ("zstd", zstandard.compress),
    ("gzip, zstd", lambda body: zstandard.compress(gzip.compress(body))),
    ("identity", bytes),
    ("gzip", bytes),  # decompressed by who wrote it down, header left as it was
    ("deflate", bytes),
    ("zstd", bytes),
])  # fmt: skip
def test_compressed_bodies_come_plain(encoding, compress):
    body = base64.b64encode(compress(BODY)).decode()
    headers = f"{{content-encoding: ['{encoding}'], Content-Length: ['9'], transfer-encoding: chunked, a: b}}"
    text = interaction(f"    body: {{string: !!binary '{body}'}}\n")
    (exchange,) = read(text.replace("null}\n    headers: {}", f"null}}\n    headers: {headers}"))
    assert exchange.response.body == BODY
    assert exchange.response.headers == (("a", "b"),)


def test_what_cannot_be_decompressed_is_told():
    for encoding, body, message in (
        ("gzip", gzip.compress(BODY)[:-9], "cut off"),
        ("gzip", gzip.compress(BODY)[:12] + b"\xff\xff" + gzip.compress(BODY)[14:], "damaged"),
        ("zstd", zstandard.compress(BODY)[:6] + b"\xff\xff\xff\xff", "damaged"),
        ("rot13", BODY, "'rot13', which drytune does not know"),
    ):
        with pytest.raises(ValueError, match=message):
            decompressed(body, encoding)


def test_a_compressed_bomb_is_refused(monkeypatch):
    monkeypatch.setattr("drytune.cassettes.bodies.LARGEST_BODY", 1000)
    for encoding, compress in (("gzip", gzip.compress), ("zstd", zstandard.compress)):
        assert decompressed(compress(b"x" * 999), encoding) == b"x" * 999
        with pytest.raises(ValueError, match="more than 1000 bytes"):
            decompressed(compress(b"x" * 100_000), encoding)


# ---- HAR


def har(**changes) -> str:
    entry = {
        "startedDateTime": "2026-11-25T10:00:01.500Z",
        "time": 300,
        "request": {
            "method": "POST",
            "url": "https://x.test/v1/chat/completions?a=1",
            "httpVersion": "HTTP/2",
            "headers": [
                {"name": ":authority", "value": "x.test"},
                {"name": "Content-Type", "value": "application/json"},
            ],
            "queryString": [{"name": "a", "value": "1"}],
            "cookies": [],
            "headersSize": -1,
            "bodySize": 9,
            "postData": {"mimeType": "application/json", "text": '{"a": "é"}'},
        },
        "response": {
            "status": 200,
            "statusText": "OK",
            "headers": [{"name": "Content-Encoding", "value": "br"}, {"name": "x-a", "value": "b"}],
            "content": {"size": 3, "mimeType": "application/json", "text": "{é}"},
        },
        "timings": {"send": 1, "wait": 250.5, "receive": 3},
    }
    for key, value in changes.items():
        where = entry
        *path, last = key.split("__")
        for name in path:
            where = where[name]
        where[last] = value
    first = json.loads(json.dumps(entry))
    first["startedDateTime"] = "2026-11-25T11:00:00.000+01:00"
    log = {"version": "1.2", "creator": {"name": "browser", "version": "1"}, "entries": [first, entry]}
    return json.dumps({"log": log})


def test_a_har_file_is_read_whole():
    cassette = loads(har().encode(), "browser.har")
    _, exchange = cassette.exchanges
    assert exchange.request.uri == "https://x.test/v1/chat/completions?a=1"
    assert exchange.request.headers == (("content-type", "application/json"),)
    assert exchange.request.body == '{"a": "é"}'.encode()
    assert exchange.response.headers == (("x-a", "b"),)
    assert exchange.response.body == "{é}".encode()
    assert (exchange.at, exchange.response.wait) == (1.5, 0.2505)
    assert "HAR 1.2 file of browser" in cassette.header.note
    assert cassette.header.provenance is None
    assert loads(dumps(cassette), "browser.har") == cassette


def test_a_har_file_with_binary_content_and_without_any():
    encoded = {"text": base64.b64encode(b"\0\xff").decode(), "encoding": "base64"}
    assert loads(har(response__content=encoded).encode()).exchanges[0].response.body == b"\0\xff"
    assert loads(har(response__content={}, timings=None).encode()).exchanges[0].response.body == b""
    with pytest.raises(CassetteError, match="exchange 1"):
        loads(har(response__content={"text": "?", "encoding": "base64"}).encode())


def test_forms_in_a_har_file():
    params = [{"name": "a b", "value": "c&d"}]
    form = {"mimeType": "application/x-www-form-urlencoded", "params": params}
    exchange = loads(har(request__postData=form, request__headers=[]).encode()).exchanges[0]
    assert exchange.request.body == b"a+b=c%26d"
    assert exchange.request.headers == (("content-type", "application/x-www-form-urlencoded"),)
    files = [
        {"name": "purpose", "value": "fine-tune"},
        {"name": "file", "fileName": "a.jsonl", "contentType": "text/plain"},
    ]
    kind = "multipart/form-data; boundary=theirs"
    exchange = loads(
        har(request__postData={"mimeType": kind, "params": files}, request__headers=[]).encode()
    ).exchanges[0]
    purpose, file = exchange.request.parts
    assert (purpose.name, purpose.size, len(purpose.sha256)) == ("purpose", 9, 64)
    assert file == Part(name="file", filename="a.jsonl", size=0, sha256="")  # nobody knows its content
    parts, _ = uploaded(exchange.request.headers[0][1], exchange.request.body)
    assert [part.name for part in parts] == ["purpose", "file"]


def test_requests_without_an_answer_are_left_out_and_counted():
    cassette = loads(har(response__status=0).encode())
    assert cassette.exchanges == ()
    assert "2 of its 2 requests had no answer" in cassette.header.note


@pytest.mark.parametrize(("change", "message"), [
    ({"request": {"url": "/"}}, "exchange 1: .*missing required field `method`"),
    ({"response__status": "fine"}, r"exchange 1: .*`log.entries\[\].response.status`"),
    ({"response__status": 7}, "exchange 1: response.status is 7"),
])  # fmt: skip
def test_a_damaged_har_file(change, message):
    with pytest.raises(CassetteError, match=message):
        loads(har(**change).encode(), "x.har")


def test_a_har_file_without_entries():
    with pytest.raises(CassetteError, match=r"log\.entries is no list"):
        loads(b'{"log": {}}', "x.har")
