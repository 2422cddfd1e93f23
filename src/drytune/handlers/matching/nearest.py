"""The recorded request that is nearest to one that nothing answers, and where the two differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from drytune.handlers.matching.hidden import fits
from drytune.handlers.matching.index import Index
from drytune.handlers.matching.made import looks_made
from drytune.handlers.matching.normal import Hashed, Normal, place_in_words
from drytune.handlers.matching.trees import ABSENT, Difference, differences, named, tree_of

__all__ = ["Nearest", "nearest"]

_MOST: Final = 12
"""Places at which two requests may differ and still be compared."""

_AROUND: Final = 2000
_BEFORE, _SHOWN = 20, 60

Hide = Callable[[str], str]


class Nearest(NamedTuple):
    """What is nearest.

    Attributes:
        why: In words, as `Miss.why`.
        pointer: Where it differs, if that can be told in a word.
        number: Of the exchange, from 0; None if the cassette is empty.
    """

    why: str
    pointer: str | None = None
    number: int | None = None


def nearest(index: Index, asked: Normal, hide: Hide) -> Nearest:
    """The nearest recorded request, in words.

    Args:
        index: Of the cassette.
        asked: What nothing answers.
        hide: Takes what is secret out of a text.
    """
    if not index.entries:
        return Nearest("the cassette is empty")
    group = index.groups.get((asked.method, asked.path))
    if group is None:
        return _elsewhere(index, asked, hide)
    tree = tree_of(asked)
    number, found = _best(index, group, tree)
    if not found:  # alike, but what is like it stands for something else already
        found = differences(tree_of(index.normal(number)), tree, 1)
    if not found:
        return Nearest(f"exchange {number + 1} is like it, and was recorded for something else", None, number)
    first = found[0]
    recorded, now = _shown(first, hide)
    place = named(first.pointer)
    where = f"at {place}" if place else "in its body"
    more = "" if len(found) == 1 else f" (and in {len(found) - 1} more place{'s' if len(found) > 2 else ''})"
    return Nearest(
        f"nearest is exchange {number + 1}, which differs {where}: recorded {recorded}, asked {now}{more}",
        place or None,
        number,
    )


def _best(index: Index, group: list[int], tree: dict[str, Any]) -> tuple[int, list[Difference]]:
    """The exchange of a group that differs least, and where it does."""
    best: tuple[int, list[Difference]] | None = None
    seen: set[bytes] = set()
    score: tuple[int, float] = (_MOST + 1, 0.0)
    for number in group:
        digest = index.entries[number].digest
        if digest in seen:
            continue
        seen.add(digest)
        found = _unlike(differences(tree_of(index.normal(number)), tree, min(score[0], _MOST) + 3))
        if len(found) > score[0]:
            continue
        now = (len(found), -_alike(found[0]) if found else -1.0)
        if best is None or now < score:
            best, score = (number, found), now
    return best if best is not None else (group[0], differences(tree_of(index.normal(group[0])), tree, _MOST))


def _unlike(found: list[Difference]) -> list[Difference]:
    """Without the places where both are made up by a client, or a secret was hidden."""
    return [one for one in found if not _may_differ(one.recorded, one.asked)]


def _may_differ(recorded: Any, asked: Any) -> bool:
    one, other = looks_made(recorded), looks_made(asked)
    if one is not None and other is not None and one.kind == other.kind:
        return True
    if not isinstance(recorded, str) or not isinstance(asked, str):
        return False
    return fits(recorded, asked) is not None


def _alike(found: Difference) -> float:
    """How much of two texts is the same, from 0 to 1; a bit for being of the same kind at all."""
    one, other = found.recorded, found.asked
    if not isinstance(one, str) or not isinstance(other, str):
        return 0.1 if type(one) is type(other) else 0.0
    one, other = one[:_AROUND], other[:_AROUND]
    ahead = _same(one, other)
    behind = _same(one[ahead:][::-1], other[ahead:][::-1])
    return 0.1 + 0.9 * (ahead + behind) / max(len(one), len(other), 1)


def _same(one: str, other: str) -> int:
    """How many characters at the beginning are the same; by halves, for texts are long and there are many."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _elsewhere(index: Index, asked: Normal, hide: Hide) -> Nearest:
    """The nearest request with another method or path."""
    segments = asked.path.split("/")

    def likeness(place: tuple[str, str]) -> tuple[int, bool, int, int]:
        others = place[1].split("/")
        same = sum(one == other for one, other in zip(segments, others, strict=False))
        ahead = _same(asked.path, place[1])
        return (
            same - abs(len(segments) - len(others)),
            place[0] == asked.method,
            ahead,
            -index.groups[place][0],
        )

    method, path = max(index.groups, key=likeness)
    number = index.groups[method, path][0]
    request = index.cassette.exchanges[number].request
    if path == asked.path:
        return Nearest(f"nearest is exchange {number + 1}, which is asked with {method}", None, number)
    uri = hide(place_in_words(request.uri).partition("?")[0])[:200]
    return Nearest(f"nearest is exchange {number + 1} ({method} {uri}), which has another path", None, number)


def _shown(found: Difference, hide: Hide) -> tuple[str, str]:
    """Both values, cut around the place where they begin to differ."""
    one, other = found.recorded, found.asked
    if isinstance(one, str) and isinstance(other, str):
        start = max(0, _same(one, other) - _BEFORE)
        return _cut(one, start, hide), _cut(other, start, hide)
    return _value(one, hide), _value(other, hide)


def _cut(text: str, start: int, hide: Hide) -> str:
    """`text` from about `start` on; hidden before it is cut, for a piece of a secret is not known as one."""
    if start <= _BEFORE:
        start = 0
    lead = max(0, start - _AROUND)
    window = text[lead : start + _AROUND]
    before, hidden = hide(window[: start - lead]), hide(window)
    # hiding may have changed the length of what stands before
    shown = hidden[len(before) if hidden.startswith(before) else start - lead :]
    is_cut = len(shown) > _SHOWN or start + _AROUND < len(text)
    return ("…" if start else "") + repr(shown[:_SHOWN]) + ("…" if is_cut else "")


def _value(value: Any, hide: Hide) -> str:
    if value is ABSENT:
        return "nothing"
    if isinstance(value, str):
        return _cut(value, 0, hide)
    if isinstance(value, Hashed):
        return f"a large body with the SHA-256 {value.hex()[:12]}…"
    if isinstance(value, bytes):
        return _cut(value.decode("utf-8", "backslashreplace"), 0, hide)
    try:
        text = msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError):
        text = repr(value)
    text = hide(text[: 2 * _AROUND])
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
