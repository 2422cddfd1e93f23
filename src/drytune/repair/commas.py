"""Commas that nothing follows: at the end of a line, before a closing bracket."""

from __future__ import annotations

import re
from typing import Final

from drytune_simulator.dataset.lines import LineError, decode

__all__ = ["is_object", "without_trailing_commas"]

_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},:]|[^\s"\[\]{},:]+', re.DOTALL)


def is_object(data: bytes) -> bool:
    """Whether `data` is one JSON object."""
    try:
        return isinstance(decode(data), dict)
    except LineError:
        return False


def without_trailing_commas(text: bytes) -> bytes:
    """`text` without one comma at its end, and without those between a value and a closing bracket."""
    if b"," not in text:
        return text
    commas: list[int] = []
    before, last, comma = b"", b"", -1
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in (b"]", b"}") and last == b"," and before not in (b"[", b"{", b",", b":"):
            commas.append(comma)
        if token == b",":
            comma = match.start()
        before, last = last, token
    if last == b"," and before in (b"]", b"}"):
        commas.append(comma)
    kept = [text[start + 1 : end] for start, end in zip([-1, *commas], [*commas, len(text)], strict=True)]
    return b"".join(kept).rstrip() if commas else text
