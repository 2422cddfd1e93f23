"""Exact token counts, offline: a fast tokenizer, and tiktoken itself where the fast one might differ."""

from __future__ import annotations

import codecs
import functools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from drytune_simulator.dataset.reference import reference_encoding

if TYPE_CHECKING:
    import quicktok

__all__ = ["ENCODINGS", "Counter", "counter", "well_formed"]

ENCODINGS = ("cl100k_base", "o200k_base")
"""The encodings of the models that can be fine-tuned (FACTS.md §1.4)."""

# Ranges whose letters, marks and digits have been settled since Unicode 3.2; only what lies outside is looked at
# character by character. Wrong entries here would cost exactness, missing ones only time.
_UNCOMMON = re.compile(
    "[^\x00-\u021f\u0400-\u0481\u1e00-\u1e9b\u2000-\u2052\u20a0-\u20ac\u2190-\u23ce\u2500-\u2613\u3000-\u3094"
    "\u3099-\u30ff\u3131-\u318e\u3400-\u4db5\u4e00-\u9fa5\uac00-\ud7a3\uff01-\uff5e]"
)

_BATCH = 512
"""From so many texts on, the tokenizer's own batch (which loads numpy) is worth its start."""

_MEMO_LENGTH = 4096
_MEMO_SIZE = 20_000


def well_formed(text: str) -> str:
    """`text` as valid Unicode: surrogate pairs are joined, lone surrogates become U+FFFD, as tiktoken does."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


@functools.lru_cache(maxsize=4096)
def _is_odd(character: str) -> bool:
    """Whether tokenizers may disagree on what `character` is.

    They carry the tables of different Unicode versions, so letters, marks and digits assigned lately are classed
    differently. Everything assigned after Unicode 3.2 counts as late, whatever version this Python carries; signs
    (emoji) are classed like unassigned characters by every pattern in use, so they stay on the fast path.
    """
    if unicodedata.ucd_3_2_0.category(character) != "Cn":
        return False
    category = unicodedata.category(character)
    return category[0] in "LMN" or category == "Cn"


def _needs_reference(text: str) -> bool:
    """Whether `text` has to be counted by tiktoken itself."""
    if text.isascii() or _UNCOMMON.search(text) is None:
        return False
    return any(map(_is_odd, set(_UNCOMMON.findall(text))))


class Counter:
    """Counts tokens of one encoding, exactly as ``len(tiktoken.encode_ordinary(text))`` would.

    Text that spells a special token (``<|endoftext|>``) is ordinary text here.
    """

    def __init__(self, encoding: str) -> None:
        import quicktok

        self.encoding = encoding
        self._fast: quicktok.Tokenizer = quicktok.get_encoding(encoding)
        self._memo: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"Counter({self.encoding!r})"

    def count(self, text: str) -> int:
        """The number of tokens of `text`."""
        known = self._memo.get(text)
        if known is not None:
            return known
        if _needs_reference(text):
            number = len(self._reference_ids(text))
        else:
            number = int(self._fast.count(well_formed(text)))
        self._remember(text, number)
        return number

    def count_many(self, texts: Iterable[str]) -> list[int]:
        """The number of tokens of each of `texts`, in order; repeated texts cost once.

        Prefer it to `count` for more than a few texts: long lists are spread over the cores.
        """
        texts = list(texts)
        numbers: dict[str, int] = {}
        fast: list[str] = []
        for text in dict.fromkeys(texts):
            known = self._memo.get(text)
            if known is not None:
                numbers[text] = known
            elif _needs_reference(text):
                numbers[text] = self.count(text)
            else:
                fast.append(text)
        if len(fast) < _BATCH:
            numbers.update((text, self.count(text)) for text in fast)
        else:
            _, offsets = self._fast.encode_batch([well_formed(text) for text in fast])
            ends = offsets.tolist()
            for text, before, after in zip(fast, ends, ends[1:], strict=False):
                numbers[text] = after - before
                self._remember(text, after - before)
        return [numbers[text] for text in texts]

    def pieces(self, text: str) -> list[str]:
        """`text` cut where its tokens meet, as a streamed answer would arrive.

        Tokens that end inside a character are joined with the next ones, so each piece is valid text and
        ``"".join(pieces) == well_formed(text)``.
        """
        if _needs_reference(text):
            reference = reference_encoding(self.encoding)
            tokens = [reference.decode_single_token_bytes(token) for token in self._reference_ids(text)]
        else:
            ids: Sequence[int] = self._fast.encode_ordinary(well_formed(text))
            tokens = [self._fast.decode_single_token_bytes(token) for token in ids]
        pieces: list[str] = []
        decoder = codecs.getincrementaldecoder("utf-8")()
        open_piece = ""
        for token in tokens:
            open_piece += decoder.decode(token)
            if not decoder.getstate()[0]:  # no character is left half-read
                pieces.append(open_piece)
                open_piece = ""
        return pieces

    def _reference_ids(self, text: str) -> list[int]:
        return reference_encoding(self.encoding).encode_ordinary(text)

    def _remember(self, text: str, number: int) -> None:
        """Roles, system prompts and tool names come again in every example; long texts seldom do."""
        if len(text) <= _MEMO_LENGTH:
            if len(self._memo) >= _MEMO_SIZE:
                self._memo.clear()
            self._memo[text] = number


@functools.cache
def counter(encoding: str) -> Counter:
    """The (shared) counter of `encoding`.

    Args:
        encoding: One of `ENCODINGS`.

    Raises:
        ValueError: There is no such encoding here.
    """
    if encoding not in ENCODINGS:
        raise ValueError(f"no encoding {encoding!r}; there are {', '.join(ENCODINGS)}")
    return Counter(encoding)
