"""The file: YAML for people, diffs and vcrpy, from which every byte comes back."""

from __future__ import annotations

import itertools

import msgspec
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drytune.cassettes import yaml_events
from drytune.cassettes.checksum import grouped
from drytune.cassettes.files import dumps, loads
from drytune.cassettes.model import Asked, Cassette, Exchange, Header, Part, Told

LOADERS = [pytest.param(yaml.SafeLoader, id="pure")]
if hasattr(yaml, "CSafeLoader"):
    LOADERS.append(pytest.param(yaml.CSafeLoader, id="libyaml"))

texts = st.text(
    alphabet=st.characters(exclude_categories=["Cs"])
    | st.sampled_from("\n\n\r\t \0\x85\u2028\ufeff🐈:#-'\"\\|>&*{[")
)
sizes = st.integers(0, 5)
seconds = st.floats(0, 1e9, allow_nan=False)
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=12) | st.sampled_from(
    ["yes", "1", "null", "~"]
)
fields = st.dictionaries(names, st.lists(texts, min_size=1, max_size=2), max_size=3).map(
    lambda groups: tuple((name, value) for name, values in groups.items() for value in values)
)
bodies = st.binary() | texts.map(str.encode) | st.lists(texts, max_size=4).map("\n".join).map(str.encode)
parts = st.builds(
    Part, name=texts, filename=st.none() | texts, size=sizes, sha256=st.text("0123456789abcdef", max_size=64)
)


@st.composite
def answers(draw):
    body = draw(bodies)
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=3)))
    ends = [0, *cuts, len(body)]
    chunks = tuple((after - before, draw(seconds)) for before, after in itertools.pairwise(ends))
    return Told(
        status=draw(st.integers(100, 999)),
        reason=draw(texts),
        headers=draw(
            fields.map(
                lambda all_: tuple(one for one in all_ if not one[0].startswith(("content-", "transfer-")))
            )
        ),
        body=body,
        wait=draw(seconds),
        chunks=chunks if draw(st.booleans()) and body else (),
        interrupted=draw(st.booleans()),
    )


requests = st.builds(
    Asked,
    method=st.sampled_from(["GET", "POST", "DELETE"]),
    uri=texts | st.just("https://api.example.test/v1/files?limit=2&after=file-a%3Ab"),
    headers=fields,
    body=bodies,
    parts=st.none() | st.lists(parts, max_size=2).map(tuple),
)
exchanges = st.builds(Exchange, request=requests, response=answers(), at=st.none() | seconds)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
headers = st.builds(
    Header,
    provenance=st.sampled_from([None, "documented", "recorded", "simulated"]),
    title=st.none() | texts,
    note=st.none() | texts,
    archive=st.none() | st.dictionaries(texts, values, max_size=3),
)


@pytest.fixture(params=LOADERS)
def loader(request, monkeypatch):
    """Once by libyaml and once without it."""
    monkeypatch.setattr(yaml_events, "_Loader", request.param)
    return request.param


@pytest.mark.parametrize("used", LOADERS)
@settings(max_examples=100)
@given(st.builds(Cassette, header=headers, exchanges=st.lists(exchanges, max_size=2).map(tuple)))
def test_what_is_written_is_read_back_to_the_byte(used, cassette):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_events, "_Loader", used)
        written = dumps(cassette)
        read = loads(written)
        assert read == cassette
        assert dumps(read) == written


@pytest.mark.parametrize("used", LOADERS)
@settings(max_examples=150)
@given(bodies)
@example(b"a\r\nb\r\n")
@example("one\n\u0085two\n".encode())
@example(b"\n")
@example(b"a\n\n\n")
@example(b" a\n b\n")
@example(b"a\n  \n\tb\n")
@example(b"a \nb\n")
@example(b"--- a\n...\n# b\n")
@example(b"a\0b\n\x7f")
@example(b'{"escaped": "\\ud83d"}')
@example(b"\xed\xa0\x80")
@example("\ufeffa\n".encode())
@example("a\u202eb".encode())
def test_a_body_is_read_back_to_the_byte_by_any_yaml_reader(used, body):
    told = Told(status=200, body=body)
    written = dumps(
        Cassette(exchanges=(Exchange(request=Asked(method="PUT", uri="/", body=body), response=told),) * 2)
    )
    for interaction in yaml.load(written, Loader=used)["interactions"]:
        for read in (interaction["request"]["body"], interaction["response"]["body"]["string"]):
            assert (read.encode() if isinstance(read, str) else read) == body


def test_nothing_that_is_not_seen_stands_in_a_file_as_it_is():
    hidden = "\u202e\u2066\u200e\ufeff\x85\x1b\x7f\u2028"
    written = dumps(
        Cassette(
            header=Header(title=hidden),
            exchanges=(
                Exchange(
                    request=Asked(method="GET", uri="/" + hidden, body=hidden.encode()),
                    response=Told(status=200, reason=hidden),
                ),
            ),
        )
    )
    assert not set(hidden) & set(written.decode())


