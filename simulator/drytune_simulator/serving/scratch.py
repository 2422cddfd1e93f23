"""Temporary directories of a server; what one that was killed has left is removed by the next."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from drytune_simulator.clock import SystemClock

__all__ = ["scratch"]

_LOCK = ".drytune-owner"
_SECONDS_TO_LOCK = 60.0


@contextlib.contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """A directory that goes away at the end, and those of that prefix whose owners have gone without a word."""
    _remove_abandoned(prefix)
    with (
        tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as name,
        (Path(name) / _LOCK).open("wb") as file,
    ):
        _lock(file)  # the system lets go of it when this process ends, however it ends
        yield Path(name)


def _remove_abandoned(prefix: str) -> None:
    for directory in Path(tempfile.gettempdir()).glob(prefix + "*"):
        with contextlib.suppress(OSError):
            if _is_mine(directory):
                _remove_if_abandoned(directory)


def _is_mine(directory: Path) -> bool:
    """Whether it is a directory, no link to one, of this user; never where the system cannot tell."""
    owner = getattr(os, "getuid", None)
    return owner is not None and not directory.is_symlink() and directory.stat().st_uid == owner()


def _remove_if_abandoned(directory: Path) -> None:
    lock = directory / _LOCK
    if not lock.exists():
        # its owner was killed before it could lock it; or is about to
        if SystemClock().now() - directory.stat().st_mtime > _SECONDS_TO_LOCK:
            directory.rmdir()  # only if there is nothing in it
        return
    with lock.open("rb") as file:
        if SystemClock().now() - lock.stat().st_mtime > 1 and _lock(file):
            shutil.rmtree(directory, ignore_errors=True)


def _lock(file: IO[bytes]) -> bool:
    """Whether nobody else has it."""
    try:
        import fcntl
    except ImportError:  # Windows: nothing is removed there
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
