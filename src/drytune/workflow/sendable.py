"""What can be sent: text that UTF-8 holds."""

from __future__ import annotations

import json
import re
from typing import Final, TypeVar

__all__ = ["sendable"]

_T = TypeVar("_T")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def sendable(value: _T) -> _T:
    """A value of JSON without halves of surrogate pairs, which no UTF-8 holds: U+FFFD stands for them."""
    text = json.dumps(value, ensure_ascii=False)
    if text.isascii() or not _SURROGATES.search(text):
        return value
    sent: _T = json.loads(_SURROGATES.sub("\ufffd", text))
    return sent
