"""The kit without pytest's fixtures: a context manager, for unittest and everything else."""

import asyncio
import contextlib
import http.client
import json
import os
import threading
import time
import unittest
from urllib.parse import urlsplit

import openai
import pytest

from drytune.errors import UsageError
from drytune.testing import Endless, Escape, NoWayOut, OpenAISimulator, Unanswered, skipping_sleeps
from drytune.transports import family_of_openai
from drytune_simulator import Headers, ManualClock, PacedClock, Request


def asked(client: openai.OpenAI, text: str = "Hi", model: str = "gpt-4.1", **options: object) -> str:
    answer = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": text}], **options
    )
    return answer.choices[0].message.content


def test_in_unittest():
    """`enterContext` in `setUp`; each test has its own."""

    class TestPipeline(unittest.TestCase):
        def setUp(self):
            self.openai = self.enterContext(OpenAISimulator(seed=7, where=self.id()))

        def test_served(self):
            self.openai.on_chat().reply("Ho")
            assert asked(openai.OpenAI()) == "Ho"
            self.openai.assert_asked(model="gpt-4.1", text="Hi", times=1)

        def test_again(self):
            assert len(self.openai.requests) == 0

        def test_refused(self):
            with contextlib.suppress(BaseException):  # just what must not help
                asked(openai.OpenAI())

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(TestPipeline).run(result)
    assert result.testsRun == 3
    ((test, told),) = [*result.errors, *result.failures]
    assert test.id().endswith("test_refused")
    assert "test_refused asked POST" in told


def test_everything_is_as_it_was_behind_it(monkeypatch):
    """Environment, transports, guard; also after an error."""
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    before = dict(os.environ)
    transport = family_of_openai().HTTPTransport.handle_request
    with pytest.raises(KeyError), OpenAISimulator() as simulator:  # noqa: PT012
        assert "OPENAI_ORG_ID" not in os.environ
        assert os.environ["OPENAI_BASE_URL"] == simulator.url
        raise KeyError
    assert dict(os.environ) == before
    assert family_of_openai().HTTPTransport.handle_request is transport


def test_one_within_another():
    """The inner one answers, then the outer one again."""
    with OpenAISimulator() as outer:
        with OpenAISimulator() as inner:
            openai.OpenAI(base_url="https://api.openai.com/v1").models.retrieve("gpt-4.1")
        openai.OpenAI(base_url="https://api.openai.com/v1").models.retrieve("gpt-4.1")
        openai.OpenAI().models.retrieve("gpt-4.1")
    assert (len(inner.requests), len(outer.requests)) == (1, 2)


def test_what_ends_a_test_is_no_exception():
    """So the SDK does not try again, and nobody goes on behind it; it tells its test and its URL."""
    with OpenAISimulator(where="test_mine") as simulator:
        with pytest.raises(
            Unanswered, match=r"test_mine asked POST https://drytune\.invalid/v1/images"
        ) as raised:
            simulator.client().images.generate(prompt="x")
        assert not isinstance(raised.value, Exception)
        assert raised.value.url == "https://drytune.invalid/v1/images/generations"
        assert len(simulator.requests) == 1
        with pytest.raises(Escape, match=r"test_what_ends_a_test.*https://llm\.example/v1/models"):
            openai.OpenAI(base_url="https://llm.example/v1").models.list()
        simulator.forgive()


@pytest.mark.parametrize("error", [Unanswered, Escape, Endless])
def test_all_that_ends_a_test_is_of_one_kind(error):
    """For a test that expects just that."""
    assert issubclass(error, NoWayOut)
    assert not issubclass(error, Exception)


def test_a_poll_that_waits_for_something_is_not_endless():
    """As long as the answer changes, or something else is done between."""
    with OpenAISimulator(patience=5) as simulator:
        client = simulator.client()
        for number in range(40):
            client.files.list()
            if number % 5 == 4:
                client.files.create(file=("a.txt", b"x"), purpose="assistants")
        with pytest.raises(Endless, match="stayed the same 5 times"):  # noqa: PT012
            for _ in range(10):
                client.models.retrieve("gpt-4.1")
                client.files.list()
        simulator.forgive()


