"""What a fault makes of an answer, before or after the effect."""

import json

import pytest

from drytune_simulator import Chunk, Headers, Request, Response, Simulator
from drytune_simulator.faults import Fault, FaultPlan, failing
from drytune_simulator.faults.fault import ERRORS, WHAT
from drytune_simulator.http import ConnectionDropped
from drytune_simulator.world import authenticate

KEY = Headers({"authorization": "Bearer sk-test", "openai-organization": "org-cats"})
ASK = Request("POST", "/v1/chat/completions", KEY, b'{"model": "gpt-4o", "stream": false}')
ASK_STREAM = Request("POST", "/v1/chat/completions", Headers(), b'{"model": "gpt-4o", "stream": true}')
EVENTS = [
    b'data: {"n": 0}\n\n',
    b'data: {"n": 1}\n\n',
    b'data: {"n": 2}\n\n',
    b'data: {"n": 3}\n\n',
    b"data: [DONE]\n\n",
]


class World:
    """Answers with JSON, or with a stream of events that knows whether it was let go of."""

    def __init__(self) -> None:
        self.asked = 0
        self.closed = 0

    def __call__(self, request: Request) -> Response:
        self.asked += 1
        headers = {"x-request-id": "req_real", "content-type": "application/json"}
        if b"true" in request.body:
            return Response(200, {**headers, "content-type": "text/event-stream"}, Events(self))
        return Response(200, headers, b'{"object": "list", "data": []}')


class Events:
    def __init__(self, world: World) -> None:
        self.world = world
        self.events = iter(EVENTS)

    def __iter__(self):
        return self

    def __next__(self) -> Chunk:
        return Chunk(next(self.events))

    def close(self) -> None:
        self.world.closed += 1


def struck(world: World, request: Request = ASK, **options) -> Response:
    return failing(world, FaultPlan([Fault("*", **options)]))(request)


def read(response: Response) -> tuple[bytes, bool]:
    """What arrives of a body, and whether the connection broke."""
    if isinstance(response.body, bytes):
        return response.body, False
    data = b""
    try:
        for chunk in response.body:
            data += chunk.data
    except ConnectionDropped:
        return data, True
    return data, False


@pytest.mark.parametrize(
    ("what", "status", "type_", "code", "words"),
    [
        (
            "rate_limited",
            429,
            "requests",
            "rate_limit_exceeded",
            "Rate limit reached for gpt-4o in organization org-cats on requests",
        ),
        (
            429,
            429,
            "requests",
            "rate_limit_exceeded",
            "Rate limit reached for gpt-4o in organization org-cats on",
        ),
        ("quota", 429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota"),
        ("server_error", 500, "server_error", None, "The server had an error processing your request."),
        (500, 500, "server_error", None, "include the request ID req_"),
        ("overloaded", 503, "service_unavailable_error", "server_is_overloaded", "currently overloaded"),
        ("slow_down", 429, "rate_limit_error", "slow_down", "slow down"),
        (418, 418, "invalid_request_error", None, "as it was asked to"),
        (504, 504, "server_error", None, "as it was asked to"),
    ],
)
def test_a_status_error_speaks_as_the_platform_does(what, status, type_, code, words):
    """FACTS.md §6; it is marked as a fault, and has a request id of its own."""
    world = World()
    answer = struck(world, what=what)
    error = json.loads(answer.body)["error"]
    assert (answer.status, error["type"], error["code"], error["param"]) == (status, type_, code, None)
    assert words in error["message"]
    assert (answer.headers["x-drytune-fault"], answer.headers["x-drytune"]) == ("1", "simulated")
    assert answer.headers["x-request-id"].startswith("req_")
    assert world.asked == 0


def test_every_error_with_a_name_can_be_answered():
    """None of the wordings lacks a value."""
    for what in ERRORS:
        assert struck(World(), what=what).status >= 400
        assert WHAT[what]


def test_the_words_of_an_error_may_be_ones_own():
    """Message, type, code and param."""
    answer = struck(World(), what=400, message="No.", type="t", code="c", param="p")
    assert json.loads(answer.body)["error"] == {"message": "No.", "type": "t", "code": "c", "param": "p"}


def test_a_gateway_answers_with_a_page():
    """502 is not JSON at the platform's edge; any body may be."""
    answer = struck(World(), what=502)
    assert answer.headers["content-type"] == "text/html"
    assert b"<h1>502 Bad Gateway</h1>" in answer.body
    assert struck(World(), what=500, body="no JSON").body == b"no JSON"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"what": 500}, {"retry-after-ms": "1"}),
        ({"what": 429}, {"retry-after": "1", "retry-after-ms": "1"}),
        ({"what": 503}, {"retry-after": "1", "retry-after-ms": "1"}),
        ({"what": 429, "retry_after": 0}, {"retry-after": "0", "retry-after-ms": "1"}),
        ({"what": 409}, {"retry-after-ms": "1"}),
        ({"what": 400}, {}),
        ({"what": 503, "retry_after": 7}, {"retry-after": "7"}),
        ({"what": 503, "retry_after": 0.25}, {"retry-after": "1", "retry-after-ms": "250"}),
        (
            {"what": 500, "headers": {"X-Should-Retry": "false"}},
            {"retry-after-ms": "1", "x-should-retry": "false"},
        ),
    ],
)
def test_an_sdk_does_not_wait_unless_it_is_asked_to(options, expected):
    """`retry-after-ms: 1` by default on what is retried, `Retry-After` where one is given."""
    headers = struck(World(), **options).headers
    names = ("retry-after", "retry-after-ms", "x-should-retry")
    assert {name: headers[name] for name in names if name in headers} == expected


