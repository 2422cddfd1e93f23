"""What `run`, `resume` and `cancel` do at a terminal: tell, ask, and turn the end into an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drytune.cli.output import print_json, terminal
from drytune.errors import Refused, UsageError

if TYPE_CHECKING:
    from drytune.workflow.context import Choice
    from drytune.workflow.plan import Plan
    from drytune.workflow.records import Run

__all__ = ["Desk", "checked_budget", "the_unfinished", "where_of"]

_INTERRUPTED = 130


def where_of(values: dict[str, Any], state: Path | None) -> dict[str, Any]:
    """The options of a backend, and the journal's directory."""
    return {name: values.get(name) for name in ("backend", "profile", "base_url", "key_env")} | {
        "state": state
    }


def checked_budget(max_usd: float | None) -> float | None:
    """`max_usd`, if it is an amount.

    Raises:
        UsageError: It is none.
    """
    from drytune.estimate import checked_budget as checked

    return checked(max_usd, "--max-usd")


def the_unfinished(state: Path | None) -> str:
    """The one run of which something is left to do.

    Raises:
        UsageError: There is none, or there are several.
    """
    from drytune.workflow.journal import Journal

    with Journal.open(state, empty=True) as journal:
        left = [entry.id for entry in journal.unfinished()]
    if not left:
        raise UsageError("there is no run that is not finished; `drytune runs` lists all.")
    if len(left) > 1:
        raise UsageError(f"{len(left)} runs are not finished; name one of them: {', '.join(left)}.")
    return left[0]


