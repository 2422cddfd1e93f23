"""What is flagged: a short list of phrases, made up to try out a pipeline that moderates its data.

It is no moderation. The phrases are mild and few on purpose; text that hurts people without them passes, and a
harmless text with one of them (`kill the process`) does not. To flag exactly what a test wants, write
``drytune:flag:violence``, or the name of another category, anywhere in a text, or in an image's address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

__all__ = ["CATEGORIES", "OF_IMAGES", "PHRASES", "phrases_of", "told_of"]

CATEGORIES: Final = (
    "harassment",
    "harassment/threatening",
    "sexual",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm/intent",
    "self-harm/instructions",
    "self-harm",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
"""As in recorded answers of omni-moderation-latest (openai/openai-dotnet, 2025-26)."""

OF_IMAGES: Final = frozenset(
    {
        "sexual",
        "self-harm",
        "self-harm/intent",
        "self-harm/instructions",
        "violence",
        "violence/graphic",
    }
)
"""Categories for which images are looked at (guide to moderation, O); an image scores 0 in the others."""

PHRASES: Final[Mapping[str, tuple[str, ...]]] = {
    "harassment": (
        "nobody likes you",
        "shut up",
        "you are an idiot",
        "you are pathetic",
        "you are worthless",
    ),
    "harassment/threatening": (
        "i want to hurt you",
        "i will find you",
        "i will hurt you",
        "you will regret this",
    ),
    "sexual": ("erotic story", "sexually explicit"),
    "hate": ("i hate those people", "people like them do not belong here"),
    "hate/threatening": ("those people should be hurt",),
    "illicit": ("how to forge", "how to launder money", "how to shoplift"),
    "illicit/violent": ("how to build a bomb", "how to make a bomb", "how to make a weapon"),
    "self-harm": ("hurt myself", "hurting myself", "self-harm"),
    "self-harm/intent": ("i am going to hurt myself", "i want to hurt myself"),
    "self-harm/instructions": ("how to hurt myself", "ways to hurt yourself"),
    "sexual/minors": (),
    "violence": ("attack them", "i want to hurt you", "i will hurt you", "kill", "killed", "killing", "stab"),
    "violence/graphic": ("blood everywhere", "covered in blood"),
}
"""Whole words, without regard to case, width or blanks."""


@cache
def phrases_of(category: str) -> re.Pattern[str]:
    """What flags a category in folded text: its phrases, and its name as a test writes it."""
    words = "|".join(re.escape(phrase) for phrase in PHRASES[category])
    told = told_of(category).pattern
    return re.compile(rf"(?<!\w)(?<!drytune:flag:)(?:{words})(?!\w)|{told}" if words else told)


@cache
def told_of(category: str) -> re.Pattern[str]:
    """The name of a category as a test writes it; that of another that begins with it does not count."""
    return re.compile(rf"drytune:flag:{re.escape(category)}(?![\w/-])")
