"""Requests that are alike although they are not equal: a client made up something anew, or a secret was hidden.

What may differ is taken out of a request, and its skeleton is looked up: of many thousands of recorded requests
only those with the same one are looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from drytune.handlers.matching.forms import UNKNOWN
from drytune.handlers.matching.hidden import fits, is_hidden
from drytune.handlers.matching.index import Index
from drytune.handlers.matching.made import (
    CORES,
    WORDS,
    Made,
    looks_made,
    may_be_loose,
)
from drytune.handlers.matching.normal import Normal
from drytune.handlers.matching.trees import ABSENT, Pointer, leaves_of, tree_of

__all__ = ["Alike", "Bones", "Family", "Loose"]

_Group = tuple[str, int]

_ASKED_ABOUT: Final = frozenset({"arguments", "content", "input", "instructions", "output", "prompt", "text"})
_OF_THE_TEXT: Final = ("/embeddings", "/moderations")

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


@dataclass(slots=True)
class Bones:
    """A request without what may differ.

    Attributes:
        digest: Of the skeleton.
        made: What a client made up, by place.
        wild: What stands where a recorded request does not say all.
    """

    digest: bytes
    made: dict[Pointer, Made]
    wild: dict[Pointer, Any]


@dataclass(slots=True)
class Family:
    """Recorded requests with the same skeleton.

    Attributes:
        key: The skeleton's digest.
        digests: Of their normal forms, in the order in which they were first asked.
    """

    key: bytes
    digests: list[bytes] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Alike:
    """How an incoming request is like a recorded one.

    Attributes:
        made: Recorded values that last, and the client's.
        hidden: Placeholders, and what the client has in their place.
        times: What to tell otherwise in this answer alone.
    """

    made: Mapping[str, str]
    hidden: Mapping[str, str]
    times: Mapping[str, str]


class Loose:
    """The requests of a cassette of which something may differ."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._families: dict[bytes, Family] = {}
        self._bones: dict[bytes, Bones] = {}
        self._wild: dict[_Group, list[tuple[Pointer, ...]]] = {}
        self._answered: dict[bytes, int] | None = None
        for digest, numbers in index.exact.items():
            request = index.cassette.exchanges[numbers[0]].request
            unhashed = request.parts is not None and any(part.sha256 == UNKNOWN for part in request.parts)
            if unhashed or may_be_loose(request.uri.encode("utf-8", "replace")) or may_be_loose(request.body):
                self._add(digest, index.normal(numbers[0]))

    def _add(self, digest: bytes, normal: Normal) -> None:
        tree = tree_of(normal)
        wild = tuple(pointer for pointer, leaf in leaves_of(tree) if _is_wild(leaf, pointer, normal))
        bones = _bones_of(tree, normal, wild)
        if bones is None or not (bones.made or bones.wild):
            return
        self._bones[digest] = bones
        self._families.setdefault(bones.digest, Family(bones.digest)).digests.append(digest)
        wilds = self._wild.setdefault(_group(normal), [])
        if wild not in wilds:
            wilds.append(wild)

    def families(self, normal: Normal) -> Iterator[tuple[Family, Bones]]:
        """The families that an incoming request may belong to, and how its leaves look in each."""
        wilds = self._wild.get(_group(normal))
        if wilds is None:
            return
        tree = tree_of(normal)
        for wild in wilds:
            bones = _bones_of(tree, normal, wild)
            family = None if bones is None else self._families.get(bones.digest)
            if family is not None and bones is not None:
                yield family, bones

    def alike(self, digest: bytes, asked: Bones) -> Alike | None:
        """How a request is like a recorded one of its family; None if it is not.

        Args:
            digest: Of the recorded one's normal form.
            asked: The incoming one's leaves.
        """
        bones = self._bones[digest]
        number = self._index.exact[digest][0]
        made: dict[str, str] = {}
        times: dict[str, str] = {}
        for pointer, one in bones.made.items():
            theirs = asked.made[pointer].core
            if one.core == theirs:
                continue
            if self._is_answered(one.core, number):
                return None
            if not one.lasts:
                times.update(_around(pointer, one.core, theirs))
            elif made.setdefault(one.core, theirs) != theirs:
                return None
        if len(set(made.values())) < len(made):
            return None
        hidden: dict[str, str] = {}
        for pointer, recorded in bones.wild.items():
            if not _fits(recorded, asked.wild.get(pointer, ABSENT), hidden):
                return None
        return Alike(made, hidden, times)

    def _is_answered(self, core: str, number: int) -> bool:
        """Whether a value came from the platform: an answer had it before any request did."""
        if self._answered is None:
            self._answered = self._found()
        return self._answered.get(core.encode(), number) < number

    def _found(self) -> dict[bytes, int]:
        """What looks made up and was in an answer first, and in which."""
        asked: dict[bytes, None] = {}
        answered: dict[bytes, int] = {}
        cores = {made.core.encode() for bones in self._bones.values() for made in bones.made.values()}
        for number, exchange in enumerate(self._index.cassette.exchanges):
            text = exchange.request.uri.encode("utf-8", "replace") + b"\n" + exchange.request.body
            for word in _words(text):
                if word in cores and word not in answered:
                    asked.setdefault(word)
            for word in _words(exchange.response.body):
                if word in cores and word not in asked:
                    answered.setdefault(word, number)
        return answered


