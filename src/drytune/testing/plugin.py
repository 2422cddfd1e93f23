"""The pytest plugin: clients that are answered by a fresh simulator, in-process, or by a recording.

Loaded in every pytest run of an environment that has drytune, so it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

    from drytune.handlers.replay import Replay
    from drytune.keeping.kept import Kept
    from drytune.testing.marked import Marked
    from drytune_simulator import Handler, Simulator

__all__ = ["async_openai_client", "openai_client", "openai_simulator"]

_MARK: Final = "openai_simulator"
_MODES: Final = ("all", "new_episodes", "once")
_PASSED: Final = pytest.StashKey[bool]()
_RECORDED: Final = pytest.StashKey[set[str]]()
"""The files that this run has recorded: a second test of the same file adds to what the first has recorded."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--drytune-record`` and ``--drytune-record-mode``, which implies it."""
    group = parser.getgroup("drytune")
    group.addoption(
        "--drytune-record",
        action="store_true",
        help="Ask the real API in tests that are marked with openai_simulator(replay=…), which costs what it "
        "costs, and keep what it answers.",
    )
    group.addoption(
        "--drytune-record-mode",
        choices=_MODES,
        help="What --drytune-record asks and keeps: everything anew (all, the default), only what the recording "
        "does not answer (new_episodes), or only where there is no recording yet (once).",
    )


def pytest_configure(config: pytest.Config) -> None:
    """The mark."""
    config.addinivalue_line(
        "markers",
        "openai_simulator(replay=, mode=, speed=, polls=, repeats=, keep_uploads=, redact=, base_url=): answer "
        "the test's clients from a recording (a path beside the test's file); other settings are the simulator's",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Remember whether a test has passed: what a failed one recorded is not kept."""
    report = yield
    if report.when == "call":
        item.stash[_PASSED] = report.passed
    return report


@pytest.fixture(name="_drytune_marked")
def _marked(request: pytest.FixtureRequest) -> Iterator[Marked | None]:
    """What the test's mark asks for, if it asks for a recording."""
    mark = request.node.get_closest_marker(_MARK)
    if mark is None or "replay" not in mark.kwargs:
        yield None
        return
    from drytune.testing.marked import Marked

    record = request.config.getoption("--drytune-record-mode", default=None)
    if record is None and request.config.getoption("--drytune-record", default=False):
        record = "all"
    recorded = request.config.stash.setdefault(_RECORDED, set())
    marked = Marked(request.node.path.parent, mark.kwargs, record, recorded)
    yield marked
    problem = marked.end(kept=request.node.stash.get(_PASSED, default=False))
    if problem is not None:
        pytest.fail(problem, pytrace=False)


@pytest.fixture
def openai_simulator(
    request: pytest.FixtureRequest, _drytune_marked: Marked | None
) -> Iterator[Simulator | Replay | Kept]:
    """A simulated OpenAI platform, fresh for this test; each read of a job moves it to its next happening.

    The mark ``openai_simulator(seed=…)`` gives it settings. With ``openai_simulator(replay=FILE)`` it is what
    answers from that recording: a `drytune.handlers.replay.Replay`.
    """
    if _drytune_marked is not None:
        yield _drytune_marked.handler
        return
    from drytune_simulator import Simulator

    mark = request.node.get_closest_marker(_MARK)
    simulator = Simulator(**(mark.kwargs if mark is not None else {}))
    yield simulator
    simulator.close()


@pytest.fixture
def openai_client(openai_simulator: Handler, _drytune_marked: Marked | None) -> Iterator[OpenAI]:
    """An `openai.OpenAI` client of `openai_simulator`; no call leaves the process, unless it is recorded."""
    from drytune.clients import simulated

    with simulated(openai_simulator, api_key=_key(_drytune_marked)) as client:
        yield client


@pytest.fixture
def async_openai_client(openai_simulator: Handler, _drytune_marked: Marked | None) -> AsyncOpenAI:
    """An `openai.AsyncOpenAI` client of `openai_simulator`; no call leaves the process, unless it is recorded."""
    from drytune.clients import async_simulated

    # nothing is open that would have to be closed, and closing would need the test's event loop
    return async_simulated(openai_simulator, api_key=_key(_drytune_marked))


def _key(marked: Marked | None) -> str:
    from drytune.clients import SIMULATED_KEY

    return SIMULATED_KEY if marked is None else marked.key
