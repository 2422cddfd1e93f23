"""Examples of the rules of images."""

from __future__ import annotations

from typing import Any

from drytune.rule_examples.example import Case, RuleExample, assistant, chat, rows, user
from drytune_simulator.dataset.lens import Limits

__all__ = ["EXAMPLES", "PNG", "seen"]

PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)
"""One pixel."""

_GIF = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
_VISION = "gpt-4o-2024-08-06"


def seen(*urls: str) -> bytes:
    """A line in which the user shows images."""
    parts: list[dict[str, Any]] = [{"type": "text", "text": "What is this?"}]
    parts += [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return chat(user(parts), assistant("A dot."))


EXAMPLES: dict[str, RuleExample] = {
    "image-too-large": RuleExample(
        Case(data=seen(PNG), words="An image of 12 MB", model=_VISION, limits=Limits(image_bytes=10)),
        Case(data=seen(PNG), words="An image of 9 MB", model=_VISION),
        "Shrink the image, or save it as JPEG.",
    ),
    "too-many-images": RuleExample(
        Case(data=seen(*[PNG] * 11), words="An example with 11 images", model=_VISION),
        Case(data=seen(*[PNG] * 10), words="An example with 10 images", model=_VISION),
        "Leave some out, or make several examples of it.",
    ),
    "image-url": rows(
        seen("images/dot.png"),
        seen(PNG),
        "Put the image on a server, or write it into the line as data:image/png;base64,….",
        model=_VISION,
    ),
    "image-format": rows(seen(_GIF), seen(PNG), "Convert the image to JPEG, PNG or WEBP.", model=_VISION),
    "image-unseen": rows(
        seen("https://example.com/dot.png"),
        seen(PNG),
        "Nothing need be mended; write the image into the line if you want its exact price.",
        model=_VISION,
    ),
    "images-not-trained": RuleExample(
        Case(data=seen(PNG), words=f"For gpt-4.1-mini:\n{seen(PNG).decode()}"),
        Case(data=seen(PNG), words=f"For {_VISION}, the same line", model=_VISION),
        f"Train {_VISION}, which the vision guide names, or leave the images out.",
    ),
    "too-many-image-examples": RuleExample(
        Case(
            data=seen(PNG) + b"\n" + seen(PNG, PNG),
            words="A file with 50,001 examples that have images",
            model=_VISION,
            limits=Limits(image_examples=1),
        ),
        Case(
            data=seen(PNG), words="A file with 50,000 of them", model=_VISION, limits=Limits(image_examples=1)
        ),
        "Leave some out.",
    ),
}
