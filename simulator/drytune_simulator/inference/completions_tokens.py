"""What is sent as tokens instead of text, and tokens that are no text."""

from __future__ import annotations

from collections.abc import Sequence

from drytune_simulator.dataset.reference import reference_encoding
from drytune_simulator.errors import refuse
from drytune_simulator.inference.completions_checks import a_whole_number

__all__ = ["shown", "text_of_tokens"]

_MOST = 1_000_000
"""More than the tokens of any encoding."""


def text_of_tokens(tokens: Sequence[object], encoding: str, name: str) -> str:
    """The text that `tokens` spell; what is no text in UTF-8 becomes U+FFFD.

    Args:
        tokens: Ranks, those of special tokens included.
        encoding: Whose.
        name: What messages call the list.

    Raises:
        ApiError: 400, one of them is no whole number, or no token.
    """
    known = reference_encoding(encoding)
    spelled = bytearray()
    for place, token in enumerate(tokens):
        rank = a_whole_number(token, f"{name}.{place}", low=0)
        written = rank if rank <= _MOST else "a number of so many digits"
        try:
            spelled += known.decode_single_token_bytes(min(rank, _MOST))
        except KeyError:
            raise refuse("unknown-token", name=f"{name}.{place}", token=written, encoding=encoding) from None
    return spelled.decode(errors="replace")


def shown(token: bytes) -> str:
    r"""A token as lists of log probabilities write it; ``bytes:\xe3\x81`` where it ends inside a character."""
    try:
        return token.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in token)
