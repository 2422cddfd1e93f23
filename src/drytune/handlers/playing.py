"""A recorded answer, told again: whole or in the recorded pieces, at once or at the recorded pace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from drytune.cassettes.model import Header, Told
from drytune_simulator import Chunk, Response
from drytune_simulator.http import ConnectionDropped

__all__ = ["headers_of", "played", "provenance_told"]

_OF_THE_CONNECTION: Final = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "keep-alive",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_RETRIED: Final = frozenset({408, 409, 429})
"""Beside all from 500 on: what an SDK asks again, after a pause."""


def provenance_told(header: Header, told: Told) -> str:
    """Where an answer comes from: ``documented``, ``recorded``, ``simulated`` or ``unknown``."""
    fields = dict(told.headers)
    if fields.get("x-drytune-provenance") in {"documented", "recorded", "simulated"}:
        return fields["x-drytune-provenance"]
    if header.provenance is not None:
        return header.provenance
    return "simulated" if fields.get("x-drytune") == "simulated" else "unknown"


def headers_of(told: Told, number: int, provenance: str, speed: float) -> dict[str, str]:
    """The header fields of an answer that is told again.

    Args:
        told: The recorded answer.
        number: Of its exchange, from 1.
        provenance: Where it comes from.
        speed: 0 if nobody waits for anything: then no SDK shall sleep before it asks again.
    """
    headers = {name: value for name, value in told.headers if name not in _OF_THE_CONNECTION}
    headers["x-drytune"] = "replayed"
    headers["x-drytune-layer"] = "recorded"
    headers["x-drytune-provenance"] = provenance
    headers["x-drytune-exchange"] = str(number)
    if not speed and (told.status in _RETRIED or told.status >= 500):
        headers["retry-after-ms"] = "1"
    return headers


def played(told: Told, headers: Mapping[str, str], speed: float) -> Response:
    """The answer to give.

    Args:
        told: The recorded answer.
        headers: As `headers_of` gives them.
        speed: How many times as fast as recorded; 0 is at once.

    Raises:
        ConnectionDropped: The connection broke before there was an answer.
    """
    wait = told.wait / speed if speed else 0.0
    if told.status < 100:
        raise ConnectionDropped(f"the recorded connection broke off (status {told.status})", delay=wait)
    if not told.chunks and not told.interrupted:
        return Response(told.status, headers, told.body, wait)
    return Response(told.status, headers, _pieces(told, speed), wait)


def _pieces(told: Told, speed: float) -> Iterator[Chunk]:
    start = 0
    for size, delay in told.chunks or ((len(told.body), 0.0),):
        yield Chunk(told.body[start : start + size], delay / speed if speed else 0.0)
        start += size
    if told.interrupted:
        raise ConnectionDropped("the recorded connection broke off here")