def _words(text: bytes) -> Iterator[bytes]:
    for pattern in (CORES, WORDS):
        for found in pattern.finditer(text):
            yield found[0]


def _group(normal: Normal) -> _Group:
    return normal.method, normal.path.count("/")


def _is_wild(leaf: Any, pointer: Pointer, normal: Normal) -> bool:
    """Whether a recorded leaf does not say all of what was sent."""
    if isinstance(leaf, str) and is_hidden(leaf):
        return True
    if normal.kind != "parts" or pointer[:1] != ("body",):
        return False
    if pointer[-1] == "sha256":
        return bool(leaf == UNKNOWN)
    return pointer[-1] == "size" and isinstance(leaf, int) and leaf < 1


def _bones_of(tree: dict[str, Any], normal: Normal, wild: tuple[Pointer, ...]) -> Bones | None:
    """The skeleton of a request; None if it has no leaf where a wild one is, or cannot be written."""
    bones = Bones(b"", {}, {})
    try:
        bare = _bare(tree, (), frozenset(wild), bones, normal.path)
        if len(bones.wild) < len(wild):
            return None
        text = _ENCODER.encode([normal.method, normal.kind, bare])
    except (TypeError, ValueError, RecursionError):
        return None
    bones.digest = hashlib.blake2b(text, digest_size=16).digest()
    return bones


def _bare(value: Any, pointer: Pointer, wild: frozenset[Pointer], bones: Bones, path: str) -> Any:
    if pointer in wild:
        bones.wild[pointer] = value
        return {"\0": "wild"}
    if isinstance(value, dict):
        return {key: _bare(one, (*pointer, key), wild, bones, path) for key, one in value.items()}
    if isinstance(value, list):
        return [_bare(one, (*pointer, place), wild, bones, path) for place, one in enumerate(value)]
    made = looks_made(value)
    if made is None or not _is_free(made, pointer, path):
        return value
    bones.made[pointer] = made
    return {"\0": made.kind}


def _is_free(made: Made, pointer: Pointer, path: str) -> bool:
    """Whether what stands at a place may be another one the next time: what a model is asked about must not be.

    An id that is new in each run tells a model nothing, but a date does; and an embedding is that of its text.
    """
    if pointer[-1:] == ("sha256",):
        return False
    if _ASKED_ABOUT.isdisjoint(pointer):
        return True
    return made.lasts and not path.endswith(_OF_THE_TEXT)


def _fits(recorded: Any, asked: Any, hidden: dict[str, str]) -> bool:
    """Whether a value is what a placeholder, or an unknown hash, stands for."""
    if not isinstance(recorded, str) or recorded == UNKNOWN:
        return not isinstance(asked, dict | list)
    if not isinstance(asked, str):
        return False
    found = fits(recorded, asked)
    if found is None:
        return False
    hidden.update(found)
    return True


def _around(pointer: Pointer, recorded: str, theirs: str) -> dict[str, str]:
    """What an answer is searched for that echoes a time: only where nothing else can be meant."""
    key = str(pointer[-1])
    plain = {f'"{recorded}"': f'"{theirs}"'}
    if recorded.replace(".", "").isdigit():
        plain |= {f'"{key}":{space}{recorded}': f'"{key}":{space}{theirs}' for space in ("", " ")}
    return plain
