"""The ids of a response and of what is in it: from an item's id follows the response that it belongs to."""

from __future__ import annotations

from drytune_simulator import ids

__all__ = ["Names"]

_ROOT, _END = 40, 10
"""Digits of an id: those that a response and its items share, and those that tell them apart."""


class Names:
    """The ids of one response.

    Args:
        root: 40 hexadecimal digits.
        seed: Of the simulator.

    Attributes:
        seed: The same.
    """

    __slots__ = ("_root", "seed")

    def __init__(self, root: str, seed: int) -> None:
        self._root = root
        self.seed = seed

    @classmethod
    def numbered(cls, scope: str, number: int, seed: int) -> Names:
        """Those of the response with that number in a scope."""
        return cls(ids.digest(seed, scope, "response", number).hex()[:_ROOT], seed)

    @classmethod
    def around(cls, item: str, seed: int) -> Names:
        """Those of the response to which the item with that id belongs, if it is one of ours."""
        return cls(item.partition("_")[2][:_ROOT], seed)

    @property
    def response(self) -> str:
        """``resp_`` and 50 hexadecimal digits."""
        return self._named("resp", "response", 0)

    def given(self, prefix: str, index: int) -> str:
        """The id of an item of the input."""
        return self._named(prefix, "input", index)

    def made(self, prefix: str, index: int) -> str:
        """The id of an item of the output."""
        return self._named(prefix, "output", index)

    def call(self, index: int) -> str:
        """``call_`` and 24 letters and digits, by which the result of the call names it."""
        return "call_" + ids.identifier(24, self.seed, self._root, "call", index)

    def letters(self) -> str:
        """64 letters and digits, of which pieces pad events."""
        return ids.identifier(64, self.seed, self._root, "padding")

    def _named(self, prefix: str, kind: str, index: int) -> str:
        return f"{prefix}_{self._root}{ids.digest(self.seed, self._root, kind, index).hex()[:_END]}"
