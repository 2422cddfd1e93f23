"""Completions, embeddings and moderations: what is asked for and what is answered (API reference, 2025-26).

`drytune_simulator.inference` reads the requests of the first two and words the refusals, since they are those of
older routes; the types here describe them, and the answers, to the rest of the world.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

__all__ = [
    "AppliedInputTypes",
    "Categories",
    "CategoryScores",
    "CreateCompletion",
    "CreateEmbedding",
    "CreateModeration",
    "Embedding",
    "EmbeddingUsage",
    "Embeddings",
    "Moderation",
    "Moderations",
    "TextCompletion",
    "TextCompletionChoice",
    "TextCompletionUsage",
    "TokenLogprobs",
]

_Penalty = Annotated[float, Meta(ge=-2, le=2)]


class CreateCompletion(Struct, kw_only=True):
    """``POST /v1/completions``; the elements of `prompt` are all texts, all tokens, or all lists of tokens."""

    model: Annotated[str, Meta(min_length=1)]
    prompt: str | list[str | int | list[int]] | None = None
    best_of: Annotated[int, Meta(ge=0, le=20)] | None = None
    echo: bool | None = None
    logprobs: Annotated[int, Meta(ge=0, le=5)] | None = None
    max_tokens: Annotated[int, Meta(ge=0)] | None = None
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    seed: int | None = None
    stop: str | Annotated[list[str], Meta(max_length=4)] | None = None
    stream: bool | None = None
    stream_options: dict[str, bool | None] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    # what follows is checked and changes nothing
    frequency_penalty: _Penalty | None = None
    logit_bias: dict[str, Annotated[float, Meta(ge=-100, le=100)]] | None = None
    presence_penalty: _Penalty | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    user: str | None = None
    # what follows is refused: no model that is simulated takes it
    suffix: None = None


class TokenLogprobs(Struct, kw_only=True):
    r"""How likely the tokens were; of the very first token of a text nothing is known.

    Attributes:
        tokens: One each; a token that ends inside a character is written ``bytes:\xe3\x81``.
        token_logprobs: Their log probabilities.
        top_logprobs: The most likely tokens in each place; None where none were asked for.
        text_offset: Where each token begins, in characters from the beginning of the prompt.
    """

    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float] | None] | None
    text_offset: list[int]


class TextCompletionChoice(Struct, kw_only=True):
    """One of the completions; in a stream, a piece of it, whose `finish_reason` is null but for the last."""

    text: str
    index: int
    logprobs: TokenLogprobs | None
    finish_reason: Literal["stop", "length", "content_filter"] | None


class TextCompletionUsage(Struct, kw_only=True):
    """What is billed."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class TextCompletion(Struct, kw_only=True):
    """Completions, or a piece of one as a server-sent event: both have one shape."""

    id: str
    object: Literal["text_completion"] = "text_completion"
    created: int
    model: str
    choices: list[TextCompletionChoice]
    usage: TextCompletionUsage | UnsetType | None = UNSET


class CreateEmbedding(Struct, kw_only=True):
    """``POST /v1/embeddings``; the elements of `input` are all texts, all tokens, or all lists of tokens."""

    model: Annotated[str, Meta(min_length=1)]
    input: (
        Annotated[str, Meta(min_length=1)]
        | Annotated[
            list[
                Annotated[str, Meta(min_length=1)]
                | Annotated[int, Meta(ge=0)]
                | Annotated[list[Annotated[int, Meta(ge=0)]], Meta(min_length=1)]
            ],
            Meta(min_length=1),
        ]
    )
    dimensions: Annotated[int, Meta(ge=1)] | None = None
    encoding_format: Literal["float", "base64"] | None = None
    user: str | None = None


class Embedding(Struct, kw_only=True):
    """A vector of unit length; in base64 it is 32-bit floats, little-endian."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class EmbeddingUsage(Struct, kw_only=True):
    """What is billed."""

    prompt_tokens: int
    total_tokens: int


class Embeddings(Struct, kw_only=True):
    """The vectors of all inputs, in their order."""

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: EmbeddingUsage


class CreateModeration(Struct, kw_only=True):
    """``POST /v1/moderations``; `input` is a text, texts, or parts: ``text`` and ``image_url``."""

    input: str | Annotated[list[str | dict[str, Any]], Meta(min_length=1)]
    model: str | None = None


_SLASHED = {
    "harassment_threatening": "harassment/threatening",
    "hate_threatening": "hate/threatening",
    "illicit_violent": "illicit/violent",
    "self_harm_intent": "self-harm/intent",
    "self_harm_instructions": "self-harm/instructions",
    "self_harm": "self-harm",
    "sexual_minors": "sexual/minors",
    "violence_graphic": "violence/graphic",
}
_Type = Literal["text", "image"]


class Categories(Struct, kw_only=True, rename=_SLASHED):
    """Which categories are flagged; the older models know nothing of the illicit."""

    harassment: bool
    harassment_threatening: bool
    sexual: bool
    hate: bool
    hate_threatening: bool
    illicit: bool | UnsetType = UNSET
    illicit_violent: bool | UnsetType = UNSET
    self_harm_intent: bool
    self_harm_instructions: bool
    self_harm: bool
    sexual_minors: bool
    violence: bool
    violence_graphic: bool


class CategoryScores(Struct, kw_only=True, rename=_SLASHED):
    """How sure the model is of each category, 0.0 to 1.0."""

    harassment: float
    harassment_threatening: float
    sexual: float
    hate: float
    hate_threatening: float
    illicit: float | UnsetType = UNSET
    illicit_violent: float | UnsetType = UNSET
    self_harm_intent: float
    self_harm_instructions: float
    self_harm: float
    sexual_minors: float
    violence: float
    violence_graphic: float


class AppliedInputTypes(Struct, kw_only=True, rename=_SLASHED):
    """What kinds of input each score was made from."""

    harassment: list[_Type]
    harassment_threatening: list[_Type]
    sexual: list[_Type]
    hate: list[_Type]
    hate_threatening: list[_Type]
    illicit: list[_Type]
    illicit_violent: list[_Type]
    self_harm_intent: list[_Type]
    self_harm_instructions: list[_Type]
    self_harm: list[_Type]
    sexual_minors: list[_Type]
    violence: list[_Type]
    violence_graphic: list[_Type]


class Moderation(Struct, kw_only=True):
    """What is thought of one input; the older models do not tell `category_applied_input_types`."""

    flagged: bool
    categories: Categories
    category_scores: CategoryScores
    category_applied_input_types: AppliedInputTypes | UnsetType = UNSET


class Moderations(Struct, kw_only=True):
    """What is thought of all inputs, in their order."""

    id: str
    model: str
    results: list[Moderation]
