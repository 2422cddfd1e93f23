"""What holds of redaction whatever comes: twice is once, the guard agrees, JSON stays JSON, chunks add up."""

import base64
import json
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from drytune.cassettes.model import Asked, Exchange, Told
from drytune.cassettes.redaction import Redactor, places, places_in_text

A = "abcDEF1234567890abcDEF12"
KNOWN = "open sesame, é"
FRAGMENTS = [
    *(
        "sk-" + "proj-" + A,
        "org-" + A,
        "gh" + "p_" + A + A[:12],
        "AK" + "IAIOSFODNN7" + "EXAMPLE",
        KNOWN,
        "CUST-1234",
    ),
    *(
        '"password": "hunter2"',
        '"token":"' + A + '"',
        "Bearer " + A,
        "api_key=" + A,
        "?sig=" + A,
        "h://u:pw12345@h",
    ),
    *(
        "sk-REDACTED-1",
        "REDACTED-custom-2",
        "sk-",
        "secret",
        "key",
        "-----BEGIN " + "PRIVATE KEY-----",
        "eyJ",
    ),
    *(
        '"',
        "\\",
        "\\n",
        "\\u0073",
        "%",
        "%20",
        "%73",
        "=",
        "&",
        ":",
        " ",
        "\n",
        "\0",
        "/",
        "-",
        "_",
        "é",
        "\x01",
        "{",
        "}",
    ),
    *("[", "]", ",", "'", "😀", "\ud800", "Authorization: ", "cookie", "a", "7", "__cf_bm=" + A, "file-" + A),
]


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()


fragments = st.lists(st.sampled_from(FRAGMENTS), max_size=7).map("".join)
texts = st.recursive(
    fragments,
    lambda inner: st.one_of(
        inner.map(json.dumps),
        inner.map(lambda text: quote(text, safe="", errors="surrogatepass")),
        inner.map(in_base64),
        st.tuples(inner, inner).map("".join),
        inner.map(lambda text: json.dumps({"password": text, "a": [text]})),
    ),
    max_leaves=4,
)
values = st.recursive(
    st.one_of(texts, st.none(), st.integers(), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["password", "token", "key", "a", "logprobs", "n"]), inner, max_size=3
        ),
    ),
    max_leaves=5,
)


def redactor() -> Redactor:
    return Redactor(patterns=[r"CUST-\d+"], known=[KNOWN])


def shape(value: object) -> object:
    """A value of JSON with every string the same; names of fields may have secrets as well."""
    if isinstance(value, dict):
        return [shape(item) for item in value.values()]
    if isinstance(value, list):
        return [shape(item) for item in value]
    return "" if isinstance(value, str) else value


@settings(max_examples=75)
@given(texts)
def test_twice_is_once_and_the_guard_agrees(text):
    """Nothing is found in what is redacted, neither by the redactor nor by the guard."""
    ours = redactor()
    clean = ours.text(text)
    assert ours.text(clean) == clean
    data = clean.encode("utf-8", "surrogatepass")
    assert list(places_in_text(ours.data(data), ours.also)) == []


@settings(max_examples=75)
@given(values)
def test_json_stays_json(value):
    """The same lists, fields, numbers and truths; only strings change."""
    for ascii_only in (True, False):
        text = json.dumps(value, ensure_ascii=ascii_only)
        clean = redactor().data(text.encode("utf-8", "surrogatepass"), "application/json")
        assert shape(json.loads(clean.decode("utf-8", "surrogatepass"))) == shape(value)


@settings(max_examples=75)
@given(st.binary(max_size=400), texts, st.binary(max_size=40), st.data())
def test_chunks_add_up(before, text, behind, data):
    """Wherever a stream of any bytes is cut, it is cut there still, and no time is lost before its last byte."""
    body = before + text.encode("utf-8", "surrogatepass") + behind
    cuts = sorted(data.draw(st.sets(st.integers(1, len(body) - 1), max_size=9))) if len(body) > 1 else []
    sizes = [end - start for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)] if body else []
    answer = Told(status=200, body=body, chunks=tuple((size, 1.0) for size in sizes))
    exchange = Exchange(request=Asked(method="GET", uri="https://api.example/v1/x"), response=answer)
    ours = redactor()
    clean = ours.exchange(exchange).response
    assert sum(size for size, _ in clean.chunks) == len(clean.body)
    assert all(size > 0 for size, _ in clean.chunks)
    assert list(places(ours.exchange(exchange), 1, ours.also)) == []
    if clean.body == body:
        assert clean == answer


@settings(max_examples=60)
@given(st.text(max_size=300), st.binary(max_size=300))
def test_what_has_no_secret_stays_to_the_byte(text, data):
    """Any text, any bytes."""
    ours = redactor()
    assert ours.text(text) == text
    assert ours.data(data) == data
    assert ours.data(text.encode(), "text/plain") == text.encode()


@settings(max_examples=60)
@given(st.lists(fragments, min_size=2, max_size=6), st.booleans())
def test_pieces_of_a_stream(pieces, of_responses):
    """Whatever a model says in whatever pieces: joined, nothing is found in it; every event is still there."""
    if of_responses:
        events = [
            {"type": "response.output_text.delta", "item_id": "msg_1", "delta": piece} for piece in pieces
        ]
    else:
        events = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode()
    ours = redactor()
    clean = ours.data(body, "text/event-stream; charset=utf-8")
    now = [json.loads(line.removeprefix("data: ")) for line in clean.decode().split("\n\n")[:-1]]
    assert [event.keys() for event in now] == [event.keys() for event in events]
    said = "".join(
        event["delta"] if of_responses else event["choices"][0]["delta"]["content"] for event in now
    )
    assert ours.text(said) == said
