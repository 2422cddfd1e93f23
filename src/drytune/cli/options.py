"""Options that several commands share."""

from __future__ import annotations

from datetime import date, datetime

import click

from drytune.errors import UsageError

__all__ = ["AS_OF", "DEFAULT_MODEL", "day_or_today", "require_text"]

DEFAULT_MODEL = "gpt-4.1-mini"

AS_OF = click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The day whose prices and retirement dates count; by default today.",
)


def day_or_today(moment: datetime | None) -> date:
    """The day of `moment`, or today in UTC."""
    from drytune_simulator.clock import SystemClock, to_date

    return moment.date() if moment is not None else to_date(SystemClock().now())


def require_text(argument: str) -> None:
    """Refuse an argument whose bytes are not in the terminal's encoding.

    Raises:
        UsageError: Python could not decode it.
    """
    try:
        argument.encode()
    except UnicodeEncodeError:
        raise UsageError(
            f"the argument {argument.encode('ascii', 'backslashreplace').decode()} is not text in the encoding of "
            "this terminal; use UTF-8"
        ) from None
