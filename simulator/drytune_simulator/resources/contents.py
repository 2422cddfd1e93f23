"""Contents of files on their way: checked, kept and sent without ever being whole in memory (FACTS.md §3)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote

from drytune_simulator.dataset import inspect_upload
from drytune_simulator.dataset.formats import MAX_FILE_BYTES
from drytune_simulator.errors import refuse
from drytune_simulator.http import ApiError, Chunk
from drytune_simulator.store import Blobs, Kept, Row
from drytune_simulator.world import World

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = [
    "MAX_BATCH_BYTES",
    "MAX_UPLOAD_BYTES",
    "Download",
    "Joined",
    "check",
    "disposition",
    "keeping",
    "largest",
    "missing",
    "opened",
]

MAX_BATCH_BYTES = 200 * 2**20  # FACTS.md §3.1
MAX_UPLOAD_BYTES = 8 * 2**30  # FACTS.md §3.3

_CHUNK = 1024 * 1024


def largest(purpose: str, *, in_parts: bool = False) -> int:
    """How many bytes a file may have; those over 512 MB come in parts (FACTS.md §3.1, §3.3)."""
    if purpose == "batch":
        return MAX_BATCH_BYTES
    return MAX_UPLOAD_BYTES if in_parts else MAX_FILE_BYTES


def check(content: BinaryIO, size: int, *, filename: str, purpose: str, in_parts: bool = False) -> None:
    """Refuse what the platform refuses about a file when it is uploaded; jobs look at what its lines hold.

    Args:
        content: At its start.
        size: Bytes of the content.
        filename: As uploaded; only its extension counts.
        purpose: One of those that are known.
        in_parts: Whether the file came by the Uploads API, which takes larger ones.

    Raises:
        ApiError: 400.
    """
    limit = largest(purpose, in_parts=in_parts)
    if size > limit:
        raise refuse(
            "file-too-large",
            reason=f"the file has {size} bytes; one with the purpose '{purpose}' may have {limit}",
        )
    refusal = inspect_upload(content, filename=filename, purpose=purpose)
    if refusal is not None:
        raise refuse("file-refused", message=refusal.message, reason=refusal.reason)
    if purpose == "batch" and not filename.lower().endswith(".jsonl"):
        raise refuse("wrong-extension-for-batches")
    if size == 0:
        raise refuse("empty-file")


@contextmanager
def keeping(world: World, chunks: Iterable[bytes]) -> Iterator[Kept]:
    """Keep a content, and begin the transaction in which a row comes to refer to it.

    The content is written before the transaction, so that nobody waits for it. If the transaction comes to
    nothing, the content is forgotten again, unless something else has the same.

    Args:
        world: Whose store it is.
        chunks: The content.
    """
    kept = world.store.blobs.put_chunks(chunks)
    try:
        with world.store.transaction():
            yield kept
    except BaseException:
        world.store.blobs.discard(kept.key)
        raise


def opened(world: World, row: Row) -> BinaryIO:
    """The content of a row, as a file to read.

    Raises:
        ApiError: 503, somebody has taken it away.
    """
    try:
        return world.store.blobs.open(row.blob or "")
    except KeyError:
        raise missing(world, f"{row.kind} {row.id}") from None


def missing(world: World, what: str) -> ApiError:
    """The refusal where a content is not there, though a row refers to it."""
    return refuse("contents-missing", what=what, where=world.store.blobs.where)


class Joined:
    """Contents that are kept, one after the other.

    Args:
        blobs: Where they are kept.
        keys: Theirs, in order.
    """

    def __init__(self, blobs: Blobs, keys: Sequence[str]) -> None:
        self._blobs = blobs
        self._keys = keys

    def chunks(self) -> Iterator[bytes]:
        """All bytes from the first one; may be asked for again.

        Raises:
            KeyError: One of the contents is gone.
        """
        return chain.from_iterable(map(self._one, self._keys))

    def open(self) -> BinaryIO:
        """All bytes as a file that is read once; it raises as `chunks`."""
        return io.BufferedReader(_Stream(self.chunks()))

    def _one(self, key: str) -> Iterator[bytes]:
        with self._blobs.open(key) as content:
            while chunk := content.read(_CHUNK):
                yield chunk


class _Stream(io.RawIOBase):
    """Chunks as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if not self._rest:
            self._rest = memoryview(next(self._chunks, b""))
        into = memoryview(buffer).cast("B")
        count = min(len(into), len(self._rest))
        into[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


class Download(Iterator[Chunk]):
    """The rest of a file as the body of an answer; the file is closed at its end, or when nobody reads on."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __next__(self) -> Chunk:
        data = b"" if self._file.closed else self._file.read(_CHUNK)
        if not data:
            self.close()
            raise StopIteration
        return Chunk(data)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __del__(self) -> None:
        self.close()


def disposition(filename: str) -> str:
    """The header ``content-disposition`` of a file: its name can break out of no quotes and no line.

    What is recorded is ``attachment; filename="…"`` (FACTS.md §3.1, R). Of a name that is not plain ASCII the
    quoted form has underscores, and the name itself follows in the extended form of RFC 6266 (I).
    """
    plain = "".join(char if " " <= char <= "~" and char not in '"\\' else "_" for char in filename)
    header = f'attachment; filename="{plain}"'
    return header if plain == filename else f"{header}; filename*=utf-8''{quote(filename, safe='')}"
