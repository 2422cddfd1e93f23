"""Compressed files, decompressed as they are read: memory is bounded whatever a small file expands to."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import Any, Literal

from drytune.errors import UsageError
from drytune.sources.stream import Stream

__all__ = [
    "Compression",
    "compression_of",
    "compression_of_bytes",
    "decompressed",
    "unpacked",
    "without_suffix",
]

Compression = Literal["gzip", "zstd"]

_SUFFIXES: dict[str, Compression] = {".gz": "gzip", ".zst": "zstd"}

_MAGIC: dict[bytes, Compression] = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}

_BUFFER = 1 << 17

_FED = 256
"""Zstandard has no bound on its output but its input: so many bytes hold at most 64 blocks, which is 8 MiB."""


def compression_of(name: str) -> Compression | None:
    """How a file of this name is compressed."""
    return next((kind for suffix, kind in _SUFFIXES.items() if name.lower().endswith(suffix)), None)


def compression_of_bytes(head: bytes) -> Compression | None:
    """How a stream that begins like this is compressed; no text begins so."""
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


def without_suffix(name: str) -> str:
    """`name` without what says that it is compressed."""
    return name.rpartition(".")[0] if compression_of(name) else name


def decompressed(stored: Any, compression: Compression, name: str) -> io.BufferedReader:
    """What `stored`, a binary stream, holds.

    Args:
        stored: Read from its place on; it is not closed with the result.
        compression: Of its bytes.
        name: Of the source, for errors.

    Returns:
        A stream that cannot seek. Reading raises UsageError when the data is damaged or ends too early.
    """
    decoder: Any = gzip.GzipFile(fileobj=stored, mode="rb") if compression == "gzip" else _Zstandard(stored)
    return io.BufferedReader(_Decoded(decoder, name), _BUFFER)


def unpacked(stored: Any, name: str) -> Stream:
    """The source's stream: what `stored` holds, decompressed if its name says that it is compressed."""
    compression = compression_of(name)
    if compression is None:
        return Stream(stored, name)
    return Stream(decompressed(stored, compression, name), name, stored)


class _Decoded(io.RawIOBase):
    """A decoder that says what is wrong with a file in a sentence."""

    def __init__(self, decoder: Any, name: str) -> None:
        super().__init__()
        self._decoder = decoder
        self._source = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        try:
            data = self._decoder.read(len(view))
        except EOFError:
            what = "is cut off: its compressed data ends too early; copy it or compress it once more"
        except (gzip.BadGzipFile, zlib.error, _Damaged) as error:
            what = f"is damaged or not compressed as its name says ({error}); compress it once more"
        else:
            view[: len(data)] = data
            return len(data)
        raise UsageError(f"{self._source} {what}.")


class _Damaged(Exception):  # noqa: N818 - what zlib's error is for gzip
    """Zstandard data that cannot be decoded."""


class _Zstandard:
    """Frames that follow one another, decoded; zstandard's own reader is silent about a frame that is cut off."""

    def __init__(self, stored: Any) -> None:
        from zstandard import ZstdDecompressor, ZstdError

        self._stored = stored
        self._error = ZstdError
        self._decompressor = ZstdDecompressor()
        self._frame: Any = None
        self._fed = b""
        self._decoded = b""
        self._at = 0

    def read(self, size: int) -> bytes:
        """Some bytes, at most `size`; none at the end."""
        while self._at == len(self._decoded):
            data = self._fed or self._stored.read(_FED)
            if not data:
                if self._frame is not None:
                    raise EOFError
                return b""
            if self._frame is None:
                self._frame = self._decompressor.decompressobj(write_size=_BUFFER)
            try:
                self._decoded, self._at = self._frame.decompress(data), 0
            except self._error as error:
                raise _Damaged(str(error).removeprefix("zstd decompress error: ")) from None
            self._fed = b""
            if self._frame.eof:
                self._fed, self._frame = self._frame.unused_data, None
        data = self._decoded[self._at : self._at + size]
        self._at += len(data)
        return data
