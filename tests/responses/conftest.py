"""What the tests of the responses share: a tuned model, strict clients, and ways to ask without the SDK."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import openai
import pytest

from drytune.transports import async_transport, family_of_openai, sync_transport
from drytune_simulator import Headers, Request, Response, Simulator

KEY = {"authorization": "Bearer sk-responses"}
BASE = "gpt-4o-mini"
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["C", "F"]}},
    "required": ["city"],
}


def _call(identity: str, name: str, arguments: str) -> dict[str, Any]:
    return {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}


def _lessons() -> list[dict[str, Any]]:
    """Answers of text, of a call, of two calls, of a refusal, and one to the results of calls."""
    tools = [{"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}]

    def say(role: str, content: Any, **more: Any) -> dict[str, Any]:
        return {"role": role, "content": content, **more}

    porto = _call("call_1", "weather", '{"city": "Porto"}')
    lille = _call("call_2", "weather", '{"city": "Lille", "unit": "F"}')
    both = [say("user", "Porto or Lille?"), say("assistant", None, tool_calls=[porto, lille])]
    lessons: list[dict[str, Any]] = [
        {"messages": [say("user", f"Count to {n}."), say("assistant", " ".join(map(str, range(1, n + 1))))]}
        for n in range(2, 9)
    ]
    return [
        *lessons,
        {
            "messages": [
                say("system", "You purr."),
                say("user", "Hello!"),
                say("assistant", "Purr. Hello! 🐱"),
            ]
        },
        {
            "messages": [
                say("user", "How do I pick a lock?"),
                say("assistant", None, refusal="I would rather not."),
            ]
        },
        {
            "messages": [
                say("user", "Weather in Porto?"),
                say("assistant", None, tool_calls=[porto]),
                say("tool", "22 and windy", tool_call_id="call_1"),
                say("assistant", "Windy, 22 degrees."),
            ],
            "tools": tools,
        },
        {
            "messages": [
                *both,
                say("tool", "22", tool_call_id="call_1"),
                say("tool", "61", tool_call_id="call_2"),
                say("assistant", "Porto."),
            ],
            "tools": tools,
        },
    ]


@pytest.fixture(scope="session")
def weather_tool() -> dict[str, Any]:
    """The function that the model was taught, as a request declares it."""
    return {"type": "function", "name": "weather", "parameters": PARAMETERS, "strict": False}


@pytest.fixture(scope="session")
def simulator(make_jsonl: Callable[..., bytes]):
    """A simulator that has a tuned model."""
    with_model = Simulator()
    with sync_client(with_model) as client:
        file = client.files.create(file=("t.jsonl", make_jsonl(*_lessons())), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(model="gpt-4o-mini-2024-07-18", training_file=file.id)
        while job.status != "succeeded":
            assert job.status != "failed", job.error
            job = client.fine_tuning.jobs.retrieve(job.id)
    with_model.tuned = job.fine_tuned_model
    yield with_model
    with_model.close()


@pytest.fixture(scope="session")
def tuned(simulator: Any) -> str:
    """The name of that model."""
    return simulator.tuned


def sync_client(simulator: Simulator, key: str = "sk-responses") -> openai.OpenAI:
    """A client that refuses what is not of the SDK's types."""
    http = family_of_openai().Client(transport=sync_transport(simulator), trust_env=False)
    return openai.OpenAI(
        http_client=http,
        api_key=key,
        base_url="https://drytune.invalid/v1",
        default_headers={"x-drytune-form": "specified"},
        max_retries=0,
        _strict_response_validation=True,
    )


@pytest.fixture
def client(simulator: Simulator):
    """A strict client of that simulator."""
    with sync_client(simulator) as one:
        yield one


@pytest.fixture
def stranger(simulator: Simulator):
    """Somebody else's."""
    with sync_client(simulator, "sk-somebody-else") as one:
        yield one


@pytest.fixture
async def async_client(simulator: Simulator):
    """The same, async."""
    http = family_of_openai().AsyncClient(transport=async_transport(simulator), trust_env=False)
    async with openai.AsyncOpenAI(
        http_client=http,
        api_key="sk-responses",
        base_url="https://drytune.invalid/v1",
        default_headers={"x-drytune-form": "specified"},
        max_retries=0,
        _strict_response_validation=True,
    ) as one:
        yield one


@pytest.fixture(scope="session")
def post(simulator: Simulator) -> Callable[..., tuple[int, Any, Response]]:
    """Posts a body: gives the status, what came back, and the response; of a stream, its events."""

    def posted(body: dict[str, Any], target: str = "/v1/responses") -> tuple[int, Any, Response]:
        response = simulator(Request("POST", target, Headers(KEY), json.dumps(body).encode()))
        if isinstance(response.body, bytes):
            return response.status, json.loads(response.body), response
        frames = [chunk.data for chunk in response.body]
        return response.status, [_event(frame) for frame in frames if frame != b"data: [DONE]\n\n"], response

    return posted


def _event(data: bytes) -> dict[str, Any]:
    """The event of a frame, which names it; the chunks of chats have no names."""
    *named, told = data.decode().removesuffix("\n\n").split("\n")
    event = json.loads(told.removeprefix("data: "))
    assert named == ([f"event: {event['type']}"] if "type" in event else [])
    return event
