"""Log probabilities of the tokens of an answer: plausible ones, since no model has said it.

Each token of the model's own tokenizer has a probability between a half and nearly one, the same for the same
place in the same text; what is left is shared out to common tokens, the likeliest first, so that all of them
together never come to more than one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from drytune_simulator import ids
from drytune_simulator.dataset.tokens import Counter, counter

__all__ = ["Guesses", "grouped", "pieces_of"]

_LEAST: Final = 0.55  # probability of a token that was said; nothing else is likelier
_DOUBT: Final = 1e-6  # nothing is certain
_SHORT: Final = 4096
_COMMON: Final = (
    "the and a to of in is that it for on with as are you I we The It A In This We You If And But not be at by "
    "from or an can will have has more all one so no yes"
)
_SIGNS: Final = (
    ".",
    ",",
    "!",
    "?",
    ":",
    ";",
    "-",
    "\n",
    "\n\n",
    " (",
    ")",
    '"',
    "'",
    " \u2014",
    "...",
    "<",
    "{",
    "[",
    "1",
    "2",
)


@dataclass(frozen=True, slots=True)
class Guesses:
    """How sure a simulated model is of each token that it says.

    Attributes:
        key: 64 bits of a digest: another answer has other probabilities.
        encoding: Of the model.
        top: How many alternatives are told of each token, 0 to 20; what was said is the first of them.
    """

    key: int
    encoding: str
    top: int

    @classmethod
    def of(cls, seed: int, text: str, encoding: str, top: int) -> Guesses:
        """The guesses of a simulated model that says `text`."""
        return cls(int.from_bytes(ids.digest(seed, "logprobs", text)[:8], "big"), encoding, top)

    def entries(self, tokens: Sequence[bytes], start: int = 0) -> list[dict[str, Any]]:
        """What the answer tells of `tokens`, the first of which is the one of number `start`."""
        return [self._entry(token, start + number) for number, token in enumerate(tokens)]

    def _entry(self, token: bytes, number: int) -> dict[str, Any]:
        # to the third power, so that most tokens are nearly certain
        doubt = _DOUBT + (1.0 - _DOUBT - _LEAST) * ((ids.quick_noise(self.key, number) + 1.0) / 2.0) ** 3
        said = _shown(token, 1.0 - doubt)
        top = [said, *self._others(token, doubt, number)] if self.top else []
        return {**said, "top_logprobs": top}

    def _others(self, token: bytes, doubt: float, number: int) -> Iterator[Mapping[str, Any]]:
        """The alternatives, each half as likely as the one before it; none says the same."""
        common = _common(self.encoding)
        first = int((ids.quick_noise(self.key ^ 0x5DEECE66D, number) + 1.0) / 2.0 * len(common))
        others = (common[(first + step) % len(common)] for step in range(len(common)))
        share = doubt
        for _, other in zip(range(self.top - 1), (each for each in others if each != token), strict=False):
            share /= 2.0
            yield _shown(other, share)


def _shown(token: bytes, probability: float) -> dict[str, Any]:
    r"""A token as text and as bytes; one that ends inside a character as escapes, ``\xf0\x9f``."""
    try:
        text = token.decode()
    except UnicodeDecodeError:
        text = "".join(f"\\x{byte:02x}" for byte in token)
    return {"token": text, "logprob": _logarithm(probability), "bytes": list(token)}


def grouped(tokens: Sequence[bytes]) -> Iterator[tuple[str, Sequence[bytes]]]:
    """Tokens in groups of whole characters, as a stream sends them: the text of each group and its tokens."""
    start, whole = 0, b""
    for end, token in enumerate(tokens, start=1):
        whole += token
        try:
            text = whole.decode()
        except UnicodeDecodeError:
            continue
        yield text, tokens[start:end]
        start, whole = end, b""


def pieces_of(text: str, counter: Counter) -> Sequence[tuple[str, int]]:
    """A text in pieces as a stream sends them, each with the number of its tokens.

    What was taught is said again and again: the pieces of short texts are remembered.
    """
    return (_known_pieces if len(text) <= _SHORT else _cut)(text, counter)


def _cut(text: str, counter: Counter) -> Sequence[tuple[str, int]]:
    return tuple((piece, len(group)) for piece, group in grouped(counter.tokens(text)))


_known_pieces = lru_cache(maxsize=256)(_cut)


def _logarithm(probability: float) -> float:
    """The logarithm, rounded down, so that sums stay below one; the platform's own least is -9999.0."""
    return max(-9999.0, math.floor(math.log(probability) * 1e8) / 1e8) if probability > 0 else -9999.0


@lru_cache(maxsize=4)
def _common(encoding: str) -> Sequence[bytes]:
    """Common tokens of an encoding."""
    tokens = counter(encoding)
    words = _COMMON.split()
    split = [tokens.tokens(text) for text in (*(f" {word}" for word in words), *words, *_SIGNS)]
    return [each[0] for each in split if len(each) == 1]
