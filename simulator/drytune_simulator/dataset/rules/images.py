"""Rules of images in the user's messages (FACTS.md §5.1); nothing is ever fetched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drytune_simulator.dataset.finding import shown
from drytune_simulator.dataset.formats import Message
from drytune_simulator.dataset.images import ImageFacts, image_facts
from drytune_simulator.dataset.lens import Limits
from drytune_simulator.dataset.rules.registry import Found, declare, rule
from drytune_simulator.dataset.wordings import says

__all__ = ["IMAGE_TOO_LARGE", "TOO_MANY_IMAGES", "image_too_large", "image_urls", "too_many_images"]

_FORMATS = ("jpeg", "png", "webp")
_SOURCE = "FACTS.md §5.1 (O)"

IMAGE_TOO_LARGE = declare(
    "image-too-large",
    "message",
    "warning",
    "example-skipped",
    _SOURCE,
    "An image has at most 10 MB.",
    "The platform skips what it cannot take.",
)
TOO_MANY_IMAGES = declare(
    "too-many-images", "example", "error", "job-fails", _SOURCE, "An example has at most 10 images."
)


def image_urls(message: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The URLs of a message's images, with their paths."""
    content = message.get("content")
    for index, part in enumerate(content if isinstance(content, list) else ()):
        image = part.get("image_url") if isinstance(part, dict) and part.get("type") == "image_url" else None
        if isinstance(image, dict) and isinstance(image.get("url"), str):
            yield ("content", index, "image_url", "url"), image["url"]


def _pictures(message: Message) -> Iterator[tuple[str, str, ImageFacts]]:
    if message.role not in {"user", None}:
        return  # no other role may have images at all, and a rule of the content says so
    for path, url in image_urls(message.value):
        yield message.pointer(*path), url, image_facts(url)


@rule("image-url", "message")
def image_url(message: Message) -> Iterator[Found]:
    """The URL of an image is http, https, or holds the image itself (a data URL)."""
    for pointer, url, facts in _pictures(message):
        if facts.kind == "other":
            yield Found(
                pointer,
                f"The URL of the image is {shown(url)}; it must begin with http://, https:// or data:image/.",
                "Put the image on a server, or write it as data:image/png;base64,….",
                says("image-url", message=message.number),
            )


@rule("image-format", "message", severity="warning", effect="example-skipped", source=_SOURCE)
def image_format(message: Message) -> Iterator[Found]:
    """An image is a JPEG, a PNG or a WEBP.

    What is looked at are the image's own bytes, not what the URL says of them.
    """
    for pointer, _, facts in _pictures(message):
        if facts.kind == "data" and facts.format not in _FORMATS:
            found = "no image that is known here" if facts.format is None else f"a {facts.format.upper()}"
            yield Found(
                pointer,
                f"The data is {found}; JPEG, PNG and WEBP are taken.",
                "Convert the image; the platform skips what it cannot read.",
            )


@rule("image-unseen", "message", severity="info", effect="billed", source="FACTS.md §1.6 (O)")
def image_unseen(message: Message) -> Iterator[Found]:
    """The size of an image can be read here, or its tokens are only known as a range."""
    for pointer, _, facts in _pictures(message):
        if facts.kind == "remote" or (
            facts.kind == "data" and facts.format in _FORMATS and facts.size is None
        ):
            what = "is on a server, and is not fetched" if facts.kind == "remote" else "cannot be read"
            yield Found(
                pointer,
                f"The image {what}: its tokens are a range, from the smallest to the largest image.",
                "Expect the bill within the range that is told.",
            )


def image_too_large(message: Message, limits: Limits) -> Iterator[Found]:
    """What to say about images of more bytes than the limit."""
    for pointer, _, facts in _pictures(message):
        if facts.bytes is not None and facts.bytes > limits.image_bytes:
            yield Found(
                pointer,
                f"The image has {facts.bytes:,} bytes; {limits.image_bytes:,} are allowed.",
                "Shrink it; the platform skips what is too large.",
            )


def too_many_images(images: int, limits: Limits) -> Found:
    """What to say about an example with so many images."""
    return Found(
        "",
        f"The example has {images} images; at most {limits.images_per_example} are allowed.",
        "Leave some out.",
        says("too-many-images"),
    )
