"""What the client calls otherwise than the recording does: its own ids, in the place of those of the recorded run.

A value that a client made up means the same for the rest of the session. So it is a pair, one to one, with the
recorded value: requests are read with the recorded one in its place, and answers told with the client's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final

import msgspec

from drytune.cassettes.model import Told
from drytune.cassettes.redaction.kinds import PLACEHOLDER
from drytune.handlers.matching.made import CORES
from drytune.handlers.matching.operations import PLATFORM_ID
from drytune_simulator import Headers, Request

__all__ = ["Pairs", "retold"]

_PLATFORM: Final = re.compile(rb"(?<![0-9A-Za-z_-])(?:" + PLATFORM_ID.pattern.encode() + rb")")
_PLACEHOLDERS: Final = re.compile(PLACEHOLDER.pattern.encode())
_SPLIT: Final = re.compile(r'["\\\x00-\x1f\x7f-\U0010ffff]')
"""What would have to be escaped in JSON."""

_SHORTEST: Final = 6
"""Nothing that may be told otherwise is shorter."""


class Pairs:
    """The pairs that a session has learnt."""

    def __init__(self) -> None:
        self._recorded: dict[str, str] = {}  # of a client's value
        self._theirs: dict[str, str] = {}  # of a recorded value
        self._live: dict[str, str] = {}  # recorded ids of ids that a platform gave during the replay
        self._hidden: dict[str, str] = {}  # what the client has where the recording has a placeholder

    def may_stand(self, recorded: str, theirs: str) -> bool:
        """Whether the two can be a pair."""
        return (
            self._theirs.get(recorded, theirs) == theirs and self._recorded.get(theirs, recorded) == recorded
        )

    def means_another(self, recorded: str, theirs: str) -> bool:
        """Whether the client's value stands for another recorded one, or was read as one already."""
        return self._recorded.get(theirs, recorded) != recorded or theirs in self._theirs

    def learn(self, pairs: Mapping[str, str]) -> None:
        """Take recorded values and the client's; the newest counts in answers."""
        for recorded, theirs in pairs.items():
            self._recorded[theirs] = recorded
            self._theirs[recorded] = theirs

    def learn_live(self, pairs: Mapping[str, str]) -> None:
        """Take recorded ids, and those that a platform has just given for the same."""
        for recorded, live in pairs.items():
            self._live[live] = recorded

    def learn_hidden(self, pairs: Mapping[str, str]) -> None:
        """Take placeholders, and what the client has in their place."""
        self._hidden.update((one, other) for one, other in pairs.items() if not _SPLIT.search(other))

    def understood(self, request: Request) -> tuple[Request, dict[str, str]]:
        """The request with recorded values for the client's; and the live ids in it, by the recorded one."""
        if request.stream is not None or not (self._recorded or self._live):
            return request, {}
        used: dict[str, str] = {}
        target = self._read(request.target.encode("utf-8", "surrogateescape"), used)
        body = self._read(request.body, used)
        if not used:
            return request, {}
        headers = request.headers
        live = {recorded: theirs for theirs, recorded in used.items() if theirs in self._live}
        understood = Request(
            request.method, target.decode("utf-8", "surrogateescape"), Headers(list(headers.items())), body
        )
        return understood, live

    def told(self, given: Mapping[str, str]) -> Callable[[Told], Told] | None:
        """Changes an answer; None if there is nothing to change.

        Args:
            given: Recorded values of this answer alone, and the client's.
        """
        if not (given or self._theirs or self._hidden):
            return None
        return lambda told: retold(told, given, self._theirs, self._hidden)

    def _read(self, data: bytes, used: dict[str, str]) -> bytes:
        for pattern, known in ((CORES, self._recorded), (_PLATFORM, self._live)):
            if known:
                data = pattern.sub(lambda found, known=known: _swapped(found, known, used), data)  # type: ignore[misc]
        return data


def retold(told: Told, given: Mapping[str, str], *more: Mapping[str, str]) -> Told:
    """A recorded answer with other words; its pieces are cut at the same places of the text.

    Args:
        told: The answer.
        given: Recorded words, and those to be told. One that begins with a quote is told otherwise only where it
            stands with what is around it.
        more: The same; of what is in several, the first counts.
    """

    def word(found: re.Match[bytes]) -> bytes:
        text = found[0].decode("utf-8", "replace")
        for words in (given, *more):
            if text in words:
                return words[text].encode()
        return found[0]

    edits = [
        (found.start(), found.end(), word(found))
        for pattern in (CORES, _PLATFORM, _PLACEHOLDERS, _literal(given))
        if pattern is not None
        for found in pattern.finditer(told.body)
    ]
    edits = sorted(edit for edit in edits if told.body[edit[0] : edit[1]] != edit[2])
    headers = tuple((name, _reworded(value, word)) for name, value in told.headers)
    if not edits:
        return told if headers == told.headers else msgspec.structs.replace(told, headers=headers)
    body, ends = _edited(told.body, edits, [size for size, _ in told.chunks])
    chunks = tuple((size, delay) for size, (_, delay) in zip(ends, told.chunks, strict=True))
    return msgspec.structs.replace(told, body=body, chunks=chunks, headers=headers)


def _swapped(found: re.Match[bytes], known: Mapping[str, str], used: dict[str, str]) -> bytes:
    theirs = found[0].decode("ascii", "replace")
    recorded = known.get(theirs)
    if recorded is None:
        return found[0]
    used[theirs] = recorded
    return recorded.encode()


def _literal(words: Mapping[str, str]) -> re.Pattern[bytes] | None:
    """Those words that none of the other patterns finds: times, with what stands around them."""
    odd = [re.escape(word.encode()) for word in words if word.startswith('"')]
    return re.compile(b"(?:" + b"|".join(odd) + rb")(?![0-9.])") if odd else None


def _reworded(value: str, word: Callable[[re.Match[bytes]], bytes]) -> str:
    if len(value) < _SHORTEST:
        return value
    data = value.encode("utf-8", "surrogateescape")
    for pattern in (CORES, _PLATFORM, _PLACEHOLDERS):
        data = pattern.sub(word, data)
    return data.decode("utf-8", "surrogateescape")


def _edited(body: bytes, edits: list[tuple[int, int, bytes]], sizes: list[int]) -> tuple[bytes, list[int]]:
    """The body with its edits, which do not overlap, and the new sizes of its pieces."""
    pieces: list[bytes] = []
    cuts = [0]
    for size in sizes:
        cuts.append(cuts[-1] + size)
    moved = list(cuts)
    end = 0
    for start, stop, new in edits:
        if start < end:
            continue
        pieces += [body[end:start], new]
        end = stop
        grown = len(new) - (stop - start)
        # a cut inside of a value stays as far behind its beginning as it was, if the new one is that long
        for number, cut in enumerate(cuts):
            if cut >= stop:
                moved[number] += grown
            elif cut > start:
                moved[number] += min(0, len(new) - (cut - start))
    pieces.append(body[end:])
    return b"".join(pieces), [second - first for first, second in pairwise(moved)]
