"""Archives made by hand, and models that say what a test wants."""

from __future__ import annotations

import json

import pytest

from drytune.cassettes.model import Asked, Cassette, Exchange, Header, Told
from drytune.keeping.compare import compare
from drytune_simulator import ManualClock, Response
from drytune_simulator.http import ApiError, Chunk

OLD = "ft:gpt-4o-mini-2024-07-18:acme::AbCdEfGh"
NEW = "gpt-4.1-mini"
JSON = (("content-type", "application/json"),)
EVENTS = (("content-type", "text/event-stream"),)


def completion(*messages, finish_reason="stop", usage=(10, 5)):
    """A chat completion; a text stands for a message."""
    choices = [
        {
            "index": index,
            "message": {"role": "assistant", **({"content": one} if isinstance(one, str) else one)},
            "finish_reason": finish_reason,
        }
        for index, one in enumerate(messages)
    ]
    told = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    return {"object": "chat.completion", "choices": choices, "usage": told}


def calling(*calls):
    """A message that calls functions."""
    listed = [
        {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for number, (name, arguments) in enumerate(calls)
    ]
    return {"content": None, "tool_calls": listed}


def asking(text, **parameters):
    """A chat request without its model."""
    return {"messages": [{"role": "user", "content": text}], **parameters}


def exchange(body, answer, *, model=OLD, path="chat/completions", status=200, **told):
    """A recorded exchange; an answer that is a text is a chat completion of it, bytes stand for themselves."""
    answer = completion(answer) if isinstance(answer, str) else answer
    data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    request = Asked(
        method="POST",
        uri=f"https://api.openai.com/v1/{path}",
        headers=JSON,
        body=json.dumps({"model": model, **body}).encode(),
    )
    told = {"headers": JSON, "wait": 0.5, **told}
    return Exchange(request=request, response=Told(status=status, body=data, **told))


def archive_of(*exchanges, provenance="recorded", model=OLD):
    """An archive of a kept model."""
    header = Header(
        provenance=provenance,
        source="https://api.openai.com/v1",
        recorded_at="2026-11-20T10:00:00Z",
        archive={"model": model} if model else None,
    )
    return Cassette(header=header, exchanges=exchanges, name="kept.yaml")


class Model:
    """Answers chats by the last message, from a table of lists of answers, which are given in turn.

    An answer is a text, a message, a whole body, an exception, or a Response.
    """

    def __init__(self, table=None, otherwise="I do not know.", delay=0.0):
        self.table = {key: list(value) for key, value in (table or {}).items()}
        self.otherwise, self.delay = otherwise, delay
        self.asked = []

    def __call__(self, request):
        body = json.loads(request.body)
        self.asked.append((request.path, body, request.headers.get("authorization")))
        said = (
            body["messages"][-1]["content"] if "messages" in body else body.get("input", body.get("prompt"))
        )
        answers = self.table.get(said) or [self.otherwise]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, ApiError):
            return answer.response()
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Response):
            return answer
        if isinstance(answer, dict) and ("choices" in answer or "output" in answer):
            return Response.json(answer, delay=self.delay)
        return Response.json(completion(answer), delay=self.delay)


def events(*values, seconds=0.0):
    """An answer as a stream."""
    chunks = [Chunk(b"data: " + json.dumps(value).encode() + b"\n\n", seconds) for value in values]
    return Response(200, dict(EVENTS), iter([*chunks, Chunk(b"data: [DONE]\n\n")]))


@pytest.fixture
def made():
    """Compares a hand-made archive with a model; gives the comparison."""

    def run(exchanges, answering, **settings):
        archive = exchanges if isinstance(exchanges, Cassette) else archive_of(*exchanges)
        clock = settings.pop("clock", None) or ManualClock(1_795_600_000.0)
        settings = {"model": NEW, "sleep": clock.advance, **settings}
        return compare(archive, handler=answering, clock=clock, **settings)

    return run


@pytest.fixture(scope="session")
def parts():
    """What tests build archives and models of."""
    names = (
        "OLD",
        "NEW",
        "EVENTS",
        "completion",
        "calling",
        "asking",
        "exchange",
        "archive_of",
        "Model",
        "events",
    )
    return type("Parts", (), {name: staticmethod(globals()[name]) for name in names})
