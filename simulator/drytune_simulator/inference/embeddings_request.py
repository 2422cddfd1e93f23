"""The parameters of a request for embeddings: read, or refused as documented and recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from drytune_simulator.catalog.others import OtherModel
from drytune_simulator.dataset.tokens import counter
from drytune_simulator.errors import refuse
from drytune_simulator.inference.completions_checks import a_string, a_whole_number, known
from drytune_simulator.inference.completions_tokens import text_of_tokens

__all__ = ["ENCODING", "EmbeddingRequest", "parse_embedding_request"]

ENCODING = "cl100k_base"
"""Of all embedding models (guide to embeddings, 2026-07, O)."""

_PARAMETERS = frozenset({"dimensions", "encoding_format", "input", "model", "user"})
_MOST_INPUTS = 2048
_MOST_TOKENS = 8192
_MOST_TOKENS_IN_ALL = 300_000


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """A request for embeddings, checked.

    Attributes:
        texts: 1 to 2048, none empty.
        tokens: Of all of them.
        dimensions: Length of the vectors.
        form: As numbers, or as base64 of 32-bit floats.
    """

    texts: Sequence[str]
    tokens: int
    dimensions: int
    form: Literal["float", "base64"]


def parse_embedding_request(body: Mapping[str, Any], model: OtherModel) -> EmbeddingRequest:
    """The typed request; null counts as left out.

    Raises:
        ApiError: 400.
    """
    known(body, _PARAMETERS)
    given = {name: value for name, value in body.items() if value is not None}
    if "input" not in given:
        raise refuse("older-required", name="input")
    if "user" in given:
        a_string(given["user"], "user")
    form = a_string(given.get("encoding_format", "float"), "encoding_format", supported=("float", "base64"))
    dimensions = _dimensions(given, model)
    texts, sizes = _inputs(given["input"])
    for number, size in enumerate(sizes):
        if size > _MOST_TOKENS:
            raise refuse("embedding-input-too-long", number=number, reason=f"it has {size} tokens")
    if sum(sizes) > _MOST_TOKENS_IN_ALL:
        raise refuse("embeddings-too-many-tokens", tokens=sum(sizes))
    return EmbeddingRequest(texts, sum(sizes), dimensions, "base64" if form == "base64" else "float")


def _dimensions(given: Mapping[str, Any], model: OtherModel) -> int:
    if "dimensions" not in given:
        return model.dimensions
    dimensions = a_whole_number(given["dimensions"], "dimensions", low=1)
    if not model.shortens:
        raise refuse("no-dimensions")
    if dimensions > model.dimensions:
        got = dimensions if dimensions < 2**63 else "a number of so many digits"
        raise refuse("too-many-dimensions", got=got, most=model.dimensions)
    return dimensions


def _inputs(value: object) -> tuple[list[str], list[int]]:
    """The texts, and how many tokens each has."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not value or len(value) > _MOST_INPUTS:
        raise _shapeless("it must be a text or a list of 1 to 2048 elements")
    if all(isinstance(one, str) for one in value):
        if "" in value:
            raise _shapeless(f"input[{value.index('')}] is an empty string")
        return value, counter(ENCODING).count_many(value)
    lists = [value] if all(type(one) is int for one in value) else value
    if not all(isinstance(one, list) and 0 < len(one) <= _MOST_TOKENS_IN_ALL for one in lists):
        raise _shapeless(
            "its elements must all be texts, all tokens, or all lists of tokens; none may be empty"
        )
    for number, tokens in enumerate(lists):
        if len(tokens) > _MOST_TOKENS:
            raise refuse("embedding-input-too-long", number=number, reason=f"it has {len(tokens)} tokens")
    return [text_of_tokens(tokens, ENCODING, f"input.{n}") for n, tokens in enumerate(lists)], list(
        map(len, lists)
    )


def _shapeless(reason: str) -> Exception:
    return refuse("older-shape", name="input", reason=reason)
