"""Images in examples: what they are, without decoding megabytes, and their tokens (FACTS.md §1.6)."""

from __future__ import annotations

import math
import re
from base64 import b64encode
from binascii import a2b_base64
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import unquote, unquote_to_bytes

import msgspec

from drytune_simulator.catalog import ImageTokens
from drytune_simulator.dataset.picture_sizes import ImageSize, format_of, size_of

__all__ = ["Detail", "ImageFacts", "ImageSize", "TokenRange", "image_facts", "image_tokens", "size_tokens"]

Detail = Literal["low", "high", "auto"]

# The documentation of July 2026 ("Images and vision", calculating costs) has all of these figures.
LARGEST_SIDE: Final = 2048
SHORT_SIDE: Final = 768
TILE: Final = 512
LOW_SIDE: Final = 512
MOST_TILES: Final = 8
"""An image of 768 x 2048 has 2 x 4 tiles, and none has more."""

_LONGEST_HEAD: Final = 1024
"""A data URL has its comma within so many characters."""


class TokenRange(NamedTuple):
    """Tokens from `low` to `high`, both included; where they are equal the count is exact."""

    low: int
    high: int


class ImageFacts(msgspec.Struct, frozen=True):
    """What can be told of an image by its URL.

    Attributes:
        kind: ``remote`` (http or https), ``data`` (a data URL), or ``other``, which the platform cannot read.
        mime: As a data URL declares it, in lower case, e.g. ``image/png``; None when it declares nothing.
        format: As the bytes begin, e.g. ``png``, ``jpeg``, ``webp``, ``gif``; None when unknown or not there.
        bytes: Size of the image itself, decoded; None when it is not there.
        size: Width and height; None unless it is a PNG, JPEG or WEBP that says so.
    """

    kind: Literal["remote", "data", "other"]
    mime: str | None = None
    format: str | None = None
    bytes: int | None = None
    size: ImageSize | None = None

    @property
    def readable(self) -> bool:
        """Whether the image is here and says how large it is, so that its tokens can be counted."""
        return self.size is not None


def image_facts(url: str) -> ImageFacts:
    """What can be told of the image that `url` names or holds.

    Only what is looked at is decoded: a few hundred bytes, of an image of any size. No string makes it raise.
    """
    if re.match(r"https?://[^\s/?#]", url, re.IGNORECASE):
        return ImageFacts("remote")
    if url[:5].lower() != "data:":
        return ImageFacts("other")
    comma = url.find(",", 0, _LONGEST_HEAD)
    if comma < 0:
        return ImageFacts("data")
    mime, *parameters = (part.strip().lower() for part in url[5:comma].split(";"))
    picture = _Base64(url, comma + 1) if "base64" in parameters else _plain(url[comma + 1 :])
    form = format_of(picture)
    return ImageFacts("data", mime or None, form, len(picture), size_of(picture, form))


def image_tokens(part: object, scheme: ImageTokens | None) -> TokenRange:
    """The tokens of one content part: ``{"type": "image_url", "image_url": {"url": …, "detail": "low"}}``.

    An image that is elsewhere, or cannot be read, counts from the least to the most that an image can. The
    documentation calls ``auto``, which is also what holds where nothing is said, an "automatic detail selection":
    it counts from low detail to high. High is the likely end: published measurements without `detail` equal it.

    Args:
        part: Of any shape; what cannot be understood is an image that cannot be read.
        scheme: The model's; None for models that take no images, where the range is 0 to 0.
    """
    if scheme is None:
        return TokenRange(0, 0)
    image: Any = part.get("image_url") if isinstance(part, dict) else None
    url = image.get("url") if isinstance(image, dict) else image
    detail = image.get("detail") if isinstance(image, dict) else None
    size = image_facts(url).size if isinstance(url, str) else None
    return size_tokens(size, detail if detail in ("low", "high") else "auto", scheme)


def size_tokens(size: ImageSize | None, detail: Detail, scheme: ImageTokens) -> TokenRange:
    """The tokens of an image.

    Args:
        size: None when it is not known.
        detail: As asked for.
        scheme: The model's. By tiles, low detail is the base alone. By patches, the documentation says that low
            detail shrinks the image to 512 px but gives it no price of its own: so it counts from that to high.
    """
    high = _high_tokens(size, scheme)
    if detail == "high":
        return high
    low = _low_tokens(size, scheme)
    if detail == "low" and scheme.scheme == "tile":
        return TokenRange(low, low)
    return TokenRange(low, high.high)


