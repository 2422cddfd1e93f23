"""How likely the tokens of a completion were, in the form of that route; made up, as for chats (`logprobs`)."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from drytune_simulator.inference.completions_tokens import shown
from drytune_simulator.inference.logprobs import Guesses
from drytune_simulator.wire.others import TokenLogprobs

__all__ = ["First", "part", "token_logprobs"]

First = tuple[float | None, dict[str, float] | None]
"""What is said of a first token: its log probability, and the most likely tokens in its place."""


def token_logprobs(
    tokens: Sequence[bytes],
    guesses: Guesses,
    *,
    begin: int,
    first: First | None,
) -> TokenLogprobs:
    """The log probabilities of a text.

    Args:
        tokens: Of the text.
        guesses: How sure the model is of them, and how many of the most likely tokens are told in each place.
        begin: Where the text begins, in characters from the beginning of the prompt.
        first: What to say of the first token, of which nothing is known if nothing stands before it; else None.
    """
    entries = guesses.entries(tokens)
    chosen: list[float | None] = [entry["logprob"] for entry in entries]
    top: list[dict[str, float] | None] = [
        {shown(bytes(one["bytes"])): one["logprob"] for one in entry["top_logprobs"]} for entry in entries
    ]
    if tokens and first is not None:
        chosen[0], top[0] = first
    return TokenLogprobs(
        tokens=[shown(token) for token in tokens],
        token_logprobs=chosen,
        top_logprobs=top if guesses.top else None,
        text_offset=_offsets(tokens, begin),
    )


def part(logprobs: TokenLogprobs, start: int, end: int) -> TokenLogprobs:
    """Those of the tokens from `start` to before `end`."""
    return TokenLogprobs(
        tokens=logprobs.tokens[start:end],
        token_logprobs=logprobs.token_logprobs[start:end],
        top_logprobs=None if logprobs.top_logprobs is None else logprobs.top_logprobs[start:end],
        text_offset=logprobs.text_offset[start:end],
    )


def _offsets(tokens: Sequence[bytes], begin: int) -> list[int]:
    """Where each token begins."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    offsets = []
    for token in tokens:
        offsets.append(begin)
        begin += len(decoder.decode(token))
    return offsets
