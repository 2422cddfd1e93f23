"""Which recorded changes alter what a look sees."""

from __future__ import annotations

import re
from typing import Any, Final

from drytune.handlers.matching.index import Index
from drytune.handlers.matching.operations import resource_of
from drytune.handlers.matching.states import json_of

__all__ = ["Relations", "alters"]

_COMPLETED: Final = re.compile(r"/uploads/[^/]+/complete")
"""Makes a file of an upload, which is then in the list of files."""


class Relations:
    """The changes in a cassette, by what they are about.

    A change is about its resource and all that stands below it (a job that is cancelled has other events than one
    that is not), and about the lists that its resource stands in. That a thing was created is no condition for
    looking at it: whoever has its id knows.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self._under: dict[str, list[int]] | None = None
        self._created: dict[str, int] | None = None

    def changes_of(self, path: str) -> list[int]:
        """Exchanges that changed what is seen at a normal path, in order; a refusal changes nothing."""
        if self._under is None:
            self._under = self._found()
        return self._under.get(resource_of(path) or path, [])

    def creator_of(self, path: str) -> int | None:
        """The exchange that created the resource at a normal path; None if that was not recorded."""
        if self._created is None:
            self._created = {}
            for number, entry in enumerate(self._index.entries):
                value = (
                    None if entry.deed == "look" else json_of(self._index.cassette.exchanges[number].response)
                )
                if isinstance(value, dict) and isinstance(value.get("id"), str):
                    self._created.setdefault(f"{entry.path}/{value['id']}", number)
        return self._created.get(resource_of(path) or path)

    def _found(self) -> dict[str, list[int]]:
        under: dict[str, list[int]] = {}
        for number, entry in enumerate(self._index.entries):
            if entry.deed == "look" or self._index.cassette.exchanges[number].response.status >= 400:
                continue
            if entry.deed == "question" and not self._is_stored(number):
                continue
            for prefix in _about(entry.path):
                under.setdefault(prefix, []).append(number)
        return under

    def _is_stored(self, number: int) -> bool:
        """Whether a question leaves an answer that can be looked at later."""
        if not self._index.entries[number].path.endswith("/chat/completions"):
            return False
        asked: Any = self._index.normal(number).value
        return isinstance(asked, dict) and asked.get("store") is True


def alters(change: str, look: str) -> bool:
    """Whether a change at one normal path alters what is seen at another one."""
    return (resource_of(look) or look) in _about(change)


def _about(path: str) -> list[str]:
    """The paths that a change is about: its own, and all that it stands below."""
    segments = path.split("/")
    about = ["/".join(segments[:end]) for end in range(2, len(segments) + 1)]
    if _COMPLETED.fullmatch(path):
        about.append("/files")
    return about
