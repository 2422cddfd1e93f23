"""Forty secrets, planted wherever a request or an answer has room for one: none is in what is written."""

import base64
import json
from urllib.parse import quote

import pytest

from drytune_simulator import Headers, Response

OK = Response.json({"object": "list", "data": []})


def told(body: bytes, kind: str = "application/json", **fields: str) -> Response:
    headers = {"content-type": kind, **{name.replace("_", "-"): value for name, value in fields.items()}}
    return Response(200, Headers(headers), body)


def chat(content: object) -> bytes:
    return json.dumps({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": content}]}).encode()


def said(content: str) -> bytes:
    message = {"role": "assistant", "content": content}
    return json.dumps({"object": "chat.completion", "choices": [{"index": 0, "message": message}]}).encode()


def called(arguments: object) -> bytes:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": json.dumps(arguments)}}
    return json.dumps({"choices": [{"index": 0, "message": {"tool_calls": [call]}}]}).encode()


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


def percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def upload(secret: str, *, filename: str = "train.jsonl", field: str = "fine-tune") -> bytes:
    line = json.dumps({"messages": [{"role": "user", "content": f"my key is {secret} ok"}]})
    return (
        f'--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\n{field}\r\n'
        f'--b\r\ncontent-disposition: form-data; name="file"; filename="{filename}"\r\n'
        f"content-type: application/octet-stream\r\n\r\n{line}\n{line}\n\r\n--b--\r\n"
    ).encode()


FORM = "multipart/form-data; boundary=b"
BYTES = bytes(range(256))

PLACES = {
    # addresses
    "the path": lambda ask, s: (ask(f"/v1/models/{quote(s, safe='')}"), OK),
    "the query": lambda ask, s: (ask(f"/v1/files?after={quote(s, safe='')}&limit=2"), OK),
    "the query, all of it in percent": lambda ask, s: (ask(f"/v1/files?after={percent(s)}"), OK),
    # header fields
    "a header that is kept": lambda ask, s: (ask(openai_beta=one_line(s), idempotency_key=one_line(s)), OK),
    "the organization": lambda ask, s: (ask(openai_organization=one_line(s), openai_project=one_line(s)), OK),
    "the key": lambda ask, s: (ask(authorization=f"Bearer {one_line(s)}"), told(said(one_line(s)))),
    "another key": lambda ask, s: (ask(x_api_key=one_line(s)), told(said(one_line(s)))),
    "a header of the answer": lambda ask, s: (ask(), told(b"{}", x_echo=f"got {one_line(s)}, thanks")),
    "a cookie": lambda ask, s: (
        ask(cookie=f"a={one_line(s)}"),
        told(b"{}", set_cookie=f"__cf_bm={one_line(s)}"),
    ),
    "where it is": lambda ask, s: (ask(), told(b"{}", location=f"https://h.example/a?x={percent(s)}")),
    # JSON
    "a question": lambda ask, s: (ask(body=chat(f"Is {s} a key?")), OK),
    "an answer": lambda ask, s: (ask(), told(said(f"Your key is {s}."))),
    "the name of a field": lambda ask, s: (ask(body=chat({s: 1})), OK),
    "parts of a message": lambda ask, s: (ask(body=chat([{"type": "text", "text": s}])), OK),
    "arguments of a call": lambda ask, s: (ask(), told(called({"note": f"x {s}"}))),
    "JSON in JSON in JSON": lambda ask, s: (ask(body=chat(json.dumps({"a": json.dumps([f"({s})"])}))), OK),
    "escapes": lambda ask, s: (ask(), told(b'{"a": "Hi %s!"}' % escaped(s).encode())),
    "escapes in arguments": lambda ask, s: (
        ask(),
        told(json.dumps({"a": f'{{"b": "{escaped(s)}"}}'}).encode()),
    ),
    # base64
    **{
        f"base64 behind {number} letters": lambda ask, s, number=number: (
            ask(
                body=chat(f"look: {base64.b64encode(b'k' * number + b' ' + s.encode() + b' end').decode()} !")
            ),
            OK,
        )
        for number in range(3)
    },
    "base64 for URLs": lambda ask, s: (
        ask(f"/v1/files?state={base64.urlsafe_b64encode(b'>>>?? ' + s.encode()).decode().rstrip('=')}"),
        told(said(base64.urlsafe_b64encode(f"\u00ff\u00fe {s}".encode()).decode())),
    ),
    "base64 behind a path": lambda ask, s: (
        ask(body=chat("/tmp/a/" + base64.b64encode(s.encode()).decode())),
        OK,
    ),
    "base64 of JSON": lambda ask, s: (
        ask(body=chat("data:application/json;base64," + base64.b64encode(said(s)).decode())),
        OK,
    ),
    "base64 in lines": lambda ask, s: (
        ask(),
        told(base64.encodebytes(b"Some words before. " * 4 + s.encode() + b" and behind." * 9), "text/plain"),
    ),
    "base64 in lines in JSON": lambda ask, s: (
        ask(body=chat(base64.encodebytes(b"Some words before. " * 4 + s.encode() + b" behind" * 9).decode())),
        OK,
    ),
    "base64 of base64": lambda ask, s: (
        ask(body=chat(base64.b64encode(base64.b64encode(b"so: " + s.encode())).decode())),
        OK,
    ),
    "base64 of what is no text": lambda ask, s: (
        ask(),
        told(said(base64.b64encode(BYTES + f" {s} ".encode() + BYTES).decode())),
    ),
    "base64 of escapes": lambda ask, s: (
        ask(body=chat(base64.b64encode(f'["{escaped(s)}"]'.encode()).decode())),
        told(said(base64.b64encode(f"?{percent(s)}".encode()).decode())),
    ),
    "base64 of UTF-16": lambda ask, s: (
        ask(),
        told(said(base64.b64encode(f"Run {s} now".encode("utf-16-le")).decode())),
    ),
    # other bodies
    "a form": lambda ask, s: (
        ask(body=f"a=1&b={quote(s, safe='')}".encode(), kind="application/x-www-form-urlencoded"),
        OK,
    ),
    "plain text": lambda ask, s: (ask(), told(f"Text.\n{s}\nMore: ä€😀\n".encode(), "text/plain")),
    "text in an unknown code": lambda ask, s: (ask(), told(f"Süß {s} ö".encode("latin-1"), "text/plain")),
    "UTF-16": lambda ask, s: (ask(), told(f"Text {s} end".encode("utf-16"), "text/plain")),
    "bytes": lambda ask, s: (ask(), told(BYTES + s.encode() + BYTES, "application/octet-stream")),
    "lines of JSON": lambda ask, s: (ask(), told(chat("a") + b"\n" + chat(s) + b"\n", "application/jsonl")),
    # uploads
    "the name of a file": lambda ask, s: (
        ask(
            "/v1/files",
            upload("", filename=f"{one_line(s).replace('/', '_') if '://' not in s else 'a'}.jsonl"),
            FORM,
        ),
        OK,
    ),
    "a field of an upload": lambda ask, s: (ask("/v1/files", upload("", field=s), FORM), OK),
    "an uploaded file": lambda ask, s: (ask("/v1/files", upload(s), FORM), told(b"%b\n" % chat(s))),
}


def one_line(text: str) -> str:
    """As it may stand in a header field."""
    return text.replace("\n", "\\n")


def depth(place: str) -> int:
    """How often base64 has to be undone."""
    return 2 if place == "base64 of base64" else 1


@pytest.mark.parametrize("place", PLACES)
def test_nowhere(place, secrets, record, ask, leaks):
    """Neither in the journal of the running recording nor in the file."""
    written = record([PLACES[place](ask, secret.text) for secret in secrets])
    assert leaks(written, secrets, decoded=depth(place)) == []


def test_in_the_contents_of_uploads_that_are_kept(secrets, record, ask, leaks):
    """They are redacted as any text, and the rest of each file is there."""
    written = record(
        [(ask("/v1/files", upload(secret.text), FORM), OK) for secret in secrets], keep_uploads=True
    )
    assert leaks(written, secrets) == []
    assert written.count(b"my key is ") >= 2 * len(secrets)


def test_the_search_of_these_tests_finds_them(secrets, ask, leaks):
    """Without redaction each of them would be found, in each of the places."""
    for place, plant in PLACES.items():
        for secret in secrets:
            request, answer = plant(ask, secret.text)
            fields = json.dumps([request.target, dict(request.headers), dict(answer.headers)]).encode()
            body = answer.body.replace(b"\0", b"")
            if place != "the name of a file":
                everything = b"\n".join((fields, request.body, body))
                assert leaks(everything, [secret], decoded=depth(place)), (place, secret.text)
