"""What is the same wherever a request is tried again."""

from __future__ import annotations

import email.utils
import math
from collections.abc import Mapping
from typing import Final

__all__ = ["NEVER_SENT", "wanted_pause"]

NEVER_SENT: Final = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol"})
"""Exceptions of httpx after which nobody can have got the request, let alone billed it."""


def wanted_pause(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait, as the answer's headers have it: in milliseconds, seconds, or until a date.

    Args:
        headers: Of the answer; they are looked up by names in lower case.
        now: Unix seconds.
    """
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    try:
        told = email.utils.parsedate_tz(headers.get("retry-after", ""))
        return None if told is None else max(0.0, email.utils.mktime_tz(told) - now)
    except (ValueError, OverflowError):  # the year 99999
        return None
