"""Functions of others that are ours for a while, whoever else replaces them meanwhile, and in whatever order.

`unittest.mock.patch` and pytest's ``monkeypatch`` put back what they found. If two of them overlap without being
nested, what the first one had put there comes back for good. So ours does nothing but call the original as soon as
nobody needs it, and is put back only where it still stands.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

__all__ = ["Replacement"]


class Replacement:
    """One function, method or attribute.

    Args:
        owner: A module or a class.
        name: What it is called there.
        made: Makes ours of the original; it must do what that does while nobody needs it.
    """

    def __init__(self, owner: Any, name: str, made: Callable[[Any], Any]) -> None:
        self._owner = owner
        self._name = name
        self._made = made
        self._lock = threading.Lock()
        self._users = 0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Have ours stand there."""
        self._begin()
        try:
            yield
        finally:
            self._end()

    def _begin(self) -> None:
        with self._lock:
            self._users += 1
            there = vars(self._owner).get(self._name)
            if self._original_of(there) is None:
                ours = self._made(there)
                setattr(ours, _MARK, _Mark(self, ours, there))
                setattr(self._owner, self._name, ours)

    def _end(self) -> None:
        with self._lock:
            self._users -= 1
            original = self._original_of(vars(self._owner).get(self._name))
            if not self._users and original is not None:
                setattr(self._owner, self._name, original)

    def _original_of(self, there: Any) -> Any:
        """What is called by what stands there, if that is ours."""
        mark = getattr(there, _MARK, None)
        # a decorator of somebody else's may have copied the mark of what it wraps
        return mark.original if mark is not None and mark.ours is there and mark.by is self else None


class _Mark(NamedTuple):
    by: Replacement
    ours: Any
    original: Any


_MARK: Final = "__drytune_replacement__"
