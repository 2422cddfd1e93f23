"""Ways to ask a model, for every test of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import openai
import pytest

from drytune.transports import async_transport, family_of_openai, sync_transport
from drytune_simulator import Simulator
from drytune_simulator.http import Response
from drytune_simulator.inference import Taught, completed

MODEL = "ft:gpt-4.1-mini-2025-04-14:acme::AbCdEfGh"


@dataclass(frozen=True)
class Said:
    """An answer that was not streamed."""

    body: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def message(self) -> dict[str, Any]:
        return self.body["choices"][0]["message"]

    @property
    def content(self) -> str | None:
        return self.message["content"]

    @property
    def finish_reason(self) -> str:
        return self.body["choices"][0]["finish_reason"]

    @property
    def call(self) -> tuple[str, str]:
        """Name and arguments of the only call, of either form."""
        if "function_call" in self.message:
            function = self.message["function_call"]
        else:
            (function,) = [call["function"] for call in self.message["tool_calls"]]
        return function["name"], function["arguments"]


def _complete(body: Mapping[str, Any], taught: Taught | None, **settings: Any) -> Response:
    given = {
        "model": MODEL,
        "encoding": "o200k_base",
        "completion_id": "chatcmpl-1",
        "created": 1_760_000_000,
        "seed": 7,
    }
    return completed({"model": MODEL, **body}, taught=taught, **{**given, **settings}).response


@pytest.fixture(scope="session")
def ask() -> Callable[..., Said]:
    """Asks a model: what it was taught, a text or messages, then parameters."""

    def asked(taught: Taught | None, messages: Any, **parameters: Any) -> Said:
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        response = _complete({"messages": messages, **parameters}, taught)
        assert response.status == 200
        assert isinstance(response.body, bytes)
        return Said(json.loads(response.body), response.headers)

    return asked


@pytest.fixture(scope="session")
def stream() -> Callable[..., list[dict[str, Any]]]:
    """The decoded chunks of a streamed answer; the frame around them is checked."""

    def streamed(taught: Taught | None, messages: Any, **parameters: Any) -> list[dict[str, Any]]:
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        response = _complete({"messages": messages, "stream": True, **parameters}, taught)
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert not isinstance(response.body, bytes)
        sent = [chunk.data.decode() for chunk in response.body]
        assert all(event.startswith("data: ") and event.endswith("\n\n") for event in sent)
        assert sent.pop() == "data: [DONE]\n\n"
        return [json.loads(event[6:]) for event in sent]

    return streamed


@pytest.fixture(scope="session")
def teach() -> Callable[..., Taught]:
    """Teaches a model examples; each is messages, or a whole line as a mapping."""

    def taught(*examples: Any) -> Taught:
        lines: Iterable[Any] = (each if isinstance(each, dict) else {"messages": each} for each in examples)
        return Taught.from_jsonl("\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode())

    return taught


def strict(kind: str, transport: Any) -> Any:
    """The SDK's client of a kind, made to refuse every answer that is not of its types."""
    family = family_of_openai()
    settings: dict[str, Any] = {
        "api_key": "sk-inference",
        "base_url": "https://drytune.invalid/v1",
        "max_retries": 0,
        "default_headers": {"x-drytune-form": "specified"},
        "_strict_response_validation": True,
    }
    http = getattr(family, kind.replace("OpenAI", "Client"))(transport=transport, trust_env=False)
    return getattr(openai, kind)(http_client=http, **settings)


@pytest.fixture
def platform() -> Simulator:
    """A platform of its own."""
    return Simulator()


@pytest.fixture
def client(platform: Simulator) -> Iterator[openai.OpenAI]:
    """Its strict client."""
    with strict("OpenAI", sync_transport(platform)) as client:
        yield client


@pytest.fixture
def async_client(platform: Simulator) -> openai.AsyncOpenAI:
    """The same, async; who uses it closes it."""
    return strict("AsyncOpenAI", async_transport(platform))


@pytest.fixture
def tune(client: openai.OpenAI) -> Callable[..., str]:
    """Tunes a model on examples, a list of messages or a whole line each; gives its name."""

    def tuned(*examples: Any, model: str = "gpt-4o-mini-2024-07-18") -> str:
        lines = [json.dumps(each if isinstance(each, dict) else {"messages": each}) for each in examples]
        data = "\n".join(lines * (10 // len(lines) + 1)).encode()
        file = client.files.create(file=("lessons.jsonl", data), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(model=model, training_file=file.id)
        while job.status not in {"succeeded", "failed"}:
            job = client.fine_tuning.jobs.retrieve(job.id)
        assert job.fine_tuned_model is not None, job.error
        return job.fine_tuned_model

    return tuned
