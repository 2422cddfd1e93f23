"""Seeded ids and noise: the same seed and the same place give the same value, in every process.

Nothing here keeps state. An id is a digest of what makes the object unique (seed, tenant, kind, number), so
that several server processes, and a restarted one, agree.
"""

from __future__ import annotations

import hashlib
import string

__all__ = ["digest", "hexadecimal", "identifier", "integer", "noise", "quick_noise"]

_ALPHABET = string.ascii_letters + string.digits
_LETTERS = bytes(ord(_ALPHABET[byte % len(_ALPHABET)]) for byte in range(256))
"""For each byte of a digest, the letter or digit that it stands for."""
_BITS = 2**64 - 1


def digest(*place: object) -> bytes:
    """64 bytes that depend on every part of `place` and on their order."""
    text = "\x1f".join([f"{type(part).__name__}:{part}" for part in place])
    return hashlib.sha512(text.encode("utf-8", "surrogatepass")).digest()


def identifier(length: int, *place: object) -> str:
    """`length` letters and digits (at most 64)."""
    return digest(*place)[:length].translate(_LETTERS).decode()


def hexadecimal(length: int, *place: object) -> str:
    """`length` hexadecimal digits (at most 128)."""
    return digest(*place).hex()[:length]


def integer(below: int, *place: object) -> int:
    """A whole number from 0 to `below` - 1."""
    return int.from_bytes(digest(*place)[:8], "big") % below


def noise(*place: object) -> float:
    """A number between -1 and 1, evenly spread."""
    return int.from_bytes(digest(*place)[:8], "big") / 2**63 - 1.0


def quick_noise(key: int, number: int) -> float:
    """A number between -1 and 1, evenly spread; a tenth of the cost of `noise`, for series of many thousands.

    Args:
        key: 64 bits that name the series, of a `digest`.
        number: Place in it. The two are mixed as splitmix64 does.
    """
    value = (key + number * 0x9E3779B97F4A7C15) & _BITS
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _BITS
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _BITS
    return (value ^ (value >> 31)) / 2**63 - 1.0