def test_a_rate_limit_names_the_organization_that_an_answer_would_name():
    """By the key without the header; nobody's without a key."""

    def message(request: Request, **options) -> str:
        world = Simulator()
        answer = struck(world, request, what="rate_limited", **options)
        world.close()
        return json.loads(answer.body)["error"]["message"]

    key = Headers({"authorization": "Bearer sk-test"})
    mine = authenticate(Request("GET", "/", key)).organization
    for options in ({}, {"when": "after"}):
        assert f" in organization {mine} on " in message(Request("GET", "/v1/models", key), **options)
    assert "Rate limit reached for requests on requests per min" in message(Request("GET", "/v1/models"))


def test_after_the_effect_the_simulator_was_asked_and_its_answer_is_lost():
    """With the request id that the simulator has logged; its stream is let go of."""
    world = World()
    answer = struck(world, what=500, when="after")
    assert (world.asked, answer.status, answer.headers["x-request-id"]) == (1, 500, "req_real")
    assert "req_real" in json.loads(answer.body)["error"]["message"]
    struck(world, ASK_STREAM, what=500, when="after")
    assert (world.asked, world.closed) == (2, 1)


@pytest.mark.parametrize(("when", "asked"), [("before", 0), ("after", 1)])
def test_a_dropped_connection_gives_nothing(when, asked):
    """Whether or not the effect is there."""
    world = World()
    with pytest.raises(ConnectionDropped, match="fault 1"):
        struck(world, ASK_STREAM, what="drop", when=when)
    assert (world.asked, world.closed) == (asked, asked)


@pytest.mark.parametrize("request_", [ASK, ASK_STREAM])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("at", "expected"), [("headers", 0), (0, 0), (10, 10), (17, 17)])
def test_a_connection_may_break_behind_headers_or_bytes(request_, when, at, expected):
    """Of a whole body or of a stream; what is behind it is let go of."""
    world = World()
    answer = struck(world, request_, what="drop", when=when, at=at)
    data, is_broken = read(answer)
    assert (answer.status, len(data), is_broken) == (200, expected, True)
    assert answer.headers["x-drytune-fault"] == "1"
    assert world.closed == (world.asked if request_ is ASK_STREAM else 0)


def test_a_whole_body_that_is_dropped_had_its_length_announced():
    """So that a client knows that it is not whole."""
    answer = struck(World(), what="drop", when="after", at=10)
    assert answer.headers["content-length"] == "30"


def test_a_body_shorter_than_that_arrives():
    """The connection would break behind it."""
    assert read(struck(World(), what="drop", when="after", at=1000)) == (
        b'{"object": "list", "data": []}',
        False,
    )


@pytest.mark.parametrize(("at", "expected"), [(None, 15), (4, 4), (0, 0), (99, 30)])
def test_a_truncated_body_is_shorter_than_announced(at, expected):
    """Half of it by default."""
    answer = struck(World(), what="truncate", at=at)
    assert (len(answer.body), answer.headers["content-length"]) == (expected, "30")


