"""Pictures: small real ones in data URLs, and addresses of remote ones."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

__all__ = ["data_url", "gif", "image_parts", "image_url", "local_image_parts", "png"]

_WEBP: Final = base64.b64decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
"""One transparent pixel, without loss."""


def png(width: int, height: int) -> bytes:
    """A black picture of `width` by `height` pixels that every reader of PNG opens; a few dozen bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\0" * 3 * width) * height, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def gif() -> bytes:
    """One white pixel in a format that training does not take."""
    return b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"


def data_url(data: bytes, kind: str = "png") -> str:
    """`data` as an address that carries the whole picture."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def image_url(url: str, detail: str | None = None) -> dict[str, Any]:
    """A content part that shows the picture at `url`."""
    image = {"url": url} if detail is None else {"url": url, "detail": detail}
    return {"type": "image_url", "image_url": image}


def local_image_parts() -> SearchStrategy[dict[str, Any]]:
    """Content parts with a small picture in a data URL."""
    sizes = st.integers(1, 40)
    pictures = st.builds(png, sizes, sizes).map(data_url) | st.just(data_url(_WEBP, "webp"))
    return st.builds(image_url, pictures, st.sampled_from([None, "auto", "low", "high"]))


def image_parts() -> SearchStrategy[dict[str, Any]]:
    """Content parts with a picture, in a data URL or remote."""
    remote = st.integers(1, 999).map(lambda number: f"https://images.example/{number}.png")
    return local_image_parts() | st.builds(image_url, remote)