def test_it_reads_like_this(cassette):
    assert dumps(cassette).decode() == _LIKE_THIS.lstrip()


def test_fields_of_one_name_stand_together():
    headers = (("a", "1"), ("b", "2"), ("a", "3"))
    asked = Asked(method="GET", uri="/", headers=headers)
    read = loads(dumps(Cassette(exchanges=(Exchange(request=asked, response=Told(status=200)),))))
    assert read.exchanges[0].request.headers == (("a", "1"), ("a", "3"), ("b", "2"))
    assert grouped(headers) == {"a": ["1", "3"], "b": ["2"]}


def test_halves_of_characters_which_no_file_can_hold_become_question_marks():
    asked = Asked(method="GET", uri="/\ud800", headers=(("a", "\udc80"),))
    header = Header(archive={"\ud800": ["\udfff"]}, title="a\ud800\nb\n")
    read = loads(
        dumps(Cassette(header=header, exchanges=(Exchange(request=asked, response=Told(status=200)),)))
    )
    assert read.exchanges[0].request.uri == "/?"
    assert read.header.archive == {"?": ["?"]}


def test_a_stream_cut_into_many_pieces_takes_few_lines():
    told = Told(status=200, body=b"x" * 1000, chunks=((1, 0.05),) * 1000)
    written = dumps(Cassette(exchanges=(Exchange(request=Asked(method="GET", uri="/"), response=told),)))
    chunks = written.partition(b"chunks: ")[2]
    assert max(map(len, chunks.splitlines())) < 110
    assert len(chunks.splitlines()) < 130
    assert loads(written).exchanges[0].response == told


@pytest.mark.parametrize("part", [1, 2, 3])
def test_one_change_in_an_exchange_changes_few_lines(cassette, part):
    changed = list(cassette.exchanges)
    told = msgspec.structs.replace(changed[part - 1].response, reason="Fine")
    changed[part - 1] = msgspec.structs.replace(changed[part - 1], response=told)
    before = dumps(cassette).splitlines()
    after = dumps(msgspec.structs.replace(cassette, exchanges=tuple(changed))).splitlines()
    assert len(before) == len(after)
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 2  # it, and the checksum


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "Null",
        "~",
        "1e5",
        "0x1",
        "12:30",
        "2026-11-25",
        ".inf",
        "<<",
        "=",
        "1_000",
        "-",
        "? a",
        "a: b",
        "a #b",
        "&a",
        "*a",
        "!a",
        "@a",
        "%a",
        "`a",
        "",
        " a",
        "a ",
    ],
)
def test_no_text_is_taken_for_anything_else(loader, text):
    header = Header(title=text, archive={text: text, "list": [text]})
    asked = Asked(method="GET", uri=text, headers=((text.lower(), text),))
    cassette = Cassette(header=header, exchanges=(Exchange(request=asked, response=Told(status=200)),))
    assert loads(dumps(cassette)) == cassette


_LIKE_THIS = r"""
version: 1
drytune:
  format: 1
  provenance: recorded
  source: https://api.example.test/v1
  recorded_at: '2026-11-25T10:00:00Z'
  sdk: openai-python 3.54.0
  drytune: '0.1.0'
  checksum: 'sha256:8a784d46e88eb53038da0fa94878e89265e537053aa8d4e37c92b1a08e729aa4'
interactions:
- request:
    method: POST
    uri: https://api.example.test/v1/chat/completions
    headers:
      content-type: [application/json]
      accept: [application/json]
    body: '{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}'
  response:
    status: {code: 200, message: OK}
    headers:
      content-type: [application/json]
      openai-version: ['2020-10-01']
    body:
      string: '{"object": "chat.completion", "choices": [{"message": {"content": "It''s Hi"}}]}'
  drytune: {at: 0.0, wait: 0.25}
- request:
    method: POST
    uri: https://api.example.test/v1/chat/completions
    headers:
      content-type: [application/json]
      accept: [application/json]
    body: '{"model": "gpt-4o", "messages": [{"role": "user", "content": "stream"}]}'
  response:
    status: {code: 200, message: OK}
    headers:
      content-type: [text/event-stream; charset=utf-8]
    body:
      string: |+
        data: {"delta": "a"}

        data: {"delta": "b"}

  drytune:
    at: 1.5
    wait: 0.5
    interrupted: true
    chunks: [[22, 1.0e-05], [22, 0.125]]
- request:
    method: POST
    uri: https://api.example.test/v1/files
    headers:
      content-type: [multipart/form-data; boundary=drytune]
    body: "--drytune\r\n\
      Content-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\
      \r\n\
      [not kept: 3 bytes, sha256 0000000000000000000000000000000000000000000000000000000000000000]\r\n\
      --drytune--\r\n"
  response:
    status: {code: 200, message: ''}
    headers: {}
    body:
      string: !!binary |
        iVBORw0KGgoA/w==
  drytune:
    at: 2.0
    parts:
    - {name: file, filename: a, size: 3, sha256: '0000000000000000000000000000000000000000000000000000000000000000'}
"""  # noqa: E501
