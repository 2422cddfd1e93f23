"""The door, by the letter of ASGI: delays, broken connections, clients that leave, bodies that go to a file."""

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from drytune_simulator import Chunk, Request, Response
from drytune_simulator.asgi import Bounds, asgi_app
from drytune_simulator.http import LARGEST_IN_MEMORY, ConnectionDropped
from drytune_simulator.store import StoreError

MULTIPART = [(b"content-type", b"multipart/form-data; boundary=b")]


class Server:
    """One exchange, as an ASGI server has it."""

    def __init__(self, *messages: dict) -> None:
        self.sent: list[dict] = []
        self.dropped = False
        self._messages = list(messages) or [{"type": "http.request"}]
        self._left = asyncio.Event()

    @property
    def bodies(self) -> list[bytes]:
        return [message["body"] for message in self.sent[1:]]

    def leave(self) -> None:
        """The client leaves."""
        self._left.set()

    async def receive(self) -> dict:
        if self._messages:
            return self._messages.pop(0)
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict) -> None:
        self.sent.append(message)

    def drop(self) -> None:
        self.dropped = True
        self.leave()

    async def run(self, handler, *, headers=(), method="GET", **options) -> None:
        scope = {"type": "http", "method": method, "raw_path": b"/v1/x", "query_string": b""}
        scope |= {"headers": list(headers), "state": {"drytune.drop": self.drop}}
        await asgi_app(handler, **options)(scope, self.receive, self.send)


def run(handler, *messages: dict, **options) -> Server:
    server = Server(*messages)
    asyncio.run(server.run(handler, **options))
    return server


def dropping(*chunks: Chunk):
    yield from chunks
    raise ConnectionDropped


def test_a_dropped_connection_has_no_answer():
    """Not even a status."""

    def handler(request: Request) -> Response:
        raise ConnectionDropped

    server = run(handler)
    assert server.dropped
    assert server.sent == []


def test_a_connection_that_drops_in_the_middle_has_half_an_answer():
    """The status, the headers, what was drawn until then, and no end."""
    server = run(lambda _: Response(200, {}, dropping(Chunk(b"a"), Chunk(b"b"))))
    assert server.dropped
    assert server.bodies == [b"a", b"b"]
    assert all(message["more_body"] for message in server.sent[1:])


@pytest.mark.parametrize("body", [b"half", iter([Chunk(b"half")])])
def test_a_body_shorter_than_its_length_breaks_off(body):
    """The length that was promised is kept, and the connection closed behind what there is."""
    server = run(lambda _: Response(200, {"content-length": "8"}, body))
    assert (b"content-length", b"8") in server.sent[0]["headers"]
    assert server.bodies == [b"half"]
    assert server.dropped


def test_nothing_is_sent_behind_the_length_that_was_promised():
    """A server would take it for a fault of its own."""
    server = run(lambda _: Response(200, {"content-length": "2"}, iter([Chunk(b"abc"), Chunk(b"d")])))
    assert b"".join(server.bodies) == b"ab"
    assert not server.dropped


def test_a_client_that_leaves_is_not_waited_for():
    """Neither during a delay before the answer nor between its chunks; its iterator is closed."""
    closed = threading.Event()

    def chunks():
        try:
            yield Chunk(b"a")
            yield Chunk(b"b", delay=3600)
        finally:
            closed.set()

    async def leaving(response: Response) -> Server:
        server = Server()
        exchange = asyncio.ensure_future(server.run(lambda _: response))
        while not exchange.done() and not server.bodies and not response.delay:
            await asyncio.sleep(0)
        server.leave()
        await asyncio.wait_for(exchange, 30)
        return server

    assert asyncio.run(leaving(Response(200, {}, chunks()))).bodies == [b"a"]
    assert closed.is_set()
    assert asyncio.run(leaving(Response(200, {}, b"late", delay=3600))).sent == []


def test_a_handler_that_fails_is_an_answer(caplog):
    """500 in the platform's envelope; the log has the details."""

    def handler(request: Request) -> Response:
        raise KeyError("x")

    server = run(handler)
    assert server.sent[0]["status"] == 500
    assert (b"x-drytune", b"simulated") in server.sent[0]["headers"]
    assert b"drytune itself failed" in server.bodies[0]
    assert b'"type":"server_error"' in server.bodies[0]
    assert "KeyError" in caplog.text


def test_a_state_that_cannot_be_read_is_an_answer(caplog):
    """Also where the simulator is not asked yet, or any more: 503, and a line in the log."""

    def handler(request: Request) -> Response:
        raise StoreError("the disk is gone")

    server = run(handler)
    assert server.sent[0]["status"] == 503
    assert (b"x-drytune", b"simulated") in server.sent[0]["headers"]
    assert b"the disk is gone" in server.bodies[0]
    assert b'"code":"state_unavailable"' in server.bodies[0]
    assert "Traceback" not in caplog.text


def test_quick_operations_are_answered_in_the_event_loop():
    """And all others in a thread, so that nobody waits for them."""
    threads = []

    class Handler:
        def __call__(self, request: Request) -> Response:
            threads.append(threading.current_thread() is threading.main_thread())
            return Response(200)

        def blocks(self, request: Request) -> bool:
            return request.method == "POST"

    run(Handler())
    run(Handler(), method="POST")
    assert threads == [True, False]


