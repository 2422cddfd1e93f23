"""Texts that may stand in any message: all of Unicode, without what the platform or `drytune check` objects to."""

from __future__ import annotations

import re
import string
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from drytune.testing.strategies.arguments import check_range
from drytune_simulator.dataset.rules.content import is_blank

__all__ = ["Message", "Row", "names", "texts"]

Row = dict[str, Any]
"""An example, decoded."""

Message = dict[str, Any]
"""One message of a conversation, decoded."""

_SAYINGS: Final = (
    "Good morning!",
    "こんにちは、元気ですか。",
    "Où est la bibliothèque ?",
    "كيف حالك اليوم؟",
    "שלום, מה שלומך?",
    "今天天气怎么样？",
    "Ça coûte 12,50 €.",
    "👩‍🚀 lands on the moon 🌕",
    "e\u0301 is two characters",
    "def half(x):\n\treturn x / 2",
    '{"looks": "like JSON"}',
    "| a | b |\n|---|---|",
    "a \\ b / c",
    "<p>not a token</p>",
)
"""Scripts, directions, emoji of several characters, code: what trips a validator that takes bytes for letters."""

_DIGITS = re.compile(r"\d[\d -]{11,}\d")
_KEY = re.compile(r"[A-Za-z0-9_-]{16,}")


def texts(*, min_size: int = 1, max_size: int = 40) -> SearchStrategy[str]:
    """Texts of any script that no rule objects to.

    They hold no lone surrogates, no control characters but tab and line feed, no token such as ``<|endoftext|>``,
    no ``@``, nothing as long as a key or a card number, and not only white space.

    Args:
        min_size: Characters at least, from 1.
        max_size: Characters at most.

    Raises:
        InvalidArgument: A size is no number, or the range is empty.
    """
    check_range("min_size", min_size, "max_size", max_size, least=1)
    free = st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="@")
        | st.sampled_from("\n\t"),
        min_size=min_size,
        max_size=max_size,
    ).filter(_is_harmless)
    said = [saying for saying in _SAYINGS if min_size <= len(saying) <= max_size]
    return free | st.sampled_from(said) if said else free


def names(*, max_size: int = 12) -> SearchStrategy[str]:
    """What the platform takes as the name of a speaker, a function or a property."""
    first = st.sampled_from(string.ascii_lowercase)
    rest = st.text(string.ascii_letters + string.digits + "_-", max_size=max_size - 1)
    return st.tuples(first, rest).map("".join)


def _is_harmless(text: str) -> bool:
    return not is_blank(text) and "<|" not in text and not _DIGITS.search(text) and not _KEY.search(text)
