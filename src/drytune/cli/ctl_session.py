"""What all commands of ``drytune ctl`` share: where to ask, how to print, and ``--json``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from drytune.cli.output import print_json, print_lines

if TYPE_CHECKING:
    from drytune.cli.ctl_remote import Remote

__all__ = ["Session", "command", "of_one"]

Lines = Callable[[Any], Iterable[str]]


class Session:
    """Where to ask, and how to print what comes."""

    def __init__(self, remote: Remote, *, as_json: bool) -> None:
        self.remote = remote
        self.as_json = as_json

    def tell(self, answer: Any, lines: Lines) -> None:
        """Print an answer."""
        if self.as_json:
            print_json(answer)
        else:
            print_lines(lines(answer))


def command(function: Callable[..., None]) -> Callable[..., None]:
    """A command that is given the session, and takes ``--json`` as the group does."""

    @click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
    @click.pass_obj
    def run(session: Session, /, *arguments: Any, as_json: bool, **options: Any) -> None:
        session.as_json = session.as_json or as_json
        function(session, *arguments, **options)

    run.__name__, run.__doc__ = function.__name__, function.__doc__
    return run


def of_one(answer: Any) -> Iterable[str]:
    """What has to be known about counts and requests where several processes answer."""
    workers = answer.get("workers", 1)
    if workers > 1:
        yield f"(as one of {workers} workers has it: each counts and notes only what it was asked itself)"
