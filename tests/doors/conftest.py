"""Doors to a world: what carries a request there, and its answer back.

In-process through the transports of httpx and httpx2, sync and async; routes that respx mocks; the ASGI
application under the transports of both families; and a server process. Each door has a world of its own with the
same seed and a clock that only moves when it is told to.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import pytest

from drytune.transports import async_transport, sync_transport
from drytune_simulator import Headers, ManualClock, Request, Simulator
from drytune_simulator.asgi import asgi_app
from drytune_simulator.clock import from_date

BASE = "https://drytune.invalid"
DAY = date(2026, 3, 2)
CITY = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": CITY}}


def world() -> Simulator:
    return Simulator(seed=1, as_of=DAY, clock=ManualClock(from_date(DAY)))


def module(family: str) -> Any:
    return importlib.import_module(family)


@asynccontextmanager
async def transport(family: str, kind: str, serving: Any) -> AsyncIterator[Any]:
    """In-process, by drytune's own transports."""
    made, simulator = sync_transport if kind == "Client" else async_transport, world()
    async with held(family, kind, base_url=BASE, transport=made(simulator, module(family))) as client:
        yield client, lambda: simulator.clock.advance(86_400)


@asynccontextmanager
async def mocked(family: str, kind: str, serving: Any) -> AsyncIterator[Any]:
    """Routes of respx, which mocks httpx only."""
    respx = pytest.importorskip("respx")
    httpx = module(family)
    simulator = world()

    def answer(request: Any) -> Any:
        target, fields = request.url.raw_path.decode(), Headers(request.headers.multi_items())
        response = simulator(Request(request.method, target, fields, request.content))
        body = response.body
        content = body if isinstance(body, bytes) else b"".join(chunk.data for chunk in body)
        return httpx.Response(response.status, headers=response.headers, content=content)

    with respx.mock(base_url=BASE) as router:
        router.route().mock(side_effect=answer)
        async with held(family, kind, base_url=BASE) as client:
            yield client, lambda: simulator.clock.advance(86_400)


@asynccontextmanager
async def mounted(family: str, kind: str, serving: Any) -> AsyncIterator[Any]:
    """The ASGI application, without a server; how Starlette's and FastAPI's test clients ask."""
    simulator = world()
    application = module(family).ASGITransport(app=asgi_app(simulator))
    async with held(family, kind, base_url=BASE, transport=application) as client:
        yield client, lambda: simulator.clock.advance(86_400)


@asynccontextmanager
async def served(family: str, kind: str, serving: Any) -> AsyncIterator[Any]:
    """A process that serves."""
    with serving("--seed", 1, "--as-of", DAY, "--speed", "manual") as (url, _):
        async with held(family, kind, base_url=url.removesuffix("/v1")) as client:
            yield client, lambda: client.post("/_drytune/clock", json={"advance": "1d"})


@asynccontextmanager
async def held(family: str, kind: str, **settings: Any) -> AsyncIterator[Any]:
    client = getattr(module(family), kind)(trust_env=False, timeout=60, **settings)
    try:
        yield client
    finally:
        await settled(client.close() if kind == "Client" else client.aclose())


DOORS = [
    *((transport, family, kind) for family in ("httpx", "httpx2") for kind in ("Client", "AsyncClient")),
    *((mocked, "httpx", kind) for kind in ("Client", "AsyncClient")),
    *((mounted, family, "AsyncClient") for family in ("httpx", "httpx2")),
    *((served, "httpx2", kind) for kind in ("Client", "AsyncClient")),
]


async def settled(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


def _through(door: Any, ask: Callable[..., Any], training: bytes, serving: Any = None) -> Any:
    make, family, kind = door
    pytest.importorskip(family)

    async def run() -> Any:
        async with make(family, kind, serving) as (client, a_day_passes):
            return await ask(client, training, a_day_passes)

    return asyncio.run(run())


@pytest.fixture(params=DOORS, ids=[f"{door.__name__}-{family}-{kind}" for door, family, kind in DOORS])
def through(request, training: bytes, serving: Any) -> Callable[..., Any]:
    """Ask through each of the doors."""
    return lambda ask: _through(request.param, ask, training, serving)


@pytest.fixture(scope="session")
def through_one(training: bytes) -> Callable[..., Any]:
    """Ask through one door, which the others are compared to."""
    return lambda ask: _through(DOORS[0], ask, training)


@pytest.fixture(scope="session")
def training(good: list[dict], make_jsonl: Callable[..., bytes]) -> bytes:
    """Counting, and a call."""
    call = {"id": "c", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
    asked = {"role": "user", "content": "What is the weather in Rome?"}
    lesson = {"messages": [asked, {"role": "assistant", "tool_calls": [call]}], "tools": [TOOL]}
    return make_jsonl(*good, lesson)
