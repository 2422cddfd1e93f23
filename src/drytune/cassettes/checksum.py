"""By what a cassette shows that nobody changed it: a hash of what it means, not of how its YAML is laid out."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from drytune.cassettes.model import Cassette, Exchange, Fields, Part

__all__ = ["checksum", "digest", "grouped"]


def checksum(cassette: Cassette) -> str:
    """``sha256:`` and 64 hexadecimal digits, over the header and all exchanges.

    Indentation, quotes and the order of names do not matter, nor does the name of the file.
    """
    return f"sha256:{_hashed([msgspec.to_builtins(cassette.header)], cassette.exchanges)}"


def digest(exchanges: Iterable[Exchange]) -> str:
    """A hash of exchanges alone, in their order."""
    return _hashed([], exchanges)


def grouped(fields: Fields) -> dict[str, list[str]]:
    """Header fields as a cassette has them: what was sent under one name, in its order."""
    groups: dict[str, list[str]] = {}
    for name, value in fields:
        groups.setdefault(_text(name), []).append(_text(value))
    return groups


def _hashed(first: list[Any], exchanges: Iterable[Exchange]) -> str:
    hashed = hashlib.sha256()
    encode = msgspec.json.Encoder(order="deterministic").encode
    for one in first:
        hashed.update(encode(_cleaned(one)) + b"\n")
    for exchange in exchanges:
        hashed.update(encode(_meaning(exchange)) + b"\n")
    return hashed.hexdigest()


def _meaning(exchange: Exchange) -> list[Any]:
    asked, told = exchange.request, exchange.response
    return [
        [_text(asked.method), _text(asked.uri), grouped(asked.headers), base64.b64encode(asked.body)],
        None if asked.parts is None else [_part(part) for part in asked.parts],
        [told.status, _text(told.reason), grouped(told.headers), base64.b64encode(told.body)],
        [float(told.wait), [[size, float(delay)] for size, delay in told.chunks], told.interrupted],
        None if exchange.at is None else float(exchange.at),
    ]


def _part(part: Part) -> list[Any]:
    filename = None if part.filename is None else _text(part.filename)
    return [_text(part.name), filename, part.size, part.sha256]


def _text(text: str) -> str:
    """Text as a file can hold it: without halves of characters."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return {_text(name): _cleaned(one) for name, one in value.items()}
    return [_cleaned(one) for one in value] if isinstance(value, list) else value