class Desk:
    """Tells what happens, in words or at the end as JSON, and asks where somebody is there.

    Args:
        form: ``text`` or ``json``.
        state: Directory of the journal, None for the user's own.
        is_asking: Whether consent is asked for.
    """

    def __init__(self, form: str, state: Path | None, *, is_asking: bool) -> None:
        from drytune.reports.run_live import LivePrinter

        self._is_json = form == "json"
        self._state = state
        self._is_asking = is_asking
        self._printer = None if self._is_json else LivePrinter(terminal())
        self._was_interrupted = False
        self._run: Run | None = None

    @contextmanager
    def waiting(self, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The options of `drytune.workflow.live.Options`, with the receiver of webhooks open if there is one.

        Args:
            values: Of the command's parameters.
        """
        from drytune.workflow.conditions import Condition
        from drytune.workflow.waiting import duration

        timeout, condition = values.get("timeout"), values.get("cancel_if")
        options: dict[str, Any] = {
            "timeout_s": None if timeout is None else duration(timeout),
            "at_timeout": values.get("at_timeout"),
            "cancel_if": None if condition is None else Condition.parse(condition),
            "follow": not values.get("no_wait"),
            "progress": self.progress,
            "waiting": self._again,
            "interrupted": self._interrupted,
        }
        address = values.get("webhook")
        if address is None:
            yield options
            return
        from drytune.workflow.webhooks import Receiver

        host, port = _address(address)
        with Receiver(_secret(str(values.get("webhook_secret_env"))), port, host) as receiver:
            self._say(f"webhooks are received at {receiver.url}")
            yield options | {"news": receiver.wait}
            if receiver.trouble:
                self._say(receiver.trouble)

    def confirm(self, plan: Plan) -> bool:
        """Show the plan, and ask once whether it is to be done.

        Raises:
            UsageError: Nobody is there to be asked.
        """
        if self._printer is not None:
            self._printer.planned(plan)
        if plan.endpoint.backend != "live":
            question = f"Go on? Nothing is sent or billed: the backend is {plan.endpoint.backend}."
        else:
            question = f"Send this to {plan.endpoint.name}, and spend at most {plan.max_usd:g} USD?"
        return self._consented(question)

    def require_consent(self, question: str, what: str) -> None:
        """Ask.

        Raises:
            Refused: The answer is no.
            UsageError: Nobody is there to be asked.
        """
        if not self._consented(question):
            raise Refused(f"nothing was {what}.")

    def progress(self, run: Run) -> None:
        """Tell of it."""
        self._run = run
        if self._printer is not None:
            self._printer.progress(run)

    def done(self, work: Callable[[], Run], *, is_cancelling: bool = False) -> int:
        """Do the work, tell what came of it, and give the exit code.

        Args:
            work: Gives the run.
            is_cancelling: Whether it is enough that the job has ended, however.
        """
        from drytune.workflow.context import Stopped

        try:
            run = work()
        except Stopped:  # which says how to go on
            self._clear()
            raise
        except BaseException:
            self._clear()
            if self._run is not None and self._run.id is not None and not self._run.done:
                self._hint(self._run.id)
            raise
        plan = self._plan_of(run)
        if self._printer is not None:
            self._printer.report(plan, run)
        else:
            from drytune.reports.run_json import run_dict

            print_json(run_dict(plan, run))
        if is_cancelling and run.done and run.status != "cancelled":
            self._say(f"there was nothing to cancel: the job had {run.status}")
        return self._code(run, is_over=is_cancelling)

    def _plan_of(self, run: Run) -> Plan:
        """The plan that it follows."""
        from drytune.workflow.journal import Journal

        assert run.id is not None  # noqa: S101 - it is in the journal
        with Journal.open(self._state, empty=True) as journal:
            return journal.find(run.id).plan

    def _code(self, run: Run, *, is_over: bool) -> int:
        if self._was_interrupted and not run.done:
            return _INTERRUPTED
        if is_over:
            return 0 if not run.waiting and run.refusal is None else 1
        return 0 if run.done and run.status == "succeeded" else 1

    def _consented(self, question: str) -> bool:
        if not self._is_asking:
            return True
        if not sys.stdin or not sys.stdin.isatty():
            raise UsageError("nobody is there to be asked; add --yes to go on without a question.")
        self._clear()
        return click.confirm(question, default=False, err=True)

    def _interrupted(self, run: Run) -> Choice:
        """Ctrl-C: what becomes of the job; where nobody can be asked, it is left running."""
        self._was_interrupted = True
        self._clear()
        assert run.remote is not None  # noqa: S101 - it is waited for
        if not sys.stdin or not sys.stdin.isatty():
            return "leave"
        click.echo(f"\nThe job {run.remote['id']} goes on at the platform.", err=True)
        try:
            answer = click.prompt(
                "Leave it running (l), cancel it (c), or go on waiting (g)?",
                type=click.Choice(["l", "c", "g"]),
                default="l",
                show_choices=False,
                err=True,
            )
        except (click.Abort, EOFError):  # once more Ctrl-C
            return "leave"
        choices: dict[str, Choice] = {"l": "leave", "c": "cancel", "g": "go on"}
        choice = choices[str(answer)]
        self._was_interrupted = choice == "leave"
        return choice

    def _again(self, seconds: float, why: str) -> None:
        if self._printer is not None:
            self._printer.waiting(seconds, why)

    def _hint(self, run_id: str) -> None:
        click.echo(f"drytune: `drytune resume {run_id}` goes on where it was", err=True)

    def _say(self, words: str) -> None:
        self._clear()
        click.echo(f"drytune: {words}", err=True)

    def _clear(self) -> None:
        if self._printer is not None:
            self._printer.clear()


def _address(text: str) -> tuple[str, int]:
    """Host and port, such as ``8080`` or ``0.0.0.0:8080``.

    Raises:
        UsageError: It is no such thing.
    """
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdecimal()) or int(port) > 65535:
        raise UsageError(f"--webhook {text}: expected [HOST:]PORT, such as 8080; 0 picks a free port.")
    return host.strip("[]") or "127.0.0.1", int(port)


def _secret(name: str) -> str:
    secret = os.environ.get(name)
    if not secret:
        raise UsageError(
            f"there is no secret to verify webhooks with: the environment variable {name} is not set "
            "(--webhook-secret-env names another)."
        )
    return secret
