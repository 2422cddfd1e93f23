"""A pytest plugin for runs on a seeded bug: notes of each test that fails who has found the bug.

It was found by the kit if a module of `drytune.testing` raised: an assertion, a machine, a guard. Else by the
test's own `assert`, or by an error of the program that nobody caught. Once the kit has, the run is over.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import pytest

import drytune.testing
from drytune.testing.unanswered import NoWayOut

_KIT = Path(drytune.testing.__file__).parent


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> object:
    report = yield
    if report.failed:
        by_kit = any(_is_kits(error) for error in _errors(call.excinfo.value))
        error = next((error for error in _errors(call.excinfo.value) if _is_kits(error)), call.excinfo.value)
        told = (str(error).splitlines() or [""])[0]
        line = {"test": item.name, "kit": by_kit, "kind": type(error).__name__, "told": told}
        with Path(os.environ["FOUND_BY"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if by_kit:
            item.session.shouldstop = "the kit has found it"
    return report


def _errors(error: BaseException) -> Iterator[BaseException]:
    """The error, or the errors of which a group is made."""
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _errors(one)
    else:
        yield error


def _is_kits(error: BaseException) -> bool:
    if isinstance(error, NoWayOut):
        return True
    says_so = isinstance(
        error, AssertionError | pytest.fail.Exception
    )  # any other error is a bug of the kit itself
    return says_so and _raised_in(error.__traceback__).is_relative_to(_KIT)


def _raised_in(traceback: TracebackType | None) -> Path:
    """The file of the innermost frame; `pytest.fail` is not who fails."""
    path = Path()
    while traceback is not None:
        inner = Path(traceback.tb_frame.f_code.co_filename)
        if "_pytest" not in inner.parts:
            path = inner
        traceback = traceback.tb_next
    return path
