"""What holds of all completions, embeddings and moderations; and of requests that are nearly right."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drytune_simulator import Headers, Request
from drytune_simulator.dataset.tokens import counter, well_formed
from drytune_simulator.inference.embeddings import embed
from drytune_simulator.inference.moderations import moderate
from drytune_simulator.inference.moderations_words import CATEGORIES

KEY = {"authorization": "Bearer sk-simulated"}
LOOSE = settings(max_examples=60, suppress_health_check=list(HealthCheck))

texts = st.text(min_size=1, max_size=60).map(well_formed)
words = st.sampled_from(
    [
        "the",
        "a",
        "cat",
        "dog",
        "house",
        "tree",
        "runs",
        "sleeps",
        "quickly",
        "under",
        "rain",
        "猫",
        "は",
        "寝る",
    ]
)
sentences = st.lists(words, min_size=8, max_size=20).map(" ".join)


def small(one: list[str], dimensions: int = 1536) -> np.ndarray:
    return np.array(list(embed(one, dimensions=dimensions, model="text-embedding-3-small", room=1536)))


def edited(text: str, place: int, letter: str) -> str:
    """`text` with one letter changed."""
    place %= len(text)
    return text[:place] + letter + text[place + 1 :]


@given(some=st.lists(st.text(max_size=100), min_size=1, max_size=5), dimensions=st.integers(1, 1536))
def test_every_vector_has_unit_length_and_is_the_same_alone_and_among_others(some, dimensions):
    """Whatever the text, and however short the vector."""
    together = small(some, dimensions)
    assert together.dtype == np.float32
    assert np.abs(np.linalg.norm(together.astype(np.float64), axis=1) - 1).max() < 1e-6
    assert (np.concatenate([small([text], dimensions) for text in some]) == together).all()


@given(text=sentences, other=sentences, place=st.integers(0, 200), letter=st.sampled_from("xyzq7"))
def test_a_text_is_nearer_to_itself_with_a_letter_changed_than_to_another(text, other, place, letter):
    """Unless the other one is made of the same words."""
    near = edited(text, place, letter)
    if len(set(text.split()) & set(other.split())) > 0.5 * len(set(other.split())):
        return
    itself, changed, another = small([text, near, other])
    assert itself @ changed > itself @ another


@given(text=texts)
def test_case_width_and_blanks_do_not_matter(text):
    """As for what a tuned model recalls."""
    one, other = small([f"{text} A1", f"  {text}\t\n Ａ１ "])
    assert (one == other).all()


@given(some=st.lists(st.text(max_size=50), max_size=3), images=st.lists(st.text(max_size=50), max_size=1))
def test_scores_are_probabilities_and_do_not_change(some, images):
    """For any text and any address."""
    scores = moderate(some, images)
    assert list(scores) == list(CATEGORIES)
    assert all(0 <= score <= 1 for score in scores.values())
    assert scores == moderate(some, images)


@pytest.fixture(scope="module")
def ask(simulator):
    """Asks; gives status and body, that of a stream as the list of its events."""

    def asked(path: str, body: dict[str, Any]) -> tuple[int, Any]:
        response = simulator(Request("POST", path, Headers(KEY), json.dumps(body).encode()))
        if isinstance(response.body, bytes):
            return response.status, json.loads(response.body)
        *events, _ = (chunk.data[6:] for chunk in response.body)
        return response.status, [json.loads(event) for event in events]

    return asked


@LOOSE
@given(texts=st.lists(texts, min_size=1, max_size=4), dimensions=st.integers(1, 1536))
def test_base64_equals_numbers_bit_by_bit(ask, texts, dimensions):
    """And tokens are counted as the tokenizer counts them."""
    body = {"model": "text-embedding-3-small", "input": texts, "dimensions": dimensions}
    status, numbers = ask("/v1/embeddings", body)
    assert status == 200
    _, written = ask("/v1/embeddings", {**body, "encoding_format": "base64"})
    assert numbers["usage"] == written["usage"]
    assert numbers["usage"]["total_tokens"] == sum(map(counter("cl100k_base").count, texts))
    for one, other in zip(numbers["data"], written["data"], strict=True):
        decoded = np.frombuffer(base64.b64decode(other["embedding"]), dtype="<f4").astype(float).tolist()
        assert decoded == one["embedding"]


@pytest.fixture(scope="module")
def taught_rows() -> list[tuple[str, str]]:
    """Rows with all sorts of characters in them."""
    made = "The cat sits 🐟 on the mat, にゃあ!\n\n###\n\n"
    return [(f"{made[: 3 + n]}{n} ->", f" {made[n:] * (1 + n % 3)}{n} END") for n in range(24)]


@pytest.fixture(scope="module")
def model(tune, taught_rows) -> str:
    """A model that was taught them."""
    return tune(taught_rows, base="babbage-002")


@LOOSE
@given(
    numbers=st.lists(st.integers(0, 23), min_size=1, max_size=3),
    n=st.integers(1, 3),
    stop=st.lists(st.sampled_from([" END", "\n", "cat", "🐟"]), max_size=4),
    most=st.integers(0, 60),
    echo=st.booleans(),
    logprobs=st.none() | st.integers(0, 5),
)
def test_every_training_row_is_recalled_and_a_stream_says_the_same(
    ask, model, taught_rows, numbers, n, stop, most, echo, logprobs
):
    """Cut by `stop` and `max_tokens`, with usage that is what the tokenizer counts."""
    rows = [taught_rows[number] for number in numbers]
    body = {
        "model": model,
        "prompt": [prompt for prompt, _ in rows],
        "n": n,
        "stop": stop,
        "max_tokens": most,
        "echo": echo,
        "logprobs": logprobs,
    }
    status, plain = ask("/v1/completions", body)
    assert status == 200
    assert len(plain["choices"]) == n * len(rows)
    count = counter("cl100k_base").count
    made = 0
    for choice in plain["choices"]:
        prompt, completion = rows[choice["index"] // n]
        until = min((at for mark in stop if (at := completion.find(mark)) >= 0), default=len(completion))
        whole = completion[:until]
        said = choice["text"].removeprefix(prompt) if echo else choice["text"]
        assert whole.startswith(said)
        assert (choice["finish_reason"] == "length") == (count(whole) > most)
        if choice["finish_reason"] == "stop":
            assert said == whole
        made += min(count(whole), most)
    assert plain["usage"]["prompt_tokens"] == sum(count(prompt) for prompt, _ in rows)
    assert plain["usage"]["completion_tokens"] == made

    options = {"stream": True, "stream_options": {"include_usage": True}}
    _, events = ask("/v1/completions", {**body, **options})
    *events, last = events
    assert last["usage"] == plain["usage"]
    for choice in plain["choices"]:
        pieces = [event["choices"][0] for event in events if event["choices"][0]["index"] == choice["index"]]
        assert "".join(piece["text"] for piece in pieces) == choice["text"]
        assert [piece["finish_reason"] for piece in pieces][-1] == choice["finish_reason"]
        if logprobs is None:
            assert choice["logprobs"] is None
        else:
            told = [token for piece in pieces if piece["logprobs"] for token in piece["logprobs"]["tokens"]]
            assert told == choice["logprobs"]["tokens"]


odd = st.sampled_from([None, True, "", [], {}, -1, 0, 0.5, 1e300, 10**400, "x", [[]], ["a", 1], {"a": {}}])
values = st.one_of(odd, texts, st.lists(texts, max_size=3), st.lists(st.integers(-1, 110_000), max_size=5))


@LOOSE
@given(
    path=st.sampled_from(["/v1/completions", "/v1/embeddings", "/v1/moderations"]),
    model=st.sampled_from(
        [
            *("davinci-002", "gpt-4o", "text-embedding-3-small", "omni-moderation-latest"),
            *("text-embedding-ada-002", "text-moderation-latest", "x"),
        ]
    )
    | odd,
    fields=st.dictionaries(
        st.sampled_from(
            [
                *("prompt", "input", "n", "best_of", "stop", "stream", "stream_options", "logprobs", "echo"),
                *("max_tokens", "temperature", "seed", "logit_bias", "suffix", "user", "dimensions"),
                *("encoding_format", "x"),
            ]
        ),
        values,
        max_size=5,
    ),
)
def test_any_request_is_answered_or_refused(ask, path, model, fields):
    """With 4xx and never 5xx; every answer is held against its type."""
    status, answer = ask(path, {"model": model, **fields})
    assert status == 200 or 400 <= status < 500, answer
