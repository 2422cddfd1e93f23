"""The fixtures, in suites of their own, as a user writes them."""

import pytest


def test_clients_that_the_code_builds_itself_are_served(suite):
    """By the environment, and in-process where they name the address, or were built before the test began."""
    suite(
        """
at_import = openai.OpenAI(api_key="sk-anything")
asynchronous = openai.AsyncOpenAI(api_key="sk-anything")

def test_environment(openai_simulator):
    assert os.environ["OPENAI_BASE_URL"] == openai_simulator.url
    assert openai.OpenAI().models.list().data
    assert asyncio.run(openai.AsyncOpenAI().models.retrieve("gpt-4.1")).id
    assert len(openai_simulator.requests) == 2

def test_named(openai_simulator):
    assert openai.OpenAI(base_url="https://api.openai.com/v1").models.list().data
    assert openai.OpenAI(base_url="https://eu.api.openai.com/v1").models.list().data
    assert len(openai_simulator.requests) == 2

def test_built_before(openai_simulator):
    assert at_import.models.list().data
    assert asyncio.run(asynchronous.models.retrieve("gpt-4.1")).id
    assert len(openai_simulator.requests) == 2

@pytest.mark.openai_simulator(base_url="https://llm.acme.example/openai/v1")
def test_of_a_vendor(openai_simulator):
    client = openai.OpenAI(base_url="https://llm.acme.example/openai/v1")
    assert client.files.create(file=("a.txt", b"x"), purpose="assistants").id
    assert openai_simulator.requests.one("files.create").path == "/v1/files"
"""
    ).assert_outcomes(passed=4)


def test_what_is_not_python_or_not_httpx_is_served_by_a_real_server(suite):
    """It begins with the first connection; its port is there from the beginning."""
    suite(
        """
import http.client, urllib.parse, urllib.request

def test_urllib(openai_url, openai_simulator):
    request = urllib.request.Request(openai_url + "/models", headers={"authorization": "Bearer sk-any"})
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
    assert openai_simulator.requests.one("models.list")

def test_two_connections_and_a_stream(openai_simulator):
    openai_simulator.on_chat().reply("one two three")
    places = urllib.parse.urlsplit(os.environ["OPENAI_BASE_URL"])
    for _ in range(2):
        connection = http.client.HTTPConnection(places.hostname, places.port)
        connection.request("POST", "/v1/chat/completions", headers={"authorization": "Bearer sk-any"},
            body='{"model": "gpt-4.1", "stream": true, "messages": [{"role": "user", "content": "?"}]}')
        assert b"[DONE]" in connection.getresponse().read()
        connection.close()

def test_not_used(openai_url):
    pass
"""
    ).assert_outcomes(passed=3)


def test_each_test_has_its_own(suite):
    """Nothing is shared, and the environment is as before."""
    suite(
        """
before = dict(os.environ)

@pytest.mark.parametrize("turn", [1, 2])
def test_fresh(openai_client, openai_simulator, turn):
    openai_client.files.create(file=("a.txt", b"x"), purpose="assistants")
    assert len(openai_simulator.files) == 1

def test_gone():
    assert {name: value for name, value in os.environ.items() if name.startswith("OPENAI_")} == {
        name: value for name, value in before.items() if name.startswith("OPENAI_")}
"""
    ).assert_outcomes(passed=3)


def test_a_test_that_sets_the_environment_too_leaves_it_as_it_was(suite, monkeypatch):
    """In whatever order the fixtures were asked for."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-machine")
    suite(
        """
def test_sets(monkeypatch, openai_simulator):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://api.openai.com/v1")
    assert openai.OpenAI().models.list().data

def test_after():
    assert os.environ["OPENAI_API_KEY"] == "sk-of-the-machine"
"""
    ).assert_outcomes(passed=2)


def test_the_mark_gives_settings(suite):
    """As the simulator has them; the mark nearest to the test wins, name by name."""
    suite(
        """
pytestmark = pytest.mark.openai_simulator(seed=7, as_of="2027-01-07")

def test_of_the_module(openai_simulator):
    assert openai_simulator.seed == 7
    assert openai_simulator.world.today().isoformat() == "2027-01-07"

@pytest.mark.openai_simulator(seed=8, autojump=False, organization="acme")
def test_of_the_function(openai_simulator, drytune_clock):
    assert (openai_simulator.seed, openai_simulator.world.strict) == (8, True)
    assert openai_simulator.clock is drytune_clock
    assert openai_simulator.world.profile.organization == "acme"

@pytest.mark.openai_simulator(as_of=None, faults=["GET /v1/models: 429, times=1", "GET /v1/files: 500, nth=1"])
def test_faults(openai_client, openai_simulator):
    assert openai_client.models.list().data
    assert [one.status for one in openai_simulator.requests] == [429, 200]
