"""How a job is waited for: the options that `run` and `resume` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["waiting_options"]

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--timeout",
        metavar="DURATION",
        help="Wait for the job so long at most, e.g. 90s, 15m, 2h or 1h30m.  [default: until it ends]",
    ),
    click.option(
        "--at-timeout",
        type=click.Choice(["leave", "cancel"]),
        default="leave",
        show_default=True,
        help="Then leave the job running, or cancel it.",
    ),
    click.option(
        "--cancel-if",
        metavar="CONDITION",
        help='Cancel the job when its steps say so, e.g. "valid_loss > 2.5 after 100".',
    ),
    click.option("--no-wait", is_flag=True, help="Leave when the job was made; `drytune resume` goes on."),
    click.option(
        "--webhook",
        metavar="[HOST:]PORT",
        help="Listen there for the platform's webhooks, and look at the job when one comes; it is looked at now "
        "and then all the same.",
    ),
    click.option(
        "--webhook-secret-env",
        metavar="NAME",
        default="OPENAI_WEBHOOK_SECRET",
        show_default=True,
        help="Environment variable with the secret of the webhooks.",
    ),
)


def waiting_options(command: _Command) -> _Command:
    """Add them to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
