"""`recording(handler, …)`: what passes is kept, and what passes is not changed."""

import io
import threading
from base64 import b64encode

import pytest

from drytune.handlers.recording import recording
from drytune_simulator import Chunk, Headers, ManualClock, Request, Response
from drytune_simulator.http import EVENTS, ConnectionDropped

BASE = "https://api.openai.com/v1"
ASKED = Request("POST", "/v1/chat/completions?x=1", Headers({"content-type": "application/json"}), b'{"q":1}')


class Learnt(list):
    def learn(self, secret: str) -> None:
        self.append(secret)


@pytest.fixture
def kept() -> list:
    """What was handed over."""
    return []


@pytest.fixture
def clock() -> ManualClock:
    """Stands still."""
    return ManualClock(100.0)


@pytest.fixture
def recorder(kept, clock):
    """Make one around a handler."""

    def make(handler, **options):
        return recording(handler, kept.append, base_url=BASE, clock=clock, **options)

    return make


def form(boundary: str, content: bytes = b"one\ntwo\n") -> Request:
    lines = [
        f"--{boundary}",
        'Content-Disposition: form-data; name="purpose"',
        "",
        "fine-tune",
        f"--{boundary}",
        'Content-Disposition: form-data; name="file"; filename="a.jsonl"',
        "Content-Type: application/octet-stream",
        "",
        "",
    ]
    body = "\r\n".join(lines).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return Request(
        "POST", "/v1/files", Headers({"content-type": f"multipart/form-data; boundary={boundary}"}), body
    )


def test_a_whole_answer(recorder, kept, clock):
    """Under the platform's address, with the time it took."""

    def handler(request):
        clock.advance(0.25)
        return Response.json({"a": 1}, 201, {"x-request-id": "r"})

    made = recorder(handler)
    clock.advance(3)
    answer = made(ASKED)
    (exchange,) = kept
    assert (answer.status, answer.body) == (201, b'{"a":1}')
    assert (exchange.request.method, exchange.request.uri) == ("POST", f"{BASE}/chat/completions?x=1")
    assert (exchange.request.body, exchange.request.parts) == (b'{"q":1}', None)
    assert (exchange.response.status, exchange.response.reason) == (201, "Created")
    assert exchange.response.body == b'{"a":1}'
    assert (exchange.at, exchange.response.wait, exchange.response.interrupted) == (3.0, 0.25, False)
    assert exchange.response.chunks == ()


def test_a_stream_keeps_its_pieces_and_their_times(recorder, kept, clock):
    """Those for which its reader had to wait: a slow reader will be slow again by itself."""

    def pieces():
        clock.advance(0.5)
        yield Chunk(b"data: 1\n\n")
        yield Chunk(b"")
        clock.advance(0.1)
        yield Chunk(b"data: 2\n\n", 0.2)

    made = recorder(lambda request: Response(200, EVENTS, pieces(), 0.75))
    seen = []
    for chunk in made(ASKED).body:
        seen.append(chunk)
        clock.advance(60)
    (exchange,) = kept
    assert seen == [Chunk(b"data: 1\n\n"), Chunk(b""), Chunk(b"data: 2\n\n", 0.2)]
    assert exchange.response.body == b"data: 1\n\ndata: 2\n\n"
    assert exchange.response.chunks == ((9, 0.5), (9, 0.3))
    assert (exchange.response.wait, exchange.response.interrupted) == (0.75, False)


def test_nothing_is_kept_before_the_end(recorder, kept):
    """And then once."""
    made = recorder(lambda request: Response(200, EVENTS, iter([Chunk(b"data: 1\n\n")])))
    body = made(ASKED).body
    next(body)
    assert not kept
    assert list(body) == []
    body.close()
    assert len(kept) == 1


@pytest.mark.parametrize(
    ("events", "interrupted"),
    [
        ([b"data: 1\n\n", b"data: [DONE]\n\n"], False),
        ([b"data: 1\r\n\r\n", b"data: [DO", b"NE]\r\n\r\n"], False),
        ([b'event: response.completed\ndata: {"a":1}\n\n'], False),
        ([b'event: response.created\ndata: {"a":1}\n\n'], True),
        ([b'data: {"text":"data: [DONE]"}\n\n'], True),
        ([b"data: [DONE]"], True),
        ([b"data: 1\n\n"], True),
    ],
)
def test_a_client_that_leaves(recorder, kept, events, interrupted):
    """Leaves a stream that was interrupted, unless it has seen the last event, as SDKs do."""
    source = iter([*map(Chunk, events), Chunk(b"")])
    body = recorder(lambda request: Response(200, EVENTS, source))(ASKED).body
    for _ in events:
        next(body)
    body.close()
    assert kept[0].response.body == b"".join(events)
    assert kept[0].response.interrupted is interrupted


