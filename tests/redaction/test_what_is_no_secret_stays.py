"""Names, numbers, hashes and words that only look a little like secrets stay, to the byte."""

import base64
import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drytune.cassettes.model import Asked, Exchange, Part, Told
from drytune.cassettes.redaction import Redactor, places, places_in_text

SHA = hashlib.sha256(b"x").hexdigest()
IDS = {
    "a tuned model": "ft:gpt-4o-mini-2024-07-18:my-org-of-cats:cheerful-cat:AbC123dE",
    "a checkpoint": "ft:gpt-4.1-nano-2025-04-14:org-slug-with-many-words::B7xYz9Qw:ckpt-step-90",
    "a file": "file-AbCdEf0123456789GhIjKl",
    "a job": "ftjob-AbCdEf0123456789GhIjKl",
    "an event": "ftevent-AbCdEf0123456789GhIjKl",
    "a checkpoint's id": "ftckpt_AbCdEf0123456789GhIjKl",
    "a completion": "chatcmpl-AbCdEf0123456789GhIjKlMnOpQ",
    "a response": "resp_" + SHA[:48],
    "a message": "msg_" + SHA[:48],
    "a call": "call_AbCdEf0123456789GhIjKlMn",
    "a request": "req_" + SHA[:32],
    "a batch": "batch_" + SHA[:32],
    "a vector store": "vs_" + SHA[:24],
    "a fingerprint": "fp_" + SHA[:10],
    "a UUID": "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    "a hash": SHA,
    "a hash with its name": f"sha256:{SHA}",
    "a commit": hashlib.sha1(b"x", usedforsecurity=False).hexdigest(),
    "a hash in base64": base64.b64encode(hashlib.sha256(b"y").digest()).decode(),
    "a model": "gpt-4o-mini-2024-07-18",
    "a snapshot": "text-embedding-3-large",
    "a word": "risk-averse-and-task-oriented-disk-encryption",
    "words with a prefix": "sk-learn, sk-image and org-mode; user-friendly, user-generated-content",
    "an address": "https://h.example:8080/v1/files?limit=20&after=file-AbCdEf0123456789GhIjKl&order=desc",
    "an e-mail": "mail anna@cats.example or https://h.example/@anna",
    "base64 of a picture": base64.b64encode(
        b"\x89PNG\r\n\x1a\n" + hashlib.sha512(b"p").digest() * 3
    ).decode(),
    "base64 of text": base64.b64encode(b"The cat sat on the mat, and no one said a word. " * 3).decode(),
    "a manual": "export OPENAI_API_KEY=<your key>; password: ****; api_key='...'; token=$TOKEN",
    "a sentence": "The secret of a good password is that nobody has the key, and no token is missing.",
    "code": "def key(self, token: str) -> Secret: return self.keys[token].password",
}


def one() -> Redactor:
    return Redactor(patterns=["NEVER-[0-9]+"], known=["nowhere to be found"])


@pytest.mark.parametrize("name", IDS)
def test_in_a_text_and_in_json(name):
    """Neither changed by the redactor nor refused by the guard; also in base64 and as the value of a field."""
    plain = IDS[name]
    inside = json.dumps(
        {"id": plain, "model": plain, "content": f"See {plain}.", "arguments": json.dumps([plain])}
    )
    for text in (plain, inside, base64.b64encode(inside.encode()).decode(), f"data: {inside}\n\n"):
        assert one().text(text) == text
        assert one().data(text.encode(), "application/json") == text.encode()
        assert list(places_in_text(text.encode())) == []


FIELDS = {
    "usage": '{"usage": {"prompt_tokens": 12, "total_tokens": 1234567890123456, "details": {}}}',
    "limits": '{"max_tokens": 100, "max_completion_tokens": 1000, "token_limits": {"tokens": [1, 2]}}',
    "log probabilities": '{"logprobs": {"content": [{"token": "AbCdEf0123456789", "logprob": -1, "bytes": [1]}]}}',
    "more of them": '{"token": "AbCdEf0123456789xyz","top_logprobs": []}',
    "a key of the cache": '{"prompt_cache_key": "tenant-0123456789abcdef"}',
    "keys of things": '{"key": "color", "arguments": "{\\"key\\": \\"name_of_users\\", \\"token\\": \\"cat\\"}"}',
    "a key that is an id": '{"key": "file-AbCdEf0123456789GhIjKl", "token": "2026-01-01T00:00:00Z"}',
    "nothing": '{"password": "", "secret": null, "api_key": null, "token": ""}',
    "a schema": '{"properties": {"password": {"type": "string"}, "api_key": {"type": "string"}}}',
    "a description": '{"secret": "the word that the user chose at first, if any"}',
    "about a secret": '{"token_type": "bearer", "secret_name": "database", "password_hint": "cat"}',
    "odd spaces": '{ "a" :1.50,\r\n\t"b": "\\u00e9\\/\\ud83d\\ude00", "z": [ ] , "a": 1e5 }',
    "an error": '{"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key", "param": null}}',
}


@pytest.mark.parametrize("name", FIELDS)
def test_fields(name):
    """Also where the field is called after what is no secret in it."""
    text = FIELDS[name]
    assert json.loads(text)
    assert one().data(text.encode(), "application/json") == text.encode()
    assert list(places_in_text(text.encode())) == []


def test_a_whole_exchange():
    """With an upload's hashes, the header fields of a platform, and a stream: it is the very same."""
    sent = Part(name="file", filename="train.jsonl", size=3, sha256=SHA)
    body = b'data: {"choices":[{"index":0,"delta":{"content":"Mi"}}]}\n\ndata: [DONE]\n\n'
    fields = (
        ("content-type", "text/event-stream; charset=utf-8"),
        ("openai-processing-ms", "12"),
        ("openai-version", "2020-10-01"),
        ("x-request-id", IDS["a request"]),
        ("x-ratelimit-reset-tokens", "6ms"),
        ("etag", f'"{SHA}"'),
    )
    exchange = Exchange(
        request=Asked(
            method="POST", uri=IDS["an address"], headers=(("accept", "*/*"),), body=b"{}", parts=(sent,)
        ),
        response=Told(
            status=200, reason="OK", headers=fields, body=body, chunks=((10, 0.5), (len(body) - 10, 0.1))
        ),
        at=1.0,
    )
    assert one().exchange(exchange) == exchange
    assert list(places(exchange)) == []


letters = st.characters(exclude_categories=["Cs"])
ordinary = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(letters, max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(letters, max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(ordinary, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_any_json(value, is_ascii, indent):
    """Whatever spaces and escapes it has."""
    data = json.dumps(value, ensure_ascii=is_ascii, indent=indent).encode()
    assert one().data(data, "application/json") == data
    assert list(places_in_text(data)) == []


@settings(max_examples=60)
@given(
    st.binary(max_size=500),
    st.sampled_from(["", "text/plain", "application/octet-stream", "text/event-stream"]),
)
def test_any_bytes(data, kind):
    """Texts in any code, and what is no text; also in base64."""
    assert one().data(data, kind) == data
    assert one().data(base64.b64encode(data), kind) == base64.b64encode(data)


def test_what_stands_around_a_secret(openai_key):
    """Only the secret itself is replaced: spaces, escapes, the order of fields and what is no JSON stay."""
    around = '{{ "b" : 1.0,\r\n"a":"\\u00e9 {0} \\/",  "c":[ ], "d": "{0}" , }}trailing'
    assert one().text(around.format(openai_key)) == around.format("sk-REDACTED-1")
