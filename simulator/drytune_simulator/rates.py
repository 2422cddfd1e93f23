"""Requests and tokens a minute, as the headers ``x-ratelimit-…`` of a chat tell them (FACTS.md §6).

Counted by the simulated clock, in windows of one minute from its beginning on; the platform's own buckets refill
all the time (grade I). Counts live in this process: of several server processes each counts what it answers.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass

__all__ = ["Rates", "Window", "span"]

_MINUTE = 60
_MOST_WINDOWS = 10_000


@dataclass(frozen=True, slots=True)
class Window:
    """What was used of a minute.

    Attributes:
        requests, tokens: So many, those of this request included if it was let in.
        reset: Seconds until the minute is over.
        full: What this request was too much of: ``requests``, ``tokens``, or nothing.
    """

    requests: int
    tokens: int
    reset: float
    full: str | None = None

    def headers(self, requests_per_minute: int, tokens_per_minute: int) -> dict[str, str]:
        """The fields of an answer; a project's tokens have the organization's limit, as none of its own is set."""
        reset = span(self.reset)
        tokens = str(max(0, tokens_per_minute - self.tokens))
        return {
            "x-ratelimit-limit-requests": str(requests_per_minute),
            "x-ratelimit-limit-tokens": str(tokens_per_minute),
            "x-ratelimit-limit-project-tokens": str(tokens_per_minute),
            "x-ratelimit-remaining-requests": str(max(0, requests_per_minute - self.requests)),
            "x-ratelimit-remaining-tokens": tokens,
            "x-ratelimit-remaining-project-tokens": tokens,
            "x-ratelimit-reset-requests": reset,
            "x-ratelimit-reset-tokens": reset,
            "x-ratelimit-reset-project-tokens": reset,
        }


class Rates:
    """What each key has used in the minute it last asked in; safe to share between threads."""

    def __init__(self) -> None:
        self._windows: OrderedDict[str, tuple[int, int, int]] = OrderedDict()
        self._lock = threading.Lock()

    def use(self, key: str, now: float, tokens: int, limits: tuple[int, int] | None = None) -> Window:
        """Count a request, unless it is too much.

        Args:
            key: Whose, and of which model.
            now: Unix seconds.
            tokens: That it asks for.
            limits: Requests and tokens that a minute has; None only counts.
        """
        minute = math.floor(now / _MINUTE)
        with self._lock:
            began, requests, used = self._windows.pop(key, (minute, 0, 0))
            if began != minute:
                requests = used = 0
            full = None
            if limits is not None and requests + 1 > limits[0]:
                full = "requests"
            elif limits is not None and used + tokens > limits[1]:
                full = "tokens"
            else:
                requests, used = requests + 1, used + tokens
            self._windows[key] = (minute, requests, used)
            while len(self._windows) > _MOST_WINDOWS:
                self._windows.popitem(last=False)
        return Window(requests, used, (minute + 1) * _MINUTE - now, full)


def span(seconds: float) -> str:
    """A time as these headers write it: ``6m0s``, ``1s``, ``1.25s``, ``120ms``; rounded up to a millisecond."""
    milliseconds = math.ceil(round(seconds * 1000, 3))
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, _MINUTE * 1000)
    text = f"{rest / 1000:.3f}".rstrip("0").rstrip(".")
    return f"{minutes}m{text}s" if minutes else f"{text}s"
