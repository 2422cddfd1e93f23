"""File contents, kept under the SHA-256 of the bytes: the same content is kept once, and never changes."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from drytune_simulator.store.error import StoreError

__all__ = [
    "IDENTITY",
    "LARGEST_IN_MEMORY",
    "Blobs",
    "DirectoryBlobs",
    "Hold",
    "Kept",
    "MemoryBlobs",
    "Place",
    "written",
]

#: The file that says which place this is; no key of a content begins with a dot.
IDENTITY = ".identity"

#: Contents of more bytes are kept in files also where nothing has to outlive the process.
LARGEST_IN_MEMORY = 8 << 20
#: A file that was begun so many seconds ago was left behind by a process that has died.
_LONGEST_WRITE = 24 * 3600.0
_BEGUN = ".begun-"
_OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO}

#: Called with a key after it is known and before anybody relies on what is kept under it.
Hold = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """A content that was put.

    Attributes:
        key: Hexadecimal SHA-256 of the bytes.
        size: Number of bytes.
    """

    key: str
    size: int


def written(file: Any, chunks: Iterable[bytes]) -> Kept:
    """Write all chunks to `file`, one at a time; what they are together."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        file.write(chunk)
    file.flush()
    return Kept(digest.hexdigest(), size)


class Blobs(Protocol):
    """What resources see of file contents. What is asked for and not there is a `KeyError`.

    Attributes:
        where: The place, in words for messages, without a password.
    """

    where: str

    def put(self, data: bytes) -> str:
        """Keep `data`; gives its key."""

    def put_chunks(self, chunks: Iterable[bytes]) -> Kept:
        """Keep what the chunks make together, which is never in memory as a whole if it is large."""

    def open(self, key: str) -> BinaryIO:
        """The content of `key` as a file to read, seekable where the place allows it."""

    def get(self, key: str) -> bytes:
        """The bytes of `key`."""

    def size(self, key: str) -> int:
        """The number of bytes of `key`."""

    def discard(self, key: str) -> None:
        """Forget `key`, if it is there."""


class Place(Blobs, Protocol):
    """What the store asks of a place of contents: that it may be told when a content is about to be needed.

    Attributes:
        is_memory: Whether nobody but this process finds what is kept there.
    """

    is_memory: bool

    def put(self, data: bytes, hold: Hold | None = None) -> str:
        """Keep `data`."""

    def put_chunks(self, chunks: Iterable[bytes], hold: Hold | None = None) -> Kept:
        """Keep what the chunks make together."""

    def leftovers(self, now: float) -> Iterator[tuple[str, float]]:
        """Each content and the moment it was written; on the way, what writers that died have left is removed.

        Args:
            now: Unix seconds of real time, as times of files are.
        """

    def identity(self) -> str | None:
        """What `identify` has noted there, or None; it moves with the contents."""

    def identify(self, identity: str) -> None:
        """Note which place this is."""


class MemoryBlobs:
    """Contents for as long as the process lives: small ones in memory, large ones in temporary files."""

    where = "memory"
    is_memory = True

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}
        self._large: DirectoryBlobs | None = None
        self._lock = threading.Lock()

    def put(self, data: bytes, hold: Hold | None = None) -> str:
        """Keep `data`."""
        if len(data) > LARGEST_IN_MEMORY:
            return self._files().put(data, hold)
        key = hashlib.sha256(data).hexdigest()
        if hold is not None:
            hold(key)
        self._contents[key] = data
        return key

    def put_chunks(self, chunks: Iterable[bytes], hold: Hold | None = None) -> Kept:
        """Keep what the chunks make together."""
        rest, begun, size = iter(chunks), [], 0
        for chunk in rest:
            begun.append(chunk)
            size += len(chunk)
            if size > LARGEST_IN_MEMORY:
                return self._files().put_chunks(chain(begun, rest), hold)
        return Kept(self.put(b"".join(begun), hold), size)

    def open(self, key: str) -> BinaryIO:
        """The content of `key` as a file."""
        return io.BytesIO(self._contents[key]) if self._is_small(key) else self._files().open(key)

    def get(self, key: str) -> bytes:
        """The bytes of `key`."""
        return self._contents[key] if self._is_small(key) else self._files().get(key)

    def size(self, key: str) -> int:
        """The number of bytes of `key`."""
        return len(self._contents[key]) if self._is_small(key) else self._files().size(key)

    def discard(self, key: str) -> None:
        """Forget `key`."""
        if self._contents.pop(key, None) is None and self._large is not None:
            self._large.discard(key)

    def leftovers(self, now: float) -> Iterator[tuple[str, float]]:  # noqa: ARG002 - the protocol's signature
        """Nothing outlives the process."""
        return iter(())

    def identity(self) -> None:
        """Nobody looks for it again."""

    def identify(self, identity: str) -> None:
        """Nobody looks for it again."""

    def _is_small(self, key: str) -> bool:
        return self._large is None or key in self._contents

    def _files(self) -> DirectoryBlobs:
        with self._lock:
            if self._large is None:
                directory = tempfile.mkdtemp(prefix="drytune-")
                weakref.finalize(self, shutil.rmtree, directory, ignore_errors=True)
                self._large = DirectoryBlobs(Path(directory), durable=False)
            return self._large


