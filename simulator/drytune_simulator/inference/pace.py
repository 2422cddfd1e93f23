"""How long an answer takes: until its first token, and from token to token."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from drytune_simulator import ids

__all__ = ["AT_ONCE", "Pace"]


@dataclass(frozen=True, slots=True)
class Pace:
    """The physics of a stream; the same key gives the same delays.

    Attributes:
        first: Seconds until the first event.
        each: Seconds from one token to the next.
        jitter: By which part of itself a delay may be shorter or longer, 0 to 1.
        key: 64 bits of a digest, of the stream.
        wait: Seconds before all that, not touched by the jitter.
    """

    first: float = 0.0
    each: float = 0.0
    jitter: float = 0.0
    key: int = 0
    wait: float = 0.0

    @classmethod
    def of(cls, first: float, tokens_per_second: float | None, jitter: float, seed: int, stream: str) -> Pace:
        """The pace of one stream.

        Args:
            first: Seconds until the first token.
            tokens_per_second: None for all at once.
            jitter: 0 to 1.
            seed: Of the world.
            stream: The id of the answer.
        """
        each = 1.0 / tokens_per_second if tokens_per_second else 0.0
        if not first and not each:
            return AT_ONCE
        return cls(first, each, jitter, int.from_bytes(ids.digest(seed, "pace", stream)[:8], "big"))

    def until_first(self) -> float:
        """Seconds until the first event."""
        return self.wait + self._around(self.first, 0)

    def between(self, number: int, tokens: int = 1) -> float:
        """Seconds from the event before the one of this `number`, from 1, which carries so many `tokens`."""
        return self._around(self.each * tokens, number)

    def whole(self, tokens: int) -> float:
        """Seconds until an answer of so many `tokens` is there that is not streamed: as long as its stream takes.

        From token to token no jitter is drawn: over many of them it evens out.
        """
        return self.until_first() + self.each * max(0, tokens - 1)

    def later(self, seconds: float) -> Pace:
        """The same, beginning so many `seconds` later."""
        return replace(self, wait=self.wait + seconds) if seconds else self

    def _around(self, seconds: float, number: int) -> float:
        if not seconds or not self.jitter:
            return seconds
        return seconds * (1.0 + self.jitter * ids.quick_noise(self.key, number))


AT_ONCE: Final = Pace()
"""All events are due at once."""