def test_a_stream_that_breaks_off(recorder, kept):
    """Is kept as far as it came, and breaks off for the client as well."""

    def pieces():
        yield Chunk(b"data: 1\n\n")
        raise ConnectionDropped("gone")

    body = recorder(lambda request: Response(200, EVENTS, pieces()))(ASKED).body
    next(body)
    with pytest.raises(ConnectionDropped, match="gone"):
        next(body)
    body.close()
    (exchange,) = kept
    assert (exchange.response.body, exchange.response.interrupted) == (b"data: 1\n\n", True)


def test_a_body_shorter_than_announced(recorder, kept):
    """Was interrupted, whole or in pieces; an answer to HEAD has none."""
    headers = {"content-length": "9"}
    recorder(lambda request: Response(200, headers, b"half"))(ASKED)
    list(recorder(lambda request: Response(200, headers, iter([Chunk(b"half")])))(ASKED).body)
    recorder(lambda request: Response(200, headers))(Request("HEAD", "/v1/models"))
    assert [one.response.interrupted for one in kept] == [True, True, False]


def test_no_answer_is_no_exchange(recorder, kept):
    """The client asks again, and that is kept."""

    def handler(request):
        raise ConnectionDropped

    with pytest.raises(ConnectionDropped):
        recorder(handler)(ASKED)
    assert not kept


def test_letting_go_of_the_recorder_keeps_what_is_open(recorder, kept):
    """A stream that the program forgot."""
    made = recorder(lambda request: Response(200, EVENTS, iter([Chunk(b"data: 1\n\n")] * 2)))
    body = made(ASKED).body
    next(body)
    made.close()
    assert kept[0].response.interrupted
    made.close()
    assert len(kept) == 1


def test_also_while_another_thread_waits_for_its_next_piece(recorder, kept):
    """What came before is kept, once."""
    waiting, go = threading.Event(), threading.Event()

    def pieces():
        yield Chunk(b"data: 1\n\n")
        waiting.set()
        assert go.wait(20)

    made = recorder(lambda request: Response(200, EVENTS, pieces()))
    body = made(ASKED).body
    reader = threading.Thread(target=lambda: list(body))
    reader.start()
    assert waiting.wait(20)
    made.close()
    assert [one.response.body for one in kept] == [b"data: 1\n\n"]
    go.set()
    reader.join()
    assert len(kept) == 1


def test_keys_are_learnt_and_not_kept(recorder, kept, key):
    """Before the request is even asked; short ones are words."""
    learnt = Learnt()
    basic = b64encode(b"me:" + key.encode()).decode()
    fields = [
        ("authorization", f"Bearer {key}"),
        ("api-key", key[::-1]),
        ("cookie", "a=b"),
        ("x-api-key", "EMPTY"),
    ]

    def handler(request):
        assert learnt == [key, key[::-1]]
        return Response(200)

    recorder(handler, redactor=learnt)(Request("GET", "/v1/models", Headers(fields)))
    recorder(lambda request: Response(200), redactor=learnt)(
        Request("GET", "/v1/models", Headers({"proxy-authorization": f"Basic {basic}"}))
    )
    assert learnt[2:] == [basic, key]
    assert [one.request.headers for one in kept] == [(), ()]


def test_which_fields_are_kept(recorder, kept):
    """Of requests the few that decide what is answered; of answers those that are about the answer."""
    asked = {
        "Accept": "a",
        "OpenAI-Beta": "b",
        "Idempotency-Key": "i",
        "User-Agent": "u",
        "X-Stainless-OS": "o",
    }
    told = {"X-Request-Id": "r", "openai-version": "v", "x-ratelimit-limit-requests": "9"}
    noise = {
        "Date": "d",
        "Server": "s",
        "CF-Ray": "c",
        "Set-Cookie": "k",
        "Alt-Svc": "a",
        "Connection": "close",
    }
    noise |= {"Strict-Transport-Security": "s", "Content-Encoding": "gzip", "Transfer-Encoding": "chunked"}
    made = recorder(lambda request: Response(200, {**noise, **told}))
    assert made(Request("GET", "/v1/models", Headers(asked))).headers["Date"] == "d"
    assert dict(kept[0].request.headers) == {"accept": "a", "openai-beta": "b", "idempotency-key": "i"}
    assert dict(kept[0].response.headers) == {name.lower(): value for name, value in told.items()}


@pytest.mark.parametrize("large", [False, True])
def test_an_upload_is_kept_as_hashes(recorder, kept, large):
    """The same whatever its boundary; what is asked is whole."""
    seen = []

    def handler(request):
        seen.append(b"".join(request.chunks()))
        return Response(200)

    asked = [form("aaaa"), form("b-17")]
    for request in asked:
        stream = io.BytesIO(request.body) if large else None
        recorder(handler)(
            Request(request.method, request.target, request.headers, b"" if large else request.body, stream)
        )
    assert seen == [request.body for request in asked]
    first, second = kept
    assert first.request == second.request
    assert b"two" not in first.request.body
    assert b"fine-tune" in first.request.body
    assert [(part.name, part.filename, part.size) for part in first.request.parts] == [
        ("purpose", None, 9),
        ("file", "a.jsonl", 8),
    ]


