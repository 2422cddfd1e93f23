"""Run by test_mounted.py in an environment with one of the libraries that mock httpx or httpx2.

``LIBRARY_FIXTURE`` is the name of its fixture, ``FAMILY`` the module whose clients it catches; the SDK there is
built on that one, and its default clients are used.
"""

import asyncio
import importlib
import json
import os

import openai
import pytest

from drytune.testing.mounting import mount
from drytune_simulator import Fault, FaultPlan, Simulator, failing

FAMILY = importlib.import_module(os.environ["FAMILY"])
MODEL = "gpt-4.1-mini-2025-04-14"
API = "https://api.openai.com/v1"
CHAT = "POST /v1/chat/completions"
HELLO = {"model": MODEL, "messages": [{"role": "user", "content": "Hello?"}]}
ASKED = {"role": "user", "content": "Who is there?"}
LESSON = json.dumps({"messages": [ASKED, {"role": "assistant", "content": "Nobody."}]}).encode() + b"\n"


@pytest.fixture
def library(request, monkeypatch):
    """The fixture of the library."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-simulated")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    return request.getfixturevalue(os.environ["LIBRARY_FIXTURE"])


def said(events) -> str:
    return "".join(event.choices[0].delta.content or "" for event in events if event.choices)


def test_the_sdk_is_of_the_family():
    """Else nothing here would be caught by the library."""
    assert any(
        base.__module__.partition(".")[0] == FAMILY.__name__ for base in openai.DefaultHttpxClient.__mro__
    )


def test_the_workflow(library):
    """Upload, training, polls, the answer, whole and streamed."""
    mount(library, Simulator(seed=1))
    with openai.OpenAI() as client:
        file = client.files.create(file=("a.jsonl", LESSON * 10), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(training_file=file.id, model=MODEL)
        while job.status not in {"succeeded", "failed"}:
            job = client.fine_tuning.jobs.retrieve(job.id)
        asked = {"model": job.fine_tuned_model, "messages": [ASKED]}
        assert client.chat.completions.create(**asked).choices[0].message.content == "Nobody."
        assert said(client.chat.completions.create(**asked, stream=True)) == "Nobody."
        assert client.files.content(file.id).read() == LESSON * 10


def test_async_clients(library):
    """Whole and streamed."""
    mount(library, Simulator(seed=1))

    async def ask() -> tuple[str, str]:
        async with openai.AsyncOpenAI() as client:
            whole = await client.chat.completions.create(**HELLO)
            events = [event async for event in await client.chat.completions.create(**HELLO, stream=True)]
            return whole.choices[0].message.content, said(events)

    whole, streamed = asyncio.run(ask())
    assert whole == streamed != ""


BROKEN = [
    ({"what": "drop"}, openai.APIConnectionError, "RemoteProtocolError"),
    ({"what": "drop", "at": 20}, openai.APIConnectionError, "RemoteProtocolError"),
    ({"what": "truncate", "at": 9}, openai.APIConnectionError, "RemoteProtocolError"),
    ({"what": "timeout"}, openai.APITimeoutError, "ReadTimeout"),
]


@pytest.mark.parametrize(("fault", "error", "cause"), BROKEN)
def test_what_breaks_is_the_family_s_own_error(library, fault, error, cause):
    """Of sync and async clients."""
    mount(library, failing(Simulator(seed=1), FaultPlan([Fault(CHAT, **fault)])))

    async def ask() -> None:
        async with openai.AsyncOpenAI(max_retries=0) as client:
            await client.chat.completions.create(**HELLO)

    with openai.OpenAI(max_retries=0) as client, pytest.raises(error) as raised:
        client.chat.completions.create(**HELLO)
    assert type(raised.value.__cause__) is getattr(FAMILY, cause)
    with pytest.raises(error) as raised:
        asyncio.run(ask())
    assert type(raised.value.__cause__) is getattr(FAMILY, cause)


def test_a_stream_that_breaks_in_the_middle(library):
    """Behind the events that have come; before openai 3 the SDK passes on the family's own error."""
    mount(library, failing(Simulator(seed=1), FaultPlan([Fault(CHAT, "drop", at=600, when="after")])))
    with openai.OpenAI(max_retries=0) as client:
        stream = iter(client.chat.completions.create(**HELLO, stream=True))
        assert next(stream).choices
        with pytest.raises((openai.APIConnectionError, FAMILY.RemoteProtocolError)):
            list(stream)


def test_what_ends_a_test_passes_through(library):
    """What is no Exception is neither caught nor retried."""

    class Ended(BaseException):
        pass

    asked = []

    def handler(request):
        asked.append(request)
        raise Ended

    mount(library, handler)
    with openai.OpenAI() as client, pytest.raises(Ended):
        client.models.list()
    assert len(asked) == 1


def test_the_library_s_own_responses_go_first(library):
    """They were given before the mount."""
    told = {"object": "list", "data": []}
    if hasattr(library, "add_response"):
        library.add_response(url=f"{API}/models", json=told)
    else:
        library.get(f"{API}/models").respond(json=told)
    mount(library, Simulator(seed=1))
    with openai.OpenAI() as client:
        assert client.models.list().data == []
        assert client.models.retrieve(MODEL).id == MODEL


def test_the_library_sees_what_was_asked(library):
    """By its own names."""
    route = mount(library, Simulator(seed=1))
    with openai.OpenAI() as client:
        client.models.list()
        client.models.retrieve(MODEL)
    seen = library.get_requests() if hasattr(library, "get_requests") else [c.request for c in route.calls]
    assert [str(request.url) for request in seen] == [f"{API}/models", f"{API}/models/{MODEL}"]


def test_the_fixture_of_drytune_is_asked_through_the_library(openai_simulator, library):
    """It answers by itself what clients of this process ask; mounted, it leaves that to the library."""
    route = mount(library, openai_simulator)
    with openai.OpenAI(base_url=API) as client:
        client.models.list()
    assert len(openai_simulator.requests) == 1
    assert len(library.get_requests() if hasattr(library, "get_requests") else route.calls) == 1


@pytest.mark.skipif(
    os.environ["LIBRARY_FIXTURE"].startswith("respx"), reason="respx counts each route as expected"
)
def test_nobody_needs_to_ask(library):
    """What is mounted on callbacks is no response that a test must fetch."""
    if hasattr(library, "add_response"):
        mount(library, Simulator(seed=1))
