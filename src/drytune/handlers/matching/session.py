"""One replay of a cassette: what has been given so far, and what comes next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from drytune.cassettes.model import Cassette, Told
from drytune.handlers.matching.index import Index
from drytune.handlers.matching.live import live_ids
from drytune.handlers.matching.loose import Bones, Family, Loose
from drytune.handlers.matching.nearest import Nearest, nearest
from drytune.handlers.matching.normal import Normal, normal_of_request, place_of
from drytune.handlers.matching.operations import deed_of
from drytune.handlers.matching.outcome import Miss, Outcome, Pick
from drytune.handlers.matching.pairs import Pairs
from drytune.handlers.matching.relations import Relations, alters
from drytune.handlers.matching.states import is_passing
from drytune.handlers.matching.tracks import Track, segments_of
from drytune_simulator import Request, Response
from drytune_simulator.clock import Clock

__all__ = ["Session"]


class Session:
    """Chooses the exchange that answers a request; safe to share between threads.

    Args:
        cassette: What is replayed.
        speed: How many times as fast as recorded; 0 if time plays no role.
        polls: The look with which the end of what is polled is shown; None for that at which it was recorded.
        repeats: Whether what creates or changes something may be asked more often than it was recorded.
        clock: Tells the time of the client.
    """

    def __init__(
        self, cassette: Cassette, *, speed: float, polls: int | None, repeats: bool, clock: Clock
    ) -> None:
        self.index = Index(cassette)
        self._exchanges = cassette.exchanges
        self._relations = Relations(self.index)
        self._speed = speed
        self._polls = polls
        self._repeats = repeats
        self._clock = clock
        self._lock = threading.Lock()
        self._loose: Loose | None = None
        self.rewind()

    def rewind(self) -> None:
        """Forget what was given."""
        with self._lock:
            self._times = [0] * len(self._exchanges)
            self._turns: dict[bytes, int] = {}
            self._tracks: dict[bytes, Track] = {}
            self._given_at: dict[int, float] = {}
            self._pairs = Pairs()
            self._fresh: dict[bytes, int] = {}  # of each family: all before that place is spent
            self._family_turns: dict[bytes, int] = {}
            self._changed: set[str] = set()

    def unused(self) -> list[int]:
        """Exchanges that were never given, from 1."""
        with self._lock:
            return [number for number, times in enumerate(self._times, 1) if not times]

    def choose(self, request: Request) -> Outcome:
        """The exchange that answers `request`, and is counted as given; or why there is none."""
        understood, live = self._pairs.understood(request)
        normal = normal_of_request(understood, self.index.root)
        with self._lock:
            if self._changed and self._is_stale(request, normal):
                return Miss("a platform has changed it since it was recorded")
            outcome = self._choose(normal)
        if live and isinstance(outcome, Pick):
            return Pick(outcome.number, {**outcome.given, **live})
        return outcome

    def nearest(self, request: Request, hide: Callable[[str], str]) -> Nearest:
        """The recorded request that is nearest to an unanswered one; `hide` takes secrets out of a text."""
        understood, _ = self._pairs.understood(request)
        return nearest(self.index, normal_of_request(understood, self.index.root), hide)

    def retelling(self, given: Mapping[str, str]) -> Callable[[Told], Told] | None:
        """Puts the client's values into an answer, and those `given` for it; None if there are none."""
        return self._pairs.told(given)

    def answered_live(self, request: Request, miss: Miss | None, response: Response) -> None:
        """Take note of what a platform answered instead.

        Its ids stand for those of the exchange that would answer if it could be given once more; and what it
        changed is not replayed any more.
        """
        path, _ = place_of(request.target, self.index.root)
        if response.status >= 400:
            return
        if miss is not None and miss.like is not None and isinstance(response.body, bytes):
            self._pairs.learn_live(live_ids(self._exchanges[miss.like].response.body, response.body))
        if deed_of(request.method, path) == "change":
            with self._lock:
                self._changed.add(path)

    def _is_stale(self, request: Request, normal: Normal) -> bool:
        if deed_of(normal.method, normal.path) != "look":
            return False
        path, _ = place_of(request.target, self.index.root)
        return any(alters(change, path) for change in self._changed)

    def _choose(self, normal: Normal) -> Outcome:
        numbers = self.index.exact.get(normal.digest)
        if numbers is not None:
            return self._given(self._next(normal.digest, numbers))
        if self._loose is None:
            self._loose = Loose(self.index)
        refusal: Outcome | None = None
        for family, bones in self._loose.families(normal):
            found = self._of_family(self._loose, family, bones)
            if isinstance(found, Pick):
                return self._given(found)
            refusal = refusal or found
        return refusal or Miss()

    def _of_family(self, loose: Loose, family: Family, bones: Bones) -> Outcome | None:
        """What comes next among exchanges with requests that are alike; None if none of them is like this one."""
        digests = family.digests
        first = self._fresh.get(family.key, 0)
        while first < len(digests) and self._is_spent(digests[first]):
            first += 1
        self._fresh[family.key] = first
        refusal: Outcome | None = None
        for place in range(first, len(digests)):
            if self._is_spent(digests[place]):
                continue
            outcome = self._alike(loose, digests[place], bones, again=False)
            if isinstance(outcome, Pick):
                return outcome
            refusal = refusal or outcome
        return refusal or self._of_family_again(loose, family, bones)

    def _of_family_again(self, loose: Loose, family: Family, bones: Bones) -> Outcome | None:
        """The same, when each of them has been given, or stands for something else."""
        digests = family.digests
        deed = self.index.entries[self.index.exact[digests[0]][0]].deed
        if deed == "change" and not self._repeats:
            alike = [digest for digest in digests if loose.alike(digest, bones) is not None]
            numbers = [number for digest in alike for number in self.index.exact[digest]]
            return Miss(_used_up(numbers), like=numbers[-1]) if numbers else None
        if deed == "look":  # the last one for ever
            turns = list(reversed(digests))
        else:
            begin = self._family_turns.get(family.key, 0) % len(digests)
            turns = digests[begin:] + digests[:begin]
        refusal: Miss | None = None
        for wants_good in (True, False):
            for step, digest in enumerate(turns):
                again = self._again(self.index.exact[digest])[0]
                if wants_good is not (self._exchanges[again].response.status < 400):
                    continue
                outcome = self._alike(loose, digest, bones, again=True)
                if isinstance(outcome, Pick):
                    self._family_turns[family.key] = self._family_turns.get(family.key, 0) + step + 1
                    return outcome
                refusal = refusal or outcome
                if deed == "look" and refusal is not None:
                    return refusal
        return refusal

    def _alike(self, loose: Loose, digest: bytes, bones: Bones, *, again: bool) -> Outcome | None:
        """What comes next of one recorded request, if the incoming one is like it and may stand for it."""
        alike = loose.alike(digest, bones)
        if alike is None:
            return None
        for recorded, theirs in alike.made.items():
            if again and self._pairs.means_another(recorded, theirs):
                return None
            if not again and not self._pairs.may_stand(recorded, theirs):
                return None
        outcome = self._next(digest, self.index.exact[digest])
        if isinstance(outcome, Miss):
            return outcome
        self._pairs.learn(alike.made)
        self._pairs.learn_hidden(alike.hidden)
        return Pick(outcome.number, alike.times)

    def _given(self, outcome: Outcome) -> Outcome:
        if isinstance(outcome, Pick):
            self._times[outcome.number] += 1
            if self._speed:
                self._given_at.setdefault(outcome.number, self._clock.now())
        return outcome

    def _next(self, digest: bytes, numbers: list[int]) -> Outcome:
        """What comes next among exchanges with the same request."""
        deed = self.index.entries[numbers[0]].deed
        if deed == "look":
            return self._track(digest, numbers).next(self._is_given)
        turn = self._turns.get(digest, 0)
        if turn < len(numbers):
            self._turns[digest] = turn + 1
            return Pick(numbers[turn])
        if deed == "change" and not self._repeats:
            return Miss(_used_up(numbers), like=numbers[-1])
        self._turns[digest] = turn + 1
        again = self._again(numbers)
        return Pick(again[(turn - len(numbers)) % len(again)])

    def _again(self, numbers: list[int]) -> list[int]:
        """What goes round: answers rather than refusals, and refusals rather than accidents."""
        told = self._exchanges
        good = [number for number in numbers if told[number].response.status < 400]
        good = [number for number in good if not told[number].response.interrupted] or good
        return good or [one for one in numbers if not is_passing(told[one].response)] or numbers

    def _track(self, digest: bytes, numbers: list[int]) -> Track:
        track = self._tracks.get(digest)
        if track is None:
            path = self.index.entries[numbers[0]].path
            segments = segments_of(numbers, self._relations.changes_of(path), self._exchanges)
            track = Track(
                segments,
                self._exchanges,
                self._polls,
                self._elapsed if self._speed else None,
                self._relations.creator_of(path) if self._speed else None,
            )
            self._tracks[digest] = track
        return track

    def _is_spent(self, digest: bytes) -> bool:
        return all(self._times[number] for number in self.index.exact[digest])

    def _is_given(self, number: int) -> bool:
        return self._times[number] > 0

    def _elapsed(self, since: int) -> float | None:
        """Recorded seconds for which the client has gone on since an exchange was given."""
        given = self._given_at.get(since)
        return None if given is None else (self._clock.now() - given) * self._speed


def _used_up(numbers: list[int]) -> str:
    if len(numbers) == 1:
        number = numbers[0] + 1
        return (
            f"exchange {number} does, but it was recorded once and has been given; `repeats` gives it again"
        )
    shown = ", ".join(str(number + 1) for number in numbers[:5]) + (", …" if len(numbers) > 5 else "")
    return (
        f"exchanges {shown} do, but it was recorded {len(numbers)} times and all have been given; `repeats` gives "
        "them again"
    )