def _high_tokens(size: ImageSize | None, scheme: ImageTokens) -> TokenRange:
    if scheme.scheme == "tile":
        base, each = scheme.base or 0, scheme.per_tile or 0
        few, many = (1, MOST_TILES) if size is None else (_tiles(size),) * 2
        return TokenRange(base + few * each, base + many * each)
    few, many = (1, scheme.budget or 1) if size is None else (_patches(size, scheme),) * 2
    return TokenRange(_weighed(few, scheme), _weighed(many, scheme))


def _low_tokens(size: ImageSize | None, scheme: ImageTokens) -> int:
    if scheme.scheme == "tile":
        return scheme.base or 0
    return _weighed(1 if size is None else _patches(_fitted(size, LOW_SIDE), scheme), scheme)


def _tiles(size: ImageSize) -> int:
    """Tiles of an image that is shrunk into 2048 px square, then to 768 px at its shorter side; never enlarged.

    That small images are not enlarged was measured: 128 x 64 and 512 x 512 px count one tile.
    """
    width, height = _fitted(size, LARGEST_SIDE)
    short = min(width, height)
    if short > SHORT_SIDE:
        width, height = width * SHORT_SIDE // short, height * SHORT_SIDE // short
    return math.ceil(width / TILE) * math.ceil(height / TILE)


def _patches(size: ImageSize, scheme: ImageTokens) -> int:
    """Patches that cover an image, shrunk first to 2048 px and into the budget as documented, in whole numbers.

    The documented shrink factor sqrt(patch² · budget / (width · height)) is lowered until one side is a whole
    number of patches. ``columns`` is the width over patch at that factor, rounded down; ``rows`` likewise.
    """
    patch, budget = scheme.patch or 32, scheme.budget or 1
    width, height = _fitted(size, LARGEST_SIDE)
    count = math.ceil(width / patch) * math.ceil(height / patch)
    if count <= budget:
        return count
    columns = max(1, math.isqrt(budget * width // height))
    rows = max(1, math.isqrt(budget * height // width))
    if columns * height <= rows * width:
        return columns * math.ceil((columns * patch * height // width) / patch)
    return rows * math.ceil((rows * patch * width // height) / patch)


def _fitted(size: ImageSize, side: int) -> ImageSize:
    """`size` shrunk until its longer side is at most `side`; whole pixels, rounded down but never to nothing."""
    longest = max(size)
    if longest <= side:
        return size
    return ImageSize(*(max(1, length * side // longest) for length in size))


def _weighed(patches: int, scheme: ImageTokens) -> int:
    """Tokens of so many patches, rounded up as was measured; the inner rounding takes away binary fractions."""
    return math.ceil(round(patches * (scheme.factor or 1.0), 6))


class _Base64:
    """The bytes that a base64 text stands for, decoded where they are read; padding may be missing."""

    __slots__ = ("_start", "_text")

    def __init__(self, text: str, start: int) -> None:
        if any(odd in text for odd in "% \r\n\t"):  # written for the address line, or folded
            text, start = "".join(unquote(text[start:]).split()), 0
        self._text = text
        self._start = start

    def __len__(self) -> int:
        length = len(self._text) - self._start
        padding = len(self._text[-2:]) - len(self._text[-2:].rstrip("="))
        return max(0, length - padding) * 3 // 4

    def read(self, at: int, count: int) -> bytes:
        """`count` bytes from `at` on; nothing where the text is not base64."""
        first, last = at // 3 * 4, -(-(at + count) // 3) * 4
        text = self._text[self._start + first : self._start + last].rstrip("=")
        try:
            return a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)[at % 3 : at % 3 + count]
        except ValueError:
            return b""


def _plain(text: str) -> _Base64:
    """The bytes of a data URL that is not in base64 (mostly an SVG), in the form of one that is."""
    return _Base64(b64encode(unquote_to_bytes(text)).decode(), 0)
