"""`/v1/embeddings`, as the official SDK asks."""

from __future__ import annotations

import base64
import struct

import numpy as np
import openai
import pytest

from drytune_simulator.dataset.reference import reference_encoding

SIZES = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
ENCODING = reference_encoding("cl100k_base")


def vectors(answer) -> np.ndarray:
    return np.array([one.embedding for one in answer.data])


@pytest.mark.parametrize("model", SIZES)
def test_a_vector_has_unit_length_and_its_model_s_size(client, model):
    """And the answer counts what it was asked."""
    answer = client.embeddings.create(model=model, input=["Hello, world!", "This is a test.", "Goodbye!"])
    assert (answer.object, answer.model) == ("list", model)
    assert [(one.object, one.index, len(one.embedding)) for one in answer.data] == [
        ("embedding", index, SIZES[model]) for index in range(3)
    ]
    assert np.linalg.norm(vectors(answer), axis=1) == pytest.approx(1, abs=1e-6)
    # so counted by the platform: a recorded answer to the same three texts
    assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (12, 12)


def test_what_means_much_the_same_in_much_the_same_words_is_near(client):
    """Of each pair, the other one is nearest."""
    texts = [
        *("How do I reset my password?", "I forgot my password, how can I reset it?"),
        *("Book a table for two at seven", "Please reserve a table for two people at 7pm"),
        *("好きな食べ物は？", "あなたの好きな食べ物は何ですか"),
        *("The stock market fell today", "Markets fell sharply today as stocks dropped"),
    ]
    for model in SIZES:
        alike = vectors(client.embeddings.create(model=model, input=texts))
        alike = alike @ alike.T - 2 * np.eye(len(texts))
        assert [int(row.argmax()) for row in alike] == [1, 0, 3, 2, 5, 4, 7, 6]


def test_base64_which_the_sdk_asks_for_holds_the_same_numbers(client):
    """32-bit floats, little-endian."""
    request = {"model": "text-embedding-3-small", "input": "Testing 123"}
    by_default = client.embeddings.create(**request)
    numbers = client.embeddings.create(**request, encoding_format="float")
    written = client.embeddings.create(**request, encoding_format="base64").data[0].embedding
    assert by_default.data == numbers.data
    assert list(struct.unpack("<1536f", base64.b64decode(written))) == numbers.data[0].embedding


@pytest.mark.parametrize("dimensions", [1, 2, 3, 256, 1000, 1535, 1536])
def test_a_shorter_vector_is_the_beginning_of_the_longer_one(client, dimensions):
    """Stretched to unit length, as the guide documents."""
    request = {"model": "text-embedding-3-small", "input": "Testing 123"}
    whole = vectors(client.embeddings.create(**request))[0]
    short = vectors(client.embeddings.create(**request, dimensions=dimensions))[0]
    assert len(short) == dimensions
    assert short == pytest.approx(whole[:dimensions] / np.linalg.norm(whole[:dimensions]), abs=1e-6)


def test_tokens_mean_the_text_that_they_spell(client):
    """As a list, or as a list of lists."""
    text = "Testing 123: にゃあ"
    ids = ENCODING.encode_ordinary(text)
    said = [
        client.embeddings.create(model="text-embedding-3-small", input=value)
        for value in (text, [text], ids, [ids])
    ]
    assert all(answer == said[0] for answer in said)
    assert said[0].usage.prompt_tokens == len(ids)


def test_models_have_nothing_in_common(client):
    """Vectors of two models are not to be compared."""
    small, ada = (
        vectors(client.embeddings.create(model=model, input="Testing 123"))[0]
        for model in ("text-embedding-3-small", "text-embedding-ada-002")
    )
    assert abs(small @ ada) < 0.2


def test_headers_are_as_recorded(client):
    """The model, and what is left of the minute."""
    raw = client.embeddings.with_raw_response.create(model="text-embedding-3-small", input="x")
    assert raw.headers["openai-model"] == "text-embedding-3-small"
    assert raw.headers["x-drytune"] == "simulated"
    left = int(raw.headers["x-ratelimit-remaining-requests"])
    again = client.embeddings.with_raw_response.create(model="text-embedding-3-small", input="x")
    assert int(again.headers["x-ratelimit-remaining-requests"]) == left - 1


INVALID = (
    "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."
)
ALIKE = [" hello"] * 8193


