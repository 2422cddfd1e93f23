"""Images that are too many, too large, or none."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from drytune.testing.strategies.flaws.registry import Flawed, Good, Line, file_flaw, row_flaw
from drytune.testing.strategies.images import data_url, gif, image_url, local_image_parts, png
from drytune.testing.strategies.rows import VISION, encoded
from drytune.testing.strategies.text import Row
from drytune_simulator.dataset.lens import Limits


def _showing(row: Row, *parts: dict[str, Any]) -> Row:
    """`row` with pictures in the last question."""
    *before, asked, reply = row["messages"]
    content = [{"type": "text", "text": asked["content"]}, *parts]
    return {"messages": [*before, {**asked, "content": content}, reply]}


def _place(row: Row) -> str:
    return f"/messages/{len(row['messages']) - 2}/content"


@row_flaw("image-url", model=VISION)
def image_url_flaw(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """An address that is neither http(s) nor a data URL."""
    url = draw(
        st.sampled_from(
            ["cat.png", "/home/me/cat.png", "file:///cat.png", "ftp://images.example/cat.png", ""]
        )
    )
    parts = [draw(local_image_parts()), image_url(url)]
    return _showing(row, *parts), f"{_place(row)}/2/image_url/url"


@row_flaw("image-format", model=VISION)
def image_format(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A picture in a format that is not trained on."""
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    pictures = [data_url(gif(), "gif"), data_url(drawing, "svg+xml"), data_url(b"BM" + b"\0" * 60, "bmp")]
    url = draw(st.sampled_from(pictures))
    return _showing(row, draw(local_image_parts()), image_url(url)), f"{_place(row)}/2/image_url/url"


@row_flaw("image-too-large", model=VISION, limits=Limits(image_bytes=2_000))
def image_too_large(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A picture of more bytes than are allowed, where the limit is lowered to 2,000."""
    picture = png(8, 8) + b"\0" * draw(st.integers(2_000, 4_000))  # readers ignore what comes after the end
    parts = [draw(local_image_parts()), image_url(data_url(picture))]
    return _showing(row, *parts), f"{_place(row)}/2/image_url/url"


@row_flaw("too-many-images", model=VISION)
def too_many_images(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """More than ten pictures in one example."""
    pictures = [image_url(data_url(png(size, 8))) for size in range(1, 11 + draw(st.integers(1, 4)))]
    return _showing(row, *pictures), ""


@row_flaw("image-unseen", model=VISION)
def image_unseen(draw: DrawFn, row: Row) -> tuple[Line, str]:
    """A picture that is elsewhere, so that its tokens are only a guess."""
    url = draw(st.sampled_from(["https://images.example/1.png", "http://images.example/a.jpg?size=2"]))
    return _showing(row, image_url(url)), f"{_place(row)}/1/image_url/url"


@file_flaw("images-not-trained")
def images_not_trained(draw: DrawFn, good: Good) -> Flawed:
    """Pictures for a model that is trained on text alone."""
    place = draw(st.integers(0, len(good.rows) - 1))
    row = good.rows[place]
    if isinstance(row, bytes):
        raise TypeError("the rows of a good dataset are examples")
    lines = good.with_line(place, _showing(row, draw(local_image_parts())))
    return good.spoilt("images-not-trained", lines, place + 1)


@file_flaw("too-many-image-examples", model=VISION)
def too_many_image_examples(draw: DrawFn, good: Good) -> Flawed:
    """More examples with pictures than are allowed, where the limit is lowered below their number."""
    showing = draw(st.integers(2, len(good.rows)))
    lines = [
        encoded(_showing(row, image_url(data_url(png(8, place + 1))))) if place < showing else row
        for place, row in enumerate(good.rows)
        if isinstance(row, dict)
    ]
    limits = Limits(image_examples=draw(st.integers(1, showing - 1)))
    return good.spoilt("too-many-image-examples", lines, limits=limits)
