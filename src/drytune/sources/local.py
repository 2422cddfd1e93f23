"""Files of this machine, and patterns of their names."""

from __future__ import annotations

import glob
import io
import stat
from pathlib import Path

import msgspec

from drytune.errors import UsageError
from drytune.sources.compressed import compression_of, unpacked, without_suffix
from drytune.sources.stream import Stream, cannot_be_read

__all__ = ["LocalFile", "local_files"]


class LocalFile(msgspec.Struct, frozen=True):
    """A regular file.

    Attributes:
        name: Its path, as the user called it.
        size: In bytes, as it is stored.
    """

    name: str
    size: int

    @property
    def filename(self) -> str:
        """Its path without ``.gz`` or ``.zst``."""
        return without_suffix(self.name)

    @property
    def shared(self) -> bool:
        """Other processes of this machine can open it."""
        return True

    @property
    def splittable(self) -> bool:
        """Whether it is not compressed."""
        return compression_of(self.name) is None

    def open(self) -> Stream:
        """Its bytes, decompressed.

        Raises:
            UsageError: It cannot be opened.
        """
        try:
            stored: io.BufferedReader = Path(self.name).open("rb")  # noqa: SIM115 - the stream closes it
        except OSError as error:
            raise cannot_be_read(self.name, error) from None
        return unpacked(stored, self.name)

    def peek(self, most: int) -> Stream:  # noqa: ARG002 - a file can be opened any number of times
        """Its first bytes, to look at; they are there again when it is opened.

        Raises:
            UsageError: It cannot be opened.
        """
        return self.open()


def local_files(name: str) -> list[LocalFile]:
    """The file of this name; if there is none and the name is a pattern, the files that match, in order.

    Raises:
        UsageError: There is no such file, or it is nothing that can be read to its end.
    """
    if "\0" in name:
        raise UsageError(f"{name!r} is not a file name.")
    try:
        if name and not Path(name).exists() and glob.has_magic(name):
            return _matching(name)
        return [_file(name)]
    except OSError as error:
        raise cannot_be_read(name, error) from None


def _matching(pattern: str) -> list[LocalFile]:
    found = glob.glob(pattern, recursive=True)  # noqa: PTH207 - a Path has no patterns that are absolute
    paths = sorted(path for path in found if not Path(path).is_dir())
    if not paths:
        raise UsageError(f"No file matches {pattern}; check the pattern.")
    return [_file(path) for path in paths]


def _file(name: str) -> LocalFile:
    if name and Path(name).is_symlink() and not Path(name).exists():
        raise UsageError(f"{name} is a symbolic link that leads nowhere; mend it, or leave it out.")
    if not name or not Path(name).exists():
        raise UsageError(f"{name or 'The empty name'} does not exist; check the path.")
    status = Path(name).stat()
    if stat.S_ISDIR(status.st_mode):
        raise UsageError(f"{name} is a directory; name the .jsonl file in it.")
    if stat.S_ISFIFO(status.st_mode):
        raise UsageError(
            f"{name} is a pipe, not a regular file; name - instead and pipe it in, or save its content as a"
            " .jsonl file first."
        )
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{name} is not a regular file; save its content as a .jsonl file first.")
    with Path(name).open("rb"):  # what cannot be opened is told before any work is done
        return LocalFile(name, status.st_size)
