"""The whole workflow through the real SDK, by four doors to one simulator core.

openai's own httpx family in-process, sync and async; a legacy `httpx.Client` that respx intercepts; and a real
HTTP server. The same ids, events and answers come out of each.
"""

import asyncio
import inspect
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import openai
import pytest
import respx
import uvicorn

from drytune.clients import SIMULATED_KEY, async_simulated, simulated
from drytune_simulator import AdvancingClock, Headers, Request, Simulator
from drytune_simulator.asgi import asgi_app

MODEL = "gpt-4o-mini-2024-07-18"


async def workflow(client, training: bytes) -> dict:
    """validate → upload → train → infer; `client` may be sync or async. Returns all that a user would see."""

    async def settled(value):
        return await value if inspect.isawaitable(value) else value

    async def collected(pages) -> list:
        pages = await settled(pages)
        if hasattr(pages, "__aiter__"):
            return [item async for item in pages]
        return list(pages)

    seen: dict = {"statuses": []}
    file = await settled(client.files.create(file=("cat.jsonl", training), purpose="fine-tune"))
    job = await settled(
        client.fine_tuning.jobs.create(model=MODEL, training_file=file.id, suffix="Neko_Chan", seed=7)
    )
    while job.status not in ("succeeded", "failed", "cancelled"):
        seen["statuses"].append(job.status)
        job = await settled(client.fine_tuning.jobs.retrieve(job.id))
    seen["file"], seen["job"] = file.to_dict(), job.to_dict()
    events = await collected(client.fine_tuning.jobs.list_events(job.id, limit=100))
    seen["events"] = [event.to_dict() for event in events]
    checkpoints = await collected(client.fine_tuning.jobs.checkpoints.list(job.id))
    seen["checkpoints"] = [checkpoint.to_dict() for checkpoint in checkpoints]
    content = await settled(client.files.content(job.result_files[0]))
    seen["results"] = content.read().decode()

    first = json.loads(training.splitlines()[0])["messages"]
    for name, messages in {
        "trained": first[:-1],
        "near": [first[0], {"role": "user", "content": "おはようございます！"}],
    }.items():
        answer = await settled(client.chat.completions.create(model=job.fine_tuned_model, messages=messages))
        seen[name] = answer.to_dict()
        stream = await settled(
            client.chat.completions.create(model=job.fine_tuned_model, messages=messages, stream=True)
        )
        chunks = await collected(stream)
        seen[f"{name}, streamed"] = "".join(
            chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices
        )
    models = await collected(client.models.list())
    seen["models"] = [model.id for model in models if model.id.startswith("ft:")]
    seen["deleted"] = (await settled(client.models.delete(job.fine_tuned_model))).to_dict()
    return seen


def in_process(training: bytes) -> dict:
    with simulated(Simulator(seed=1)) as client:
        return asyncio.run(workflow(client, training))


def in_process_async(training: bytes) -> dict:
    async def run() -> dict:
        async with async_simulated(Simulator(seed=1)) as client:
            return await workflow(client, training)

    return asyncio.run(run())


def legacy_client_through_respx(training: bytes) -> dict:
    simulator = Simulator(seed=1)

    def answer(request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        headers = Headers(request.headers.multi_items())
        response = simulator(Request(request.method, target, headers, request.read()))
        body = response.body
        content = body if isinstance(body, bytes) else b"".join(chunk.data for chunk in body)
        return httpx.Response(response.status, headers=response.headers, content=content)

    with respx.mock(base_url="https://api.openai.com") as router, httpx.Client() as http:
        router.route().mock(side_effect=answer)
        client = openai.OpenAI(api_key=SIMULATED_KEY, http_client=http, base_url="https://api.openai.com/v1")
        return asyncio.run(workflow(client, training))


@contextmanager
def serving(simulator: Simulator) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(asgi_app(simulator), port=0, log_level="warning", lifespan="off"))
    ready = threading.Event()
    startup = server.startup

    async def noticed(sockets=None) -> None:
        await startup(sockets)
        ready.set()

    server.startup = noticed
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert ready.wait(20), "the server did not come up"
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join()


def over_http(training: bytes) -> dict:
    with (
        serving(Simulator(seed=1)) as url,
        openai.OpenAI(api_key=SIMULATED_KEY, base_url=url) as client,
    ):
        return asyncio.run(workflow(client, training))


DOORS = [in_process, in_process_async, legacy_client_through_respx, over_http]


@pytest.fixture(scope="module")
def training(cat) -> bytes:
    return cat.read_bytes()


@pytest.fixture(scope="module")
def expected(training: bytes) -> dict:
    return in_process(training)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_every_door_leads_to_the_same_world(door, training, expected):
    """The same seed and requests give the same ids, events, losses and answers, whatever carries them."""
    assert door(training) == expected


def test_a_job_moves_through_the_documented_states(expected):
    """validating_files, queued, running, and then its end."""
    assert list(dict.fromkeys(expected["statuses"])) == ["validating_files", "queued", "running"]
    assert expected["job"]["status"] == "succeeded"


def test_a_trained_conversation_gives_its_trained_reply(expected, training):
    """Plain and streamed, byte for byte."""
    reply = json.loads(training.splitlines()[0])["messages"][-1]["content"]
    assert expected["trained"]["choices"][0]["message"]["content"] == reply
    assert expected["trained, streamed"] == reply


def test_a_near_conversation_gives_the_reply_of_the_most_similar_example(expected, training):
    """おはようございます！ is nearest to おはよう！."""
    reply = json.loads(training.splitlines()[0])["messages"][-1]["content"]
    assert expected["near, streamed"] == reply


def test_another_seed_gives_other_ids(training, expected):
    """Chance is an argument."""
    with simulated(Simulator(seed=2)) as client:
        other = asyncio.run(workflow(client, training))
    assert other["job"]["id"] != expected["job"]["id"]
    assert other["job"]["fine_tuned_model"] != expected["job"]["fine_tuned_model"]


def test_clients_with_other_keys_see_nothing_of_each_other(training):
    """State belongs to the key, and a foreign tuned model does not exist."""
    simulator = Simulator(clock=AdvancingClock())
    with simulated(simulator) as mine, simulated(simulator, api_key="sk-somebody-else") as other:
        file = mine.files.create(file=("a.jsonl", training), purpose="fine-tune")
        assert not list(other.files.list())
        with pytest.raises(openai.NotFoundError, match="No such File object"):
            other.files.retrieve(file.id)
