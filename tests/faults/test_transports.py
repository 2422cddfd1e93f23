"""The doors of the httpx family: bodies of any size, broken connections and timeouts as the real ones."""

import asyncio
import importlib

import pytest

from drytune.transports import async_transport, sync_transport
from drytune_simulator import Chunk, Request, Response
from drytune_simulator.http import LARGEST_IN_MEMORY, ConnectionDropped

FAMILIES = [pytest.param(importlib.import_module(name), id=name) for name in ("httpx", "httpx2")]
URL = "https://drytune.invalid/v1/files"


class Body:
    """A stream that breaks where it is told to, and knows whether it was let go of."""

    def __init__(self, *chunks: Chunk, breaks: bool = False, delay: float = 0.0) -> None:
        self.chunks = iter(chunks)
        self.breaks = breaks
        self.delay = delay
        self.closed = False

    def __iter__(self):
        return self

    def __next__(self) -> Chunk:
        for chunk in self.chunks:
            return chunk
        if self.breaks:
            raise ConnectionDropped(delay=self.delay)
        raise StopIteration

    def close(self) -> None:
        self.closed = True


@pytest.fixture(params=["sync", "async"])
def send(request):
    """Send a request through a transport; both kinds, as one function."""

    def sync(family, handler, method="GET", **options):
        with family.Client(transport=sync_transport(handler, family)) as client:
            return client.request(method, URL, **options)

    def async_(family, handler, method="GET", **options):
        async def run():
            async with family.AsyncClient(transport=async_transport(handler, family)) as client:
                return await client.request(method, URL, **options)

        return asyncio.run(run())

    return sync if request.param == "sync" else async_


@pytest.mark.parametrize("family", FAMILIES)
def test_before_any_byte(send, family):
    """The server disconnects without a word."""

    def handler(request: Request) -> Response:
        raise ConnectionDropped

    with pytest.raises(family.RemoteProtocolError, match="disconnected without sending a response") as raised:
        send(family, handler)
    assert raised.value.request.url == URL


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("headers", "words"),
    [({}, "incomplete chunked read"), ({"content-length": "9"}, r"received 4 bytes, expected 9")],
)
def test_in_the_middle_of_a_body(send, family, headers, words):
    """In the words of the real transport; the body is let go of."""
    body = Body(Chunk(b"half"), breaks=True)
    with pytest.raises(family.RemoteProtocolError, match=words):
        send(family, lambda request: Response(200, headers, body))
    assert body.closed


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("body", [b"half", None])
def test_a_body_shorter_than_announced(send, family, body):
    """Whole or in pieces."""
    with pytest.raises(family.RemoteProtocolError, match=r"received 4 bytes, expected 9"):
        send(family, lambda request: Response(200, {"content-length": "9"}, body or Body(Chunk(b"half"))))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_break_behind_the_whole_body_is_nobody_s_business(send, family):
    """The answer was complete."""
    body = Body(Chunk(b"whole"), breaks=True)
    assert send(family, lambda request: Response(200, {"content-length": "5"}, body)).content == b"whole"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("late", ["answer", "chunk", "break", "break before"])
def test_what_is_late_is_a_read_timeout(send, family, late):
    """If it is later than the client waits; the body is let go of."""
    body = Body(Chunk(b"a", 9.0 if late == "chunk" else 0.0), breaks=late == "break", delay=9.0)

    def handler(request: Request) -> Response:
        if late == "break before":
            raise ConnectionDropped(delay=9.0)
        return Response(200, {}, body, delay=9.0 if late == "answer" else 0.0)

    with pytest.raises(family.ReadTimeout):
        send(family, handler, timeout=8.0)
    assert body.closed == (late != "break before")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("timeout", [None, 10.0])
def test_what_is_in_time_is_there_at_once(send, family, timeout):
    """Or where a client waits for ever."""
    answer = send(
        family,
        lambda request: Response(200, {}, Body(Chunk(b"a", 9.0), Chunk(b"b", 9.0)), 9.0),
        timeout=timeout,
    )
    assert answer.content == b"ab"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_large_body_comes_as_a_file(send, family):
    """A small one as bytes, also where its length was not announced."""
    seen = []

    def handler(request: Request) -> Response:
        seen.append((request.stream is not None, sum(map(len, request.chunks())), len(request.body)))
        return Response(204)

    sizes = (0, 10, LARGEST_IN_MEMORY, LARGEST_IN_MEMORY + 1)
    for size in sizes:
        send(family, handler, "POST", content=b"x" * size)
    assert seen == [
        (size > LARGEST_IN_MEMORY, size, 0 if size > LARGEST_IN_MEMORY else size) for size in sizes
    ]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("pieces", [3, 9])
def test_a_body_of_unknown_length(family, pieces):
    """Is bytes or a file by what arrives."""
    seen = []

    def handler(request: Request) -> Response:
        seen.append((request.stream is not None, sum(map(len, request.chunks()))))
        return Response(204)

    with family.Client(transport=sync_transport(handler, family)) as client:
        client.post(URL, content=(b"x" * 2**20 for _ in range(pieces)))
    assert seen == [(pieces > 8, pieces * 2**20)]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_stream_that_is_not_read_to_its_end_is_let_go_of(family):
    """When the client closes the response."""
    body = Body(Chunk(b"a"), Chunk(b"b"))
    with (
        family.Client(transport=sync_transport(lambda request: Response(200, {}, body), family)) as client,
        client.stream("GET", URL) as response,
    ):
        assert next(response.iter_raw()) == b"a"
    assert body.closed