@pytest.mark.parametrize(
    ("parameters", "said", "code"),
    [
        # recorded in September 2025
        ({"dimensions": -42}, "-42 is less than the minimum of 1 - 'dimensions'", None),
        # pasted answers of 2023 to 2026
        ({"input": ""}, INVALID, None),
        ({"input": ["a", ""]}, INVALID, None),
        ({"input": []}, INVALID, None),
        ({"input": ["a"] * 2049}, INVALID, None),
        ({"input": {"text": "a"}}, INVALID, None),
        ({"input": ["a", 1]}, INVALID, None),
        ({"input": [[]]}, INVALID, None),
        ({"input": "".join(ALIKE)}, "Invalid 'input[0]': maximum input length is 8192 tokens.", None),
        ({"input": ["a", "".join(ALIKE)]}, "Invalid 'input[1]': maximum input length is 8192 tokens.", None),
        ({"input": [[1], [1] * 8193]}, "Invalid 'input[1]': maximum input length is 8192 tokens.", None),
        (
            {"input": [[1] * 8192] * 37},
            "Requested 303104 tokens, max 300000 tokens per request",
            "max_tokens_per_request",
        ),
        (
            {"model": "text-embedding-ada-002", "dimensions": 1536},
            "This model does not support specifying dimensions.",
            None,
        ),
        # in the same words
        ({"input": None}, "'input' is a required property", None),
        ({"dimensions": 0}, "0 is less than the minimum of 1 - 'dimensions'", None),
        ({"dimensions": "many"}, "'many' is not of type 'integer' - 'dimensions'", None),
        ({"encoding_format": "hex"}, "'hex' is not one of ['float', 'base64'] - 'encoding_format'", None),
        ({"user": 1}, "1 is not of type 'string' - 'user'", None),
        ({"text": "a"}, "Unrecognized request argument supplied: text", None),
        # texts that are not known
        (
            {"dimensions": 1537},
            "Invalid value for 'dimensions' = 1537. Must be less than or equal to 1536.",
            None,
        ),
        ({"input": [100256]}, "Invalid 'input.0.0': 100256 is no token of the encoding cl100k_base.", None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_does_not_fit_is_refused(refused, parameters, said, code):
    """400 in the words that real answers have."""
    refusal = refused("/embeddings", {"model": "text-embedding-3-small", "input": "a", **parameters})
    assert (refusal.status_code, refusal.body["message"], refusal.code) == (400, said, code)


def test_the_longest_inputs_are_taken(client):
    """8192 tokens a text, 2048 texts, 300,000 tokens in all."""
    longest = client.embeddings.create(model="text-embedding-3-small", input="".join(ALIKE[1:]), dimensions=8)
    assert longest.usage.prompt_tokens == 8192
    most = client.embeddings.create(model="text-embedding-3-large", input=["a b"] * 2048, dimensions=8)
    assert len(most.data) == 2048
    tokens = [[1] * 8192] * 36 + [[1] * 5088]
    assert (
        client.embeddings.create(
            model="text-embedding-3-small", input=tokens, dimensions=8
        ).usage.total_tokens
        == 300_000
    )


def test_no_other_model_embeds(client, refused):
    """403 as recorded for a chat model, 404 for none."""
    with pytest.raises(
        openai.PermissionDeniedError, match="not allowed to generate embeddings from this model"
    ):
        client.embeddings.create(model="gpt-4o-mini", input="a")
    with pytest.raises(openai.NotFoundError, match="`text-embedding-4` does not exist"):
        client.embeddings.create(model="text-embedding-4", input="a")
    assert refused("/embeddings", {"input": "a"}).status_code == 400


def test_the_models_are_listed_and_cannot_be_deleted_or_tuned(client, make_jsonl, good):
    """With the days and owners of the platform's own list."""
    listed = {model.id: model for model in client.models.list()}
    for name in SIZES:
        assert client.models.retrieve(name) == listed[name]
        with pytest.raises(openai.PermissionDeniedError):
            client.models.delete(name)
    assert listed["text-embedding-ada-002"].owned_by == "openai-internal"
    assert listed["text-embedding-3-small"].created == 1705948997
    file = client.files.create(file=("t.jsonl", make_jsonl(*good)), purpose="fine-tune")
    with pytest.raises(openai.BadRequestError, match="not available for fine-tuning"):
        client.fine_tuning.jobs.create(model="text-embedding-3-small", training_file=file.id)


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.anyio
async def test_the_sdk_takes_every_answer_strictly(strict, kind):
    """As numbers; what it asks for by default, it does not describe."""
    request = {"model": "text-embedding-3-large", "input": ["a", "b"], "encoding_format": "float"}
    if kind == "sync":
        with strict("sync") as client:
            assert client.embeddings.create(**request).data
            assert client.embeddings.with_raw_response.create(**request).parse().data
            with client.embeddings.with_streaming_response.create(**request) as response:
                assert response.parse().data
        return
    async with strict("async") as client:
        assert (await client.embeddings.create(**request)).data
        raw = await client.embeddings.with_raw_response.create(**request)
        assert raw.parse().data
        async with client.embeddings.with_streaming_response.create(**request) as response:
            assert (await response.parse()).data
