"""What the tests of the contract share: a stage with something on it, and a check of every answer's form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import openai
import pytest

from drytune import simulated
from drytune_simulator import Chunk, Handler, Request, Response, Simulator
from drytune_simulator.routes import match
from drytune_simulator.wire import objects

ADMIN = "sk-admin-contract"
KEY = "sk-contract"


class Disagreement(AssertionError):  # noqa: N818
    """An answer is not of the type that its route is documented with."""


@dataclass
class Agreeing:
    """A Handler that holds every JSON answer of `handler` against the type of its route.

    Decoded strictly and encoded again it has the same bytes: nothing is unknown, missing, or out of order.
    """

    handler: Handler
    seen: set[str] = field(default_factory=set)

    def __call__(self, request: Request) -> Response:
        response = self.handler(request)
        kind = response.headers.get("content-type", "")
        if isinstance(response.body, bytes):
            if kind == "application/json":
                self.check(request, response.status, response.body)
            return response
        assert kind.startswith("text/event-stream")
        return replace(response, body=self.checked(request, response.body))

    def check(self, request: Request, status: int, body: bytes) -> None:
        """Hold one answer against the type of the request's route, or a refusal against that of refusals."""
        kind: Any = objects.ErrorEnvelope
        if status == 200:
            route, _ = match(request)
            self.seen.add(route.name)
            kind = route.answer
        self._same(request, body, kind)

    def checked(self, request: Request, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """The same of each event of a stream."""
        kind = match(request)[0].stream
        for chunk in chunks:
            *name, data = chunk.data.removesuffix(b"\n\n").split(b"\n")
            assert data.startswith(b"data: ")
            if data != b"data: [DONE]":
                self._same(request, data.removeprefix(b"data: "), kind)
            if name:  # events of several types tell theirs
                assert name == [
                    b"event: " + msgspec.json.decode(data.removeprefix(b"data: "))["type"].encode()
                ]
            yield chunk

    def _same(self, request: Request, body: bytes, kind: Any) -> None:
        try:
            again = msgspec.json.encode(msgspec.json.decode(body, type=kind, strict=True))
        except msgspec.ValidationError as error:
            message = f"{request.method} {request.target}: {error}\n{body!r}"
            raise Disagreement(message) from error
        if again != body:
            message = f"{request.method} {request.target}: not as {kind}\n{body!r}\n{again!r}"
            raise Disagreement(message)


@dataclass
class Stage:
    """A simulator, and a client that puts things onto it."""

    simulator: Handler
    client: openai.OpenAI
    training: bytes

    def file(self, content: bytes | None = None, purpose: Any = "fine-tune") -> str:
        data = self.training if content is None else content
        return self.client.files.create(file=("t.jsonl", data), purpose=purpose).id

    def job(self, status: str = "validating_files", **options: Any) -> Any:
        """A job that has come to `status`; each look at it moves it on."""
        options.setdefault("training_file", self.file())
        if status == "succeeded":
            options.setdefault("validation_file", self.file())
        job = self.client.fine_tuning.jobs.create(**{"model": "gpt-4o-mini", **options})
        while job.status != status:
            assert job.status not in ("succeeded", "failed", "cancelled"), job
            job = self.client.fine_tuning.jobs.retrieve(job.id)
        return job

    def begun(self) -> str:
        """A job that has trained a step."""
        job = self.job("running")
        return self.client.fine_tuning.jobs.retrieve(job.id).id

    def paused(self) -> str:
        return self.client.fine_tuning.jobs.pause(self.begun()).id

    def tuned(self) -> str:
        return self.job("succeeded").fine_tuned_model

    def upload(self) -> str:
        return self.client.uploads.create(
            filename="t.jsonl", purpose="fine-tune", bytes=len(self.training), mime_type="text/jsonl"
        ).id

    def part(self, upload: str) -> str:
        return self.client.uploads.parts.create(upload, data=self.training).id

    def chat(self, role: str = "user", **options: Any) -> str:
        messages = [{"role": role, "content": "Hello!"}]
        settings = {"store": True, "metadata": {"a": "b"}, **options}
        return self.client.chat.completions.create(model="gpt-4o-mini", messages=messages, **settings).id

    def response(self, **options: Any) -> str:
        made = self.client.responses.create(model="gpt-4o-mini", input="Hello!", **options)
        return made.id if not options.get("stream") else next(iter(made)).response.id

    def permission(self, model: str) -> str:
        admin = self.client.with_options(api_key=ADMIN)
        created = admin.fine_tuning.checkpoints.permissions.create(model, project_ids=["proj_1"])
        return created.data[0].id


@pytest.fixture
def make_stage(good: list[dict], make_jsonl: Callable[..., bytes]) -> Iterator[Callable[..., Stage]]:
    """Makes a stage; its simulator's answers are all held against their types."""
    opened: list[tuple[openai.OpenAI, Simulator]] = []

    def make(**options: Any) -> Stage:
        simulator = Simulator(**options)
        agreeing = Agreeing(simulator)
        client = simulated(agreeing, api_key=KEY, max_retries=0)
        opened.append((client, simulator))
        return Stage(agreeing, client, make_jsonl(*good))

    yield make
    for client, simulator in opened:
        client.close()
        simulator.close()


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    """A fresh stage."""
    return make_stage()


@pytest.fixture
def preference(make_jsonl: Callable[..., bytes]) -> bytes:
    """Ten pairs of a preferred and another answer."""
    return make_jsonl(
        *(
            {
                "input": {"messages": [{"role": "user", "content": f"{n}?"}]},
                "preferred_output": [{"role": "assistant", "content": f"{n}."}],
                "non_preferred_output": [{"role": "assistant", "content": "No."}],
            }
            for n in range(10)
        )
    )


@pytest.fixture
def reinforcement(make_jsonl: Callable[..., bytes]) -> bytes:
    """Ten questions with what a grader looks at."""
    return make_jsonl(
        *({"messages": [{"role": "user", "content": f"{n}?"}], "answer": str(n)} for n in range(10))
    )
