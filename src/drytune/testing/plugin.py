"""The pytest plugin: a simulated platform for each test, and no way out of this machine.

Loaded in every pytest run of an environment that has drytune, so it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest

from drytune.testing import guard, hooks
from drytune.testing.hooks import ALLOW, ALLOWED, PASSED, WATCH
from drytune.testing.opened import opened

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

    from drytune.testing.marked import Marked
    from drytune.testing.simulator import OpenAISimulator
    from drytune_simulator import Clock

__all__ = ["async_openai_client", "drytune_clock", "openai_client", "openai_simulator", "openai_url"]

_MARK: Final = "openai_simulator"
_MODES: Final = ("all", "new_episodes", "once")
_RECORDED: Final = pytest.StashKey[set[str]]()
"""The files that this run has recorded: a second test of the same file adds to what the first has recorded."""


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """``--drytune-record``, ``--drytune-record-mode``, which implies it, and ``--drytune-allow-hosts``."""
    pluginmanager.register(hooks, "drytune-hooks")
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
    group.addoption(
        "--drytune-allow-hosts",
        metavar="HOSTS",
        action="append",
        default=[],
        help="Let tests reach these hosts, beside loopback: names, addresses, networks (10.0.0.0/8), patterns "
        "(*.example.com), with commas between them; * lets everything through.",
    )
    parser.addini(
        ALLOW, "Hosts that tests may reach, beside loopback, as --drytune-allow-hosts.", type="args"
    )


def pytest_configure(config: pytest.Config) -> None:
    """The marks; and hosts that are none are told at once."""
    given = [*config.getini(ALLOW)]
    for hosts in config.getoption("--drytune-allow-hosts"):
        given += hosts.split(",")
    try:
        config.stash[ALLOWED] = guard.checked_hosts(host.strip() for host in given if host.strip())
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    config.addinivalue_line(
        "markers",
        "openai_simulator(seed=, autojump=, as_of=, faults=, replay=, base_url=, …): settings of the test's "
        "simulated OpenAI platform, as of drytune.testing.OpenAISimulator; with replay=FILE (beside the test's "
        "file) a recording answers, and mode=, speed=, polls=, repeats=, keep_uploads=, redact=, title= are how",
    )
    config.addinivalue_line(
        "markers", f"{ALLOW}(host, …): hosts that the test may reach, beside loopback; * is all of them"
    )


@pytest.fixture(name="_drytune_settings")
def _settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the test's marks say; the nearest one wins."""
    settings: dict[str, Any] = {}
    for mark in request.node.iter_markers(_MARK):
        if mark.args:
            from drytune.errors import UsageError

            msg = f"the mark {_MARK} takes names with values, as in {_MARK}(seed=7), but got {mark.args!r}"
            raise UsageError(msg)
        settings = {**mark.kwargs, **settings}
    # a mark is one for all its tests; what counts in it begins anew in each of them
    return {name: getattr(value, "fresh", lambda value=value: value)() for name, value in settings.items()}


@pytest.fixture(name="_drytune_marked")
def _marked(request: pytest.FixtureRequest, _drytune_settings: dict[str, Any]) -> Iterator[Marked | None]:
    """What the test's marks ask for, if they ask for a recording."""
    if _drytune_settings.get("replay") is None:
        yield None
        return
    from drytune.testing.marked import Marked

    record = request.config.getoption("--drytune-record-mode", default=None)
    if record is None and request.config.getoption("--drytune-record", default=False):
        record = "all"
    recorded = request.config.stash.setdefault(_RECORDED, set())
    marked = Marked(request.node.path.parent, _drytune_settings, record, recorded)
    watch = request.node.stash[WATCH]
    watch.allowed |= marked.hosts
    yield marked
    problem = marked.end(kept=request.node.stash.get(PASSED, default=False))
    if problem is not None:
        pytest.fail(problem, pytrace=False)


@pytest.fixture
def drytune_clock(_drytune_settings: dict[str, Any]) -> Clock:
    """The clock by which the simulated platform's jobs move; override it to have another.

    By the mark's ``autojump`` (True: each read of a job moves it to its next happening) and ``as_of``.
    """
    from drytune.testing.settings import clock_for

    given = _drytune_settings.get("clock")
    if given is not None:
        return given  # type: ignore[no-any-return]
    return clock_for(_drytune_settings.get("autojump", True), _drytune_settings.get("as_of"))


@pytest.fixture
def openai_simulator(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    drytune_clock: Clock,
    _drytune_settings: dict[str, Any],
    _drytune_marked: Marked | None,
) -> Iterator[OpenAISimulator]:
    """A simulated OpenAI platform, fresh for this test: a `drytune.testing.OpenAISimulator`.

    ``OpenAI()`` and ``AsyncOpenAI()`` that the code under test builds are served by it, too. The mark
    ``openai_simulator(seed=…)`` gives it settings; with ``openai_simulator(replay=FILE)`` a recording answers.
    """
    from drytune.testing.simulator import OpenAISimulator

    settings: dict[str, Any] = {**_drytune_settings, "where": request.node.nodeid}
    if _drytune_marked is None:
        simulator = OpenAISimulator(**{**settings, "clock": drytune_clock})
    else:
        simulator = OpenAISimulator(answering=_drytune_marked.handler, **_drytune_marked.others)
        simulator.key = _drytune_marked.key
    request.node.stash[WATCH].fixture_used = True
    try:
        # by pytest's own fixture: what a test sets by it as well is put back in the right order
        for name, value in simulator.environment.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        with opened(simulator), simulator.serving():
            yield simulator
    finally:
        simulator.close()


@pytest.fixture
def openai_client(openai_simulator: OpenAISimulator) -> Iterator[OpenAI]:
    """An `openai.OpenAI` client of `openai_simulator`; no call leaves the process, unless it is recorded."""
    with openai_simulator.client() as client:
        yield client


@pytest.fixture
def async_openai_client(openai_simulator: OpenAISimulator) -> AsyncOpenAI:
    """An `openai.AsyncOpenAI` client of `openai_simulator`; no call leaves the process, unless it is recorded."""
    # nothing is open that would have to be closed, and closing would need the test's event loop
    return openai_simulator.async_client()


@pytest.fixture
def openai_url(openai_simulator: OpenAISimulator) -> str:
    """The base URL of `openai_simulator` as a real server on a free port, for other processes and other clients.

    It stands in ``OPENAI_BASE_URL`` as well; what answers there begins with the first connection.
    """
    return openai_simulator.url
