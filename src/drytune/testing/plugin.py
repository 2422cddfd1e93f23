"""The pytest plugin: a simulated platform for each test, and no way out of this machine.

Loaded in every pytest run of an environment that has drytune, so it imports nothing heavy.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import pytest

from drytune.testing import guard
from drytune.testing.unanswered import NoWayOut

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

    from drytune.testing.marked import Marked
    from drytune.testing.simulator import OpenAISimulator
    from drytune_simulator import Clock

__all__ = ["async_openai_client", "drytune_clock", "openai_client", "openai_simulator", "openai_url"]

_MARK: Final = "openai_simulator"
_ALLOW: Final = "drytune_allow_hosts"
_MODES: Final = ("all", "new_episodes", "once")
_LIBRARIES: Final = (str(Path(os.__file__).parent), str(Path(__file__).parents[1]))
_PASSED: Final = pytest.StashKey[bool]()
_RECORDED: Final = pytest.StashKey[set[str]]()
"""The files that this run has recorded: a second test of the same file adds to what the first has recorded."""
_SIMULATOR: Final = pytest.StashKey["OpenAISimulator"]()
_WATCH: Final = pytest.StashKey[guard.Watch]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--drytune-record``, ``--drytune-record-mode``, which implies it, and ``--drytune-allow-hosts``."""
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
        _ALLOW, "Hosts that tests may reach, beside loopback, as --drytune-allow-hosts.", type="args"
    )


def pytest_configure(config: pytest.Config) -> None:
    """The marks."""
    config.addinivalue_line(
        "markers",
        "openai_simulator(seed=, autojump=, as_of=, faults=, replay=, base_url=, …): settings of the test's "
        "simulated OpenAI platform, as of drytune.testing.OpenAISimulator; with replay=FILE (beside the test's "
        "file) a recording answers, and mode=, speed=, polls=, repeats=, keep_uploads=, redact=, title= are how",
    )
    config.addinivalue_line(
        "markers", f"{_ALLOW}(host, …): hosts that the test may reach, beside loopback; * is all of them"
    )


# -- no way out ---------------------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Any:
    """Modules are imported here, and must not reach out either."""
    with guard.watching(collector.nodeid, _allowed(collector)):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Any:
    """From the first fixture to the last."""
    with guard.watching(item.nodeid, _allowed(item)) as watch:
        item.stash[_WATCH] = watch
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Any:
    """What a fixture has swallowed is told."""
    return _settled(item, (yield))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Any:
    """What a test has swallowed fails it."""
    return _settled(item, (yield))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Any:
    """What ends late is told as well."""
    return _settled(item, (yield))


def _settled(item: pytest.Item, result: Any) -> Any:
    """Raise what was swallowed, if the phase has passed."""
    simulator = item.stash.get(_SIMULATOR, None)
    escapes = item.stash[_WATCH].escapes
    if escapes:
        first = escapes[0]
        escapes.clear()
        raise first
    if simulator is not None:
        simulator.settle()
    return result


def _noted(item: pytest.Item, error: BaseException) -> list[NoWayOut]:
    """What was swallowed in a phase that has failed by `error`; it is told once."""
    simulator = item.stash.get(_SIMULATOR, None)
    watch = item.stash.get(_WATCH, None)
    noted = [
        *(watch.escapes if watch is not None else ()),
        *(simulator.unanswered if simulator is not None else ()),
    ]
    if watch is not None:
        watch.escapes.clear()
    if simulator is not None:
        simulator.unanswered.clear()
    return [one for one in noted if one is not error]


def _allowed(node: Any) -> frozenset[str]:
    """Hosts that the option, the ini file and the marks allow."""
    config = node.config
    hosts = [*config.getini(_ALLOW)]
    for given in config.getoption("--drytune-allow-hosts"):
        hosts += given.split(",")
    for mark in node.iter_markers(_ALLOW):
        hosts += mark.args
    return frozenset(host.strip() for host in hosts if host.strip())


# -- reports ------------------------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Show what a failed test asked, and remember whether it has passed: what it recorded is not kept then."""
    error = None if call.excinfo is None else call.excinfo.value
    if error is not None:
        guard.escaped(error)  # is told the URL, which only the way through the program tells
    if isinstance(error, NoWayOut) and not item.config.getoption("fulltrace"):
        # what led there is the test and the code under test, not a dozen floors of HTTP libraries
        call.excinfo = pytest.ExceptionInfo.from_exception(
            error.with_traceback(_of_users(error.__traceback__))
        )
    report = yield
    if report.when == "call":
        item.stash[_PASSED] = report.passed
    if error is not None and (noted := _noted(item, error)):
        report.sections.append(("openai_simulator: not answered", "\n".join(map(str, noted))))
    simulator = item.stash.get(_SIMULATOR, None)
    if report.failed and simulator is not None and len(simulator.requests):
        from drytune.testing.showing import shown

        report.sections.append(
            (f"openai_simulator: {len(simulator.requests)} requests", shown(simulator.requests))
        )
    return report


def _of_users(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without the floors of libraries; whole if it has no others."""
    floors: list[TracebackType] = []
    one = trace
    while one is not None:
        if not _is_library(one.tb_frame.f_code.co_filename):
            floors.append(one)
        one = one.tb_next
    chained: TracebackType | None = None
    for floor in reversed(floors):
        chained = TracebackType(chained, floor.tb_frame, floor.tb_lasti, floor.tb_lineno)
    return chained or trace


def _is_library(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return "site-packages" in parts or path.startswith(_LIBRARIES)


# -- fixtures -----------------------------------------------------------------------------------------------------


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
    watch = request.node.stash[_WATCH]
    watch.allowed |= marked.hosts
    yield marked
    problem = marked.end(kept=request.node.stash.get(_PASSED, default=False))
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
    request.node.stash[_SIMULATOR] = simulator
    request.node.stash[_WATCH].fixture_used = True
    try:
        # by pytest's own fixture: what a test sets by it as well is put back in the right order
        for name, value in simulator.environment.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        with simulator.serving():
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