def test_a_large_body_comes_as_a_file_that_is_gone_afterwards(tmp_path):
    """In pieces, through any pool; the handler reads it as often as it likes."""
    seen = {}

    def handler(request: Request) -> Response:
        seen["stream"] = request.stream
        seen["data"] = [b"".join(request.chunks()) for _ in range(2)]
        seen["body"] = request.body
        return Response(200)

    piece = bytes(range(256)) * 1024
    count = LARGEST_IN_MEMORY // len(piece) + 2
    messages = [{"type": "http.request", "body": piece, "more_body": True}] * count
    with ThreadPoolExecutor(2) as pool:
        run(
            handler,
            *messages,
            {"type": "http.request"},
            headers=MULTIPART,
            method="POST",
            pool=pool,
            directory=tmp_path,
        )
    assert seen["data"] == [piece * count] * 2
    assert seen["body"] == b""
    assert seen["stream"].closed
    assert list(tmp_path.iterdir()) == []


def test_a_client_that_leaves_during_an_upload_leaves_nothing(tmp_path):
    """No file, and nobody is asked."""
    asked = []
    piece = {"type": "http.request", "body": b"x" * (LARGEST_IN_MEMORY + 1), "more_body": True}
    run(
        asked.append,
        piece,
        piece,
        {"type": "http.disconnect"},
        headers=MULTIPART,
        method="POST",
        directory=tmp_path,
    )
    gc.collect()  # a file that was left open would be told of here
    assert asked == []
    assert list(tmp_path.iterdir()) == []


def test_a_body_that_trickles_is_not_waited_for_for_ever():
    """More has to come in time, and enough of it."""

    class Trickling(Server):
        async def receive(self) -> dict:
            await asyncio.sleep(0.01)
            return {"type": "http.request", "body": b"x", "more_body": not self.sent}

    async def trickle() -> Server:
        server = Trickling()
        await server.run(pytest.fail, method="POST", headers=MULTIPART, bounds=Bounds(body_seconds=0.05))
        return server

    assert asyncio.run(trickle()).sent[0]["status"] == 408


def test_a_client_that_does_not_read_is_dropped():
    """A stream that nobody takes does not hold its place for ever."""

    class Deaf(Server):
        async def send(self, message: dict) -> None:
            await super().send(message)
            if len(self.sent) > 2:
                await asyncio.Event().wait()

    async def stream() -> Server:
        server = Deaf()
        chunks = (Chunk(b"x") for _ in range(10))
        await server.run(lambda _: Response(200, {}, chunks), bounds=Bounds(send_seconds=0.05))
        return server

    server = asyncio.run(stream())
    assert server.dropped
    assert len(server.bodies) == 2


@pytest.mark.parametrize("deaf_from", [1, 2, 3])
@pytest.mark.parametrize("streamed", [False, True])
def test_no_part_of_an_answer_is_waited_for_for_ever(deaf_from, streamed):
    """Neither its head nor its last piece, whole or streamed."""

    class Deaf(Server):
        async def send(self, message: dict) -> None:
            await super().send(message)
            if len(self.sent) >= deaf_from:
                await asyncio.Event().wait()

    async def answer() -> Server:
        server = Deaf()
        body = iter([Chunk(b"x")]) if streamed else b"x"
        exchange = server.run(lambda _: Response(200, {}, body), bounds=Bounds(send_seconds=0.05))
        done, _ = await asyncio.wait([asyncio.ensure_future(exchange)], timeout=10)
        assert done  # cancelled, it would drop the connection as well
        return server

    server = asyncio.run(answer())
    assert server.dropped == (deaf_from <= 2 + streamed)
    assert len(server.sent) == min(deaf_from, 2 + streamed)


def test_without_a_way_to_drop_the_server_has_to_break_off():
    """What another ASGI server does with an exception is the best there is."""

    def handler(request: Request) -> Response:
        raise ConnectionDropped

    async def elsewhere() -> None:
        server = Server()
        scope = {"type": "http", "method": "GET", "raw_path": b"/", "query_string": b"", "headers": []}
        await asgi_app(handler)(scope, server.receive, server.send)

    with pytest.raises(ConnectionDropped):
        asyncio.run(elsewhere())


def test_browsers_get_the_recorded_header_and_ask_first_only_where_that_is_allowed():
    """`access-control-allow-origin: *` as recorded; a preflight is granted only if the server was told so."""
    preflight = [
        (b"access-control-request-method", b"POST"),
        (b"access-control-request-headers", b"authorization"),
    ]
    refused = run(lambda _: Response(405), method="OPTIONS", headers=preflight)
    granted = run(pytest.fail, method="OPTIONS", headers=preflight, browsers=True)
    assert (refused.sent[0]["status"], granted.sent[0]["status"]) == (405, 200)
    assert (b"access-control-allow-origin", b"*") in refused.sent[0]["headers"]
    assert (b"access-control-allow-headers", b"authorization") in granted.sent[0]["headers"]
