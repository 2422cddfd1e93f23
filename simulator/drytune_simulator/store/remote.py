"""File contents at any URL that fsspec knows: s3://, gs://, sftp://, memory:// and so on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from drytune_simulator.store.blobs import IDENTITY, DirectoryBlobs, Hold, Kept, Place, written
from drytune_simulator.store.error import StoreError

__all__ = ["FsspecBlobs", "blobs_at"]

# Object stores show an object when all of it has arrived. Elsewhere a file appears when it is begun, and is
# therefore written under another name first.
_WHOLE = frozenset({"memory", "s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "oci", "r2"})


def blobs_at(url: str, folder: str = "") -> Place:
    """The place at `url`: a directory for a path or ``file://``, else what fsspec makes of it.

    Args:
        url: Where all processes find it.
        folder: What is below it, if anything.

    Raises:
        StoreError: Nothing can be kept there; the text says why.
    """
    scheme, found, path = url.partition("://")
    if found and scheme not in {"file", "local"}:
        return FsspecBlobs(f"{url.rstrip('/')}/{folder}".rstrip("/"))
    directory = Path(path if found else url, folder)
    try:
        return DirectoryBlobs(directory)
    except OSError as error:
        raise StoreError(
            f"file contents cannot be kept in {directory}: {error.strerror}; name a directory that you may "
            "write to"
        ) from error


class FsspecBlobs:
    """Contents as objects below a URL.

    Each content passes through a temporary file, since its key is known only at its end.

    Raises:
        StoreError: fsspec or the library for such URLs is missing, or the URL means nothing to it.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.where = _shown(url)
        try:
            from fsspec.core import url_to_fs
        except ImportError as error:
            raise StoreError(
                f"file contents at {_shown(url)} need fsspec: pip install 'drytune[server]'"
            ) from error
        try:
            system, root = url_to_fs(url)
        except ImportError as error:
            raise StoreError(
                f"file contents at {_shown(url)} need a library that is not installed: {error}"
            ) from error
        except Exception as error:
            raise StoreError(f"file contents cannot be kept at {_shown(url)}: {error}") from error
        self._system: Any = system
        self._root = str(root).rstrip("/")
        self._appears_whole = not _WHOLE.isdisjoint(_protocols(system))
        while (inner := getattr(system, "fs", None)) is not None:  # a cache of another file system, say
            system = inner
        self.is_memory = "memory" in _protocols(system)
        self._run("mkdirs", self._root, exist_ok=True)

    def put(self, data: bytes, hold: Hold | None = None) -> str:
        """Keep `data`."""
        return self.put_chunks((data,), hold).key

    def put_chunks(self, chunks: Iterable[bytes], hold: Hold | None = None) -> Kept:
        """Gather the chunks in a temporary file, and send it if it is not there yet."""
        with tempfile.NamedTemporaryFile(prefix="drytune-") as file:
            kept = written(file, chunks)
            if hold is not None:
                hold(kept.key)
            if self._found(kept.key) != kept.size:  # what a process that died has left may not be whole
                self._send(file.name, kept.key)
        return kept

    def open(self, key: str) -> BinaryIO:
        """The object of `key` as a file."""
        return cast(BinaryIO, self._run("open", self._path(key), of=key, mode="rb"))

    def get(self, key: str) -> bytes:
        """The bytes of `key`."""
        return bytes(self._run("cat_file", self._path(key), of=key))

    def size(self, key: str) -> int:
        """The number of bytes of `key`."""
        return int(self._run("info", self._path(key), of=key)["size"])

    def discard(self, key: str) -> None:
        """Delete the object of `key`."""
        with suppress(KeyError):
            self._run("rm_file", self._path(key), of=key)

    def leftovers(self, now: float) -> Iterator[tuple[str, float]]:  # noqa: ARG002 - the protocol's signature
        """Each object and when it was written, where the place tells that; else what is left there stays."""
        with suppress(NotImplementedError, KeyError):
            paths = self._run("ls", self._root, detail=False)
            self._system.invalidate_cache()  # else what others do from here on would not be seen
            for path in paths:
                name = str(path).rpartition("/")[2]
                if len(name) == 64:
                    yield name, self._run("modified", path, of=name).timestamp()

    def identity(self) -> str | None:
        """What the object `IDENTITY` has."""
        with suppress(KeyError):
            data = self._run("cat_file", f"{self._root}/{IDENTITY}", of=IDENTITY)
            return bytes(data).decode("ascii", "replace").strip() or None
        return None

    def identify(self, identity: str) -> None:
        """Write the object `IDENTITY`."""
        self._run("pipe_file", f"{self._root}/{IDENTITY}", f"{identity}\n".encode())

    def _found(self, key: str) -> int | None:
        try:
            return self.size(key)
        except KeyError:
            return None

    def _send(self, name: str, key: str) -> None:
        path = self._path(key)
        if self._appears_whole:
            self._run("put_file", name, path)
            return
        begun = f"{self._root}/.begun-{Path(name).name}"
        self._run("put_file", name, begun)
        self._run("mv", begun, path)

    def _path(self, key: str) -> str:
        if not key:
            raise KeyError(key)
        return f"{self._root}/{key}"

    def _run(self, operation: str, *arguments: Any, of: str | None = None, **options: Any) -> Any:
        """One call of the file system, whose errors are of many families; what is missing is the key `of`."""
        try:
            return getattr(self._system, operation)(*arguments, **options)
        except FileNotFoundError as error:
            if of is not None:
                raise KeyError(of) from error
            raise self._failed(error) from error
        except NotImplementedError:
            raise
        except Exception as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> StoreError:
        return StoreError(f"file contents at {_shown(self._url)}: {type(error).__name__}: {error}")


def _protocols(system: Any) -> tuple[str, ...]:
    """The names of a file system."""
    named = getattr(system, "protocol", ())
    return (named,) if isinstance(named, str) else tuple(named)


def _shown(url: str) -> str:
    """The URL without a name and password, and without what follows a question mark."""
    scheme, _, rest = url.partition("://")
    place, slash, path = rest.partition("?")[0].partition("/")
    return f"{scheme}://{place.rpartition('@')[2]}{slash}{path}"
