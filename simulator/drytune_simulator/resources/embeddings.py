"""``POST /v1/embeddings``: vectors of texts."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from drytune_simulator.catalog.others import OTHERS
from drytune_simulator.http import Response
from drytune_simulator.reading import json_object
from drytune_simulator.resources.asked import asked, metered
from drytune_simulator.wire import others
from drytune_simulator.world import Call, World

if TYPE_CHECKING:
    from drytune_simulator.inference.embeddings import Vectors

__all__ = ["create"]


def create(world: World, call: Call) -> Response:
    """Embed texts."""
    from drytune_simulator.inference.embeddings import embed
    from drytune_simulator.inference.embeddings_request import parse_embedding_request

    body = json_object(call.request)
    meant = asked(world, call, body.get("model"), wants="embeddings")
    model = OTHERS[meant.name]
    request = parse_embedding_request(body, model)
    rates = metered(world, call, meant, body["input"])
    vectors = embed(request.texts, dimensions=request.dimensions, model=model.id, room=model.dimensions)
    written = _in_base64 if request.form == "base64" else _in_numbers
    answer = others.Embeddings(
        data=[
            others.Embedding(index=index, embedding=written(vector)) for index, vector in enumerate(vectors)
        ],
        model=model.told,
        usage=others.EmbeddingUsage(prompt_tokens=request.tokens, total_tokens=request.tokens),
    )
    return meant.told(Response.json(answer, headers={"openai-model": model.told}), rates)


def _in_numbers(vector: Vectors) -> list[float]:
    numbers: list[float] = vector.tolist()
    return numbers


def _in_base64(vector: Vectors) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()
