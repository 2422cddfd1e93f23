"""A cassette as lines of YAML: every value in its fixed place, so that recording again changes few lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from drytune.cassettes.checksum import checksum, grouped
from drytune.cassettes.errors import CassetteError
from drytune.cassettes.model import FORMAT, Cassette, Exchange, Fields
from drytune.cassettes.yaml_form import body_lines, entry, flow, lines_of, number, quoted

__all__ = ["dumps"]

_WIDTH: Final = 100


def dumps(cassette: Cassette) -> bytes:
    """The YAML of a cassette: the same for the same cassette, and what `loads` reads back.

    Header fields of one name stand together, in their order.

    Raises:
        CassetteError: A number in it is not finite.
    """
    try:
        return "\n".join(_lines(cassette)).encode()
    except (ValueError, TypeError) as error:
        msg = f"{cassette.name} cannot be written: {error}."
        raise CassetteError(msg) from error


def _lines(cassette: Cassette) -> Iterator[str]:
    yield "version: 1"
    yield "drytune:"
    header = msgspec.to_builtins(cassette.header)
    yield from lines_of({"format": FORMAT, **header, "checksum": checksum(cassette)}, "  ")
    if not cassette.exchanges:
        yield "interactions: []"
    else:
        yield "interactions:"
        for place, exchange in enumerate(cassette.exchanges, 1):
            try:
                yield from _exchange_lines(exchange, last=place == len(cassette.exchanges))
            except ValueError as error:
                msg = f"exchange {place}: {error}"
                raise ValueError(msg) from error
    yield ""


def _exchange_lines(exchange: Exchange, *, last: bool) -> Iterator[str]:
    asked, told = exchange.request, exchange.response
    extras = list(_extra_lines(exchange))
    yield "- request:"
    yield f"    method: {quoted(asked.method)}"
    yield from body_lines("    ", "uri", asked.uri.encode("utf-8", "replace"))
    yield from _header_lines(asked.headers, "    ")
    yield from body_lines("    ", "body", asked.body)
    yield "  response:"
    yield f"    status: {{code: {told.status}, message: {quoted(told.reason)}}}"
    yield from _header_lines(told.headers, "    ")
    yield "    body:"
    yield from body_lines("      ", "string", told.body, last=last and not extras)
    yield from extras


def _header_lines(fields: Fields, indent: str) -> Iterator[str]:
    if not fields:
        yield f"{indent}headers: {{}}"
        return
    yield f"{indent}headers:"
    for name, values in grouped(fields).items():
        yield entry(f"{indent}  ", name, flow(values))


def _extra_lines(exchange: Exchange) -> Iterator[str]:
    """What vcrpy has no place for: only what there is; on one line if that is short."""
    asked, told = exchange.request, exchange.response
    words = {}
    if exchange.at is not None:
        words["at"] = number(float(exchange.at))
    if told.wait:
        words["wait"] = number(float(told.wait))
    if told.interrupted:
        words["interrupted"] = "true"
    if not told.chunks and asked.parts is None:
        if words:
            yield "  drytune: {" + ", ".join(f"{name}: {word}" for name, word in words.items()) + "}"
        return
    yield "  drytune:"
    for name, word in words.items():
        yield f"    {name}: {word}"
    if told.chunks:
        yield from _chunk_lines(told.chunks)
    if asked.parts is not None:
        yield "    parts:" if asked.parts else "    parts: []"
        for part in asked.parts:
            yield f"    - {flow(msgspec.to_builtins(part))}"


def _chunk_lines(chunks: tuple[tuple[int, float], ...]) -> Iterator[str]:
    words = [f"[{size}, {number(float(delay))}]" for size, delay in chunks]
    line = "    chunks: ["
    for word in words[:-1]:
        if len(line) + len(word) > _WIDTH:
            yield line.rstrip()
            line = "      "
        line += f"{word}, "
    yield f"{line}{words[-1]}]"
