"""One process at a time works on a run."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from drytune.errors import Refused
from drytune.workflow.journal_schema import JournalError

__all__ = ["RunLock"]

_fcntl: ModuleType | None
try:
    import fcntl as _fcntl
except ImportError:  # Windows
    _fcntl = None


class RunLock:
    """Held by the process that works on a run; it ends with the process, however that ends.

    Raises:
        Refused: Another process has it.
        JournalError: There can be no file.
    """

    def __init__(self, journal: Path, run_id: str) -> None:
        path = journal.parent / "locks" / run_id
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise JournalError(f"{path} cannot be written: {error.strerror or error}.") from error
        try:
            if _fcntl is not None:
                _fcntl.flock(self._file, _fcntl.LOCK_EX | _fcntl.LOCK_NB)
        except OSError as error:
            number = os.pread(self._file, 20, 0).decode("ascii", "replace").strip()
            os.close(self._file)
            who = f"process {number}" if number else "another process"
            raise Refused(
                f"{run_id} is being worked on by {who}: wait for its end, or interrupt it (Ctrl-C) and go on with "
                f"`drytune resume {run_id}`."
            ) from error
        with suppress(OSError):  # a full disk; then the number is not told
            os.ftruncate(self._file, 0)
            os.write(self._file, f"{os.getpid()}\n".encode("ascii"))

    def close(self) -> None:
        """Let it go; the file stays, for another process may wait for it."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
