"""The guard: nothing that looks like a secret gets into a file.

It shares the list of kinds with the redactor and nothing else: it looks at what is about to be written, names the
place, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from drytune.cassettes.errors import SecretLeft
from drytune.cassettes.model import Cassette, Exchange, Fields
from drytune.cassettes.redaction.headers import header_secret
from drytune.cassettes.redaction.leaves import leaves, pointer
from drytune.cassettes.redaction.searching import NOTHING_ELSE, Also, Found, search
from drytune.cassettes.redaction.streams import Spread, spread

__all__ = ["Place", "guard", "guard_text", "places", "places_in_text"]

_SHOWN: Final = 3
_TOLD: Final = 5
"""So many places are named in a message."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something looks like a secret.

    Attributes:
        exchange: Number of the exchange, from 1 on; 0 for the header of the cassette.
        where: In words: ``the body of the request at /messages/0/content``.
        kind: In words: ``an OpenAI key``.
        begins: Its first three characters; never more.
    """

    exchange: int
    where: str
    kind: str
    begins: str

    def __str__(self) -> str:
        """One clause of a sentence."""
        of = f"exchange {self.exchange}" if self.exchange else "the header"
        return f"{of} has {self.kind} ({self.begins}…) in {self.where}"


def guard(what: Cassette | Iterable[Exchange], name: str, also: Also = NOTHING_ELSE) -> None:
    """Refuse what looks like a secret.

    Args:
        what: A cassette, or exchanges.
        name: Of the file, for the message.
        also: What else is a secret (`Redactor.also`).

    Raises:
        SecretLeft: Something does; the message names its place.
    """
    found: list[Place] = []
    exchanges = what.exchanges if isinstance(what, Cassette) else what
    if isinstance(what, Cassette):
        found += _in_text(msgspec.json.encode(what.header).decode("utf-8"), 0, "it", also)
    for number, exchange in enumerate(exchanges, 1):
        found += places(exchange, number, also)
        if len(found) > _TOLD:
            break
    _refuse(found, name)


def guard_text(data: bytes, name: str, also: Also = NOTHING_ELSE) -> None:
    """Refuse a finished file in which something looks like a secret.

    Raises:
        SecretLeft: Something does; the message names its line.
    """
    _refuse(list(places_in_text(data, also)), name)


def places(exchange: Exchange, number: int = 1, also: Also = NOTHING_ELSE) -> Iterator[Place]:
    """Where in an exchange something looks like a secret.

    Args:
        exchange: In which it is looked for.
        number: Of the exchange, from 1 on.
        also: What else is a secret (`Redactor.also`).
    """
    asked, told = exchange.request, exchange.response
    yield from _in_text(asked.uri, number, "the address", also)
    yield from _in_fields(asked.headers, number, "request", also)
    yield from _in_body(asked.body, asked.headers, number, "request", also)
    for part in asked.parts or ():
        yield from _in_text(
            f"{part.name}\n{part.filename or ''}", number, "the name of an uploaded file", also
        )
    yield from _in_text(told.reason, number, "the reason of the answer", also)
    yield from _in_fields(told.headers, number, "answer", also)
    yield from _in_body(told.body, told.headers, number, "answer", also)


def places_in_text(data: bytes, also: Also = NOTHING_ELSE) -> Iterator[Place]:
    """Where in a finished file something looks like a secret; by lines."""
    text = data.decode("utf-8", "surrogateescape")
    for found in _apart(search(text, also)):
        yield _place(found, 0, f"line {text.count(chr(10), 0, found.start) + 1}")


def _refuse(found: list[Place], name: str) -> None:
    if not found:
        return
    told = "; ".join(map(str, found[:_TOLD])) + ("; and more" if len(found) > _TOLD else "")
    msg = f"{name} is not written, because something in it looks like a secret: {told}. Redact it and try again."
    raise SecretLeft(msg)


def _in_text(text: str, number: int, where: str, also: Also) -> Iterator[Place]:
    for found in _apart(search(text, also)):
        yield _place(found, number, where)


def _in_fields(fields: Fields, number: int, of: str, also: Also) -> Iterator[Place]:
    for name, value in fields:
        where = f"the {of}'s header `{name}`"
        secret = header_secret(name, value)
        if secret is not None:
            start, end, kind = secret
            yield _place(Found(start, end, kind, value[start:end]), number, where)
        else:
            yield from _in_text(value, number, where, also)


def _in_body(body: bytes, fields: Fields, number: int, of: str, also: Also) -> Iterator[Place]:
    text = body.decode("utf-8", "surrogateescape")
    content_type = next((value.lower() for name, value in fields if name.lower() == "content-type"), "")
    seen = _apart(search(text, also))
    for found in seen:
        yield _place(found, number, f"the body of the {of} at {_where(text, found.start)}")
    for one in _first_of_each(spread(text, content_type, also), {found.secret for found in seen}):
        first, last = one.pieces[one.touched()[0]], one.pieces[one.touched()[-1]]
        events = f"events {first.document + 1} to {last.document + 1}"
        if first.document == last.document:
            events = f"event {first.document + 1}" if first.document else "pieces"
        yield _place(
            one.found, number, f"the body of the {of}, spread over {events} at {pointer(first.path)}"
        )


def _first_of_each(all_spread: Iterable[Spread], seen: set[str]) -> Iterator[Spread]:
    """Those that are not seen already, and of those that overlap the first."""
    ends: dict[int, int] = {}
    for one in sorted(all_spread, key=lambda one: (one.found.start, -one.found.end)):
        if one.found.secret not in seen and one.found.start >= ends.get(id(one.pieces), 0):
            ends[id(one.pieces)] = one.found.end
            yield one


def _where(text: str, start: int) -> str:
    """A JSON pointer, with the number of the event or line in a body of several; else the place in bytes."""
    line = text.rfind("\n", 0, start) + 1
    for begin, several in ((0, False), (line, True), (line + len("data: "), True)):
        if text[begin : begin + 1] not in {"{", "["}:
            continue
        for leaf in leaves(text, begin):
            if leaf.is_string and leaf.start <= start < max(leaf.end, leaf.start + 1):
                in_line = f" in line {text.count(chr(10), 0, start) + 1}" if several and line else ""
                return (pointer(leaf.path) or "its root") + in_line
            if leaf.start > start:
                break
    return f"byte {len(text[:start].encode('utf-8', 'surrogateescape'))}"


def _place(found: Found, number: int, where: str) -> Place:
    return Place(number, where, found.kind.name, found.secret[:_SHOWN])


def _apart(found: Iterable[Found]) -> list[Found]:
    """One of those that overlap."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept
