"""Formats of pictures, and their width and height, from their first bytes; nothing is decompressed or raised."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

__all__ = ["ImageSize", "Readable", "format_of", "size_of"]


class ImageSize(NamedTuple):
    """Width and height in pixels, both at least 1."""

    width: int
    height: int


class Readable(Protocol):
    """Bytes that are had where they are looked at."""

    def read(self, at: int, count: int) -> bytes:
        """`count` bytes from offset `at` on, fewer at the end."""


_MOST_SEGMENTS: Final = 4096
"""So many segments of a JPEG are gone through; real ones have a few hundred at most, profiles included."""

_LONGEST_MAGIC: Final = 256
"""An SVG is known by its first tag, which may come after a declaration."""

_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The markers SOF0 to SOF15; the three that are left out define tables or extensions."""

_JPEG_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers that are followed by no length: TEM, RST0 to RST7, SOI."""

_MAGIC: Final[tuple[tuple[str, re.Pattern[bytes]], ...]] = (
    ("png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("jpeg", re.compile(rb"\xff\xd8\xff")),
    ("webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
    ("gif", re.compile(rb"GIF8[79]a")),
    ("bmp", re.compile(rb"BM.{8}", re.DOTALL)),
    ("tiff", re.compile(rb"II\*\x00|MM\x00\*")),
    ("avif", re.compile(rb"....ftypavi[fs]", re.DOTALL)),
    ("heic", re.compile(rb"....ftyp(?:hei[cmsx]|hev[cmsx]|mif1|msf1)", re.DOTALL)),
    ("pdf", re.compile(rb"%PDF-")),
    ("svg", re.compile(rb"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg\b", re.DOTALL)),
)


def format_of(picture: Readable) -> str | None:
    """``png``, ``jpeg``, ``webp``, or another format that is known by how it begins; None when it is none."""
    start = picture.read(0, _LONGEST_MAGIC)
    return next((name for name, magic in _MAGIC if magic.match(start)), None)


def size_of(picture: Readable, form: str | None) -> ImageSize | None:
    """The size of a PNG, JPEG or WEBP; None for other formats, and when the size is not where it should be."""
    read = _SIZES.get(form or "")
    size = read(picture) if read is not None else None
    return size if size is not None and min(size) > 0 else None


def _png(picture: Readable) -> ImageSize | None:
    header = picture.read(8, 16)
    if len(header) < 16 or header[4:8] != b"IHDR":
        return None
    return ImageSize(int.from_bytes(header[8:12], "big"), int.from_bytes(header[12:16], "big"))


def _jpeg(picture: Readable) -> ImageSize | None:
    """The size in the first frame header; the segments before it are stepped over by their lengths."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        head = picture.read(at, 9)
        if len(head) < 2 or head[0] != 0xFF:
            return None
        marker = head[1]
        if marker == 0xFF:  # a filler before a marker
            at += 1
        elif marker in _JPEG_ALONE:
            at += 2
        elif marker in _JPEG_FRAMES:
            height, width = int.from_bytes(head[5:7], "big"), int.from_bytes(head[7:9], "big")
            return ImageSize(width, height) if len(head) == 9 else None
        else:
            length = int.from_bytes(head[2:4], "big")
            if length < 2 or marker in {0xD9, 0xDA}:  # the end, or pixels, before any size
                return None
            at += 2 + length
    return None


def _webp(picture: Readable) -> ImageSize | None:
    """The size in the first chunk, whose kind says how: lossy, lossless or extended."""
    head = picture.read(12, 18)
    kind, body = head[:4], head[8:]
    if kind == b"VP8L" and len(body) >= 5 and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return ImageSize((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if len(body) < 10:
        return None
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        return ImageSize(*(int.from_bytes(body[i : i + 2], "little") & 0x3FFF for i in (6, 8)))
    if kind == b"VP8X":
        return ImageSize(*(int.from_bytes(body[i : i + 3], "little") + 1 for i in (4, 7)))
    return None


_SIZES: Final[dict[str, Callable[[Readable], ImageSize | None]]] = {
    "png": _png,
    "jpeg": _jpeg,
    "webp": _webp,
}