def test_a_door_of_the_kit_raises_and_the_handler_answers():
    """Over HTTP, where nobody can be raised at, the refusal is 501, and noted."""
    simulator = OpenAISimulator()
    body = json.dumps({"model": "gpt-4.1", "messages": [{"role": "user", "content": "Hi"}]}).encode()
    headers = {"authorization": "Bearer sk-any", "content-type": "application/json", "host": "a.example"}
    answer = simulator(Request("POST", "/v1/chat/completions", Headers(headers), body=body))
    assert answer.status == 501
    assert json.loads(answer.body)["error"]["code"] == "nothing_answers"
    assert [type(one) for one in simulator.unanswered] == [Unanswered]
    with pytest.raises(Unanswered):
        simulator.settle()
    simulator.settle()  # once is enough
    simulator.close()


def test_a_server_is_there_from_the_first_connection():
    """Several at once; and gone behind the block."""
    with OpenAISimulator() as one, OpenAISimulator() as other:
        assert one.url != other.url
        for simulator in (one, other, one):
            place = urlsplit(simulator.url)
            connection = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
            connection.request("GET", "/v1/models", headers={"authorization": "Bearer sk-any"})
            assert connection.getresponse().status == 200
            connection.close()
        assert (len(one.requests), len(other.requests)) == (2, 1)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    with pytest.raises(ConnectionRefusedError):
        connection.request("GET", "/v1/models")
    connection.close()


def test_a_server_never_asked_costs_no_import():
    """Its port alone is there."""
    simulator = OpenAISimulator()
    assert simulator.url == simulator.url
    simulator.close()
    simulator.close()


def test_threads_of_the_code_under_test_are_served():
    """The transports are those of the process."""
    found = []
    with OpenAISimulator() as simulator:
        threads = [
            threading.Thread(
                target=lambda: found.append(
                    openai.OpenAI(base_url="https://api.openai.com/v1").models.retrieve("gpt-4.1").id
                )
            )
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == ["gpt-4.1"] * 4
    assert len(simulator.requests) == 4


def test_nobody_sleeps():
    """Neither the program nor the SDK between its retries; the clock of the simulator goes on instead."""
    clock = ManualClock()
    with (
        OpenAISimulator(clock=clock, faults="GET /v1/models: drop, times=2") as simulator,
        skipping_sleeps(clock),
    ):
        begun, now = time.perf_counter(), clock.now()
        time.sleep(3600)  # noqa: TID251
        asyncio.run(asyncio.sleep(3600, "x"))
        assert clock.now() - now == 7200
        simulator.client().models.list()  # dropped twice: the SDK waits before it tries again
        assert clock.now() - now > 7200
        assert time.perf_counter() - begun < 60


def test_faults_can_be_added_while_it_runs():
    """From now on."""
    with OpenAISimulator() as simulator:
        client = simulator.client()
        client.models.list()
        simulator.fail("GET /v1/models", 503, nth=1)
        client.models.list()
        assert [one.status for one in simulator.requests] == [200, 503, 200]
        with pytest.raises(UsageError, match="what is 200"):
            simulator.fail("GET /v1/models", 200)


def test_an_expectation_without_an_answer_is_a_mistake():
    """Told at the end, with its conditions."""
    with pytest.raises(UsageError, match="Hi"), OpenAISimulator() as simulator:
        simulator.on_chat(text="Hi")


def test_clocks():
    """Each read moves a paced clock by so many seconds, as long as something is to come."""
    clock = PacedClock(30)
    before = clock.now()
    clock.polled([before + 100])
    clock.polled([])
    assert clock.now() - before == 30
    with pytest.raises(ValueError, match="positive"):
        PacedClock(0)


def test_a_recording_answers():
    """And has neither seed nor scripts."""
    with pytest.raises(UsageError, match="nothing is replayed here"):
        _ = OpenAISimulator().recording


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"replay": "no-such.yaml"}, "no-such.yaml"),
        ({"sead": 1}, "has no sead"),
        ({"base_url": "nonsense"}, "base URL"),
        ({"organization": "!"}, "organization"),
    ],
)
def test_settings_that_make_no_sense_say_so(settings, words):
    """In a sentence."""
    with pytest.raises(UsageError, match=words):
        OpenAISimulator(**settings)
