"""What every Handler that wraps another one shares: faults, the journal, the control API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from drytune_simulator.http import Chunk, Handler, Request

__all__ = ["Remade", "Wrapper", "close_body"]


class Wrapper:
    """Stands before a Handler, and tells the server door what that one would tell it."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    @property
    def waits(self) -> bool:
        """Whether what answers in the end waits for somebody else, piece by piece: a real API."""
        return bool(getattr(self._handler, "waits", False))

    def blocks(self, request: Request) -> bool:
        """Whether answering `request` may take long; a Handler that does not say is taken to."""
        says = getattr(self._handler, "blocks", None)
        return True if says is None else bool(says(request))


class Remade(Iterator[Chunk]):
    """A body that is made from another one; letting go of it lets go of that one, begun or not."""

    def __init__(self, source: Iterator[Chunk], made: Iterator[Chunk]) -> None:
        self._source = source
        self._made = made

    def __next__(self) -> Chunk:
        return next(self._made)

    def close(self) -> None:
        """Let go of both."""
        close_body(self._made)
        close_body(self._source)


def close_body(body: bytes | Iterable[object] | None) -> None:
    """Let go of a body that nobody will read on; a generator's clean-up runs now."""
    close = getattr(body, "close", None)
    if close is not None:
        close()
