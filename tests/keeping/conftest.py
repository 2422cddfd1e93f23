"""A platform with a tuned model, its prompts, and ways to keep it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import openai
import pytest

from drytune import simulated
from drytune.cassettes.files import load
from drytune.keeping.archive import Archive
from drytune.keeping.keep import keep
from drytune.keeping.kept import Kept
from drytune_simulator import Handler, ManualClock, Request, Response, Simulator

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
SHAPE = {
    "type": "json_schema",
    "json_schema": {
        "name": "number",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"next": {"type": "integer"}},
            "required": ["next"],
            "additionalProperties": False,
        },
    },
}


def user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def said(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def _lessons() -> list[dict[str, Any]]:
    counts = [{"messages": [*user(f"After {n}?"), said(f"{n + 1}.")]} for n in range(9)]
    call = {"name": "get_weather", "arguments": '{"city": "Paris"}'}
    called = {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function", "function": call}]}
    return [
        *counts,
        {"messages": [*user("Weather in Paris?"), called], "tools": [TOOL]},
        {"messages": [*user("After 41, as JSON?"), said('{"next": 42}')]},
    ]


PROMPTS = [
    {"messages": user("After 1?")},
    {"messages": user("Weather in Paris?"), "tools": [TOOL]},
    {"messages": user("After 41, as JSON?"), "response_format": SHAPE},
    {"messages": [*user("After 2?"), said("3.")]},
    {"input": "After 3?"},
    "After 4?",
]
"""One of each kind: plain, with a tool, with a shape, an example, for a response, a bare text."""


class Platform(NamedTuple):
    """A simulator, what it has tuned, and the file of lessons."""

    simulator: Simulator
    model: str
    completer: str
    lessons: bytes


def _tuned(client: openai.OpenAI, data: bytes, base: str) -> str:
    file = client.files.create(file=("lessons.jsonl", data), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model=base, training_file=file.id)
    while job.status not in {"succeeded", "failed"}:
        job = client.fine_tuning.jobs.retrieve(job.id)
    assert job.fine_tuned_model is not None, job.error
    return job.fine_tuned_model


def lines(*values: object) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """Tests only ask its models."""
    simulator = Simulator()
    lessons = lines(*_lessons())
    pairs = lines(*({"prompt": f"After {n}:", "completion": f" {n + 1}."} for n in range(10)))
    with simulated(simulator) as client:
        completer = _tuned(client, pairs, "babbage-002")
        model = _tuned(client, lessons, "gpt-4o-mini-2024-07-18")
    yield Platform(simulator, model, completer, lessons)
    simulator.close()


class Watched:
    """A handler that notes what it is asked, and says something else first where it is told to."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.asked: list[tuple[str, str]] = []
        self.bodies: list[dict[str, Any]] = []
        self.keys: set[str] = set()
        self.instead: list[Callable[[Request], Response | None] | Response | None] = []

    def __call__(self, request: Request) -> Response:
        self.asked.append((request.method, request.path))
        self.keys.add(request.headers.get("authorization", ""))
        if request.method == "POST":
            self.bodies.append(json.loads(request.body))
            if self.instead:
                answer = self.instead.pop(0)
                answer = answer(request) if callable(answer) else answer
                if answer is not None:
                    return answer
        return self._handler(request)

    @property
    def questions(self) -> list[dict[str, Any]]:
        """Their bodies without the model."""
        return [{name: value for name, value in body.items() if name != "model"} for body in self.bodies]


@pytest.fixture
def watched(platform: Platform) -> Watched:
    """The platform, watched."""
    return Watched(platform.simulator)


class Keeping:
    """Keeps the model in a file of the test's own; nobody waits."""

    def __init__(self, platform: Platform, handler: Watched, directory: Path) -> None:
        self.platform = platform
        self.handler = handler
        self.prompts = directory / "prompts.jsonl"
        self.out = directory / "kept.yaml"
        self.clock = ManualClock()
        self.slept: list[float] = []
        self.seen: list[Any] = []
        self.write(*PROMPTS)

    def write(self, *prompts: object) -> None:
        self.prompts.write_bytes(lines(*prompts))

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(seconds)

    def __call__(self, model: str | None = None, **options: Any) -> Archive:
        settings: dict[str, Any] = {
            "handler": self.handler,
            "clock": self.clock,
            "sleep": self.sleep,
            "progress": self.seen.append,
            **options,
        }
        return keep(model or self.platform.model, self.prompts, self.out, **settings)


@pytest.fixture
def keeping(platform: Platform, watched: Watched, tmp_path: Path) -> Keeping:
    return Keeping(platform, watched, tmp_path)


@pytest.fixture(scope="session")
def archive(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The cassette of the model, each prompt asked twice; the second answers of the first prompt differ."""
    directory = tmp_path_factory.mktemp("archive")
    keeping = Keeping(platform, Watched(platform.simulator), directory)
    keeping(repeats=2)
    return load(keeping.out)


@pytest.fixture
def kept(archive: Any) -> Iterator[Kept]:
    handler = Kept(archive)
    yield handler
    handler.close()


@pytest.fixture
def client(kept: Kept) -> Iterator[openai.OpenAI]:
    """The SDK's client of the archive."""
    with simulated(kept, max_retries=0) as client:
        yield client
