"""Answers come as they were recorded: status, headers, pieces, pace, and where they broke off."""

import msgspec
import openai
import pytest

from drytune.clients import simulated
from drytune.handlers.replay import Replay
from drytune_simulator import Headers, Request
from drytune_simulator.http import ConnectionDropped
from drytune_simulator.layers import origin_of

CHAT = "/v1/chat/completions"
EVENTS = (("content-type", "text/event-stream; charset=utf-8"),)
STREAM = b'data: {"n": 1}\n\ndata: [DONE]\n\n'


@pytest.fixture
def streamed(make_exchange):
    def made(**more):
        chunks = more.pop("chunks", ((16, 0.5), (len(STREAM) - 16, 1.5)))
        return make_exchange("POST", CHAT, {}, STREAM, headers=EVENTS, chunks=chunks, wait=2.0, **more)

    return made


@pytest.fixture
def told(ask, make_cassette):
    """The response of a replay of one exchange."""

    def given(exchange, provenance=None, **settings):
        asked = exchange.request
        target = asked.uri.removeprefix("https://api.openai.com")
        request = Request(asked.method, target, Headers(list(asked.headers)), asked.body)
        return Replay(make_cassette(exchange, provenance=provenance), **settings)(request)

    return given


def test_status_headers_and_body(make_exchange, told):
    headers = (
        ("content-type", "audio/mpeg"),
        ("x-request-id", "req_1"),
        ("content-length", "3"),
        ("transfer-encoding", "chunked"),
        ("content-encoding", "gzip"),
    )
    response = told(make_exchange("POST", "/v1/audio/speech", {}, b"\xff\x00\n", status=201, headers=headers))
    assert (response.status, response.body, response.delay) == (201, b"\xff\x00\n", 0.0)
    assert response.headers == {
        "content-type": "audio/mpeg",
        "x-request-id": "req_1",
        "x-drytune": "replayed",
        "x-drytune-layer": "recorded",
        "x-drytune-provenance": "unknown",
        "x-drytune-exchange": "1",
    }
    assert str(origin_of(response.headers)) == "recorded"


@pytest.mark.parametrize("provenance", ["documented", "recorded", "simulated"])
def test_each_answer_tells_where_it_comes_from(make_exchange, told, provenance):
    response = told(make_exchange("GET", "/v1/models"), provenance)
    assert response.headers["x-drytune-provenance"] == provenance


def test_an_answer_of_a_simulator_says_so_even_if_the_cassette_does_not(make_exchange, told):
    response = told(make_exchange("GET", "/v1/models", headers=(("x-drytune", "simulated"),)))
    assert response.headers["x-drytune"] == "replayed"
    assert response.headers["x-drytune-provenance"] == "simulated"


@pytest.mark.parametrize(("speed", "delays"), [(0.0, [0, 0]), (1.0, [0.5, 1.5]), (10.0, [0.05, 0.15])])
def test_a_stream_comes_in_its_pieces_and_at_its_pace(streamed, told, speed, delays):
    response = told(streamed(), speed=speed)
    pieces = list(response.body)
    assert [piece.data for piece in pieces] == [STREAM[:16], STREAM[16:]]
    assert [piece.delay for piece in pieces] == pytest.approx(delays)
    assert response.delay == (2.0 / speed if speed else 0.0)


@pytest.mark.parametrize("chunks", [((16, 0.5), (len(STREAM) - 16, 1.5)), ()])
def test_what_broke_off_breaks_off_in_the_same_place(streamed, told, chunks):
    body = told(streamed(chunks=chunks, interrupted=True)).body
    got = [next(body).data for _ in chunks or (0,)]
    assert b"".join(got) == STREAM
    with pytest.raises(ConnectionDropped):
        next(body)


def test_a_connection_that_broke_before_any_answer(make_exchange, told):
    with pytest.raises(ConnectionDropped):
        told(make_exchange("POST", CHAT, {}, b"", status=0))


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_no_sdk_sleeps_before_it_asks_again(make_exchange, told, status):
    recorded = make_exchange("POST", CHAT, {}, {}, status=status, headers=(("retry-after", "20"),))
    assert told(recorded).headers["retry-after-ms"] == "1"
    assert "retry-after-ms" not in told(recorded, speed=1.0).headers
    assert "retry-after-ms" not in told(make_exchange("POST", CHAT, {}, {}, status=400)).headers


def test_the_sdk_reads_a_stream_that_breaks_off(streamed, make_cassette):
    asked = b'{"messages":[],"model":"m","stream":true}'
    recorded = streamed(interrupted=True, chunks=((16, 0.0),))
    recorded = msgspec.structs.replace(
        recorded,
        request=msgspec.structs.replace(recorded.request, body=asked),
        response=msgspec.structs.replace(recorded.response, body=STREAM[:16]),
    )
    client = simulated(Replay(make_cassette(recorded)), max_retries=0)
    stream = client.chat.completions.create(model="m", messages=[], stream=True)
    with pytest.raises(Exception, match=r"peer closed connection|Connection error") as caught:
        list(stream)
    assert not isinstance(caught.value, openai.APIStatusError)
