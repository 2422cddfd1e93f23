"""On or off: which of two opposite words a question has."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["turned"]

_VERB: Final = r"\b(?:turn|switch|put|power)(?:s|ed|ing)? (?:[\w'’]+ ){0,4}?"
_OPPOSITES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_VERB}(?:(?P<yes>on)|(?P<no>off))\b",
        r"\b(?:(?P<yes>enabled?)|(?P<no>disabled?))\b",
        r"\b(?:(?P<yes>activated?)|(?P<no>deactivated?))\b",
        r"\b(?:(?P<yes>open)|(?P<no>closed?))\b",
        r"\b(?:(?P<yes>lock)|(?P<no>unlock))\b",
        r"\b(?:(?P<yes>muted?)|(?P<no>unmuted?))\b",
        r"\b(?:(?P<yes>with)|(?P<no>without))\b",
        r"(?P<yes>つけて|点けて|オンに)|(?P<no>消して|オフに)",
        r"(?P<yes>開けて|開いて)|(?P<no>閉めて|閉じて)",
    )
)


def turned(before: str, now: str) -> bool:
    """Whether one question has a word of a pair of opposites, and the other one has the other word.

    Args:
        before: One question.
        now: The other.
    """
    for pattern in _OPPOSITES:
        old, new = pattern.search(before), pattern.search(now)
        if old is not None and new is not None and old.lastgroup != new.lastgroup:
            return True
    return False
