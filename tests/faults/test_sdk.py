"""What the real SDK makes of faults, in this process: the same as of a server's."""

import json

import openai
import pytest

from drytune import async_simulated, simulated
from drytune_simulator import Simulator
from drytune_simulator.faults import Fault, FaultPlan, failing

JOBS = "POST /v1/fine_tuning/jobs"
CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Tell me a long story, please."}]}


@pytest.fixture
def faulty():
    """An `openai.OpenAI` client of a simulator with these faults."""
    clients, simulators = [], []

    def client(*faults: Fault, max_retries: int = 2) -> openai.OpenAI:
        simulators.append(Simulator())
        clients.append(simulated(failing(simulators[-1], FaultPlan(faults)), max_retries=max_retries))
        return clients[-1]

    yield client
    for one in (*clients, *simulators):
        one.close()


@pytest.fixture
def async_faulty():
    """The same for `openai.AsyncOpenAI`."""
    simulators = []

    def client(*faults: Fault, max_retries: int = 2) -> openai.AsyncOpenAI:
        simulators.append(Simulator())
        return async_simulated(failing(simulators[-1], FaultPlan(faults)), max_retries=max_retries)

    yield client
    for one in simulators:
        one.close()


def test_a_500_after_the_effect_and_the_sdk_s_own_retry_make_two_jobs(faulty, good, make_jsonl):
    """The bug that users must be able to reproduce: the program has created one job, and pays for two."""
    client = faulty(Fault(JOBS, 500, when="after", nth=1))
    file = client.files.create(file=("good.jsonl", make_jsonl(*good)), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
    jobs = client.fine_tuning.jobs.list().data
    assert [one.training_file for one in jobs] == [file.id, file.id]
    assert job.id == jobs[0].id != jobs[1].id


@pytest.mark.anyio
async def test_so_it_is_with_the_asynchronous_client(async_faulty, good, make_jsonl):
    """Two jobs for one call."""
    async with async_faulty(Fault(JOBS, 500, when="after", nth=1)) as client:
        file = await client.files.create(file=("good.jsonl", make_jsonl(*good)), purpose="fine-tune")
        await client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
        assert len((await client.fine_tuning.jobs.list()).data) == 2


def test_a_500_before_the_effect_makes_one_job(faulty, good, make_jsonl):
    """The retry is harmless then."""
    client = faulty(Fault(JOBS, 500, nth=1))
    file = client.files.create(file=("good.jsonl", make_jsonl(*good)), purpose="fine-tune")
    client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
    assert len(client.fine_tuning.jobs.list().data) == 1


def test_without_retries_the_program_sees_the_error_and_the_job_is_there(faulty, good, make_jsonl):
    """With the platform's words, and the request id that support would ask for."""
    client = faulty(Fault(JOBS, 500, when="after"), max_retries=0)
    file = client.files.create(file=("good.jsonl", make_jsonl(*good)), purpose="fine-tune")
    with pytest.raises(openai.InternalServerError) as raised:
        client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
    assert raised.value.type == "server_error"
    assert raised.value.request_id in str(raised.value)
    assert raised.value.response.headers["x-drytune-fault"] == "1"
    assert len(client.fine_tuning.jobs.list().data) == 1


def test_a_rate_limit_is_retried_without_waiting(faulty):
    """Two refusals, then the answer."""
    client = faulty(Fault("/v1/models", "rate_limited", first=2))
    assert client.models.list().data
    client = faulty(Fault("/v1/models", "rate_limited", first=3))
    with pytest.raises(openai.RateLimitError) as raised:
        client.models.list()
    assert raised.value.code == "rate_limit_exceeded"


@pytest.mark.parametrize("options", [{}, {"retry_after": 0}])
@pytest.mark.parametrize("what", ["rate_limited", "overloaded", "slow_down", 500, 409])
def test_no_retry_waits_unless_it_is_asked_to(faulty, monkeypatch, what, options):
    """`retry-after-ms` wins over `retry-after`, and 0 is not left to the SDK's own pause."""
    waits = []
    monkeypatch.setattr("time.sleep", waits.append)
    faulty(Fault("/v1/models", what, first=2, **options)).models.list()
    assert waits == [0.001, 0.001]


@pytest.mark.parametrize("at", [38, 39, 5000])
@pytest.mark.parametrize("what", ["drop", "truncate"])
def test_nothing_that_stands_for_an_answer_is_taken_for_one(faulty, what, at):
    """However late it is cut: a connection error, of an answer and of a stream."""
    client = faulty(Fault("*", what, when="before", at=at), max_retries=0)
    with pytest.raises(openai.APIConnectionError):
        client.models.list()
    with pytest.raises(openai.APIConnectionError):
        list(client.chat.completions.create(**CHAT, stream=True))


@pytest.mark.parametrize(
    ("what", "error", "code"),
    [
        ("quota", openai.RateLimitError, "insufficient_quota"),
        ("overloaded", openai.InternalServerError, "server_is_overloaded"),
        (502, openai.InternalServerError, None),
        (401, openai.AuthenticationError, None),
        (403, openai.PermissionDeniedError, None),
        (404, openai.NotFoundError, None),
        (409, openai.ConflictError, None),
        (422, openai.UnprocessableEntityError, None),
    ],
)
def test_statuses_are_the_sdk_s_exceptions(faulty, what, error, code):
    """Each its own."""
    with pytest.raises(error) as raised:
        faulty(Fault("*", what)).models.list()
    assert raised.value.code == code


@pytest.mark.parametrize("at", [None, "headers", 5])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_broken_connection_is_a_connection_error(faulty, when, at):
    """Wherever it breaks, as the SDK reads the whole body before it answers."""
    client = faulty(Fault("*", "drop", when=when, at=at), max_retries=0)
    with pytest.raises(openai.APIConnectionError) as raised:
        client.models.list()
    expected = "without sending a response" if at is None else "without sending complete message body"
    assert expected in str(raised.value.__cause__)


@pytest.mark.anyio
@pytest.mark.parametrize("at", [None, "headers", 5])
async def test_so_it_is_for_the_asynchronous_client(async_faulty, at):
    """The same errors."""
    async with async_faulty(Fault("*", "drop", when="after", at=at), max_retries=0) as client:
        with pytest.raises(openai.APIConnectionError):
            await client.models.list()


def test_a_truncated_body_is_a_connection_error(faulty):
    """Its length was announced."""
    with pytest.raises(openai.APIConnectionError) as raised:
        faulty(Fault("*", "truncate"), max_retries=0).models.list()
    assert "without sending complete message body (received" in str(raised.value.__cause__)


def test_a_malformed_body_is_no_json(faulty):
    """The SDK says so; nothing is retried."""
    with pytest.raises(json.JSONDecodeError):
        faulty(Fault("*", "malformed")).models.list()


def test_a_stream_breaks_in_its_middle(faulty):
    """What came before it has arrived; the SDK retries nothing there."""
    client = faulty(Fault("/v1/chat/completions", "drop", when="after", at=700))
    stream = client.chat.completions.create(**CHAT, stream=True)
    assert next(stream).choices
    with pytest.raises(openai.APIConnectionError):
        list(stream)
    assert stream.response.is_closed


@pytest.mark.anyio
async def test_an_asynchronous_stream_breaks_in_its_middle(async_faulty):
    """As the other one."""
    fault = Fault("/v1/chat/completions", "drop", when="after", at=700)
    async with async_faulty(fault) as client:
        stream = aiter(await client.chat.completions.create(**CHAT, stream=True))
        assert (await anext(stream)).choices
        with pytest.raises(openai.APIConnectionError):
            [chunk async for chunk in stream]


def test_a_stream_that_ends_too_early_ends_without_a_word(faulty):
    """No error: a program that does not look at the finish reason takes a part for the whole."""
    client = faulty(Fault("/v1/chat/completions", "truncate", nth=1))
    cut = list(client.chat.completions.create(**CHAT, stream=True))
    whole = list(client.chat.completions.create(**CHAT, stream=True))
    assert len(cut) == 3 < len(whole)
    assert cut[-1].choices[0].finish_reason is None
    assert whole[-1].choices[0].finish_reason == "stop"


def test_a_malformed_event_is_no_json(faulty):
    """In the middle of a stream."""
    stream = faulty(Fault("/v1/chat/completions", "malformed")).chat.completions.create(**CHAT, stream=True)
    with pytest.raises(json.JSONDecodeError):
        list(stream)


@pytest.mark.parametrize(
    "fault", [Fault("*", "timeout"), Fault("*", "slow", delay=700), Fault("*", 500, delay=700)]
)
def test_what_comes_too_late_is_a_timeout_at_once(faulty, fault):
    """The SDK's own timeout is 600 seconds; nobody waits for it."""
    with pytest.raises(openai.APITimeoutError):
        faulty(fault, max_retries=0).models.list()


def test_a_client_s_timeout_decides(faulty):
    """Two seconds are too long for one, and not for three; neither is waited for."""
    client = faulty(Fault("*", "slow", delay=2), max_retries=0)
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=1).models.list()
    assert client.with_options(timeout=3).models.list().data


