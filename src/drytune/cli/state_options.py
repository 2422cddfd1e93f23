"""Where the journal is: the option of all commands that read or write it."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["STATE"]

STATE = click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Directory of the journal; or set DRYTUNE_STATE.  [default: the user's state directory]",
)
