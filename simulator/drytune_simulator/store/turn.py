"""Whose turn it is to write, among all threads of all processes of a machine."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from drytune_simulator.store.error import StoreError

if sys.platform != "win32":
    import fcntl

__all__ = ["Turn"]


class Turn:
    """A queue: whoever waits is woken when it is served, where SQLite would look again every now and then.

    A process that dies gives up its turn. It is a matter of speed alone: SQLite keeps writers apart without it, as
    it does on Windows.

    Args:
        path: A file that all processes open, and that is never deleted.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.Lock()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Wait for it, and have it inside.

        Raises:
            StoreError: The file cannot be made.
        """
        with self._threads:
            if sys.platform == "win32":
                yield
                return
            try:
                file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            except OSError as error:
                raise StoreError(
                    f"state cannot be kept in {self._path.parent}: {error.strerror}; name a directory that you "
                    "may write to"
                ) from error
            try:
                with suppress(OSError):  # a file system without such locks
                    fcntl.flock(file, fcntl.LOCK_EX)
                yield
            finally:
                os.close(file)  # which lets go of the lock as well
