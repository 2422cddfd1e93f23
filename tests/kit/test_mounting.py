"""The simulator behind respx and `MockTransport`: what clients of httpx and httpx2 see, and what respx keeps."""

import asyncio
import json
import re

import httpx
import httpx2
import openai
import pytest
import respx
from respx.mocks import HTTPCoreMocker, Mocker

from drytune import UsageError
from drytune.clients import SIMULATED_KEY
from drytune.testing import NoWayOut, OpenAISimulator, answers, mount
from drytune_simulator import Chunk, Fault, FaultPlan, Request, Response, Simulator, failing
from drytune_simulator.http import LARGEST_IN_MEMORY

MODEL = "gpt-4.1-mini-2025-04-14"
CHAT = "POST /v1/chat/completions"
HELLO = {"model": MODEL, "messages": [{"role": "user", "content": "Hello?"}]}
API = "https://api.openai.com/v1"

if "httpcore2" not in Mocker.registry:

    class HTTPCore2Mocker(HTTPCoreMocker):
        """What pytest-httpx2 adds to respx, which mocks httpx only; tests/slow/test_mounted.py has its own."""

        name = "httpcore2"
        targets = tuple(target.replace("httpcore", "httpcore2") for target in HTTPCoreMocker.targets)


# a mocker of respx, and the family whose clients it reaches; None: respx's router is what a MockTransport asks
ROUTERS = [("httpcore", httpx), ("httpx", httpx), ("httpcore2", httpx2), (None, httpx)]


class Mounted:
    """A router with a simulator on it, and clients of the SDK that it catches."""

    def __init__(self, using, family, **settings):
        self.using = using
        self.family = family
        self.router = respx.mock(using=using, assert_all_called=False, **settings)

    def client(self, **settings) -> openai.OpenAI:
        transport = self.family.MockTransport(self.router.handler) if self.using is None else None
        http = self.family.Client(transport=transport, trust_env=False)
        return openai.OpenAI(api_key=SIMULATED_KEY, base_url=API, http_client=http, **settings)

    def async_client(self, **settings) -> openai.AsyncOpenAI:
        transport = self.family.MockTransport(self.router.async_handler) if self.using is None else None
        http = self.family.AsyncClient(transport=transport, trust_env=False)
        return openai.AsyncOpenAI(api_key=SIMULATED_KEY, base_url=API, http_client=http, **settings)


class Transport:
    """The same without a router: `MockTransport`, which is not told whether its client is an async one."""

    def __init__(self, family, simulator):
        self.family = family
        self.transport = family.MockTransport(answers(simulator))

    def client(self, **settings) -> openai.OpenAI:
        return openai.OpenAI(
            api_key=SIMULATED_KEY, http_client=self.family.Client(transport=self.transport), **settings
        )

    def async_client(self, **settings) -> openai.AsyncOpenAI:
        http = self.family.AsyncClient(transport=self.transport)
        return openai.AsyncOpenAI(api_key=SIMULATED_KEY, http_client=http, **settings)


class Fixture:
    """An `OpenAISimulator`, as far as mount looks at it."""

    def __init__(self):
        self.stepped = []
        self.step_aside = self.stepped.append

    def __call__(self, request: Request) -> Response:
        return Response(500)

    def door(self, request: Request) -> Response:
        return Response(204)


