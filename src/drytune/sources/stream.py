"""The stream of a source: whatever goes wrong while reading is one sentence that names the source."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

from drytune.errors import DrytuneError, UsageError

__all__ = ["Stream", "cannot_be_read"]


class Stream(io.BufferedIOBase, BinaryIO):
    """A binary stream that is read from its start; it can seek when `inner` can."""

    def __init__(self, inner: Any, name: str, stored: Any = None) -> None:
        """Wrap a stream.

        Args:
            inner: What is read.
            name: Of the source.
            stored: What `inner` reads in turn, when that is another stream: it is closed too, and its position
                tells how far the reading has come.
        """
        super().__init__()
        self._name = name
        self._inner = inner
        self._stored = inner if stored is None else stored

    @property
    def name(self) -> str:
        """Of the source."""
        return self._name

    @property
    def mode(self) -> str:
        """As of files that are opened like this."""
        return "rb"

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes: `size` of them, fewer only at the end.

        Raises:
            UsageError: They cannot be read.
        """
        try:
            data: bytes = self._inner.read(-1 if size is None else size)
        except DrytuneError:
            raise
        except Exception as error:  # noqa: BLE001 - disks, decoders and clouds each have errors of their own
            raise cannot_be_read(self.name, error) from None
        return data

    def seekable(self) -> bool:
        """Whether `seek` and `tell` work."""
        return bool(self._inner.seekable())

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte, as files do."""
        return int(self._inner.seek(offset, whence))

    def tell(self) -> int:
        """The place of the next byte."""
        return int(self._inner.tell())

    def stored_bytes(self) -> int:
        """How many bytes were taken from where the source is stored; 0 when that cannot be told."""
        try:
            return int(self._stored.tell())
        except (AttributeError, OSError):
            return 0

    def close(self) -> None:
        """Close it and what is below it."""
        self._inner.close()
        self._stored.close()
        super().close()


def cannot_be_read(name: str, error: Exception) -> UsageError:
    """The sentence for an error of a disk, a network or a decoder."""
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return UsageError(f"{name} cannot be read: {' '.join(reason.split()).removesuffix('.')}.")
