"""What a command prints, whatever the terminal or the locale can show."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_json", "terminal"]


def print_json(value: object) -> None:
    """`value` on standard output as UTF-8 JSON; what UTF-8 cannot spell becomes an escape, which JSON has too."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    click.echo(text.encode("utf-8", "backslashreplace"))


def terminal() -> Console:
    """Standard output for people: a character that it cannot show becomes a question mark."""
    from rich.console import Console

    class Terminal(Console):
        def on_broken_pipe(self) -> None:
            """A reader that leaves is for `main` to deal with; rich would end with exit code 1."""
            raise  # noqa: PLE0704 - rich calls this where it has caught the error

    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
    console = Terminal(highlight=False, emoji=False)
    if not console.is_terminal:
        console.soft_wrap = True  # a finding is a line, for those who grep
    return console