@pytest.mark.parametrize("content", [b"one\ntwo\n", b"a --aaaa b\r\n", b"\x00\xff"])
def test_by_choice_with_their_content(recorder, kept, content):
    """Every byte of it, and still the same whatever the boundary."""
    for boundary in ("aaaa", '"b-17"'):
        request = form(boundary.strip('"'), content)
        fields = Headers({"content-type": f"multipart/form-data; boundary={boundary}"})
        recorder(lambda request: Response(200), keep_uploads=True)(
            Request("POST", "/v1/files", fields, request.body)
        )
    assert kept[0].request == kept[1].request
    assert content in kept[0].request.body
    assert dict(kept[0].request.headers)["content-type"] == "multipart/form-data; boundary=drytune"


def test_content_that_has_the_fixed_boundary_in_it_keeps_its_own(recorder, kept):
    """Else it would end there."""
    request = form("aaaa", b"one\r\n--drytune\r\ntwo")
    recorder(lambda request: Response(200), keep_uploads=True)(request)
    assert kept[0].request.body == request.body


def test_an_upload_that_is_no_form_is_not_kept_either(recorder, kept):
    """It may be a file all the same; the platform refuses it, and that is recorded."""
    fields = Headers({"content-type": "multipart/form-data; boundary=x"})
    recorder(lambda request: Response(400))(Request("POST", "/v1/files", fields, b"private"))
    assert (kept[0].response.status, b"private" in kept[0].request.body) == (400, False)


def test_requests_are_in_order_though_their_answers_are_not(recorder, kept):
    """Also where the clock stands still."""
    made = recorder(lambda request: Response(200, EVENTS, iter([Chunk(b"data: 1\n\n")])))
    bodies = [made(Request("GET", f"/v1/{number}")).body for number in range(5)]
    for body in reversed(bodies):
        list(body)
    ordered = sorted(kept, key=lambda exchange: exchange.at)
    assert [one.request.uri[-1] for one in ordered] == list("01234")
    assert len({one.at for one in kept}) == 5


def test_from_many_threads(recorder, kept):
    """Each exchange once."""
    made = recorder(lambda request: Response(200, {}, request.target.encode()))
    threads = [threading.Thread(target=made, args=(Request("GET", f"/v1/{number}"),)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.response.body for one in kept) == sorted(
        f"/v1/{number}".encode() for number in range(20)
    )
    assert made.kept == 20


def test_what_goes_wrong_in_keeping_is_not_the_client_s_business(caplog):
    """It is logged, and told in the end; without the error's words, which may quote a secret."""

    def add(exchange):
        raise ValueError("sk-secret")

    made = recording(lambda request: Response(200, {}, b"here"), add, base_url=BASE, clock=ManualClock())
    assert made(ASKED).body == b"here"
    assert made.problems == [f"the exchange POST {BASE}/chat/completions could not be kept (ValueError)"]
    assert made.problems[0] in caplog.text
    assert "sk-secret" not in caplog.text
    assert made.kept == 0


@pytest.mark.parametrize(
    ("headers", "provenance"),
    [
        ({}, None),
        ({"x-drytune": "simulated"}, "simulated"),
        ({"x-drytune": "replayed", "x-drytune-provenance": "documented"}, "documented"),
        ({"x-drytune": "replayed", "x-drytune-provenance": "recorded"}, "recorded"),
        ({"x-drytune": "replayed", "x-drytune-provenance": "unknown"}, None),
    ],
)
def test_where_answers_say_they_come_from(recorder, headers, provenance):
    """A real platform says nothing; of several, one that is simulated counts."""
    made = recorder(lambda request: Response(200, headers))
    made(ASKED)
    assert made.provenance == provenance


def test_which_sdk_asked(recorder):
    """The first that says its name."""
    made = recorder(lambda request: Response(200))
    for fields in (
        {},
        {"x-stainless-lang": "js", "x-stainless-package-version": "6.1.0"},
        {"x-stainless-lang": "x"},
    ):
        made(Request("GET", "/v1/models", Headers(fields)))
    assert made.sdk == "openai-js 6.1.0"


def test_it_waits_as_what_it_wraps(recorder):
    """So that doors know."""

    def handler(request):
        return Response(200)

    assert recorder(handler).waits is False
    assert recorder(handler).blocks(ASKED)
    handler.waits, handler.blocks = True, lambda request: False
    assert recorder(handler).waits is True
    assert not recorder(handler).blocks(ASKED)
