"""The redactor: exchanges without secrets, each secret replaced by a placeholder of its own."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from drytune.cassettes.model import Cassette, Exchange, Fields, Header, Part
from drytune.cassettes.redaction.headers import header_secret
from drytune.cassettes.redaction.kinds import KINDS, PLACEHOLDER, Kind
from drytune.cassettes.redaction.own import Own
from drytune.cassettes.redaction.searching import Also, changed, edits, search
from drytune.cassettes.redaction.streams import spread, spread_edits

__all__ = ["Redactor"]

_ROUNDS: Final = 6
"""What was replaced may lay something else bare: base64 at another beginning, a text behind a secret."""

_NUMBER = re.compile(r"(.*)-([0-9]+)")


class Redactor:
    """Replaces secrets by placeholders; the same secret always by the same one. Several threads may share it.

    Args:
        patterns: Regular expressions of what else is a secret, in the syntax of a linear engine (no look-arounds,
            no backward references).
        known: Secrets that are known, of any form, at least four characters each.

    Raises:
        UsageError: A pattern cannot be used, or a known secret is too short.
    """

    def __init__(self, patterns: Iterable[str] = (), known: Iterable[str] = ()) -> None:
        self._own = Own(patterns, known)
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}
        self._numbers: dict[str, int] = {}

    @property
    def also(self) -> Also:
        """What is a secret to this redactor alone; `guard` takes it."""
        return self._own

    def learn(self, secret: str) -> None:
        """Take `secret`, e.g. a key that is used, for one wherever it stands from now on.

        What has fewer than eight characters is not taken: ``none`` and ``EMPTY`` are no keys.
        """
        self._own.learn(secret.strip())

    def after(self, exchanges: Iterable[Exchange]) -> None:
        """Number on behind the placeholders that stand in `exchanges`, which a recording goes on from."""
        for exchange in exchanges:
            for data in (
                exchange.request.body,
                exchange.response.body,
                msgspec.json.encode(_headers(exchange)),
            ):
                for match in PLACEHOLDER.finditer(data.decode("utf-8", "replace")):
                    self._reserve(match[0])

    def exchange(self, exchange: Exchange) -> Exchange:
        """`exchange` without secrets; the chunks of its answer still add up to its body."""
        asked, told = exchange.request, exchange.response
        body, chunks = self._body(told.body, _type(told.headers), told.chunks)
        request = msgspec.structs.replace(
            asked,
            uri=self.text(asked.uri),
            headers=self._fields(asked.headers),
            body=self.data(asked.body, _type(asked.headers)),
            parts=None if asked.parts is None else tuple(map(self._part, asked.parts)),
        )
        response = msgspec.structs.replace(
            told, reason=self.text(told.reason), headers=self._fields(told.headers), body=body, chunks=chunks
        )
        return msgspec.structs.replace(exchange, request=request, response=response)

    def header(self, header: Header) -> Header:
        """The header of a cassette without secrets: its source, its title, what is told of an archive."""
        fields: dict[str, Any] = msgspec.to_builtins(header)
        return msgspec.convert(self.value(fields), Header)

    def cassette(self, cassette: Cassette) -> Cassette:
        """A whole cassette without secrets."""
        return msgspec.structs.replace(
            cassette,
            header=self.header(cassette.header),
            exchanges=tuple(map(self.exchange, cassette.exchanges)),
        )

    def value(self, value: Any) -> Any:
        """A value of JSON without secrets: by their shape, and by the names of fields."""
        text = msgspec.json.encode(value).decode("utf-8")
        now = self.text(text)
        return value if now == text else msgspec.json.decode(now)

    def text(self, text: str) -> str:
        """A text without secrets; one without any is given back as it is."""
        for _ in range(_ROUNDS):
            written = edits(search(text, self._own), self._name)
            if not written:
                break
            text = changed(text, written)
        return text

    def data(self, data: bytes, content_type: str = "") -> bytes:
        """A body without secrets; without any it is the same to the byte.

        Args:
            data: The body, decompressed.
            content_type: As its header says.
        """
        return self._body(data, content_type, ())[0]

    def _body(
        self, data: bytes, content_type: str, chunks: tuple[tuple[int, float], ...]
    ) -> tuple[bytes, tuple[tuple[int, float], ...]]:
        text = data.decode("utf-8", "surrogateescape")
        ends = _ends(text, data, chunks)
        is_changed = False
        for _ in range(_ROUNDS):
            written = edits(search(text, self._own), self._name)
            if not written:
                written = spread_edits(text, spread(text, content_type, self._own), self._name)
            if not written:
                break
            is_changed = True
            ends = _moved(ends, written)
            text = changed(text, written)
        if not is_changed:
            return data, chunks
        return text.encode("utf-8", "surrogateescape"), _chunks(text, ends, chunks)

    def _fields(self, fields: Fields) -> Fields:
        return tuple((name, self._field(name, value)) for name, value in fields)

    def _field(self, name: str, value: str) -> str:
        found = header_secret(name, value)
        if found is not None:
            start, end, kind = found
            value = value[:start] + self._name(kind, value[start:end]) + value[end:]
        return self.text(value)

    def _part(self, part: Part) -> Part:
        filename = None if part.filename is None else self.text(part.filename)
        return msgspec.structs.replace(part, name=self.text(part.name), filename=filename)

    def _name(self, kind: Kind, secret: str) -> str:
        """The placeholder of a secret."""
        secret = self._own.secret(secret)
        with self._lock:
            name = self._names.get(secret)
            if name is None:
                form = _form(kind, secret)
                number = self._numbers[form] = self._numbers.get(form, 0) + 1
                name = self._names[secret] = f"{form}-{number}"
            return name

    def _reserve(self, placeholder: str) -> None:
        match = _NUMBER.fullmatch(placeholder)
        if match is not None:
            with self._lock:
                self._numbers[match[1]] = max(self._numbers.get(match[1], 0), int(match[2]))


def _form(kind: Kind, secret: str) -> str:
    """What the placeholder of a secret begins with: that of its own shape, wherever it was found."""
    for one in KINDS:
        match = one.pattern.fullmatch(secret)
        if match is not None and not match.lastindex and (one.test is None or one.test(secret)):
            return one.placeholder
    for prefix in ("sk-", "org-", "proj_"):
        if secret.startswith(prefix):
            return f"{prefix}REDACTED"
    return kind.placeholder


def _type(fields: Fields) -> str:
    return next((value.lower() for name, value in fields if name.lower() == "content-type"), "")


def _headers(exchange: Exchange) -> list[str]:
    asked, told = exchange.request, exchange.response
    return [asked.uri, *(value for _, value in (*asked.headers, *told.headers))]


def _ends(text: str, data: bytes, chunks: tuple[tuple[int, float], ...]) -> list[int]:
    """Where in the text each chunk ends; within a character, behind it."""
    ends, at = [], 0
    for size, _ in chunks:
        at += size
        ends.append(at)
    if len(text) == len(data):
        return ends
    places, byte, letters = [], 0, iter(enumerate(text))
    place = 0
    for end in ends:
        while byte < end:
            place, letter = next(letters, (len(text) - 1, ""))
            if not letter:
                break
            byte += 1 if letter < "\x80" or "\udc80" <= letter <= "\udcff" else len(letter.encode("utf-8"))
            place += 1
        places.append(place)
    return places


def _moved(ends: list[int], written: list[tuple[int, int, str]]) -> list[int]:
    """The same ends after a change; one within something replaced comes behind it."""
    moved, shift, index = [], 0, 0
    for end in ends:
        while index < len(written) and written[index][1] <= end:
            start, stop, new = written[index]
            shift += len(new) - (stop - start)
            index += 1
        if index < len(written) and written[index][0] < end:
            start, stop, new = written[index]
            moved.append(start + shift + len(new))
        else:
            moved.append(end + shift)
    return moved


def _chunks(
    text: str, ends: list[int], chunks: tuple[tuple[int, float], ...]
) -> tuple[tuple[int, float], ...]:
    """Sizes in bytes and waits; of chunks of which nothing is left, the next one takes the wait over."""
    now: list[tuple[int, float]] = []
    before, waited = 0, 0.0
    for end, (_, wait) in zip(ends, chunks, strict=True):
        waited += wait
        size = len(text[before:end].encode("utf-8", "surrogateescape"))
        if size:
            now.append((size, waited))
            waited = 0.0
        before = end
    return tuple(now)