@pytest.mark.anyio
async def test_timeouts_of_the_asynchronous_client(async_faulty):
    """The same."""
    async with async_faulty(Fault("*", "slow", delay=2), max_retries=0) as client:
        with pytest.raises(openai.APITimeoutError):
            await client.with_options(timeout=1).models.list()
        assert (await client.with_options(timeout=3).models.list()).data


def test_a_timed_out_call_has_had_its_effect(faulty, good, make_jsonl):
    """The server has gone on: what it created is there."""
    client = faulty(Fault("POST /v1/files", "timeout", when="after"), max_retries=0)
    with pytest.raises(openai.APITimeoutError):
        client.files.create(file=("good.jsonl", make_jsonl(*good)), purpose="fine-tune")
    assert len(client.files.list().data) == 1


def test_the_first_token_may_come_too_late(faulty):
    """Of a stream whose headers were there in time."""
    client = faulty(Fault("/v1/chat/completions", "slow", first_token=30, tokens_per_second=10))
    stream = client.with_options(timeout=20).chat.completions.create(**CHAT, stream=True)
    with pytest.raises(openai.APITimeoutError):
        next(iter(stream))
    patient = client.with_options(timeout=40).chat.completions.create(**CHAT, stream=True)
    assert list(patient)[-1].choices[0].finish_reason == "stop"
