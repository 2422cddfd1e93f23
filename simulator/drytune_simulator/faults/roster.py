"""What a plan of faults and the rules of scenarios share: an order, counts, and that the first one due wins."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

from drytune_simulator.faults.selection import Turn
from drytune_simulator.faults.words import FaultError, shown

__all__ = ["Entry", "Roster"]


class _Item(Protocol):
    @property
    def name(self) -> str | None: ...

    def table(self) -> dict[str, Any]: ...


ItemT = TypeVar("ItemT", bound=_Item)
AskedT_contra = TypeVar("AskedT_contra", contravariant=True)


class Entry(Protocol[AskedT_contra]):
    """Something of a roster, ready to be asked."""

    turn: Turn

    def fits(self, asked: AskedT_contra) -> bool:
        """Whether this counts as one of its calls."""


EntryT = TypeVar("EntryT", bound=Entry[Any])


class Roster(ABC, Generic[ItemT, EntryT]):
    """Things in order; each counts all that fits it, also what an earlier one has taken. Safe between threads."""

    _kind: ClassVar[str]

    def __init__(self, items: Iterable[ItemT], seed: int) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._number = 0
        self._rows: list[tuple[str, ItemT, EntryT]] = []
        self.replace(items)

    @abstractmethod
    def _entry(self, item: ItemT, label: str) -> EntryT:
        """`item`, ready to be asked."""

    def fresh(self) -> Self:
        """The same things, of which none was due yet."""
        made = type(self).__new__(type(self))
        Roster.__init__(made, self.items, self._seed)
        return made

    @property
    def items(self) -> tuple[ItemT, ...]:
        """All, in order."""
        return tuple(item for _, item, _ in self._rows)

    def _due(self, asked: object) -> tuple[EntryT, int] | None:
        """The first that is due, and the number of this call among those that fit it; counts it in all of them."""
        due = None
        with self._lock:
            for _, _, entry in self._rows:
                if entry.fits(asked) and entry.turn.next(free=due is None):
                    due = (entry, entry.turn.seen)
        return due

    def add(self, *items: ItemT) -> list[str]:
        """Append some; gives what each is called: its name, or its number.

        Raises:
            FaultError: One has the name of another; none is added then.
        """
        with self._lock:
            rows = self._made([label for label, _, _ in self._rows], items, self._number)
            self._rows = [*self._rows, *rows]
            self._number += len(rows)
            return [label for label, _, _ in rows]

    def replace(self, items: Iterable[ItemT]) -> None:
        """Have these instead, and count anew.

        Raises:
            FaultError: Two have the same name; nothing is changed then.
        """
        rows = self._made([], items, 0)
        with self._lock:
            self._rows, self._number = rows, len(rows)

    def clear(self) -> None:
        """Have none any more."""
        self.replace(())

    def remove(self, label: str) -> bool:
        """Take out the one with this name or number; whether there was one."""
        with self._lock:
            kept = [row for row in self._rows if row[0] != label]
            found = len(kept) < len(self._rows)
            self._rows = kept
            return found

    def reset(self) -> None:
        """Count anew."""
        with self._lock:
            for _, _, entry in self._rows:
                entry.turn.reset()

    def state(self) -> list[dict[str, Any]]:
        """Each with what it is called, what fitted it so far (``seen``), and what it happened to (``struck``)."""
        with self._lock:
            return [
                {
                    "id": label,
                    "seen": entry.turn.seen,
                    "struck": entry.turn.struck,
                    "text": str(item),
                    self._kind: item.table(),
                }
                for label, item, entry in self._rows
            ]

    def _made(
        self, labels: Iterable[str], items: Iterable[ItemT], number: int
    ) -> list[tuple[str, ItemT, EntryT]]:
        taken, rows = set(labels), []
        for place, item in enumerate(items, number + 1):
            label = item.name or str(place)
            if label in taken:
                msg = f"the name {shown(label)} is taken; give one of them another, or none"
                raise FaultError(msg)
            taken.add(label)
            rows.append((label, item, self._entry(item, label)))
        return rows
