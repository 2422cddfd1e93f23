"""A source: bytes that have a name, and can be opened in any process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from drytune.sources.stream import Stream

__all__ = ["Source"]


class Source(Protocol):
    """One dataset that the user named; immutable, small, and picklable."""

    @property
    def name(self) -> str:
        """As the user called it; a file that a pattern found has its own path."""
        ...

    @property
    def filename(self) -> str:
        """Whose extension counts: ``train.jsonl.gz`` is ``train.jsonl``."""
        ...

    @property
    def size(self) -> int | None:
        """Bytes where it is stored, compressed if it is; None when nobody knows."""
        ...

    @property
    def shared(self) -> bool:
        """Whether other processes can open it."""
        ...

    @property
    def splittable(self) -> bool:
        """Whether they can, from any byte on, and so may share the work."""
        ...

    def open(self) -> Stream:
        """Its bytes from the first on, decompressed.

        Raises:
            UsageError: It cannot be opened. Reading may raise it too: damaged data, a disk or a net that fails.
        """
        ...

    def peek(self, most: int) -> Stream:
        """Its first `most` bytes or more, to look at; they are there again when it is opened.

        Raises:
            UsageError: As with `open`.
        """
        ...