"""
    ).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ("7", "takes names with values"),
        ("sed=7", "has no sed"),
        ("autojump=-1", "autojump is -1"),
        ("as_of='tomorrow'", "as_of is 'tomorrow'"),
        ("faults=['nonsense']", "faults: "),
        ("replay='none.yaml'", "--drytune-record"),
        ("replay='none.yaml', seed=7", "has no seed"),
    ],
)
def test_a_mark_that_makes_no_sense_says_so(suite, mark, words):
    """In a sentence, with what could stand there."""
    done = suite(f"@pytest.mark.openai_simulator({mark})\ndef test_it(openai_simulator): pass")
    done.assert_outcomes(errors=1)
    assert words in done.stdout.str()


def test_how_time_goes(suite):
    """To the next happening at each look, by so many seconds, or only when the test says so."""
    suite(
        """
def looks(client, most=500):
    file = client.files.create(file=("t.jsonl", DATA), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(training_file=file.id, model="gpt-4.1-mini")
    for count in range(most):
        if client.fine_tuning.jobs.retrieve(job.id).status == "succeeded":
            return count + 1

def test_to_the_next(openai_client):
    assert 3 < looks(openai_client) < 200

@pytest.mark.openai_simulator(autojump=1e6)
def test_by_seconds(openai_client):
    assert looks(openai_client) == 1

@pytest.mark.openai_simulator(autojump=False)
def test_by_hand(openai_client, drytune_clock):
    assert looks(openai_client, 20) is None
    drytune_clock.advance(1e6)
    job, = openai_client.fine_tuning.jobs.list().data
    assert job.status == "succeeded"

@pytest.mark.openai_simulator(autojump=False)
def test_by_the_pauses_of_the_program(openai_client, drytune_clock):
    import time
    from drytune.testing import skipping_sleeps
    file = openai_client.files.create(file=("t.jsonl", DATA), purpose="fine-tune")
    job = openai_client.fine_tuning.jobs.create(training_file=file.id, model="gpt-4.1-mini")
    with skipping_sleeps(drytune_clock):
        while openai_client.fine_tuning.jobs.retrieve(job.id).status != "succeeded":
            time.sleep(600)
"""
    ).assert_outcomes(passed=4)


def test_fixtures_can_be_overridden(suite):
    """The clock below the simulator, the simulator below the clients."""
    suite(
        """
def test_it(openai_client, openai_simulator):
    assert openai_simulator.clock.now() == 5.0
    assert asked(openai_client) == "Scripted for all."
""",
        conftest="""
import pytest
from drytune_simulator import ManualClock

@pytest.fixture
def drytune_clock():
    return ManualClock(5.0)

@pytest.fixture
def openai_simulator(openai_simulator):
    openai_simulator.on_chat().reply("Scripted for all.")
    return openai_simulator
""",
    ).assert_outcomes(passed=1)


def test_async_tests_of_both_plugins(suite):
    """pytest-asyncio and anyio."""
    suite(
        """
@pytest.mark.asyncio
async def test_of_asyncio(async_openai_client, openai_simulator):
    openai_simulator.on_chat().reply("Hi")
    stream = await async_openai_client.chat.completions.create(
        model="gpt-4.1", messages=[{"role": "user", "content": "?"}], stream=True)
    assert "".join([chunk.choices[0].delta.content or "" async for chunk in stream]) == "Hi"
    assert (await openai.AsyncOpenAI().models.list()).data

@pytest.mark.anyio
async def test_of_anyio(async_openai_client):
    assert (await async_openai_client.models.list()).data

@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param
"""
    ).assert_outcomes(passed=3)


@pytest.mark.slow
def test_in_several_processes(suite):
    """pytest-xdist: each has its own simulators and its own ports."""
    done = suite(
        """
@pytest.mark.parametrize("number", range(8))
def test_it(openai_client, openai_simulator, openai_url, number):
    openai_client.files.create(file=("a.txt", b"x"), purpose="assistants")
    assert len(openai_simulator.requests) == 1
""",
        "-n2",
        inner=False,
    )
    done.assert_outcomes(passed=8)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("openai_client.images.generate(prompt='x')", "POST https://drytune.invalid/v1/images/generations"),
        ("openai_client.get('/nowhere', cast_to=object)", "GET https://drytune.invalid/v1/nowhere"),
        ("asked(openai_client)", "on_chat(model='gpt-4.1')"),
        (
            "openai.OpenAI().responses.create(model='gpt-4.1', input='Hi')",
            "/v1/responses, and nothing answers it",
        ),
        (
            "asyncio.run(openai.AsyncOpenAI().completions.create(model='davinci-002', prompt='Hi'))",
            "davinci-002",
        ),
        ("while True: openai_client.files.list()", "over and over"),
    ],
)
@pytest.mark.parametrize("swallowed", [False, True])
def test_a_request_that_nothing_answers_fails_the_test(suite, code, words, swallowed):
    """At once, whatever the program does with errors: it is told what to write."""
    body = f"    try: {code}\n    except: pass" if swallowed and "while" not in code else f"    {code}"
    done = suite(f"@pytest.mark.openai_simulator(patience=50)\ndef test_it(openai_client):\n{body}")
    done.assert_outcomes(failed=1)
    out = done.stdout.str()
    assert words in out
    assert "test_a_request_that_nothing_answers_fails_the_test.py::test_it" in out
    assert "- openai_simulator: " in out  # the exchange is shown


def test_a_server_that_nothing_answers_says_so_and_the_test_fails(suite):
    """The client on the other side of the wire gets a refusal."""
    done = suite(
        """
import urllib.error, urllib.request

def test_it(openai_url):
    body = b'{"model": "gpt-4.1", "messages": [{"role": "user", "content": "Hi"}]}'
    headers = {"authorization": "Bearer sk-any", "content-type": "application/json"}
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(urllib.request.Request(openai_url + "/chat/completions", body, headers))
    assert raised.value.code == 501
    raised.value.close()
"""
    )
    done.assert_outcomes(failed=1)
    assert "no script answers" in done.stdout.str()


def test_what_the_platform_says_can_be_the_answer(suite):
    """For tests of just that."""
    suite(
        """
@pytest.mark.openai_simulator(strict=False)
def test_it(openai_client):
    with pytest.raises(openai.NotFoundError):
        openai_client.get("/nowhere", cast_to=object)
    assert "simulated" in asked(openai_client)

def test_forgiven(openai_client, openai_simulator):
    with pytest.raises(BaseException, match="nowhere"):
        openai_client.get("/nowhere", cast_to=object)
    openai_simulator.unanswered.clear()

def test_an_answer_of_404_is_one(openai_client):
    with pytest.raises(openai.NotFoundError):
        openai_client.files.retrieve("file-none")
"""
    ).assert_outcomes(passed=3)


def test_a_recording_answers_and_what_it_has_not_fails(suite, pytester, root):
    """In-process, and for clients that the code builds itself."""
    pytester.path.joinpath("walk.yaml").write_bytes((root / "recordings" / "supervised.yaml").read_bytes())
    done = suite(
        """
@pytest.mark.openai_simulator(replay="walk.yaml")
def test_it(openai_simulator):
    client = openai.OpenAI()
    file = client.files.create(file=Path(CAT), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(
        training_file=file.id, model="gpt-4o-mini-2024-07-18", suffix="mike")
    while job.status != "succeeded":
        job = client.fine_tuning.jobs.retrieve(job.id)
    openai_simulator.assert_job_created_once(suffix="mike", status="succeeded")
    assert openai_simulator.unmatched == []

@pytest.mark.openai_simulator(replay="walk.yaml")
def test_not_recorded(openai_client):
    try:
        openai_client.models.retrieve("gpt-3.5-turbo")
    except Exception:
        pass
""".replace("CAT", repr(str(root / "examples" / "cat.jsonl")))
    )
    done.assert_outcomes(passed=1, failed=1)
    assert "nothing recorded answers GET /v1/models/gpt-3.5-turbo" in done.stdout.str()


def test_a_failed_test_shows_what_was_asked(suite):
    """Without the key."""
    done = suite(
        """
def test_it(openai_simulator):
    openai.OpenAI(api_key="sk-proj-abcdefghijklmnopqrstuvwxyz0123456789").models.retrieve("gpt-4.1")
    assert False
"""
    )
    done.assert_outcomes(failed=1)
    assert "/v1/models/gpt-4.1" in done.stdout.str()
    assert "abcdefghijklmnop" not in done.stdout.str().partition("openai_simulator: 1")[2]


def test_a_plan_in_a_mark_begins_anew_in_each_test(suite):
    """Nothing is shared, though the mark is one object."""
    suite(
        """
from drytune_simulator import Fault, FaultPlan, ScenarioRule, Scenarios

pytestmark = pytest.mark.openai_simulator(
    faults=FaultPlan([Fault("GET /v1/models", 429, nth=1)], seed=3),
    scenarios=Scenarios([ScenarioRule("fails_in_training", nth=1)]))

@pytest.mark.parametrize("turn", [1, 2])
def test_it(openai_client, openai_simulator, turn):
    openai_client.models.list()
    assert [one.status for one in openai_simulator.requests] == [429, 200]
    file = openai_client.files.create(file=("t.jsonl", DATA), purpose="fine-tune")
    job = openai_client.fine_tuning.jobs.create(training_file=file.id, model="gpt-4.1-mini")
    while job.status not in ("succeeded", "failed"):
        job = openai_client.fine_tuning.jobs.retrieve(job.id)
    assert job.status == "failed"
"""
    ).assert_outcomes(passed=2)


def test_pauses_may_be_skipped_by_the_mark(suite):
    """The clock moves on by them instead."""
    suite(
        """
@pytest.mark.openai_simulator(autojump=False, skip_sleeps=True)
def test_it(openai_client, drytune_clock):
    import time
    file = openai_client.files.create(file=("t.jsonl", DATA), purpose="fine-tune")
    job = openai_client.fine_tuning.jobs.create(training_file=file.id, model="gpt-4.1-mini")
    while openai_client.fine_tuning.jobs.retrieve(job.id).status != "succeeded":
        time.sleep(600)
"""
    ).assert_outcomes(passed=1)
