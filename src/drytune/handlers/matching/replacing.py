"""Recording again what was recorded before: what was asked anew takes the place of what was asked then."""

from __future__ import annotations

import msgspec

from drytune.cassettes.model import Asked, Cassette, Exchange, Provenance
from drytune.cassettes.redaction.kinds import PLACEHOLDER
from drytune.handlers.matching.normal import normal_of_asked, root_of

__all__ = ["replaced", "weakest"]

_NOTE = "What the last recording did not ask again is from an earlier one, and stands first."


def replaced(old: Cassette, new: Cassette) -> Cassette:
    """The cassette after a recording in mode ``all``, as VCR has it.

    Args:
        old: What was there.
        new: What was asked now, redacted.

    Returns:
        What of `old` was not asked again, as it was, and then all of `new`, whose times follow. Its header is that
        of `new`; its provenance is one that may be told of all its answers.
    """
    asked = set(_digests(new))
    kept = tuple(one for one, digest in zip(old.exchanges, _digests(old), strict=True) if digest not in asked)
    title = new.header.title or old.header.title
    header = msgspec.structs.replace(new.header, title=title)
    if not kept:
        return msgspec.structs.replace(new, header=header)
    later_by = max((one.at or 0.0 for one in kept), default=0.0)
    header = msgspec.structs.replace(
        header,
        provenance=weakest(old.header.provenance, header.provenance),
        note=_noted(old.header.note),
        uploads="hashed" if old.header.uploads == "hashed" else header.uploads,
    )
    exchanges = (*kept, *(_later(one, later_by) for one in new.exchanges))
    return msgspec.structs.replace(new, header=header, exchanges=exchanges)


def weakest(*provenances: Provenance | None) -> Provenance | None:
    """Of a cassette whose answers come from several places: what may be said of all of them."""
    order: tuple[Provenance, ...] = ("simulated", "documented", "recorded")
    return next((one for one in order if one in provenances), None)


def _digests(cassette: Cassette) -> list[bytes]:
    root = root_of(cassette)
    return [normal_of_asked(_unnumbered(one.request), root).digest for one in cassette.exchanges]


def _unnumbered(asked: Asked) -> Asked:
    """The request with one placeholder for all secrets: each recording counts its own anew."""
    uri = PLACEHOLDER.sub("REDACTED", asked.uri)
    body = asked.body
    if b"REDACTED" in body:
        text = body.decode("utf-8", "surrogateescape")
        body = PLACEHOLDER.sub("REDACTED", text).encode("utf-8", "surrogateescape")
    return msgspec.structs.replace(asked, uri=uri, body=body)


def _later(exchange: Exchange, seconds: float) -> Exchange:
    at = None if exchange.at is None else round(exchange.at + seconds, 6)
    return msgspec.structs.replace(exchange, at=at)


def _noted(note: str | None) -> str:
    if note is None or note == _NOTE:
        return _NOTE
    return note if note.endswith(_NOTE) else f"{note} {_NOTE}"