class DirectoryBlobs:
    """Contents as files of a directory; a file appears whole or not at all.

    Args:
        directory: It is made if it is not there.
        durable: Whether what was put has to survive a loss of power.
    """

    is_memory = False

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        self._directory = directory
        self.where = str(directory)
        self._durable = durable
        directory.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes, hold: Hold | None = None) -> str:
        """Keep `data`."""
        return self.put_chunks((data,), hold).key

    def put_chunks(self, chunks: Iterable[bytes], hold: Hold | None = None) -> Kept:
        """Write the chunks under a name of their own, and give them their key's when they are safe."""
        with tempfile.NamedTemporaryFile(dir=self._directory, prefix=_BEGUN, delete=False) as file:
            begun = Path(file.name)
            try:
                kept = written(file, chunks)
                if self._durable:
                    os.fsync(file.fileno())
                file.close()
                if hold is not None:
                    hold(kept.key)
                if not (self._directory / kept.key).exists():
                    begun.replace(self._directory / kept.key)
                self._make_names_safe()
            except OSError as error:
                if error.errno not in _OF_THE_DISK:
                    raise
                raise StoreError(
                    f"file contents cannot be kept in {self._directory}: {error.strerror}; "
                    "make room or name another directory"
                ) from error
            finally:
                begun.unlink(missing_ok=True)
        return kept

    def open(self, key: str) -> BinaryIO:
        """The file of `key`."""
        try:
            return self._path(key).open("rb")
        except FileNotFoundError as error:
            raise KeyError(key) from error

    def get(self, key: str) -> bytes:
        """The bytes of `key`."""
        with self.open(key) as file:
            return file.read()

    def size(self, key: str) -> int:
        """The number of bytes of `key`."""
        try:
            return self._path(key).stat().st_size
        except FileNotFoundError as error:
            raise KeyError(key) from error

    def discard(self, key: str) -> None:
        """Delete the file of `key`."""
        self._path(key).unlink(missing_ok=True)

    def leftovers(self, now: float) -> Iterator[tuple[str, float]]:
        """Each file and when it was written; those that nobody is writing any more are deleted."""
        with os.scandir(self._directory) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # another process cleans up as well
                    written = entry.stat().st_mtime
                    if not entry.name.startswith("."):
                        yield entry.name, written
                    elif entry.name.startswith(_BEGUN) and written < now - _LONGEST_WRITE:
                        Path(entry.path).unlink()

    def identity(self) -> str | None:
        """What the file `IDENTITY` has."""
        try:
            return (self._directory / IDENTITY).read_text("ascii", "replace").strip() or None
        except FileNotFoundError:
            return None

    def identify(self, identity: str) -> None:
        """Write the file `IDENTITY`, whole or not at all."""
        with tempfile.NamedTemporaryFile(dir=self._directory, prefix=_BEGUN, delete=False) as file:
            try:
                written(file, (f"{identity}\n".encode(),))
                os.fsync(file.fileno())
                file.close()
                Path(file.name).replace(self._directory / IDENTITY)
                self._make_names_safe()
            finally:
                Path(file.name).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not key:
            raise KeyError(key)
        return self._directory / key

    def _make_names_safe(self) -> None:
        if self._durable and os.name != "nt":
            names = os.open(self._directory, os.O_RDONLY)
            try:
                os.fsync(names)
            finally:
                os.close(names)
