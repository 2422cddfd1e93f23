"""A vocabulary as a file in which single tokens are looked up without reading them all.

Building a dictionary of 200,000 tokens takes almost as long as all that ``drytune check`` does with a short file.
So the tokens lie in buckets by their CRC-32, and one search in one bucket finds a token or that there is none.

The file: `BUCKETS` + 1 offsets (32 bits, little-endian), then the buckets. A token is a byte 0xFE, its bytes,
0xFF, and its rank as three digits of base 128, the lowest first. No text in UTF-8 has these two bytes, and none of
them is a digit.
"""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path

__all__ = ["Vocabulary", "pack", "read_vocabulary", "unpack"]

BUCKETS = 8192

NO_TOKEN = 1 << 21
"""More than any rank."""

_OFFSETS = struct.Struct(f"<{BUCKETS + 1}I")
_START = b"\xfe"
_END = b"\xff"
_DIGITS = 3


class Vocabulary(dict[bytes, int]):
    """Ranks of parts of UTF-8 text, `NO_TOKEN` of those that are no token; it holds what was looked up so far.

    Args:
        packed: As `pack` makes it.
    """

    def __init__(self, packed: bytes) -> None:
        super().__init__()
        self._packed = packed
        self._offsets = _OFFSETS.unpack_from(packed)

    def __missing__(self, token: bytes) -> int:
        bucket = zlib.crc32(token) % BUCKETS
        offsets = self._offsets
        place = self._packed.find(b"\xfe%b\xff" % token, offsets[bucket], offsets[bucket + 1])
        rank = self[token] = NO_TOKEN if place < 0 else _number(self._packed, place + len(token) + 2)
        return rank


def read_vocabulary(encoding: str) -> bytes:
    """The packed vocabulary of `encoding`.

    Raises:
        ValueError: There is none.
    """
    path = Path(__file__).parent / "vocabularies" / f"{encoding}.vocabulary"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ValueError(f"no vocabulary for the encoding {encoding!r}") from None


def pack(published: bytes) -> bytes:
    """The packed form of a vocabulary as it is published.

    Args:
        published: Lines of a token in base64, a space, and its rank (``o200k_base.tiktoken``).
    """
    buckets = [bytearray() for _ in range(BUCKETS)]
    for line in published.splitlines():
        encoded, rank = line.split()
        token = b64decode(encoded)
        buckets[zlib.crc32(token) % BUCKETS] += _START + token + _END + _digits(int(rank))
    offsets = [_OFFSETS.size]
    for bucket in buckets:
        offsets.append(offsets[-1] + len(bucket))
    return _OFFSETS.pack(*offsets) + b"".join(buckets)


def unpack(packed: bytes) -> bytes:
    """The published form of what `pack` made: ``unpack(pack(published)) == published`` when ranks are in order."""
    ranked = sorted((rank, token) for token, rank in _tokens(packed))
    return b"".join(b"%b %d\n" % (b64encode(token), rank) for rank, token in ranked)


def _tokens(packed: bytes) -> Iterator[tuple[bytes, int]]:
    place = _OFFSETS.size
    while place < len(packed):
        end = packed.index(_END, place + 2)  # every token has a byte, and one of them is 0xFF
        yield packed[place + 1 : end], _number(packed, end + 1)
        place = end + 1 + _DIGITS


def _digits(rank: int) -> bytes:
    return bytes((rank & 127, rank >> 7 & 127, rank >> 14))


def _number(packed: bytes, place: int) -> int:
    return packed[place] | packed[place + 1] << 7 | packed[place + 2] << 14
