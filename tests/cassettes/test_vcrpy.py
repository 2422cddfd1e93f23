"""vcrpy plays our cassettes, and we read what vcrpy wrote, with the real SDK on both sides."""

from __future__ import annotations

import http.server
import json
import threading

import msgspec
import openai
import pytest
import vcr
from vcr.serialize import deserialize
from vcr.serializers import yamlserializer

from drytune.cassettes.files import dumps, load, save
from drytune.cassettes.model import Asked, Cassette, Exchange, Told

COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-mini",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Größe 🐈"}}
    ],
}
QUESTION = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hi"}]}


def client(base_url: str = "https://api.example.test/v1") -> openai.OpenAI:
    return openai.OpenAI(api_key="sk-none", base_url=base_url, max_retries=0)


def played(file) -> vcr.VCR:
    return vcr.VCR(match_on=["method", "uri"]).use_cassette(str(file), record_mode="none")


@pytest.fixture
def chats(make_chat) -> Cassette:
    """A chat, whole and as a stream."""
    whole = make_chat()
    told = msgspec.structs.replace(whole.response, body=json.dumps(COMPLETION, ensure_ascii=False).encode())
    piece = {**COMPLETION, "object": "chat.completion.chunk"}
    pieces = [
        {**piece, "choices": [{"index": 0, "delta": {"content": text}}]} for text in ("Hel", "lo\n\t🐈")
    ]
    events = [f"data: {json.dumps(one)}\n\n".encode() for one in pieces] + [b"data: [DONE]\n\n"]
    streamed = Told(
        status=200,
        reason="OK",
        headers=(("content-type", "text/event-stream; charset=utf-8"),),
        body=b"".join(events),
        chunks=tuple((len(one), 0.01) for one in events),
    )
    first = msgspec.structs.replace(whole, response=told)
    return Cassette(exchanges=(first, msgspec.structs.replace(whole, response=streamed)))


def test_vcrpy_plays_a_chat_from_our_file(tmp_path, chats):
    save(tmp_path / "ours.yaml", chats)
    with client() as asking, played(tmp_path / "ours.yaml"):
        answer = asking.chat.completions.create(**QUESTION)
        pieces = [
            one.choices[0].delta.content for one in asking.chat.completions.create(**QUESTION, stream=True)
        ]
    assert answer.choices[0].message.content == "Größe 🐈"
    assert pieces == ["Hel", "lo\n\t🐈"]


def test_vcrpy_reads_uploads_and_binary_content(cassette, make_upload):
    requests, responses = deserialize(dumps(cassette).decode(), yamlserializer)
    assert [one["body"]["string"] for one in responses] == [one.response.body for one in cassette.exchanges]
    assert [one.body for one in requests] == [one.request.body for one in cassette.exchanges]
    binary = Exchange(request=Asked(method="PUT", uri="/", body=b"\xff\0"), response=Told(status=200))
    requests, _ = deserialize(dumps(Cassette(exchanges=(binary,))).decode(), yamlserializer)
    assert requests[0].body == b"\xff\0"


class Answers(http.server.BaseHTTPRequestHandler):
    """Completes every chat, and every upload too."""

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps(COMPLETION).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with http.server.HTTPServer(("127.0.0.1", 0), Answers) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/v1"
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_what_vcrpy_recorded_is_read(tmp_path, server, form):
    file = tmp_path / f"theirs.{form}"
    recorder = vcr.VCR(serializer=form)
    with client(server) as asking, recorder.use_cassette(str(file), record_mode="all"):
        asking.chat.completions.create(**QUESTION)
        asking.files.create(file=("a.jsonl", b'{"a": "\xc3\xa9"}\n'), purpose="fine-tune")
    chat, upload = load(file).exchanges
    assert json.loads(chat.request.body) == QUESTION
    assert json.loads(chat.response.body) == COMPLETION
    assert chat.request.uri == f"{server}/chat/completions"
    assert dict(chat.response.headers)["content-type"] == "application/json"
    assert [(part.name, part.filename, part.size) for part in upload.request.parts] == [
        ("purpose", None, 9),
        ("file", "a.jsonl", 12),
    ]


def test_what_vcrpy_recorded_and_we_write_again_vcrpy_plays(tmp_path, server):
    with client(server) as asking, vcr.use_cassette(str(tmp_path / "theirs.yaml"), record_mode="all"):
        asking.chat.completions.create(**QUESTION)
    (exchange,) = load(tmp_path / "theirs.yaml").exchanges
    asked = msgspec.structs.replace(exchange.request, headers=())
    save(tmp_path / "ours.yaml", Cassette(exchanges=(msgspec.structs.replace(exchange, request=asked),)))
    with client(server) as asking, played(tmp_path / "ours.yaml"):
        assert asking.chat.completions.create(**QUESTION).choices[0].message.content == "Größe 🐈"
