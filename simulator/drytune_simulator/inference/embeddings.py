"""Vectors of texts: alike texts have near vectors. No model, no download; the same text gives the same vector.

The character n-grams of a text are hashed into as many buckets as the vector has room for, each with a sign and
a weight that grows with the square root of how often it stands there; a Walsh-Hadamard transform spreads the
buckets evenly over the vector. Both keep angles nearly as they are, and so does every beginning of the vector.

All sums are of whole numbers, exact in any order, so that every machine makes the same vectors.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from drytune_simulator.dataset.tokens import well_formed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Whole = npt.NDArray[np.uint64]
    Vectors = npt.NDArray[np.float32]

__all__ = ["embed"]

_SIZES = range(1, 4)
"""Of the n-grams, in characters; each counts by its length, as for what a tuned model recalls (`likeness`)."""

_UNIT = 1024
"""Weights are whole numbers, multiples of it but for rounding."""

_AT_ONCE = 128
"""So many texts are transformed together: enough for speed, little memory."""


def embed(texts: Sequence[str], *, dimensions: int, model: str, room: int) -> Iterator[Vectors]:
    """The vectors of `texts`, in order; each of unit length.

    Args:
        texts: None is empty.
        dimensions: Length of the vectors, 1 to `room`.
        model: Its name; vectors of two models have nothing in common.
        room: Length of the model's longest vectors, of which shorter ones are the beginning, stretched.

    Yields:
        Arrays of `dimensions` 32-bit floats.
    """
    import hashlib

    import numpy as np

    salt = int.from_bytes(hashlib.blake2b(model.encode(), digest_size=8).digest(), "little")
    buckets = 1 << (room - 1).bit_length()
    for start in range(0, len(texts), _AT_ONCE):
        some = texts[start : start + _AT_ONCE]
        sketches = np.stack([_sketch(text, salt, buckets) for text in some])
        for whole in _transformed(sketches)[:, :dimensions]:
            length = math.sqrt(math.fsum((whole * whole).tolist()))
            yield (whole / length).astype(np.float32)


def _sketch(text: str, salt: int, buckets: int) -> npt.NDArray[np.float64]:
    """Whole numbers, one a bucket: the sum of the signed weights of the n-grams that fall into it."""
    import numpy as np

    grams, weights = _grams(text)
    places = _mixed(grams ^ np.uint64(salt))
    signed = np.where(places >> np.uint64(63), weights, -weights)
    within = (places & np.uint64(buckets - 1)).astype(np.int64)
    sketch = np.asarray(np.bincount(within, signed, buckets), dtype=np.float64)
    # the only odd number, so that no sum is 0, in the vector either: however short, it has a length
    sketch[0] += 1.0
    return sketch


def _grams(text: str) -> tuple[Whole, npt.NDArray[np.float64]]:
    """The distinct n-grams as hashes, and their weights, which are even numbers."""
    import numpy as np

    characters = _folded(text).encode("utf-32-le")
    codes = _mixed(np.frombuffer(characters, dtype="<u4").astype(np.uint64))
    grams: list[Whole] = []
    weights: list[npt.NDArray[np.float64]] = []
    hashes = codes
    for size in _SIZES:
        if size > 1:
            hashes = _mixed(hashes[:-1] * np.uint64(31) + codes[size - 1 :])
        distinct, counts = np.unique(hashes, return_counts=True)
        grams.append(distinct)
        weights.append(2.0 * np.rint(_UNIT / 2 * size * np.sqrt(counts.astype(np.float64))))
    return np.concatenate(grams), np.concatenate(weights)


def _folded(text: str) -> str:
    """`text` for comparison, all of it: NFKC, case folded, blanks as one space, a space at either end."""
    return f" {' '.join(unicodedata.normalize('NFKC', well_formed(text)).casefold().split())} "


def _mixed(values: Whole) -> Whole:
    """Each of them hashed to 64 bits, as splitmix64 does; arithmetic is modulo 2^64."""
    import numpy as np

    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _transformed(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The Walsh-Hadamard transform of each row, whose length is a power of two.

    Its first n numbers depend on the buckets only by their last bits, as if there were only so many buckets.
    """
    import numpy as np

    count, size = rows.shape
    half = 1
    while half < size:
        pairs = rows.reshape(count, size // (2 * half), 2, half)
        rows = np.stack((pairs[:, :, 0] + pairs[:, :, 1], pairs[:, :, 0] - pairs[:, :, 1]), axis=2)
        half *= 2
    return rows.reshape(count, size)
