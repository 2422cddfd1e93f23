"""What a server counts: requests by route and status, their times, bytes; cheap to count, summed when asked."""

from __future__ import annotations

import contextlib
import os
import threading
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path

import msgspec

from drytune_simulator.connection import Exchange

__all__ = ["BUCKETS", "Counts", "Measures", "Series"]

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the latency histogram, in seconds."""

_METHODS = frozenset({"GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH"})


class Series(msgspec.Struct):
    """What is counted of one method, route and status.

    Attributes:
        times: How many requests took at most so long as the bucket in the same place, and not as the one before;
            the last are the longest.
        seconds: All of them together.
    """

    method: str
    route: str
    status: int
    times: list[int]
    seconds: float = 0.0


class Counts(msgspec.Struct):
    """What one process has counted."""

    series: list[Series]
    in_flight: int = 0
    received: int = 0
    sent: int = 0

    def add(self, other: Counts, *, alive: bool) -> None:
        """Add what another process has counted; a dead one answers nothing any more."""
        known = {(one.method, one.route, one.status): one for one in self.series}
        for one in other.series:
            mine = known.get((one.method, one.route, one.status))
            if mine is None:
                self.series.append(one)
                continue
            mine.times = [a + b for a, b in zip(mine.times, one.times, strict=True)]
            mine.seconds += one.seconds
        self.in_flight += other.in_flight if alive else 0
        self.received += other.received
        self.sent += other.sent


class Measures:
    """Counts of this process, and of those that share a directory with it.

    Args:
        directory: Where several processes of one server leave each other their counts; None for one alone.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._series: dict[tuple[str, str, int], Series] = {}
        self._in_flight = 0
        self._received = 0
        self._sent = 0
        self._directory = directory
        self._version = 0
        self._published = -1
        self._publishing = threading.Lock()

    def began(self) -> None:
        """A request has come."""
        self._in_flight += 1
        self._version += 1

    def ended(self, exchange: Exchange, route: str, seconds: float) -> None:
        """It is over."""
        self._in_flight -= 1
        self._version += 1
        self._received += exchange.received
        self._sent += exchange.sent
        method = exchange.method if exchange.method in _METHODS else "other"
        key = (method, route, exchange.status)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = Series(*key, [0] * (len(BUCKETS) + 1))
        series.times[bisect_left(BUCKETS, seconds)] += 1
        series.seconds += seconds

    @property
    def unpublished(self) -> bool:
        """Whether the other processes do not know all that has been counted."""
        return self._directory is not None and self._version != self._published

    def snapshot(self) -> tuple[int, bytes]:
        """What has been counted, to be published; only who counts may ask for it, or it changes meanwhile."""
        return self._version, msgspec.json.encode(self._own())

    def publish(self, snapshot: tuple[int, bytes] | None = None) -> None:
        """Leave the counts to the other processes, whole or not at all; this may be done in threads."""
        if self._directory is None:
            return
        with self._publishing:  # a round that is not over yet, and the end of the server, write the same file
            version, data = snapshot or self.snapshot()
            if version <= self._published:
                return
            path = self._directory / f"{os.getpid()}.json"
            new = path.with_suffix(".new")
            new.write_bytes(data)
            new.replace(path)
            self._published = version

    def counts(self) -> Counts:
        """All that this server's processes have counted; what others counted in the last moment may be missing."""
        counts = msgspec.json.decode(msgspec.json.encode(self._own()), type=Counts)
        for pid, others in self._others():
            counts.add(others, alive=_alive(pid))
        return counts

    def _own(self) -> Counts:
        return Counts(list(self._series.values()), self._in_flight, self._received, self._sent)

    def _others(self) -> Iterable[tuple[int, Counts]]:
        if self._directory is None:
            return
        for path in sorted(self._directory.glob("*.json")):
            if path.stem != str(os.getpid()):
                with contextlib.suppress(OSError, msgspec.DecodeError):
                    yield int(path.stem), msgspec.json.decode(path.read_bytes(), type=Counts)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:  # somebody else's
        return True
    except OSError:
        return False
    return True
