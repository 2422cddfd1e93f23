"""Whoever else replaces what the kit replaces, and in whatever order simulators end: nothing is left behind."""

import asyncio
import gc
import multiprocessing
import os
import time
import urllib.request
import weakref
from contextlib import ExitStack

import openai
import pytest

from drytune.errors import UsageError
from drytune.testing import OpenAISimulator, skipping_sleeps
from drytune.transports import family_of_openai
from drytune_simulator import ManualClock

API = "https://api.openai.com/v1"


def transport():
    return family_of_openai().HTTPTransport.handle_request


def test_who_patches_within_and_puts_back_later_leaves_nothing():
    """As pytest-httpx does with pytest's own monkeypatch."""
    before, patching = transport(), pytest.MonkeyPatch()
    with OpenAISimulator():
        patching.setattr(family_of_openai().HTTPTransport, "handle_request", lambda self, request: None)
    patching.undo()  # puts ours back, which does nothing any more
    with OpenAISimulator() as simulator:
        openai.OpenAI(base_url=API).models.retrieve("gpt-4.1")
        assert len(simulator.requests) == 1
    assert transport() is before


def test_a_sleep_that_is_patched_within_is_none_of_ours_afterwards():
    """The clock of a simulator that has ended is not moved."""
    clock, patching, slept = ManualClock(), pytest.MonkeyPatch(), []
    patching.setattr(time, "sleep", slept.append)
    with skipping_sleeps(clock):
        inner = pytest.MonkeyPatch()
        inner.setattr(time, "sleep", lambda seconds: None)
    inner.undo()
    now = clock.now()
    time.sleep(5)  # noqa: TID251
    asyncio.run(asyncio.sleep(0))
    assert (slept, clock.now()) == ([5], now)
    patching.undo()


def test_simulators_that_end_in_another_order(monkeypatch):
    """The one that is left answers, then nobody; the environment is as it was."""
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    environment, before = dict(os.environ), transport()
    first, second = ExitStack(), ExitStack()
    one = first.enter_context(OpenAISimulator())
    other = second.enter_context(OpenAISimulator())
    first.close()
    assert os.environ["OPENAI_BASE_URL"] == other.url
    openai.OpenAI(base_url=API).models.retrieve("gpt-4.1")
    openai.OpenAI().models.retrieve("gpt-4.1")
    second.close()
    assert (len(one.requests), len(other.requests)) == (0, 2)
    assert dict(os.environ) == environment
    assert transport() is before


forked = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="this system does not fork"
)


def in_a_child(work) -> None:
    """Do `work` in a forked process; it must not raise."""
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException:  # noqa: BLE001 - told by the exit code
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@forked
def test_what_a_forked_process_asks_is_seen_by_its_parent():
    """By every client: its copy of a simulator is not asked."""
    with OpenAISimulator() as simulator:
        injected = simulator.client()

        def work() -> None:
            injected.files.create(file=("a.txt", b"x"), purpose="assistants")
            openai.OpenAI().files.create(file=("b.txt", b"x"), purpose="assistants")
            openai.OpenAI(base_url=API).files.create(file=("c.txt", b"x"), purpose="assistants")

        in_a_child(work)
        assert [file.filename for file in simulator.files] == ["a.txt", "b.txt", "c.txt"]


@forked
def test_what_a_forked_process_swallows_is_told_too():
    """Its question went over the wire, and nobody answers it."""
    with OpenAISimulator() as simulator:

        def work() -> None:
            try:
                openai.OpenAI(base_url=API, max_retries=0).responses.create(model="gpt-4.1", input="Hi")
            except openai.APIStatusError:
                return

        in_a_child(work)
        assert len(simulator.unanswered) == 1
        simulator.forgive()


@forked
def test_a_forked_process_may_have_a_simulator_of_its_own():
    """With a server that answers."""

    def work() -> None:
        with OpenAISimulator() as simulator:
            asked = urllib.request.Request(
                f"{simulator.url}/models", headers={"authorization": "Bearer sk-any"}
            )
            with urllib.request.urlopen(asked, timeout=20) as answer:
                assert answer.status == 200

    with OpenAISimulator() as outer:
        assert outer.url
        in_a_child(work)


@forked
def test_a_simulator_that_has_no_port_says_so_in_a_forked_process():
    """It was never entered, and its URL never asked for."""
    client = OpenAISimulator().client(max_retries=0)

    def work() -> None:
        with pytest.raises((UsageError, openai.APIConnectionError)):
            client.models.list()

    in_a_child(work)


def test_a_real_api_that_is_recorded_is_asked_once(serving, tmp_path, monkeypatch):
    """Also by a client that comes over the wire, though the real one is at an address of the simulator's."""
    from drytune.handlers.upstream import Upstream
    from drytune.keeping.opening import opened

    with serving() as (real, _):
        upstream = Upstream(real)
        session = opened(tmp_path / "walk.yaml", mode="all", upstream=upstream)
        with OpenAISimulator(answering=session.handler, base_url=real) as simulator:
            asked = urllib.request.Request(
                f"{simulator.url}/models", headers={"authorization": "Bearer sk-any"}
            )
            with urllib.request.urlopen(asked, timeout=20) as answer:
                assert answer.status == 200
            assert len(simulator.requests) == 1
        session.close()
        upstream.close()


def test_what_is_set_between_two_simulators_is_kept(monkeypatch):
    """The inner one puts back what it has found."""
    with OpenAISimulator():
        monkeypatch.setenv("OPENAI_BASE_URL", "https://llm.example/v1")
        with OpenAISimulator():
            pass
        assert os.environ["OPENAI_BASE_URL"] == "https://llm.example/v1"
        monkeypatch.undo()


def test_foreign_patches_are_not_kept_alive():
    """A thousand tests, a thousand patches."""
    family, alive = family_of_openai(), []
    for _ in range(5):
        patching = pytest.MonkeyPatch()

        def patched(self, request):
            return None

        alive.append(weakref.ref(patched))
        patching.setattr(family.HTTPTransport, "handle_request", patched)
        with OpenAISimulator():
            pass
        patching.undo()
        del patched
    gc.collect()
    assert [one() for one in alive] == [None] * 5


def test_a_simulator_is_entered_once():
    """Behind it the state is gone."""
    simulator = OpenAISimulator()
    with simulator:
        pass
    with pytest.raises(UsageError, match="closed"):
        simulator.__enter__()


@pytest.mark.parametrize("seconds", [-1, float("nan")])
def test_a_sleep_that_python_refuses_is_refused(seconds):
    """A pause that was reckoned wrongly is seen."""
    with skipping_sleeps(ManualClock()), pytest.raises(ValueError, match="non-negative"):
        time.sleep(seconds)  # noqa: TID251
