"""Where drytune keeps what outlives a process. Importing this costs nothing: every `drytune check` asks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

__all__ = ["JOURNAL", "state_directory"]

JOURNAL: Final = "runs.sqlite3"
"""The file of the journal, in the state directory."""


def state_directory(state: Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """Where the journal is, and what else outlives a process.

    Args:
        state: As ``--state`` says; without it, ``DRYTUNE_STATE``, or the user's own state directory.
        environ: Environment variables.
    """
    if state is not None:
        return Path(state)
    named = environ.get("DRYTUNE_STATE", "").strip()
    if named:
        return Path(named).expanduser()
    import platformdirs  # late: most commands keep no state

    return platformdirs.user_state_path("drytune", appauthor=False)
