"""File contents, kept under the SHA-256 of the bytes: the same content is kept once, and never changes."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Protocol

__all__ = ["Blobs", "DirectoryBlobs", "MemoryBlobs"]


class Blobs(Protocol):
    """Where contents are kept."""

    def put(self, data: bytes) -> str:
        """Keep `data`; its key is the hexadecimal SHA-256."""

    def get(self, key: str) -> bytes:
        """The bytes of `key`.

        Raises:
            KeyError: Nothing is kept under that key.
        """

    def discard(self, key: str) -> None:
        """Forget `key`, if it is there."""


class MemoryBlobs:
    """Contents in memory, for as long as the simulator lives."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}

    def put(self, data: bytes) -> str:
        """Keep `data`."""
        key = hashlib.sha256(data).hexdigest()
        self._contents[key] = data
        return key

    def get(self, key: str) -> bytes:
        """The bytes of `key`."""
        return self._contents[key]

    def discard(self, key: str) -> None:
        """Forget `key`."""
        self._contents.pop(key, None)


class DirectoryBlobs:
    """Contents as files of a directory; a file appears whole or not at all."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes) -> str:
        """Write `data`, durably, under a temporary name, and then give it its own."""
        key = hashlib.sha256(data).hexdigest()
        path = self._directory / key
        if not path.exists():
            with tempfile.NamedTemporaryFile(dir=self._directory, delete=False) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).replace(path)
        return key

    def get(self, key: str) -> bytes:
        """Read the bytes of `key`."""
        try:
            return (self._directory / key).read_bytes()
        except FileNotFoundError as error:
            raise KeyError(key) from error

    def discard(self, key: str) -> None:
        """Delete the file of `key`."""
        (self._directory / key).unlink(missing_ok=True)