DOORS = [*ROUTERS, ("transport", httpx), ("transport", httpx2)]


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    """The address of the API is the one that everybody knows."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


@pytest.fixture(params=DOORS, ids=[f"{using}-{family.__name__}" for using, family in DOORS])
def behind(request):
    """Put a simulator behind each of the doors."""
    using, family = request.param
    started = []

    def put(simulator):
        if using == "transport":
            return Transport(family, simulator)
        mounted = Mounted(using, family)
        started.append(mounted.router)
        mounted.router.start()
        mount(mounted.router, simulator)
        return mounted

    yield put
    for router in started:
        router.stop()


def said(stream) -> str:
    return "".join(event.choices[0].delta.content or "" for event in stream if event.choices)


def test_the_whole_workflow_passes(behind, good, make_jsonl):
    """Upload, training, polls, the tuned model's answer, and the deletion."""
    with behind(Simulator(seed=1)).client() as client:
        file = client.files.create(file=("count.jsonl", make_jsonl(*good)), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(training_file=file.id, model=MODEL)
        while job.status not in {"succeeded", "failed"}:
            job = client.fine_tuning.jobs.retrieve(job.id)
        asked = [{"role": "user", "content": "What comes after 3?"}]
        answer = client.chat.completions.create(model=job.fine_tuned_model, messages=asked)
        assert answer.choices[0].message.content == "After 3 comes 4."
        assert client.files.content(file.id).read() == make_jsonl(*good)
        assert client.files.delete(file.id).deleted


def test_streams_come_to_sync_and_async_clients(behind):
    """One simulator serves both at once."""
    behind = behind(Simulator(seed=1))
    with behind.client() as client:
        whole = client.chat.completions.create(**HELLO).choices[0].message.content
        assert said(client.chat.completions.create(**HELLO, stream=True)) == whole

    async def ask() -> str:
        async with behind.async_client() as client:
            events = [event async for event in await client.chat.completions.create(**HELLO, stream=True)]
            again = await client.chat.completions.create(**HELLO)
            assert again.choices[0].message.content == whole
            return said(events)

    assert asyncio.run(ask()) == whole


def test_a_refusal_is_the_sdk_s_own_error(behind):
    """With the platform's status and words."""
    with (
        behind(Simulator(seed=1)).client() as client,
        pytest.raises(openai.NotFoundError, match="ftjob-none"),
    ):
        client.fine_tuning.jobs.retrieve("ftjob-none")


BROKEN = [
    ({"what": "drop"}, openai.APIConnectionError, "RemoteProtocolError"),
    ({"what": "drop", "at": 20}, openai.APIConnectionError, "RemoteProtocolError"),
    ({"what": "truncate", "at": 9}, openai.APIConnectionError, "RemoteProtocolError"),
    ({"what": "timeout"}, openai.APITimeoutError, "ReadTimeout"),
]


@pytest.mark.parametrize(("fault", "error", "cause"), BROKEN)
def test_what_breaks_is_the_family_s_own_error(behind, fault, error, cause):
    """So that the SDK takes it for what a real connection does."""
    behind = behind(failing(Simulator(seed=1), FaultPlan([Fault(CHAT, **fault)])))
    with behind.client(max_retries=0) as client, pytest.raises(error) as raised:
        client.chat.completions.create(**HELLO)
    assert type(raised.value) is error
    assert type(raised.value.__cause__) is getattr(behind.family, cause)

    async def ask() -> None:
        async with behind.async_client(max_retries=0) as client:
            await client.chat.completions.create(**HELLO)

    with pytest.raises(error) as raised:
        asyncio.run(ask())
    assert type(raised.value.__cause__) is getattr(behind.family, cause)


def test_a_stream_that_breaks_says_so_in_the_middle(behind):
    """Behind the events that have come."""
    behind = behind(failing(Simulator(seed=1), FaultPlan([Fault(CHAT, "drop", at=600, when="after")])))
    with behind.client(max_retries=0) as client:
        stream = iter(client.chat.completions.create(**HELLO, stream=True))
        assert next(stream).choices
        with pytest.raises(openai.APIConnectionError):
            list(stream)


def test_a_stream_that_nobody_reads_on_is_let_go_of(behind):
    """What makes it is told."""
    closed = []

    def endless():
        try:
            while True:
                yield Chunk(b'data: {"choices": []}\n\n')
        finally:
            closed.append(True)

    def handler(request: Request) -> Response:
        return Response(200, {"content-type": "text/event-stream"}, endless())

    behind = behind(handler)
    with behind.client() as client, client.chat.completions.create(**HELLO, stream=True) as stream:
        next(iter(stream))

    async def ask() -> None:
        async with (
            behind.async_client() as client,
            await client.chat.completions.create(**HELLO, stream=True) as stream,
        ):
            await anext(aiter(stream))

    asyncio.run(ask())
    assert closed == [True, True]


def test_a_large_upload_comes_as_a_stream(behind):
    """As every door gives a body of that size."""
    asked = []

    def handler(request: Request) -> Response:
        asked.append((request.body, sum(map(len, request.chunks()))))
        return Response.json({"id": "file-1"})

    with behind(handler).client() as client:
        client.files.create(file=("big.jsonl", b"x" * LARGEST_IN_MEMORY), purpose="fine-tune")
    ((body, size),) = asked
    assert body == b""
    assert size > LARGEST_IN_MEMORY


def test_what_ends_a_test_passes_through(behind):
    """What is no Exception, as `NoWayOut` and pytest's own failures are, is neither caught nor retried."""

    class Ended(BaseException):
        pass

    asked = []

    def handler(request: Request) -> Response:
        asked.append(request)
        raise Ended

    behind = behind(handler)
    with behind.client() as client, pytest.raises(Ended):
        client.models.list()

    async def ask() -> None:
        async with behind.async_client() as client:
            await client.models.list()

    with pytest.raises(Ended):
        asyncio.run(ask())
    assert len(asked) == 2


def test_what_nothing_answers_ends_the_test(behind):
    """An `OpenAISimulator` raises at once, through the library, and knows of it."""
    simulator = OpenAISimulator()
    with behind(simulator).client() as client, pytest.raises(NoWayOut):
        client.chat.completions.create(**HELLO)
    assert len(simulator.unanswered) == len(simulator.requests) == 1


# -- respx ------------------------------------------------------------------------------------------------------


def test_respx_has_the_calls():
    """The route that mount gives is one of respx's, with requests and answers."""
    with respx.mock() as router, httpx.Client() as http:
        route = mount(router, Simulator(seed=1), base_url=API)
        client = openai.OpenAI(api_key=SIMULATED_KEY, http_client=http, base_url=API)
        client.chat.completions.create(**HELLO)
        assert route.called
        assert route.call_count == router.calls.call_count == 1
        assert json.loads(route.calls.last.request.content) == HELLO
        assert route.calls.last.response.json()["object"] == "chat.completion"


def test_respx_says_that_nobody_asked():
    """`assert_all_called` counts the simulator's route as any other."""
    router = respx.mock(assert_all_called=True)
    router.start()
    mount(router, Simulator(seed=1))
    with pytest.raises(AssertionError, match="not called"):
        router.stop()


@pytest.mark.parametrize("is_first", [True, False], ids=["mounted first", "mounted last"])
def test_every_other_route_of_respx_goes_first(is_first):
    """Wherever it stands: the simulator answers what no other route does."""
    with respx.mock(assert_all_called=False) as router, httpx.Client() as http:
        if is_first:
            mount(router, Simulator(seed=1))
        other = router.post(f"{API}/moderations").respond(503, json={"error": {"message": "Later."}})
        models = router.get(path__regex="^/v1/models$").respond(json={"data": [], "object": "list"})
        if not is_first:
            mount(router, Simulator(seed=1))
        client = openai.OpenAI(api_key=SIMULATED_KEY, http_client=http, base_url=API, max_retries=0)
        with pytest.raises(openai.InternalServerError, match="Later"):
            client.moderations.create(input="x")
        assert client.models.list().data == []
        assert client.models.retrieve(MODEL).id == MODEL
        assert other.call_count == models.call_count == 1


def test_a_route_that_declines_leaves_it_to_the_simulator():
    """One before it whose side effect gives nothing is passed over."""
    with respx.mock(assert_all_called=False) as router:
        router.get(f"{API}/models").mock(side_effect=lambda request: None)
        mount(router, Simulator(seed=1), base_url=API)
        headers = {"authorization": f"Bearer {SIMULATED_KEY}"}
        assert httpx.get(f"{API}/models", headers=headers).status_code == 200


def test_respx_lets_through_what_it_is_told_to(monkeypatch):
    """A route that passes through does so before the simulator, and beside it."""
    with respx.mock(using="httpx", assert_all_called=False) as router:
        mount(router, Simulator(seed=1))
        router.get(f"{API}/models/real").pass_through()
        reached = httpx.MockTransport(lambda request: httpx.Response(200, text=f"really {request.url}"))
        with httpx.Client(transport=reached) as http:
            assert http.get(f"{API}/models/real").text == f"really {API}/models/real"
            assert http.get(f"{API}/models").status_code == 401  # without a key


def test_other_hosts_are_not_the_simulator_s():
    """Respx goes on to say that they are not mocked."""
    with respx.mock(assert_all_called=False) as router:
        mount(router, Simulator(seed=1))
        for url in (
            "https://example.com/v1/models",
            "https://api.openai.com/v2/models",
            "https://api.openai.com.example.com/v1/models",
            "https://api.openai.com/v10/models",
            "https://example.com/?https://api.openai.com/v1/models",
        ):
            with pytest.raises(AssertionError, match="not mocked"):
                httpx.get(url)


@pytest.mark.parametrize(
    ("base_url", "asked"),
    [
        ("https://gateway.example/openai/v1", "https://gateway.example/openai/v1/models?limit=2"),
        ("https://gateway.example/openai/", "https://gateway.example:443/openai/models"),
        ("https://gateway.example", "https://gateway.example/models"),
        ("http://127.0.0.1:8321/v1", "http://127.0.0.1:8321/v1/models"),
        ("http://[::1]:8321/v1", "http://[::1]:8321/v1/models"),
        ("https://Gateway.Example/v1", "https://gateway.example/v1/models"),
    ],
)
@pytest.mark.parametrize("told", ["argument", "environment"])
def test_the_api_may_be_elsewhere(base_url, asked, told, monkeypatch):
    """At a gateway, under a path of its own, by `base_url` or by what the SDK reads from the environment."""
    targets = []

    def handler(request: Request) -> Response:
        targets.append(request.target)
        return Response.json({})

    if told == "environment":
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
    with respx.mock(assert_all_called=False) as router:
        mount(router, handler, base_url=base_url if told == "argument" else None)
        assert httpx.get(asked).status_code == 200
        if told == "argument":
            with pytest.raises(AssertionError, match="not mocked"):
                httpx.get(f"{API}/models")
        else:
            assert httpx.get(f"{API}/models").status_code == 200
    assert {target.partition("?")[0] for target in targets} == {"/v1/models"}


def test_the_simulator_may_name_its_address():
    """As the mark ``openai_simulator(base_url=…)`` does."""
    simulator = Fixture()
    simulator.base_url = "https://gateway.example/openai"
    with respx.mock(assert_all_called=False) as router:
        mount(router, simulator)
        assert httpx.get("https://gateway.example/openai/models").status_code == 204
        assert httpx.get(f"{API}/models").status_code == 204


def test_a_router_may_have_a_base_url_of_its_own():
    """As routers for one API often have."""
    with respx.mock(base_url=API) as router:
        route = mount(router, Simulator(seed=1))
        assert httpx.get(f"{API}/models").status_code == 401
        assert route.called


def test_mounting_again_replaces_the_simulator():
    """Under the same address there is one."""
    with respx.mock() as router:
        mount(router, lambda request: Response(500))
        mount(router, lambda request: Response(204))
        assert httpx.get(f"{API}/models").status_code == 204
        assert len(router.routes) == 1


def test_the_module_respx_is_its_global_router():
    """As its own functions have it."""
    with respx.mock:
        route = mount(respx, lambda request: Response(204))
        assert httpx.get(f"{API}/models").status_code == 204
        assert respx.calls.last == route.calls.last


def test_what_ends_a_test_is_a_call():
    """Respx counts those that end in an Exception only, and would say that the route was not called."""

    def handler(request: Request) -> Response:
        raise KeyboardInterrupt

    with respx.mock() as router:
        route = mount(router, handler)
        with pytest.raises(KeyboardInterrupt):
            httpx.get(f"{API}/models")
        assert route.call_count == 1


def test_a_recording_handler_reaches_out_through_respx():
    """What the handler itself asks there passes through to the real API."""

    def handler(request: Request) -> Response:
        with httpx.Client(transport=reached) as http:
            return Response(200, {}, http.get(f"https://api.openai.com{request.target}").content)

    reached = httpx.MockTransport(lambda request: httpx.Response(200, text="real"))
    with respx.mock(using="httpx") as router:
        mount(router, handler)
        assert httpx.get(f"{API}/models").text == "real"


# -- callbacks, and what is none --------------------------------------------------------------------------------


class HTTPXMock:
    """As pytest-httpx and httpx2-pytest have it; tests/slow/test_mounted.py takes the real ones."""

    def __init__(self):
        self.added = []

    def add_callback(self, callback, **matchers):
        self.added.append((callback, matchers))


@pytest.mark.parametrize(("module", "family"), [("pytest_httpx", httpx), ("pytest_httpx2", httpx2)])
def test_callbacks_are_optional_and_answer_again_and_again(module, family, monkeypatch):
    """A test need not ask at all, and may ask often."""
    monkeypatch.setattr(HTTPXMock, "__module__", f"{module}._httpx_mock")
    mock = HTTPXMock()
    assert mount(mock, Simulator(seed=1)) is None
    ((callback, matchers),) = mock.added
    url = matchers.pop("url")
    assert matchers == {"is_optional": True, "is_reusable": True}
    assert isinstance(url, re.Pattern)
    assert url.match(f"{API}/models")
    assert not url.match("https://example.com/v1/models")
    assert callback(family.Request("GET", f"{API}/models")).status_code == 401


@pytest.mark.parametrize(("using", "family"), ROUTERS[:3])
def test_clients_that_the_code_builds_are_served_through_respx(openai_simulator, using, family):
    """The fixture would answer them before they come to the library; mounted on it, it does not."""
    with respx.mock(using=using) as router, family.Client() as http:
        route = mount(router, openai_simulator)
        for client in (openai.OpenAI(http_client=http), openai.OpenAI(base_url=API, http_client=http)):
            assert client.models.retrieve(MODEL).id == MODEL
        assert route.call_count == len(openai_simulator.requests) == 2


@pytest.mark.parametrize(
    ("using", "family"), [("httpcore", "httpx"), ("httpx", "httpx"), ("httpcore2", "httpx2")]
)
def test_the_kit_s_own_simulator_steps_aside(using, family):
    """It answers clients of this process by itself; those of the library's family it leaves to the library."""
    simulator = Fixture()
    with respx.mock(using=using) as router:
        mount(router, simulator)
        assert simulator.stepped == [family]
        # its door raises at once what nothing answers
        get = {"httpx": httpx, "httpx2": httpx2}[family].get
        assert get(f"{API}/models").status_code == 204


def test_a_handler_that_reaches_out_cannot_come_back_to_itself():
    """It would ask itself for ever."""

    def handler(request: Request) -> Response:
        with httpx.Client(transport=httpx.MockTransport(answering)) as http:
            return Response(200, {}, http.get(f"{API}/models").content)

    answering = answers(handler)
    with pytest.raises(UsageError, match="records a real API"):
        answering(httpx.Request("GET", f"{API}/models"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (httpx.MockTransport(lambda request: None), r"MockTransport\(answers\(simulator\)\)"),
        (httpx2.MockTransport(lambda request: None), r"MockTransport\(answers\(simulator\)\)"),
        (object(), r"cannot mount on a builtins\.object; expected a router of respx"),
        (respx.Route(method="GET"), r"cannot mount on a respx\.models\.Route"),
        (asyncio, r"cannot mount on a builtins\.module"),
    ],
)
def test_what_is_no_library_s_is_refused(given, message):
    """The sentence says what is taken."""
    with pytest.raises(UsageError, match=message):
        mount(given, Simulator(seed=1))


@pytest.mark.parametrize("base_url", ["api.openai.com", ""])
def test_a_base_url_that_is_none_is_refused(base_url):
    """At once, and not by routes that never match."""
    with respx.mock(assert_all_called=False) as router, pytest.raises(UsageError, match="base URL"):
        mount(router, Simulator(seed=1), base_url=base_url)
    with pytest.raises(UsageError, match="base URL"):
        answers(Simulator(seed=1), base_url=base_url)


def test_answers_takes_requests_only():
    """Of either family."""
    with pytest.raises(UsageError, match=r"builtins\.object is no request of httpx or httpx2"):
        answers(Simulator(seed=1))(object())


def test_nothing_is_imported_that_is_not_given():
    """The libraries are optional, and recognized by what they are."""
    import subprocess
    import sys

    code = (
        "import sys, drytune.testing.mounting\n"
        "libraries = {'respx', 'pytest_httpx', 'pytest_httpx2', 'openai', 'pytest'}\n"
        "print(sorted(libraries.intersection(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
