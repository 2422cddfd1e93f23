"""What the clocks of all processes go by, kept in the database."""

from __future__ import annotations

from collections.abc import Callable

from drytune_simulator.clock import Anchor
from drytune_simulator.store import statements
from drytune_simulator.store.session import Session

__all__ = ["StoredAnchors"]


class StoredAnchors:
    """Anchors by name; `clock.Anchors` for clocks that have to agree, and to go on after a restart.

    That a clock was moved is kept even if the transaction in which it was moved is rolled back: a refusal undoes
    what was written, but not that time has passed. When the database has been closed, clocks go on by what they
    saw last.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._seen: dict[str, Anchor | None] = {}
        self._closed = False

    def read(self, name: str) -> Anchor | None:
        """The anchor of that name, or None if nobody has set it."""
        if self._closed:
            return self._seen.get(name)
        remembered = self._session.remembered
        if remembered is not None and name in remembered:
            known: Anchor | None = remembered[name]
            return known
        found = self._session.select(statements.READ_ANCHOR, {"of_name": name})
        self._seen[name] = anchor = Anchor(*found[0]) if found else None
        if remembered is not None:
            remembered[name] = anchor
        return anchor

    def move(self, name: str, change: Callable[[Anchor | None], Anchor]) -> None:
        """Replace an anchor by what `change` makes of it, while nobody else can."""
        if self._closed:
            self._seen[name] = change(self._seen.get(name))
            return
        with self._session.transaction():
            before = self.read(name)
            after = change(before)
            if after != before:
                self._session.run(statements.SET_ANCHOR, {"name": name, **after._asdict()})
                self._seen[name] = after
                if self._session.remembered is not None:
                    self._session.remembered[name] = after
                self._session.after_rollback(lambda: self._again(name, after))

    def close(self) -> None:
        """From here on only this process's clocks see what is moved."""
        self._closed = True

    def _again(self, name: str, moved: Anchor) -> None:
        self.move(name, lambda now: moved if now is None else now.no_earlier_than(moved))
