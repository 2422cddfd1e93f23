"""Exact token counts, offline.

In Python while there is little text, then by a fast tokenizer; by tiktoken itself where these might differ.
"""

from __future__ import annotations

import codecs
import collections
import functools
import itertools
import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from drytune_simulator.dataset.reference import reference_encoding
from drytune_simulator.dataset.small import SmallEncoding, TooLong

if TYPE_CHECKING:
    import quicktok

__all__ = ["ENCODINGS", "Counter", "counter", "well_formed"]

ENCODINGS = ("cl100k_base", "o200k_base")
"""The encodings of the models that can be fine-tuned (FACTS.md §1.4)."""

_LITTLE = 60_000
"""So many characters are counted in Python, in less time than the fast tokenizer takes to load (0.4 s)."""

_SOME = 16 * 1024

_MUCH = 10_000_000
"""After so many characters, sharing the work among threads has paid for the start of numpy, which that needs."""

_BATCH = 512
"""Fewer texts than this are not worth sharing."""

_MEMO_LENGTH = 4096
_MEMO_CHARACTERS = 4_000_000


def well_formed(text: str) -> str:
    """`text` as valid Unicode: surrogate pairs are joined, lone surrogates become U+FFFD, as tiktoken does."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


@functools.cache
def _uncommon() -> re.Pattern[str]:
    """What lies outside ranges whose letters, marks and digits have been settled since Unicode 3.2.

    Wrong entries here would cost exactness, missing ones only time.
    """
    return re.compile(
        "[^\x00-\u021f\u0400-\u0481\u1e00-\u1e9b\u2000-\u2052\u20a0-\u20ac\u2190-\u23ce\u2500-\u2613\u3000-\u3094"
        "\u3099-\u30ff\u3131-\u318e\u3400-\u4db5\u4e00-\u9fa5\uac00-\ud7a3\uff01-\uff5e]"
    )


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


def _troublesome(texts: Iterable[str]) -> set[str]:
    """The characters of `texts` that only tiktoken itself may count, and lone surrogates."""
    joined = "".join([text for text in texts if not text.isascii()])
    # the search is many times as fast as looking at each character, but has to be compiled first
    characters = set(_uncommon().findall(joined) if len(joined) > _MEMO_LENGTH else joined)
    return {character for character in characters if "\ud800" <= character <= "\udfff" or _is_odd(character)}


class Counter:
    """Counts tokens of one encoding, exactly as ``len(tiktoken.encode_ordinary(text))`` would.

    Text that spells a special token (``<|endoftext|>``) is ordinary text here.

    Args:
        encoding: One of `ENCODINGS`.
        threads: On which much text is counted; 0 means one a core. Where the cores have other work already, as in
            the workers of a pool, 1 is as fast and starts sooner.
    """

    def __init__(self, encoding: str, threads: int = 0) -> None:
        self.encoding = encoding
        self.threads = threads
        self._seen = 0
        self._memo: dict[str, int] = {}
        self._memo_characters = 0
        self._small: SmallEncoding | None = SmallEncoding(encoding)

    def __repr__(self) -> str:
        return f"Counter({self.encoding!r})"

    def load(self) -> Self:
        """Load the fast tokenizer now, as a process does that is about to fork: its children share the tables."""
        self._small = None
        _ = self._fast
        return self

    @property
    def ready(self) -> bool:
        """Whether some text (`_SOME` characters) can be counted without loading anything before."""
        return "_fast" in self.__dict__ or (self._small is not None and self._seen + _SOME <= _LITTLE)

    def get_ready(self) -> None:
        """Load what counting some text takes."""
        if not self.ready:
            self.load()

    def count(self, text: str) -> int:
        """The number of tokens of `text`."""
        number = self._memo.get(text)
        if number is None:
            [number] = self._count([text])
            self._remember(text, number)
        return number

    def count_many(self, texts: Iterable[str]) -> list[int]:
        """The number of tokens of each of `texts`, in order; repeated texts cost once.

        Prefer it to `count` for more than a few texts.
        """
        texts = list(texts)
        times = collections.Counter(texts)
        known = self._memo.get
        numbers = {text: number for text in times if (number := known(text)) is not None}
        new = [text for text in times if text not in numbers]
        numbers.update(zip(new, self._count(new), strict=True))
        for text in new:
            if times[text] > 1:  # what comes twice in a block is likely to come again in the next one
                self._remember(text, numbers[text])
        return list(map(numbers.__getitem__, texts))

    def tokens(self, text: str) -> list[bytes]:
        """The tokens of `text`; one may end inside a character, together they are ``well_formed(text)``."""
        return self._tokens(text)

    def pieces(self, text: str) -> list[str]:
        """`text` cut where its tokens meet, as a streamed answer would arrive.

        Tokens that end inside a character are joined with the next ones, so each piece is valid text and
        ``"".join(pieces) == well_formed(text)``.
        """
        pieces: list[str] = []
        decoder = codecs.getincrementaldecoder("utf-8")()
        open_piece = ""
        for token in self._tokens(text):
            open_piece += decoder.decode(token)
            if not decoder.getstate()[0]:  # no character is left half-read
                pieces.append(open_piece)
                open_piece = ""
        return pieces

    def _count(self, texts: list[str]) -> list[int]:
        """Of each of `texts`, without a look at what is remembered."""
        troublesome = _troublesome(texts)
        if not troublesome:
            return self._count_plain(texts)
        plain = iter(self._count_plain([text for text in texts if troublesome.isdisjoint(text)]))
        return [
            next(plain) if troublesome.isdisjoint(text) else self._count_troublesome(text) for text in texts
        ]

    def _count_troublesome(self, text: str) -> int:
        text = well_formed(text)
        if _troublesome([text]):
            tokens = self._reference_tokens(text)
            return len(tokens) if tokens is not None else int(self._fast.count(text))
        return self._count_plain([text])[0]

    def _reference_tokens(self, text: str) -> list[int] | None:
        """What tiktoken makes of a text; None where its pattern gives up, as on a million spaces."""
        try:
            return reference_encoding(self.encoding).encode_ordinary(text)
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # Rust's panics are no Exceptions
                raise
            return None

    def _count_plain(self, texts: list[str]) -> list[int]:
        """Of texts without troublesome characters."""
        size = sum(map(len, texts))
        small = self._small_for(size)
        if small is not None:
            try:
                return list(map(small.count, texts))
            except TooLong:
                self._small = None
        fast = self._fast
        if self.threads == 1 or self._seen < _MUCH or len(texts) < _BATCH:
            return list(map(fast.count, texts))
        _, offsets = fast.encode_batch(texts, self.threads)
        ends: list[int] = offsets.tolist()
        return [end - start for start, end in itertools.pairwise(ends)]

    def _tokens(self, text: str) -> list[bytes]:
        """The tokens of `text`, whatever is in it."""
        text = well_formed(text)
        ids = self._reference_tokens(text) if _troublesome([text]) else None
        if ids is not None:
            reference = reference_encoding(self.encoding)
            return [reference.decode_single_token_bytes(token) for token in ids]
        small = self._small_for(len(text))
        if small is not None:
            try:
                return small.tokens(text)
            except TooLong:
                self._small = None
        return [self._fast.decode_single_token_bytes(token) for token in self._fast.encode_ordinary(text)]

    def _small_for(self, size: int) -> SmallEncoding | None:
        """The counter for a little text, as long as it stays little with `size` more characters."""
        self._seen += size
        if self._seen > _LITTLE:
            self._small = None
        return self._small

    @functools.cached_property
    def _fast(self) -> quicktok.Tokenizer:
        import quicktok

        return quicktok.get_encoding(self.encoding)

    def _remember(self, text: str, number: int) -> None:
        """Roles, system prompts and tool names come again in every example; long texts seldom do."""
        if len(text) <= _MEMO_LENGTH:
            self._memo_characters += len(text) + 50  # an entry takes some room, however short
            if self._memo_characters > _MEMO_CHARACTERS:
                self._memo.clear()
                self._memo_characters = 0
            self._memo[text] = number


@functools.cache
def counter(encoding: str, threads: int = 0) -> Counter:
    """The (shared) counter of `encoding`.

    Args:
        encoding: One of `ENCODINGS`.
        threads: As for `Counter`.

    Raises:
        ValueError: There is no such encoding here.
    """
    if encoding not in ENCODINGS:
        raise ValueError(f"no encoding {encoding!r}; there are {', '.join(ENCODINGS)}")
    return Counter(encoding, threads)
