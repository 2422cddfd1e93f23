"""Directories of what can be made again, kept on a disk: each there whole or not at all, whoever makes it at once.

What is kept is made in a directory of its own, described (names, sizes and digests of its files), and renamed.
Several processes may make the same: the first to be done wins. What is not as described was damaged, or cut short
by a loss of power, and is made again. What was used longest ago goes when there is too much.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import xxhash

from drytune_simulator.clock import SystemClock

__all__ = ["DamagedError", "Shelf"]

_LOG = logging.getLogger("drytune_simulator")

_Made = TypeVar("_Made")
_Looked = tuple[int, str]

_MOST: Final = 100
"""So many are kept."""
_ATTEMPTS: Final = 3
_LONGEST_MAKING: Final = 24 * 3600.0
"""A directory that was begun so many seconds ago was left behind by a process that has died."""
_BEGUN, _DESCRIPTION = ".begun-", "files.json"
_AT_ONCE = 1 << 20


class DamagedError(ValueError):
    """What was kept cannot be read."""


class Shelf:
    """What is kept in one directory, by name.

    Args:
        directory: It is made when something is to be kept.
        needed: Whether what has this name may still be asked for; what may not goes when something new comes.
        most: So many are kept.
    """

    def __init__(
        self, directory: Path, needed: Callable[[str], bool] = lambda _: True, most: int = _MOST
    ) -> None:
        self._directory = directory
        self._needed = needed
        self._most = most

    def take(self, name: str, make: Callable[[Path], object], read: Callable[[Path], _Made]) -> _Made:
        """What is kept under `name`; it is made if it is not there, or not whole.

        Args:
            name: Of a file.
            make: Fills the empty directory that it is given.
            read: Opens what `make` has made.

        Raises:
            OSError: It can neither be read nor made.
            DamagedError: What was just made cannot be read.
        """
        path = self._directory / name
        for attempt in range(_ATTEMPTS):
            if attempt or not _is_whole(path):
                self._remove(path)
                self._make(path, make)
                self._clean()
            try:
                made = read(path)
            except DamagedError as error:
                # it is of another version, or another process has just removed it to make it again
                _LOG.warning("%s cannot be read (%s), and is made again", path, error)
            else:
                with suppress(OSError):
                    os.utime(path)  # it was used
                return made
        raise DamagedError(f"what was made at {path} cannot be read")

    def _make(self, path: Path, make: Callable[[Path], object]) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        begun = Path(tempfile.mkdtemp(dir=self._directory, prefix=_BEGUN))
        try:
            make(begun)
            description = {file: _looked_at(begun / file) for file in _files(begun)}
            (begun / _DESCRIPTION).write_bytes(msgspec.json.encode(description))
            try:
                begun.rename(path)
            except OSError:
                if not path.exists():
                    raise
                # another process was faster, and what it made is as good
        finally:
            shutil.rmtree(begun, ignore_errors=True)

    def _clean(self) -> None:
        """Remove what nobody needs, and what was used longest ago if there is too much."""
        now = SystemClock().now()  # directories have real times
        kept: list[tuple[float, str]] = []
        with os.scandir(self._directory) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # another process cleans up as well
                    used = entry.stat().st_mtime
                    if entry.name.startswith(_BEGUN):
                        if used < now - _LONGEST_MAKING:
                            shutil.rmtree(entry.path, ignore_errors=True)
                    elif self._needed(entry.name):
                        kept.append((used, entry.name))
                    else:
                        self._remove(Path(entry.path))
        for _, name in sorted(kept, reverse=True)[self._most :]:
            self._remove(self._directory / name)

    def _remove(self, path: Path) -> None:
        """Let nobody find it from here on; who reads it still can."""
        if path.exists():
            aside = Path(tempfile.mkdtemp(dir=self._directory, prefix=_BEGUN))
            with suppress(OSError):
                path.rename(aside / path.name)
            shutil.rmtree(aside, ignore_errors=True)


def _is_whole(path: Path) -> bool:
    """Whether the directory is there, and its files are as described."""
    try:
        described = msgspec.json.decode((path / _DESCRIPTION).read_bytes(), type=dict[str, _Looked])
        return described == {file: _looked_at(path / file) for file in _files(path)}
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return False


def _files(path: Path) -> Iterator[str]:
    """The names of what is described."""
    return (file.name for file in path.iterdir() if file.is_file() and file.name != _DESCRIPTION)


def _looked_at(path: Path) -> _Looked:
    """Size and digest of a file."""
    digest = xxhash.xxh3_64()
    with path.open("rb") as file:
        while chunk := file.read(_AT_ONCE):
            digest.update(chunk)
    return path.stat().st_size, digest.hexdigest()
