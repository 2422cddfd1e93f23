"""What a test is ended with when something would have left it: errors that no `except Exception` swallows.

    NoWayOut (BaseException)
    ├── Escape       a connection that would have left this machine
    ├── Unanswered   a request to the simulator that nothing answers
    └── Endless      the same question again and again, though its answer stays the same

They are no `Exception`, as pytest's own failures are none: an SDK that retries what went wrong, or a program that
goes on after any error, must not turn them into a test that passes. What is swallowed all the same (by a bare
``except:``, in a thread) is noted, and fails the test at its end.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Endless", "Escape", "NoWayOut", "Unanswered", "together"]


class NoWayOut(BaseException):
    """A test asked what nobody here answers.

    Args:
        message: What is wrong, where, and what to do.
        where: The test's name, as pytest has it; empty without one.
        url: What was asked for.
    """

    def __init__(self, message: str, *, where: str = "", url: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.url = url

    def __str__(self) -> str:
        return self.message


class Escape(NoWayOut):
    """A connection that would have left this machine. Nothing was sent."""


class Unanswered(NoWayOut):
    """A request that nothing answers: no route, no recording, no script, nothing that a model was taught."""


class Endless(NoWayOut):
    """A program that asks the same for ever, and would never end."""


def together(noted: Sequence[NoWayOut]) -> NoWayOut:
    """The first of several, which tells of the others as well."""
    first, *others = noted
    for other in others:
        first.add_note(f"and: {other}")
    return first
