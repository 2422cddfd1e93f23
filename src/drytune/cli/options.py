"""Options that several commands share."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from drytune.errors import UsageError

__all__ = ["AS_OF", "DEFAULT_MODEL", "GRADER", "RESPONSE_FORMAT", "day_or_today", "json_file", "require_text"]

DEFAULT_MODEL = "gpt-4.1-mini"

AS_OF = click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The day whose prices and retirement dates count; by default today.",
)

GRADER = click.option("--grader", metavar="FILE", help="A reinforcement job's grader, as JSON.")
RESPONSE_FORMAT = click.option(
    "--response-format", metavar="FILE", help="A reinforcement job's response format, as JSON."
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


def json_file(name: str | None, option: str) -> dict[str, Any] | None:
    """The JSON object in a file.

    Raises:
        UsageError: It cannot be read, or holds something else.
    """
    if name is None:
        return None
    import json

    try:
        value = json.loads(Path(name).read_bytes())
    except OSError as error:
        raise UsageError(f"{option} {name} cannot be read: {error.strerror or error}.") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{option} {name} is not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise UsageError(f"{option} {name} must hold a JSON object.")
    return value
