"""Ways to ask a model, for every test of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from drytune_simulator.http import Response
from drytune_simulator.inference import Taught, complete

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
    return complete({"model": MODEL, **body}, taught=taught, **{**given, **settings})


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
