"""The hooks of the pytest plugin: what a test asks of other machines fails it, and what it has asked is shown."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import pytest

from drytune.testing import guard
from drytune.testing.opened import begin, seen, still_open
from drytune.testing.unanswered import NoWayOut, together

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = ["ALLOW", "ALLOWED", "PASSED", "WATCH"]

ALLOW: Final = "drytune_allow_hosts"
"""The mark and the setting with hosts that may be reached."""
_LIBRARIES: Final = (str(Path(os.__file__).parent), str(Path(__file__).parents[1]))
WATCH: Final = pytest.StashKey[guard.Watch]()
"""What guards a test."""
PASSED: Final = pytest.StashKey[bool]()
"""Whether a test has passed."""
ALLOWED: Final = pytest.StashKey[Iterable[str]]()
"""The hosts that all tests may reach."""
_SESSION: Final = pytest.StashKey[tuple["AbstractContextManager[guard.Watch] | None", "guard.Watch | None"]]()
_LATE: Final = pytest.StashKey[list[str]]()
_OUTPUT: Final = "drytune_late"
_BAD_MARK: Final = pytest.StashKey["Exception | None"]()
_SWALLOWED: Final = pytest.StashKey[list[NoWayOut]]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection(session: pytest.Session) -> Any:
    """From here on; what other plugins do before, and after the last test, is their own business."""
    watching = guard.watching("", session.config.stash[ALLOWED])
    session.config.stash[_SESSION] = (watching, watching.__enter__())
    try:
        return (yield)
    except BaseException:
        _end(session.config)
        raise


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Any:
    """Up to here; what was tried between two tests is told at the end."""
    try:
        return (yield)
    finally:
        late = [escape.message for escape in _end(session.config)]
        session.config.stash.setdefault(_LATE, []).extend(late)
        if hasattr(session.config, "workeroutput"):  # of pytest-xdist: the one who reports is told
            session.config.workeroutput[_OUTPUT] = late


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A process of pytest-xdist has ended."""
    node.config.stash.setdefault(_LATE, []).extend(getattr(node, "workeroutput", {}).get(_OUTPUT, ()))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """What no test can be told of fails the run."""
    if session.config.stash.get(_LATE, []) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """However the run has ended."""
    _end(config)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What no test can be told of."""
    late = config.stash.get(_LATE, [])
    if late:
        terminalreporter.section("drytune: no way out", red=True)
        for message in late:
            terminalreporter.line(message)


def _end(config: pytest.Config) -> list[guard.Escape]:
    """Stop guarding; what was tried outside of any test."""
    watching, watch = config.stash.get(_SESSION, (None, None))
    if watching is None or watch is None:
        return []
    config.stash[_SESSION] = (None, None)
    watching.__exit__(None, None, None)
    return list(watch.escapes)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Any:
    """Modules are imported here, and must not reach out either."""
    with guard.watching(collector.nodeid, collector.config.stash[ALLOWED]) as watch:
        report = yield
    if watch.escapes and report.passed:
        report.outcome, report.longrepr, report.result = "failed", _words(watch.escapes), []
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Any:
    """From the first fixture to the last."""
    allowed = frozenset(item.config.stash[ALLOWED])
    item.stash[_BAD_MARK] = None
    try:
        allowed |= guard.checked_hosts(host for mark in item.iter_markers(ALLOW) for host in mark.args)
    except ValueError as error:
        item.stash[_BAD_MARK] = error
    begin()
    with guard.watching(item.nodeid, allowed) as watch:
        item.stash[WATCH] = watch
        try:
            return (yield)
        finally:  # the test has been reported by now
            if (session := item.config.stash[_SESSION][1]) is not None:
                session.escapes += watch.escapes


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Any:
    """What a fixture has swallowed is told."""
    if (bad := item.stash[_BAD_MARK]) is not None:
        raise bad
    return (yield from _told(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Any:
    """What a test has swallowed fails it."""
    result = yield from _told(item)
    for simulator in still_open():
        simulator.check_scripts()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Any:
    """What ends late is told as well."""
    return (yield from _told(item))


def _told(item: pytest.Item) -> Generator[None, Any, Any]:
    """Raise what was swallowed, if the phase has passed or has been skipped; else it is shown beside the error."""
    try:
        result = yield
    except (pytest.exit.Exception, KeyboardInterrupt):
        raise  # nothing is reported of this test any more; it is told at the end
    except (pytest.skip.Exception, pytest.xfail.Exception) as skipped:
        if noted := _noted(item):
            raise together(noted) from skipped
        raise
    except BaseException as error:
        item.stash[_SWALLOWED] = [one for one in _noted(item) if one not in (error, guard.escaped(error))]
        raise
    if noted := _noted(item):
        raise together(noted)
    return result


def _noted(item: pytest.Item) -> list[NoWayOut]:
    """What has been noted, and is told now."""
    escapes = item.stash[WATCH].escapes
    found: list[NoWayOut] = list(escapes)
    escapes.clear()
    for simulator in seen():
        found += simulator.unanswered
        simulator.unanswered.clear()
    return found


def _words(noted: Iterable[NoWayOut]) -> str:
    return "\n".join(one.message for one in noted)


@pytest.hookimpl(wrapper=True, tryfirst=True)
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
    swallowed = item.stash.get(_SWALLOWED, [])
    item.stash[_SWALLOWED] = []
    if swallowed:
        report.sections.append(("drytune: swallowed", _words(swallowed)))
    out = error if isinstance(error, NoWayOut) else next(iter(swallowed), None)
    if out is not None and report.skipped and not _is_expected(item, out):  # unittest skips in its own way
        vars(report).pop("wasxfail", None)
        report.outcome, report.longrepr = "failed", out.message
    if report.when == "call":
        item.stash[PASSED] = report.passed
    if report.failed:
        for simulator in seen():
            if len(simulator.requests):
                from drytune.testing.showing import shown

                head = f"openai_simulator: {len(simulator.requests)} requests"
                report.sections.append((head, shown(simulator.requests)))
    return report


def _is_expected(item: pytest.Item, error: NoWayOut) -> bool:
    """Whether a mark says that just this is to come."""
    for mark in item.iter_markers("xfail"):
        raises = mark.kwargs.get("raises") or ()
        kinds = raises if isinstance(raises, tuple) else (raises,)
        if any(issubclass(kind, NoWayOut) and isinstance(error, kind) for kind in kinds):
            return True
    return False


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
