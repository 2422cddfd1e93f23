"""A cassette, to be looked up by the normal form of a request."""

from __future__ import annotations

from typing import NamedTuple

from drytune.cassettes.model import Cassette
from drytune.handlers.matching.normal import Normal, normal_of_asked, root_of
from drytune.handlers.matching.operations import Deed, deed_of

__all__ = ["Entry", "Index"]


class Entry(NamedTuple):
    """What is known of a recorded request without reading it again."""

    method: str
    path: str
    digest: bytes
    deed: Deed


class Index:
    """Where the exchanges of a cassette are; numbers count from 0.

    Attributes:
        cassette: What it is of.
        root: The path of the recorded base URL.
        entries: One for each exchange.
        exact: For each digest, the exchanges that have it, in the order in which they were asked.
        groups: For each method and path, the exchanges that have them.
    """

    def __init__(self, cassette: Cassette) -> None:
        self.cassette = cassette
        self.root = root_of(cassette)
        self.entries: list[Entry] = []
        self.exact: dict[bytes, list[int]] = {}
        self.groups: dict[tuple[str, str], list[int]] = {}
        for number, exchange in enumerate(cassette.exchanges):
            normal = normal_of_asked(exchange.request, self.root)
            entry = Entry(normal.method, normal.path, normal.digest, deed_of(normal.method, normal.path))
            self.entries.append(entry)
            self.exact.setdefault(entry.digest, []).append(number)
            self.groups.setdefault((entry.method, entry.path), []).append(number)

    def normal(self, number: int) -> Normal:
        """The normal form of a recorded request; made anew each time, for it is seldom asked for."""
        return normal_of_asked(self.cassette.exchanges[number].request, self.root)
