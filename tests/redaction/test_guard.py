"""The guard: what looks like a secret is not written, whoever put it there."""

import base64
import json

import pytest

from drytune.cassettes.errors import SecretLeft
from drytune.cassettes.files import dumps, load, save
from drytune.cassettes.model import Asked, Cassette, Exchange, Header, Part, Told
from drytune.cassettes.redaction import Redactor, guard, guard_text, places_in_text

CLEAN = Exchange(
    request=Asked(method="GET", uri="https://h.example/v1/models"), response=Told(status=200, body=b"{}")
)


def asked(**fields: object) -> Exchange:
    return Exchange(
        request=Asked(**{"method": "POST", "uri": "https://h.example/v1/chat/completions", **fields}),
        response=Told(status=200),
    )


def told(**fields: object) -> Exchange:
    return Exchange(request=CLEAN.request, response=Told(**{"status": 200, **fields}))


def said(*pieces: str) -> bytes:
    events = ({"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces)
    return b"".join(f"data: {json.dumps(event)}\n\n".encode() for event in events)


PLANTED = {
    "the address": lambda key: asked(uri=f"https://h.example/v1/files?after={key}"),
    "the request's header `x-note`": lambda key: asked(headers=(("x-note", key),)),
    "the request's header `authorization`": lambda _: asked(headers=(("authorization", "Bearer abc"),)),
    "the body of the request at /messages/1/content": lambda key: asked(
        body=json.dumps({"messages": [{"content": "Hi"}, {"content": f"It is {key}"}]}).encode()
    ),
    "the body of the request at /arguments": lambda key: asked(
        body=json.dumps({"arguments": json.dumps({"a": key})}).encode()
    ),
    "the body of the request at /a~1b/2": lambda key: asked(
        body=json.dumps({"a/b": [1, 2, base64.b64encode(key.encode()).decode()]}).encode()
    ),
    "the name of an uploaded file": lambda key: asked(
        parts=(Part(name="file", filename=f"{key}.jsonl", size=1, sha256="0"),)
    ),
    "the answer's header `set-cookie`": lambda _: told(headers=(("set-cookie", "a=b"),)),
    "the body of the answer at byte 6": lambda key: told(body=f"é is {key}".encode()),
    "the body of the answer at /b in line 2": lambda key: told(
        body=b'{"a": "b"}\n' + json.dumps({"b": key}).encode()
    ),
    "the body of the answer, spread over events 2 to 4 at /choices/0/delta/content": lambda key: told(
        headers=(("content-type", "text/event-stream"),),
        body=said("It is ", key[:9], key[9:20], key[20:], " then"),
    ),
}


@pytest.mark.parametrize("place", PLANTED)
def test_what_was_planted_by_hand_is_refused(place, openai_key, tmp_path):
    """By `save`: the file is as it was; the place is named, the secret itself is not told."""
    save(tmp_path / "a.yaml", Cassette(exchanges=(CLEAN,)))
    before = (tmp_path / "a.yaml").read_bytes()
    with pytest.raises(SecretLeft) as refused:
        save(tmp_path / "a.yaml", Cassette(exchanges=(CLEAN, PLANTED[place](openai_key))))
    sentence = str(refused.value)
    assert "a.yaml" in sentence
    assert f"in {place}" in sentence
    assert "exchange 2" in sentence
    assert not any(openai_key[at : at + 6] in sentence for at in range(3, len(openai_key) - 6))
    assert (tmp_path / "a.yaml").read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["a.yaml"]


def test_the_header_of_a_cassette(openai_key):
    """Its title and what is told of an archive."""
    for header in (
        Header(title=f"with {openai_key}"),
        Header(archive={"job": {"organization_id": "org-" + "a1" * 12}}),
    ):
        with pytest.raises(SecretLeft, match="the header"):
            guard(Cassette(header=header, exchanges=(CLEAN,)), "a.yaml")


def test_many_places(openai_key):
    """Five are named, and that there are more."""
    with pytest.raises(SecretLeft) as refused:
        guard([PLANTED["the address"](openai_key)] * 9, "a.yaml")
    assert str(refused.value).count("an OpenAI key") == 5
    assert "; and more" in str(refused.value)


def test_a_finished_file(openai_key):
    """By its lines, whatever its form is."""
    data = dumps(Cassette(exchanges=(CLEAN, PLANTED["the address"](openai_key))))
    line = 1 + data[: data.index(openai_key.encode())].count(b"\n")
    assert [place.where for place in places_in_text(data)] == [f"line {line}"]
    with pytest.raises(SecretLeft, match=f"line {line}"):
        guard_text(data, "a.yaml")


def test_what_only_a_redactor_knows(openai_key):
    """Known secrets and patterns, if the guard is told of them."""
    redactor = Redactor(patterns=["CUST-[0-9]{4}"], known=["correct horse"])
    for text in (b"a correct horse", b'["CUST-4711"]'):
        guard([told(body=text)], "a.yaml")
        with pytest.raises(SecretLeft):
            guard([told(body=text)], "a.yaml", redactor.also)


def test_what_is_redacted_passes(openai_key, tmp_path):
    """Each of the planted ones, and it can be read again."""
    redactor = Redactor()
    exchanges = tuple(redactor.exchange(plant(openai_key)) for plant in PLANTED.values())
    save(tmp_path / "a.yaml", Cassette(exchanges=exchanges))
    assert load(tmp_path / "a.yaml").exchanges == exchanges
