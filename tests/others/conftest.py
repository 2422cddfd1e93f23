"""A simulator with clients of all kinds, and models that complete prompts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import msgspec
import openai
import pytest

from drytune import simulated
from drytune.clients import SIMULATED_KEY
from drytune.transports import async_transport, family_of_openai, sync_transport
from drytune_simulator import Handler, Request, Response, Simulator
from drytune_simulator.routes import match
from drytune_simulator.wire import objects

ROWS = [
    ("Is the sky blue? ->", " Yes, on most days. END"),
    ("What does the cat say? ->", " にゃあ🐟, and nothing else. END"),
    *((f"{number} plus one is ->", f" {number + 1} END") for number in range(10)),
]


def _held(request: Request, response: Response) -> Response:
    """`response`, once it is known to be of the type that its route is documented with."""
    route = match(request)[0]

    def same(body: bytes, kind: Any) -> None:
        assert msgspec.json.encode(msgspec.json.decode(body, type=kind, strict=True)) == body

    if isinstance(response.body, bytes):
        if response.headers.get("content-type") == "application/json":
            same(response.body, route.answer if response.status == 200 else objects.ErrorEnvelope)
        return response
    chunks = list(response.body)
    for chunk in chunks[:-1]:
        same(chunk.data.removeprefix(b"data: ").removesuffix(b"\n\n"), route.stream)
    assert chunks[-1].data == b"data: [DONE]\n\n"
    return replace(response, body=iter(chunks))


@pytest.fixture(scope="module")
def simulator() -> Iterator[Handler]:
    """One for all tests of a module, whose every answer is held against its type."""
    simulator = Simulator()
    yield lambda request: _held(request, simulator(request))
    simulator.close()


@pytest.fixture(scope="module")
def client(simulator: Handler) -> Iterator[openai.OpenAI]:
    with simulated(simulator, max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def tune(client: openai.OpenAI, make_jsonl: Callable[..., bytes]) -> Callable[..., str]:
    """Tunes a model with rows of a prompt and a completion; gives its name."""

    def tuned(rows: Any = ROWS, base: str = "davinci-002") -> str:
        lines = make_jsonl(*({"prompt": prompt, "completion": completion} for prompt, completion in rows))
        file = client.files.create(file=("rows.jsonl", lines), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(model=base, training_file=file.id)
        while job.status != "succeeded":
            assert job.status != "failed", job.error
            job = client.fine_tuning.jobs.retrieve(job.id)
        assert job.fine_tuned_model is not None
        return job.fine_tuned_model

    return tuned


@pytest.fixture(scope="module")
def tuned(tune: Callable[..., str]) -> str:
    """A model tuned with `ROWS`."""
    return tune()


@pytest.fixture(scope="module")
def strict(simulator: Handler) -> Callable[..., Any]:
    """Clients that refuse every answer that is not of the SDK's types, by ``sync`` or ``async``."""
    family = family_of_openai()
    settings: dict[str, Any] = {
        "api_key": SIMULATED_KEY,
        "base_url": "https://drytune.invalid/v1",
        "max_retries": 0,
        "_strict_response_validation": True,
    }

    @contextmanager
    def opened(form: str = "specified") -> Iterator[openai.OpenAI]:
        http = family.Client(transport=sync_transport(simulator), trust_env=False)
        headers = {"x-drytune-form": form}
        with openai.OpenAI(http_client=http, default_headers=headers, **settings) as client:
            yield client

    def opened_async(form: str = "specified") -> openai.AsyncOpenAI:
        http = family.AsyncClient(transport=async_transport(simulator), trust_env=False)
        headers = {"x-drytune-form": form}
        return openai.AsyncOpenAI(http_client=http, default_headers=headers, **settings)

    return lambda kind, form="specified": opened(form) if kind == "sync" else opened_async(form)


@pytest.fixture(scope="module")
def refused(client: openai.OpenAI) -> Callable[..., openai.APIStatusError]:
    """The refusal of a body, as the SDK raises it."""

    def post(path: str, body: dict[str, Any]) -> openai.APIStatusError:
        with pytest.raises(openai.APIStatusError) as caught:
            client.post(path, body=body, cast_to=object)
        return caught.value

    return post