@pytest.mark.parametrize("request_", [ASK, ASK_STREAM])
@pytest.mark.parametrize("at", [None, 0, 37, 38, 39, 1000, 10**15])
@pytest.mark.parametrize("what", ["drop", "truncate"])
def test_what_stands_for_an_answer_never_arrives_whole(request_, at, what):
    """Wherever it is cut, the connection breaks, and nothing in it is an event."""
    at = "headers" if at is None and what == "drop" else at
    answer = struck(World(), request_, what=what, when="before", at=at)
    data, is_broken = read(answer)
    assert is_broken or len(data) < int(answer.headers["content-length"])
    assert b"data:" not in data


def test_a_truncated_stream_ends_as_if_it_were_whole():
    """After three events by default, without [DONE]: nothing tells a client but what is missing."""
    world = World()
    assert read(struck(world, ASK_STREAM, what="truncate")) == (b"".join(EVENTS[:3]), False)
    assert read(struck(world, ASK_STREAM, what="truncate", at=20)) == (b"".join(EVENTS)[:20], False)
    assert world.closed == 2


def test_a_truncated_download_breaks_off():
    """A stream whose length was announced is a body like any other."""

    def download(request: Request) -> Response:
        return Response(200, {"content-length": "8"}, iter([Chunk(b"abcd"), Chunk(b"efgh")]))

    assert read(failing(download, FaultPlan([Fault("*", "truncate")]))(ASK)) == (b"abcd", True)
    assert read(failing(download, FaultPlan([Fault("*", "truncate", at=6)]))(ASK)) == (b"abcdef", True)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_malformed_body_is_no_json(when):
    """Whole as HTTP has it, and not to be decoded."""
    answer = struck(World(), what="malformed", when=when)
    assert answer.status == 200
    with pytest.raises(ValueError, match=r"."):
        json.loads(answer.body)
    assert "content-length" not in answer.headers


def test_one_event_of_a_malformed_stream_is_no_json():
    """The third; the others are as they were."""
    data, _ = read(struck(World(), ASK_STREAM, what="malformed"))
    lines = [line.removeprefix(b"data: ") for line in data.split(b"\n\n") if line]
    assert [lines[0], lines[1], lines[3], lines[4]] == [b'{"n": 0}', b'{"n": 1}', b'{"n": 3}', b"[DONE]"]
    with pytest.raises(ValueError, match=r"."):
        json.loads(lines[2])


def test_latency_is_told_and_not_waited_for():
    """Before the answer, before the first event, and between events; a door decides what becomes of it."""
    answer = struck(World(), ASK_STREAM, what="slow", delay=2, first_token=3, tokens_per_second=4)
    assert answer.delay == 2
    assert [chunk.delay for chunk in answer.body] == [3, 0.25, 0.25, 0.25, 0.25]
    assert struck(World(), what=500, delay=1.5).delay == 1.5


def test_jitter_is_seeded_and_bounded():
    """The same plan is late by the same seconds."""

    def delays(seed: int) -> list[float]:
        plan = FaultPlan([Fault("*", "slow", delay=10, jitter=0.5)], seed=seed)
        handler = failing(World(), plan)
        return [handler(ASK).delay for _ in range(20)]

    assert delays(1) == delays(1) != delays(2)
    assert len(set(delays(1))) == 20
    assert all(5 <= delay <= 15 for delay in delays(1))


def test_a_timeout_is_an_hour_of_nothing():
    """Or as long as it is said; then the connection breaks."""
    with pytest.raises(ConnectionDropped) as dropped:
        struck(World(), what="timeout")
    assert dropped.value.delay == 3600
    with pytest.raises(ConnectionDropped) as dropped:
        struck(World(), what="timeout", delay=5)
    assert dropped.value.delay == 5


def test_a_body_nobody_reads_is_let_go_of():
    """Begun or not."""
    world = World()
    answer = struck(world, ASK_STREAM, what="slow", first_token=1)
    answer.body.close()
    assert world.closed == 1


def test_faults_stand_aside_where_none_strikes():
    """The very answer of the handler; and the door is told what the handler would tell it."""
    response = Response(200)

    class Quick:
        def __call__(self, request: Request) -> Response:
            return response

        def blocks(self, request: Request) -> bool:
            return False

    handler = failing(Quick(), FaultPlan([Fault("/v1/files", 500)]))
    assert handler(ASK) is response
    assert handler.blocks(ASK) is False
    assert failing(lambda request: response, FaultPlan()).blocks(ASK) is True
