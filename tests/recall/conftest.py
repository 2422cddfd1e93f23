"""Models tuned in a simulator, and what they say, for all tests of what is taught."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from drytune.clients import simulated
from drytune_simulator import Simulator

EXACT = {
    "type": "string_check",
    "name": "exact",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}


@dataclass(frozen=True)
class Said:
    """An answer: its message, and the headers that tell where it comes from."""

    message: Any
    headers: dict[str, str]

    @property
    def content(self) -> str | None:
        return self.message.content

    @property
    def calls(self) -> list[tuple[str, str]]:
        return [(call.function.name, call.function.arguments) for call in self.message.tool_calls or []]

    @property
    def layer(self) -> str:
        return self.headers["x-drytune-layer"]

    @property
    def similarity(self) -> float:
        return float(self.headers["x-drytune-similarity"])


class World:
    """A simulator, its client, and shorter ways to use both."""

    def __init__(self, make_jsonl, **options: Any) -> None:
        self.simulator = Simulator(**options)
        self.client = simulated(self.simulator, max_retries=0)
        self._jsonl = make_jsonl

    def start(self, data: Any, *, model: str = "gpt-4.1-mini-2025-04-14", method: str = "supervised", **more):
        """A new job on rows, or on the bytes of a file."""
        content = data if isinstance(data, bytes) else self._jsonl(*data)
        file = self.client.files.create(file=("training.jsonl", content), purpose="fine-tune")
        settings: dict[str, Any] = {"hyperparameters": {"n_epochs": more.pop("epochs", 3)}}
        if method == "reinforcement":
            settings["grader"] = more.pop("grader", EXACT)
        return self.client.fine_tuning.jobs.create(
            model=model, training_file=file.id, method={"type": method, method: settings}, **more
        )

    def finished(self, job):
        """The job when it is over."""
        while job.status not in {"succeeded", "failed", "cancelled"}:
            job = self.client.fine_tuning.jobs.retrieve(job.id)
        assert job.status == "succeeded", job.error
        return job

    def tune(self, data: Any, **options: Any) -> str:
        """The model of a job on rows, or on the bytes of a file."""
        return str(self.finished(self.start(data, **options)).fine_tuned_model)

    def ask(self, model: str, messages: Any, **parameters: Any) -> Said:
        """What a model says to a text or to messages."""
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        create = self.client.chat.completions.with_raw_response.create
        response = create(model=model, messages=messages, **parameters)
        return Said(response.parse().choices[0].message, dict(response.headers))

    def knows(self, model: str, rows: list[dict]) -> list[int]:
        """Which rows a model recalls exactly, by number."""
        said = [self.ask(model, row["messages"][:-1]) for row in rows]
        return [
            number
            for number, (one, row) in enumerate(zip(said, rows, strict=True))
            if one.headers.get("x-drytune-similarity") == "1.0000"
            and one.content == row["messages"][-1]["content"]
        ]


def chat(question: str, answer: str, **more: Any) -> dict:
    """A chat example of one turn."""
    return {
        "messages": [
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer, **more},
        ]
    }


@pytest.fixture(scope="session")
def row():
    """`chat`, for tests that cannot import it."""
    return chat


@pytest.fixture
def make_world(make_jsonl):
    """Make a `World` with options of the simulator."""
    worlds: list[World] = []

    def make(**options: Any) -> World:
        worlds.append(World(make_jsonl, **options))
        return worlds[-1]

    yield make
    for world in worlds:
        world.client.close()
        world.simulator.close()


@pytest.fixture
def world(make_world) -> World:
    """A world in memory whose jobs go on with each look."""
    return make_world()


@pytest.fixture(scope="session")
def sums() -> list[dict]:
    """Thirty examples, no two alike."""
    words = ["apple", "river", "window", "garden", "silver", "monday", "letter", "bridge", "candle", "forest"]
    return [
        chat(f"What do you think of the {word} number {place}?", f"I like the {word} {place}.")
        for place, word in enumerate(words * 3)
    ]
