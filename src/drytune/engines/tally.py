"""Facts as they come in, piece after piece, and how far the work is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from drytune.engines.work import Piece
from drytune.sources import Source
from drytune_simulator.dataset.facts import MAX_FINDINGS, Facts, merge

__all__ = ["Interrupted", "Progress", "Tally"]

Progress = Callable[[int, int | None], None]
"""Is told how many bytes are done, of how many; None when nobody knows."""

_GROUP = 16


class Interrupted(KeyboardInterrupt):
    """Ctrl-C while files were looked at.

    Attributes:
        facts: Of each source, as far as it was looked at; ``Facts()`` of those not begun.
        done: Bytes that were looked at, as they are stored.
        total: Bytes of all sources, None when nobody knows.
    """

    def __init__(self, facts: Sequence[Facts], done: int, total: int | None) -> None:
        super().__init__(f"interrupted after {done:,} bytes")
        self.facts = tuple(facts)
        self.done = done
        self.total = total


class Pile:
    """Facts of stretches that follow one another, merged a few at a time.

    What is merged already is bounded, so that merging costs as much a stretch whatever their number.
    """

    def __init__(self) -> None:
        self._facts: tuple[Facts, ...] = (Facts(),)

    def add(self, facts: Facts) -> None:
        """Add what follows; it is added wholly or, when it is interrupted, not at all."""
        added = (*self._facts, self._trimmed(facts))
        self._facts = (merge(added),) if len(added) > _GROUP else added

    def facts(self) -> Facts:
        """Of all that was added."""
        self._facts = (merge(self._facts),)
        return self._facts[0]

    def _trimmed(self, facts: Facts) -> Facts:
        """`facts` without the findings that are not kept of a whole, as there are so many before them."""
        errors = MAX_FINDINGS - sum(len(before.errors) for before in self._facts)
        notes = MAX_FINDINGS - sum(len(before.notes) for before in self._facts)
        if len(facts.errors) <= errors and len(facts.notes) <= notes:
            return facts
        return msgspec.structs.replace(
            facts, errors=facts.errors[: max(0, errors)], notes=facts.notes[: max(0, notes)]
        )


class Task(msgspec.Struct, frozen=True):
    """A piece of the source at `place`."""

    place: int
    piece: Piece


class Tally:
    """What is known of some sources so far."""

    def __init__(self, sources: Sequence[Source], progress: Progress | None) -> None:
        sizes = [source.size for source in sources]
        self.total = None if None in sizes else sum(size or 0 for size in sizes)
        self.done = 0
        self._piles = [Pile() for _ in sources]
        self._progress = progress
        self._tell()

    def add(self, task: Task, facts: Facts) -> None:
        """Add the facts of the next piece of a source."""
        self._piles[task.place].add(facts)
        self.done += task.piece.weight
        self._tell()

    def facts(self) -> list[Facts]:
        """Of each source."""
        return [pile.facts() for pile in self._piles]

    def interrupted(self) -> Interrupted:
        """What is known, as an exception."""
        return Interrupted(self.facts(), self.done, self.total)

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self.done, self.total)
