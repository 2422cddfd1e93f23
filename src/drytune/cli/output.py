"""What a command prints, whatever the terminal or the locale can show."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["abandon_output", "print_json", "print_lines", "terminal"]


def abandon_output() -> None:
    """Give standard output another end, or the interpreter would try once more to flush it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(value: object) -> None:
    """`value` on standard output as UTF-8 JSON; what UTF-8 cannot spell becomes an escape, which JSON has too."""
    import json

    text = json.dumps(value, ensure_ascii=False, indent=2)
    try:
        click.echo(text.encode("utf-8", "backslashreplace"))
    except BrokenPipeError:
        abandon_output()


def print_lines(lines: Iterable[str]) -> None:
    """`lines` on standard output as UTF-8, whatever the locale."""
    try:
        for line in lines:
            click.echo(line.encode("utf-8", "backslashreplace"))
    except BrokenPipeError:
        abandon_output()


def terminal() -> Console:
    """Standard output for people: a character that it cannot show becomes a question mark."""
    from rich.console import Console

    class Terminal(Console):
        def on_broken_pipe(self) -> None:
            """The reader has left: go on in silence, since the exit code still is an answer."""
            self.quiet = True
            abandon_output()

    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
    console = Terminal(highlight=False, emoji=False)
    if not console.is_terminal:
        console.soft_wrap = True  # a finding is a line, for those who grep
    return console
