"""tiktoken itself, without a download: the judge of last resort for token counts."""

from __future__ import annotations

import functools
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from drytune_simulator.dataset.vocabulary import read_vocabulary, unpack

if TYPE_CHECKING:
    import tiktoken

__all__ = ["reference_encoding"]

_LOCK = threading.Lock()
_CACHE_VARIABLE = "TIKTOKEN_CACHE_DIR"


@functools.cache
def reference_encoding(name: str) -> tiktoken.Encoding:
    """The tiktoken encoding called `name`, built from the vocabulary that this package carries.

    tiktoken looks into the directory named by ``TIKTOKEN_CACHE_DIR`` before it downloads, and checks the hash of
    what it finds; so the vocabulary is put there for as long as the encoding is being built.

    Args:
        name: ``cl100k_base`` or ``o200k_base``.

    Raises:
        ValueError: There is no such vocabulary here.
    """
    import hashlib
    import os
    import tempfile

    published = unpack(read_vocabulary(name))
    import tiktoken

    url = f"https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken"
    with _LOCK, tempfile.TemporaryDirectory(prefix="drytune-") as folder:
        Path(folder, hashlib.sha1(url.encode()).hexdigest()).write_bytes(published)
        before = os.environ.get(_CACHE_VARIABLE)
        os.environ[_CACHE_VARIABLE] = folder
        try:
            return tiktoken.get_encoding(name)
        finally:
            if before is None:
                del os.environ[_CACHE_VARIABLE]
            else:
                os.environ[_CACHE_VARIABLE] = before
