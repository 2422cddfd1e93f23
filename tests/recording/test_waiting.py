"""What the in-process transports do for handlers that wait, and for those whose answers are to take their time."""

import asyncio
import gc
import importlib
import threading

import pytest

from drytune.handlers.aside import Aside
from drytune.handlers.upstream import PATIENCE, Unreachable
from drytune.transports import async_transport, sync_transport
from drytune_simulator import Chunk, Request, Response
from drytune_simulator.http import ConnectionDropped

FAMILIES = [pytest.param(importlib.import_module(name), id=name) for name in ("httpx", "httpx2")]
URL = "https://drytune.invalid/v1/files"


class Waiting:
    """A handler that waits."""

    waits = True

    def __init__(self, answer) -> None:
        self.answer = answer
        self.threads: set[str] = set()

    def __call__(self, request: Request) -> Response:
        self.threads.add(threading.current_thread().name)
        return self.answer(request)


@pytest.fixture(params=["sync", "async"])
def send(request):
    """Send a request through a transport; both kinds, as one function."""

    def sync(family, handler, slept=None, **options):
        sleep = None if slept is None else slept.append
        with family.Client(transport=sync_transport(handler, family, sleep=sleep)) as client:
            return client.request("GET", URL, **options)

    def async_(family, handler, slept=None, **options):
        async def sleep(seconds):
            slept.append(seconds)

        async def run():
            made = async_transport(handler, family, sleep=None if slept is None else sleep)
            async with family.AsyncClient(transport=made) as client:
                return await client.request("GET", URL, **options)

        return asyncio.run(run())

    return sync if request.param == "sync" else async_


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("kind", "raised"),
    [
        ("ConnectError", "ConnectError"),
        ("ConnectTimeout", "ConnectTimeout"),
        ("ReadTimeout", "ReadTimeout"),
        ("DecodingError", "RemoteProtocolError"),
        ("ValueError", "RemoteProtocolError"),
        ("__all__", "RemoteProtocolError"),
    ],
)
@pytest.mark.parametrize("when", ["before", "in between"])
def test_what_cannot_be_reached_is_the_family_s_own_error(send, family, kind, raised, when):
    """As if the client had asked itself."""

    def pieces():
        yield Chunk(b"a")
        raise Unreachable("where and why", kind)

    def answer(request):
        if when == "before":
            raise Unreachable("where and why", kind)
        return Response(200, {}, pieces())

    with pytest.raises(getattr(family, raised), match="where and why") as error:
        send(family, Waiting(answer))
    assert error.value.request.url == URL


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_told_how_long_its_client_waits(send, family):
    """And nobody else is."""
    seen = []

    def answer(request):
        seen.append(PATIENCE.get())
        return Response(200)

    send(family, Waiting(answer), timeout=7.0)
    send(family, answer, timeout=7.0)
    assert seen == [{"connect": 7.0, "read": 7.0, "write": 7.0, "pool": 7.0}, None]
    assert PATIENCE.get() is None


@pytest.mark.parametrize("family", FAMILIES)
def test_who_asks_it(family):
    """An async client: a thread beside the loop, one for all of an exchange; a sync client itself."""
    handler = Waiting(lambda request: Response(200, {}, pieces()))

    def pieces():
        for data in (b"a", b"b"):
            handler.threads.add(threading.current_thread().name)
            yield Chunk(data)

    async def run():
        async with family.AsyncClient(transport=async_transport(handler, family)) as client:
            return (await client.get(URL)).content

    assert asyncio.run(run()) == b"ab"
    assert handler.threads == {"drytune-aside"}
    handler.threads.clear()
    with family.Client(transport=sync_transport(handler, family)) as client:
        assert client.get(URL).content == b"ab"
    assert handler.threads == {threading.current_thread().name}


@pytest.mark.parametrize("family", FAMILIES)
def test_an_answer_that_nobody_waits_for_any_more_is_let_go_of(family):
    """When it comes."""
    asked, go, closed = threading.Event(), threading.Event(), threading.Event()

    class Body:
        def __iter__(self):
            return self

        def __next__(self):
            raise StopIteration

        def close(self):
            closed.set()

    def answer(request):
        asked.set()
        assert go.wait(20)
        return Response(200, {}, Body())

    async def run():
        async with family.AsyncClient(transport=async_transport(Waiting(answer), family)) as client:
            task = asyncio.create_task(client.get(URL))
            await asyncio.to_thread(asked.wait, 20)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())
    go.set()
    assert closed.wait(20)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_large_upload_is_there_while_it_is_asked(family):
    """Also when the client was cancelled meanwhile: the thread still reads it."""
    asked, go, read = threading.Event(), threading.Event(), []

    def answer(request):
        asked.set()
        assert go.wait(20)
        read.append(sum(map(len, request.chunks())))
        return Response(200)

    async def run():
        async with family.AsyncClient(transport=async_transport(Waiting(answer), family)) as client:
            task = asyncio.create_task(client.post(URL, content=b"x" * 9 * 2**20))
            await asyncio.to_thread(asked.wait, 20)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            go.set()
            await client.post(URL, content=b"x" * 9 * 2**20)

    asyncio.run(run())
    assert read == [9 * 2**20] * 2


@pytest.mark.parametrize("family", FAMILIES)
def test_answers_take_their_time_where_the_transport_can_sleep(send, family):
    """Before the answer, and before each piece."""
    slept = []
    answer = send(
        family, lambda request: Response(200, {}, iter([Chunk(b"a"), Chunk(b"b", 2.0)]), 1.0), slept
    )
    assert (answer.content, slept) == (b"ab", [1.0, 2.0])
    with pytest.raises(family.ReadTimeout):
        send(family, lambda request: Response(200, {}, b"", 9.0), slept, timeout=8.0)
    with pytest.raises(family.RemoteProtocolError):
        send(family, broken, slept)
    assert slept == [1.0, 2.0]


def broken(request: Request) -> Response:
    raise ConnectionDropped


@pytest.mark.parametrize("family", FAMILIES)
def test_closing_the_client_closes_what_it_asks(family):
    """Once; and what that raises is raised."""
    closed = []

    def on_close():
        closed.append(threading.current_thread().name)
        raise OSError("disk full")

    def handler(request):
        return Response(200)

    client = family.Client(transport=sync_transport(handler, family, on_close=on_close))
    with pytest.raises(OSError, match="disk full"):
        client.close()
    client.close()

    async def run():
        client = family.AsyncClient(transport=async_transport(handler, family, on_close=on_close))
        with pytest.raises(OSError, match="disk full"):
            await client.aclose()

    asyncio.run(run())
    assert closed == [threading.current_thread().name, "drytune-aside"]


def test_a_thread_ends_with_what_uses_it():
    """Whether or not it was told to."""
    before = set(threading.enumerate())

    async def run():
        aside, told = Aside(), Aside()
        assert await aside.do(lambda: 1) == 1
        with pytest.raises(KeyError):
            await told.do(lambda: {}["x"])
        told.last()

    asyncio.run(run())
    gc.collect()
    for thread in set(threading.enumerate()) - before:
        thread.join(20)
        assert not thread.is_alive()
