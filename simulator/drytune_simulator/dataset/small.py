"""Exact token counts of a little text, ready at once.

The fast tokenizer takes its time to start (it computes tables from the whole vocabulary); a short file is counted
here before that one has begun. Nothing is approximate: this is byte-pair encoding as tiktoken does it, in Python.
"""

from __future__ import annotations

import re
import unicodedata

from drytune_simulator.dataset.vocabulary import NO_TOKEN, Vocabulary, read_vocabulary

__all__ = ["MAX_PIECE", "SmallEncoding", "TooLong"]

MAX_PIECE = 200
"""In bytes. Merging takes time by the square of a piece's length, so that longer ones are left to others."""

# These patterns are tiktoken's (tiktoken_ext/openai_public.py), said of classes instead of characters: `re` has no
# \p{L}, so every character is first replaced by a letter for its class, and the text is cut where the letters say.
# They are those of `_Classes`; `{L}` and so on stand for what tiktoken's pattern has in that place.
_NAMES = {
    "{L}": "A-Za-z",  # \p{L}
    "{U}": "A-Zo~",  # \p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}
    "{l}": "a-z~",  # \p{Ll}\p{Lm}\p{Lo}\p{M}
    "{N}": "1",  # \p{N}
    "{s}": r" \t\r\n",  # \s
}
_S, _T, _D, _M = "[sSf]", "[tT]", "[dD]", "[mM]"
_LL, _VE, _RE = "[lL][lL]", "[vV][eE]", "[rR][eE]"
_SUFFIX = f"(?:'{_S}|'{_T}|'{_RE}|'{_VE}|'{_M}|'{_LL}|'{_D})?"
_PATTERNS = {
    "cl100k_base": (
        f"'(?:{_S}|{_D}|{_M}|{_T}|{_LL}|{_VE}|{_RE})",
        r"[^\r\n{L}{N}]?+[{L}]++",
        "{N}{1,3}+",
        r" ?[^{s}{L}{N}]++[\r\n]*+",
        r"[{s}]++\Z",
        r"[{s}]*[\r\n]",
        r"[{s}]+(?![^{s}])",
        "[{s}]",
    ),
    "o200k_base": (
        rf"[^\r\n{{L}}{{N}}]?[{{U}}]*[{{l}}]+{_SUFFIX}",
        rf"[^\r\n{{L}}{{N}}]?[{{U}}]+[{{l}}]*{_SUFFIX}",
        "{N}{1,3}",
        r" ?[^{s}{L}{N}]+[\r\n/]*",
        r"[{s}]*[\r\n]+",
        r"[{s}]+(?![^{s}])",
        "[{s}]+",
    ),
}

# White_Space of Unicode, which is \s in tiktoken's patterns; Python's own \s has U+001C to U+001F besides.
_SPACES = (
    *"\t\x0b\x0c\x85\u00a0\u1680\u2028\u2029\u202f\u205f\u3000",
    *map(chr, range(0x2000, 0x200B)),
)
_THEMSELVES = " \r\n/'stdmlverSTDMLVER"
_OF_CATEGORY = {"Lu": "A", "Lt": "A", "Ll": "a", "Lm": "o", "Lo": "o"}


class TooLong(Exception):  # noqa: N818 - it is no error, but a case for another tokenizer
    """There is a piece of more than `MAX_PIECE` bytes in the text."""


class _Classes(dict[int, str]):
    """The class of each character, by code point, as far as it was asked for.

    ``A`` and ``a`` are capital and small letters, ``o`` other letters, ``~`` marks, ``1`` numbers, a tab is any
    space, ``f`` is ``ſ`` (an ``s`` where case is ignored), ``.`` is everything else. What the patterns name is
    itself.
    """

    def __missing__(self, code: int) -> str:
        category = unicodedata.category(chr(code))
        if category[0] == "M":
            found = "~"
        elif category[0] == "N":
            found = "1"
        else:
            found = _OF_CATEGORY.get(category, ".")
        self[code] = found
        return found


_CLASSES = _Classes({ord("ſ"): "f"})
_CLASSES.update((ord(space), "\t") for space in _SPACES)
_CLASSES.update((ord(character), character) for character in _THEMSELVES)


class SmallEncoding:
    """One encoding, for a few thousand short pieces of text.

    Args:
        encoding: ``cl100k_base`` or ``o200k_base``.
    """

    def __init__(self, encoding: str) -> None:
        self._ranks = Vocabulary(read_vocabulary(encoding))
        pattern = "|".join(_PATTERNS[encoding])
        for name, characters in _NAMES.items():
            pattern = pattern.replace(name, characters)
        self._pieces = re.compile(pattern).finditer
        self._known: dict[str, list[bytes]] = {}

    def count(self, text: str) -> int:
        """The number of tokens of `text`; see `tokens`."""
        return len(self.tokens(text))

    def tokens(self, text: str) -> list[bytes]:
        """`text` as tokens.

        Args:
            text: Valid Unicode whose characters all Unicode versions in use agree on.

        Raises:
            TooLong: See there.
        """
        known = self._known
        found: list[bytes] = []
        for match in self._pieces(text.translate(_CLASSES)):
            piece = text[match.start() : match.end()]
            tokens = known.get(piece)
            if tokens is None:
                tokens = known[piece] = self._merged(piece.encode())
            found += tokens
        return found

    def _merged(self, piece: bytes) -> list[bytes]:
        """The tokens of a piece: neighbours are joined, those of lowest rank first, the leftmost of equals."""
        if len(piece) > MAX_PIECE:
            raise TooLong
        rank = self._ranks.__getitem__
        if rank(piece) != NO_TOKEN:
            return [piece]
        parts = [piece[place : place + 1] for place in range(len(piece))]
        ranks = [rank(piece[place : place + 2]) for place in range(len(piece) - 1)]
        while ranks and (lowest := min(ranks)) != NO_TOKEN:
            place = ranks.index(lowest)
            parts[place : place + 2] = [parts[place] + parts[place + 1]]
            del ranks[place]
            if place:
                ranks[place - 1] = rank(parts[place - 1] + parts[place])
            if place < len(ranks):
                ranks[place] = rank(parts[place] + parts[place + 1])
        return parts
