"""What `keep` and `compare` share: which API is asked, with which key, how fast, for how much."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from drytune.backends.keys import key_in_environment
from drytune.errors import UsageError
from drytune.handlers.addresses import DEFAULT_BASE_URL

__all__ = ["checked_limits", "key_of", "tell", "upstream_options", "url_of"]

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--base-url",
        metavar="URL",
        envvar="OPENAI_BASE_URL",
        show_envvar=True,
        help=f"The API that is asked.  [default: {DEFAULT_BASE_URL}]",
    ),
    click.option(
        "--key-env",
        metavar="NAME",
        default="OPENAI_API_KEY",
        show_default=True,
        help="Environment variable with the key for it.",
    ),
    click.option("--max-usd", type=float, metavar="USD", help="Stop before more than this could be spent."),
    click.option("--rpm", type=float, metavar="N", help="At most so many requests in a minute."),
)


def upstream_options(command: _Command) -> _Command:
    """Add them to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def url_of(base_url: str | None) -> str:
    """The API that is asked."""
    return base_url or DEFAULT_BASE_URL


def key_of(name: str) -> str:
    """The key in the environment.

    Raises:
        UsageError: There is none, or one that cannot be sent.
    """
    return key_in_environment(name, os.environ, " (--key-env names another)")


def checked_limits(max_usd: float | None, rpm: float | None) -> None:
    """Refuse limits that are none.

    Raises:
        UsageError: One is not a positive number.
    """
    for name, value in (("--max-usd", max_usd), ("--rpm", rpm)):
        if value is not None and not (math.isfinite(value) and value > 0):
            raise UsageError(f"{name} {value:g}: expected a number above 0")


def tell(line: str, *, always: bool = False) -> None:
    """Say how far it is, if somebody watches: over the line before.

    Args:
        line: What is said.
        always: Whether a log is to have it, too, as a line of its own.
    """
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{line}", err=True, nl=False)
    elif always:
        click.echo(line, err=True)
