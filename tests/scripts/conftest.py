"""Simulators with scripts, their strict clients, and ways to ask all doors alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import openai
import pytest

from drytune import simulated
from drytune.transports import async_transport, family_of_openai, sync_transport
from drytune_simulator import FaultPlan, Headers, ManualClock, Profile, Request, Response, Simulator
from drytune_simulator.control import controlled
from drytune_simulator.faults import failing
from drytune_simulator.journal import Journal, journaled

CHAT, PROMPT = "gpt-4o-mini", "davinci-002"
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


class Said(NamedTuple):
    """What came, whatever the door: text, refusal, calls, and the headers."""

    text: str | None
    refusal: str | None
    calls: list[tuple[str, str]]
    headers: Any

    @property
    def layer(self) -> str:
        return self.headers["x-drytune-layer"]

    @property
    def script(self) -> str | None:
        return self.headers.get("x-drytune-script")


def _settings(kind: str, handler: Any) -> dict[str, Any]:
    transport = async_transport(handler) if kind.startswith("Async") else sync_transport(handler)
    http = getattr(family_of_openai(), kind.replace("OpenAI", "Client"))
    return {
        "api_key": "sk-scripts",
        "base_url": "https://drytune.invalid/v1",
        "max_retries": 0,
        "default_headers": {"x-drytune-form": "specified"},
        "http_client": http(transport=transport, trust_env=False),
        "_strict_response_validation": True,
    }


def of_chat(message: Any, headers: Any) -> Said:
    calls = [(call.function.name, call.function.arguments) for call in message.tool_calls or []]
    return Said(message.content, message.refusal, calls, headers)


def of_response(response: Any, headers: Any) -> Said:
    text = refusal = None
    calls = []
    for item in response.output:
        if item.type == "function_call":
            calls.append((item.name, item.arguments))
            continue
        for part in item.content:
            text = part.text if part.type == "output_text" else text
            refusal = part.refusal if part.type == "refusal" else refusal
    return Said(text, refusal, calls, headers)


class World:
    """A simulator with scripts, and its strict clients."""

    def __init__(self, *scripts: Any, **options: Any) -> None:
        self.simulator = Simulator(scripts=scripts, **options)
        self.client = openai.OpenAI(**_settings("OpenAI", self.simulator))

    def async_client(self) -> openai.AsyncOpenAI:
        """Who uses it closes it."""
        return openai.AsyncOpenAI(**_settings("AsyncOpenAI", self.simulator))

    def chat(self, text: Any = "Hello!", *, stream: bool = False, **more: Any) -> Said:
        messages = [{"role": "user", "content": text}] if isinstance(text, str) else text
        fields = {"model": CHAT, "messages": messages, **more}
        if "tools" in more:
            fields["tools"] = [{"type": "function", "function": tool} for tool in more["tools"]]
        if not stream:
            raw = self.client.chat.completions.with_raw_response.create(**fields)
            return of_chat(raw.parse().choices[0].message, raw.headers)
        with self.client.chat.completions.stream(**fields) as events:
            message = events.get_final_completion().choices[0].message
            return of_chat(message, events.response.headers if hasattr(events, "response") else {})

    def respond(self, text: Any = "Hello!", *, stream: bool = False, **more: Any) -> Said:
        fields = {"model": CHAT, "input": text, **more}
        if "tools" in more:
            fields["tools"] = [{"type": "function", "strict": False, **tool} for tool in more["tools"]]
        if not stream:
            raw = self.client.responses.with_raw_response.create(**fields)
            return of_response(raw.parse(), raw.headers)
        with self.client.responses.stream(**fields) as events:
            return of_response(events.get_final_response(), {})

    def complete(self, text: Any = "Hello!", *, stream: bool = False, **more: Any) -> Said:
        fields = {"model": PROMPT, "prompt": text, **more}
        if not stream:
            raw = self.client.completions.with_raw_response.create(**fields)
            return Said(raw.parse().choices[0].text, None, [], raw.headers)
        pieces = self.client.completions.create(**fields, stream=True)
        return Said("".join(piece.choices[0].text for piece in pieces), None, [], {})

    def ask(self, door: str, text: Any = "Hello!", **more: Any) -> Said:
        """Ask at a door: chat, respond or complete."""
        return getattr(self, door)(text, **more)

    def post(self, path: str, **body: Any) -> Response:
        """The answer to a body, as a Handler gives it."""
        headers = Headers({"authorization": "Bearer sk-scripts", "content-type": "application/json"})
        return self.simulator(Request("POST", path, headers, json.dumps(body).encode()))

    def posted(self, door: str, text: str = "Hello!", **more: Any) -> Response:
        """The same, of a question at a door."""
        path, body = {
            "chat": ("/v1/chat/completions", {"messages": [{"role": "user", "content": text}]}),
            "respond": ("/v1/responses", {"input": text}),
            "complete": ("/v1/completions", {"prompt": text}),
        }[door]
        return self.post(path, model=PROMPT if door == "complete" else CHAT, **body, **more)


@pytest.fixture
def scripted() -> Iterator[Callable[..., World]]:
    """Make a world with these scripts."""
    made: list[World] = []

    def make(*scripts: Any, **options: Any) -> World:
        made.append(World(*scripts, **options))
        return made[-1]

    yield make
    for world in made:
        world.client.close()
        world.simulator.close()


@pytest.fixture
def paced(scripted: Callable[..., World]) -> Callable[..., World]:
    """Make a world whose answers take their time."""
    return lambda *scripts, **speed: scripted(*scripts, profile=Profile(**speed))


@pytest.fixture(scope="session")
def weather() -> list[dict[str, Any]]:
    """A tool, as all doors have it."""
    return [{"name": "get_weather", "parameters": PARAMETERS}]


class Server:
    """A whole server without its socket."""

    def __init__(self, *scripts, faults=(), workers=1) -> None:
        plan = FaultPlan(faults)
        self.simulator = Simulator(clock=ManualClock(), scripts=scripts)
        self.journal = Journal(self.simulator.clock)
        inner = journaled(failing(self.simulator, plan), self.journal)
        self.handler = controlled(inner, self.simulator, plan=plan, journal=self.journal, workers=workers)
        self.client = simulated(self.handler, max_retries=0)

    def say(self, text="Hello!", **more):
        return self.client.responses.create(model="gpt-4o-mini", input=text, **more).output_text

    def ask(self, method, path, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        answer = self.handler(Request(method, f"/_drytune{path}", Headers({}), data))
        return answer.status, json.loads(answer.body)


@pytest.fixture
def start():
    servers = []

    def run(*scripts, **options) -> Server:
        servers.append(Server(*scripts, **options))
        return servers[-1]

    yield run
    for server in servers:
        server.client.close()
        server.simulator.close()
